#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <gateway/export.h>
#include <gateway/observer.h>
#include <gateway/options.h>
#include <gateway/policy.h>
#include <gateway/result.h>
#include <gateway/routes.h>
#include <gateway/source.h>

namespace gateway {

enum class GatewayState : std::uint8_t { Created, Starting, Ready, Draining, Stopped };

// An API gateway. Several may live in one process. It never forks, exits, installs signal handlers,
// reads environment variables or writes to standard streams, and starts no thread before start().
//
// add_source, add_policy, add_observer, start, drain and the destructor belong to one thread, the owner's; const
// methods may be called from any thread.
class GATEWAY_EXPORT Gateway {
 public:
  // Checks every option; the Error names the first that is wrong and what is allowed.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> create(GatewayOptions options);
  // Stops at once, without draining, if drain() was not called.
  virtual ~Gateway() = default;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Before start() only. Takes ownership. AlreadyExists when the name is taken.
  virtual Result<void> add_source(SourceOptions options, std::unique_ptr<ConfigSource> source) = 0;
  // Before start() only: documents may then use policies of that name. AlreadyExists when a built-in policy, or
  // another one of this gateway, has the name; InvalidArgument when it is no name.
  virtual Result<void> add_policy(std::shared_ptr<PolicyFactory> factory) = 0;
  // Before start() only.
  virtual void add_observer(std::shared_ptr<Observer> observer) = 0;

  // Opens the listeners, starts the threads and the sources, and returns: until all sources are
  // synced every request is answered with 503. Fails when an address cannot be bound or a source
  // refuses its settings; then nothing runs.
  virtual Result<void> start() = 0;
  // Blocks until Ready; Timeout when `start_timeout` passed without (and partial service is off).
  virtual Result<void> wait_ready() = 0;
  // Fails readiness, keeps accepting for drain_delay, then closes listeners and waits for exchanges
  // up to drain_timeout. Blocks. True when every exchange ended by itself.
  virtual bool drain() = 0;

  [[nodiscard]] virtual GatewayState state() const noexcept = 0;
  [[nodiscard]] virtual const RoutesView& routes() const noexcept = 0;
  // The port that listener i of the options is bound to.
  [[nodiscard]] virtual std::uint16_t port(std::size_t listener) const noexcept = 0;
  // The ports of GatewayOptions::admin and ::monitor; 0 when off.
  [[nodiscard]] virtual std::uint16_t admin_port() const noexcept = 0;
  [[nodiscard]] virtual std::uint16_t monitor_port() const noexcept = 0;
  // Prometheus text exposition format 0.0.4 of all metrics.
  [[nodiscard]] virtual std::string metrics() const = 0;

 protected:
  Gateway() = default;
};

}  // namespace gateway
