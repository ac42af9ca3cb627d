#include "runtime/control_thread.h"

#include <csignal>

#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <uv.h>

namespace gateway {

struct ControlThread::Impl {
  uv_loop_t loop{};
  uv_async_t wake{};
  std::thread thread;
  std::mutex mutex;
  std::deque<std::function<void()>> tasks;  // guarded by mutex
  bool closed = false;                      // guarded by mutex: nothing is taken any more
  std::vector<uv_timer_t*> timers;          // control thread

  void drain() {
    std::deque<std::function<void()>> batch;
    {
      const std::lock_guard lock(mutex);
      batch.swap(tasks);
    }
    for (auto& task : batch) task();
  }

  void start_timer(std::uint64_t delay_ms, std::uint64_t repeat_ms, std::function<void()> task) {
    auto* timer = new uv_timer_t;
    timer->data = new std::function<void()>(std::move(task));
    uv_timer_init(&loop, timer);
    timers.push_back(timer);
    uv_timer_start(
        timer, [](uv_timer_t* t) { (*static_cast<std::function<void()>*>(t->data))(); }, delay_ms, repeat_ms);
  }

  void close_handles() {
    for (uv_timer_t* timer : timers) {
      uv_close(reinterpret_cast<uv_handle_t*>(timer), [](uv_handle_t* handle) {
        delete static_cast<std::function<void()>*>(handle->data);
        delete reinterpret_cast<uv_timer_t*>(handle);
      });
    }
    timers.clear();
    uv_close(reinterpret_cast<uv_handle_t*>(&wake), nullptr);
  }
};

ControlThread::ControlThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlThread>> ControlThread::create() {
  auto impl = std::make_unique<Impl>();
  if (const int status = uv_loop_init(&impl->loop); status != 0) {
    return Error{ErrorCode::Unavailable, "runtime", uv_strerror(status), "control loop"};
  }
  impl->wake.data = impl.get();
  const int status = uv_async_init(&impl->loop, &impl->wake,
                                   [](uv_async_t* async) { static_cast<Impl*>(async->data)->drain(); });
  if (status != 0) {
    uv_loop_close(&impl->loop);
    return Error{ErrorCode::Unavailable, "runtime", uv_strerror(status), "control loop"};
  }
  return std::unique_ptr<ControlThread>(new ControlThread(std::move(impl)));
}

ControlThread::~ControlThread() { stop(); }

void ControlThread::start() {
  impl_->thread = std::thread([impl = impl_.get()] {
    // The host's signals are for the host's threads; and a peer that closed must not end the process
    // by SIGPIPE, for which libuv writes without MSG_NOSIGNAL.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    uv_run(&impl->loop, UV_RUN_DEFAULT);
  });
}

void ControlThread::post(std::function<void()> task) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->closed) return;
  impl_->tasks.push_back(std::move(task));
  uv_async_send(&impl_->wake);
}

void ControlThread::run(const std::function<void()>& task) {
  if (!impl_->thread.joinable()) {
    task();
    return;
  }
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void ControlThread::every(std::uint64_t interval_ms, std::function<void()> task) {
  post([this, interval_ms, task = std::move(task)]() mutable {
    impl_->start_timer(interval_ms, interval_ms, std::move(task));
  });
}

void ControlThread::after(std::uint64_t delay_ms, std::function<void()> task) {
  post([this, delay_ms, task = std::move(task)]() mutable {
    impl_->start_timer(delay_ms, 0, std::move(task));
  });
}

void ControlThread::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->closed) return;
    impl_->tasks.emplace_back([impl = impl_.get()] { impl->close_handles(); });
    impl_->closed = true;
    uv_async_send(&impl_->wake);
  }
  if (!impl_->thread.joinable()) {
    uv_run(&impl_->loop, UV_RUN_DEFAULT);  // never started: close the handles here
  } else {
    impl_->thread.join();
  }
  uv_loop_close(&impl_->loop);
}

void* ControlThread::native_loop() const noexcept { return &impl_->loop; }

}  // namespace gateway
