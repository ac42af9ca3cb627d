#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/uv.h"

namespace gateway::policy {

// Calls from other threads, run on a worker's. Outlives the worker in the hands of those who may still call.
class Mailbox {
 public:
  explicit Mailbox(uv_loop_t* loop) : wake_(std::make_unique<uv::Async>(loop, [this] { run(); })) {
    wake_->unref();
  }
  // Any thread. Nothing is run after close().
  void post(std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    if (!wake_) return;
    calls_.push_back(std::move(call));
    wake_->send();
  }
  // On the worker's thread.
  void close() {
    std::vector<std::function<void()>> dropped;
    const std::lock_guard lock(mutex_);
    wake_.reset();
    dropped.swap(calls_);
  }

 private:
  void run() {
    std::vector<std::function<void()>> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(calls_);
    }
    for (auto& call : calls) call();
  }

  std::mutex mutex_;
  std::unique_ptr<uv::Async> wake_;  // null: closed
  std::vector<std::function<void()>> calls_;
};

}  // namespace gateway::policy
