#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <gateway/environment.h>

#include "arm/resource.h"
#include "base/uv.h"
#include "sources/cloud/backup.h"
#include "sources/cloud/jobs.h"

namespace gateway::cloud {

// Keeps the backup up with what is served: the first state at once, then one state in each `pause`,
// the last one always. Control thread; the disk is written on the thread pool.
class BackupKeeper {
 public:
  struct State {
    arm::ResourceSet resources;
    std::string epoch;
    std::string revision;
  };
  // `failed` is called once for each kind of failure, anew after a success.
  BackupKeeper(uv_loop_t* loop, Jobs& jobs, BackupStore store, std::shared_ptr<const Clock> clock,
               std::chrono::milliseconds pause, std::function<void(const Error&)> failed);

  void keep(State state);
  // Writes what is not yet written; `jobs` is to be awaited.
  void stop();

  // For the thread pool, before the first keep().
  [[nodiscard]] std::function<Result<BackupStore::Loaded>(std::chrono::seconds max_age)> loader()
      const;

 private:
  // What the jobs hold. A job that another one has overtaken has nothing to do.
  struct Disk {
    explicit Disk(BackupStore made) : store(std::move(made)) {}
    std::mutex mutex;
    BackupStore store;
    std::uint64_t written = 0;
  };

  void pump();
  [[nodiscard]] std::function<void()> write(State state,
                                            std::shared_ptr<std::optional<Result<bool>>> result);

  Jobs& jobs_;
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<const Clock> clock_;
  std::chrono::milliseconds pause_;
  std::function<void(const Error&)> failed_;
  uv::Timer timer_;
  std::optional<State> waiting_;
  std::uint64_t sequence_ = 0;
  bool writing_ = false;
  std::set<ErrorCode> told_;
};

}  // namespace gateway::cloud
