#pragma once

#include <functional>
#include <memory>

#include <gateway/result.h>
#include <gateway/source.h>

namespace gateway {

// The thread that sources, timers and the control endpoints share: one uv loop that runs posted tasks
// in order. Made, started and stopped by its owner's thread.
class ControlThread final : public TaskRunner {
 public:
  static Result<std::unique_ptr<ControlThread>> create();
  ~ControlThread() override;

  void start();
  // Runs `task` on the thread and blocks until it ran; on the caller's where start() was not called.
  // Neither from the thread itself nor after stop().
  void run(const std::function<void()>& task);
  // Calls `task` on the thread every `interval_ms`, until stop().
  void every(std::uint64_t interval_ms, std::function<void()> task);
  // Calls `task` on the thread once, after `delay_ms`, unless stop() comes first.
  void after(std::uint64_t delay_ms, std::function<void()> task);
  // Runs what is posted, closes every handle of the loop and joins. Idempotent.
  void stop();

  void post(std::function<void()> task) override;
  [[nodiscard]] void* native_loop() const noexcept override;

 private:
  struct Impl;
  explicit ControlThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
