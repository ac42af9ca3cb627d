#pragma once

#include <condition_variable>
#include <mutex>

namespace gateway {

// Counts the response bodies that are being made on other threads, so that their server can outlive
// them. Thread-safe.
class SlowBodies {
 public:
  // False once closed: none may begin. Otherwise end() is due.
  [[nodiscard]] bool begin() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++running_;
    return true;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();
  }
  // Returns when none runs any more.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    idle_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
  bool closed_ = false;
};

}  // namespace gateway
