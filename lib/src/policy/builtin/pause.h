#pragma once

#include <cstdint>
#include <functional>

#include "policy/run.h"
#include "upstream/worker_context.h"

namespace gateway::policy {

// Waits for a time, to the timer wheel's resolution.
class Pause final : public Pending, private Timed {
 public:
  Pause(WorkerContext& worker, std::int64_t ms, std::function<void()> over)
      : worker_(worker), over_(std::move(over)) {
    worker_.timers.set(*this, worker_.now() + ms);
  }
  ~Pause() override { worker_.timers.cancel(*this); }

 private:
  void on_deadline() noexcept override {
    const auto over = std::move(over_);
    over();
  }
  WorkerContext& worker_;
  std::function<void()> over_;
};

}  // namespace gateway::policy
