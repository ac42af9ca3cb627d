#include "sources/cloud/backup_keeper.h"

#include <utility>

namespace gateway::cloud {

BackupKeeper::BackupKeeper(uv_loop_t* loop, Jobs& jobs, BackupStore store,
                           std::shared_ptr<const Clock> clock, std::chrono::milliseconds pause,
                           std::function<void(const Error&)> failed)
    : jobs_(jobs),
      disk_(std::make_shared<Disk>(std::move(store))),
      clock_(std::move(clock)),
      pause_(pause),
      failed_(std::move(failed)),
      timer_(loop) {}

std::function<Result<BackupStore::Loaded>(std::chrono::seconds)> BackupKeeper::loader() const {
  return [disk = disk_, clock = clock_](std::chrono::seconds max_age) {
    const std::lock_guard lock(disk->mutex);
    return disk->store.load(clock->unix_ms() / 1000, max_age);
  };
}

void BackupKeeper::keep(State state) {
  waiting_ = std::move(state);
  pump();
}

std::function<void()> BackupKeeper::write(State state,
                                          std::shared_ptr<std::optional<Result<bool>>> result) {
  return [disk = disk_, clock = clock_, state = std::move(state), sequence = ++sequence_,
          result = std::move(result)] {
    const std::lock_guard lock(disk->mutex);
    if (sequence < disk->written) return;
    disk->written = sequence;
    *result =
        disk->store.save(state.resources, state.epoch, state.revision, clock->unix_ms() / 1000);
  };
}

void BackupKeeper::pump() {
  if (writing_ || timer_.active() || !waiting_) return;
  writing_ = true;
  timer_.start(pause_, [this] { pump(); });
  auto result = std::make_shared<std::optional<Result<bool>>>();
  auto work = write(*std::exchange(waiting_, std::nullopt), result);
  jobs_.run(std::move(work), [this, result] {
    writing_ = false;
    if (*result && !**result) {
      if (told_.insert((**result).error().code).second) failed_((**result).error());
    } else {
      told_.clear();
    }
    pump();
  });
}

void BackupKeeper::stop() {
  timer_.stop();
  if (!waiting_) return;
  auto work = write(*std::exchange(waiting_, std::nullopt),
                    std::make_shared<std::optional<Result<bool>>>());
  jobs_.run(std::move(work), [] {});
}

}  // namespace gateway::cloud
