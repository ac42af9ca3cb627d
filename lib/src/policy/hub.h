#pragma once

#include <memory>
#include <string>

#include <gateway/options.h>
#include <gateway/observer.h>
#include <gateway/result.h>

#include "policy/services.h"
#include "policy/trace.h"
#include "upstream/pool.h"

namespace gateway::policy {

// The types of expressions and what `context` is.
[[nodiscard]] std::shared_ptr<const expression::Catalog> make_catalog();

// What the runs of all workers share. Thread-safe.
class Hub {
 public:
  struct Options {
    const GatewayOptions* gateway = nullptr;  // outlives the hub; `environment` is complete
    std::shared_ptr<const expression::Catalog> catalog;
    Observer* observer = nullptr;             // outlives the hub; null: nobody is told
  };
  // An Error: the settings of Redis are not sound.
  [[nodiscard]] static Result<std::shared_ptr<Hub>> create(Options options);
  virtual ~Hub() = default;

  // The services of one worker; used and destroyed on its thread, before `worker` and `pools`.
  class WorkerServices {
   public:
    virtual ~WorkerServices() = default;
    [[nodiscard]] virtual Services& services() noexcept = 0;
    // Ends what is detached or connected: the worker is closing.
    virtual void close() noexcept = 0;
  };
  [[nodiscard]] virtual std::unique_ptr<WorkerServices> open(WorkerContext& worker, Pools& pools) = 0;
  [[nodiscard]] virtual const DeploymentFacts& deployment() const noexcept = 0;
  // Of the requests that asked for one.
  [[nodiscard]] virtual TraceStore& traces() noexcept = 0;
  // Prometheus text of what emit-metric counted.
  virtual void write_metrics(std::string& out) const = 0;
};

}  // namespace gateway::policy
