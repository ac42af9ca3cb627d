#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <uv.h>

#include <gateway/result.h>

// libuv handles with owners. Each class closes its handle in its destructor; the memory that libuv
// knows, the callback with it, lives until the close callback has run, so destroying an owner inside
// its own callback is allowed, and no callback starts after the destructor.
//
// All of it belongs to the loop's thread, but where a method says otherwise.
namespace gateway::uv {

// The Error for a negative libuv status.
[[nodiscard]] Error to_error(int status, std::string_view origin, std::string_view where);

// The IP address of a connection's other end as text; "" when it has none any more.
[[nodiscard]] std::string peer_address(const uv_tcp_t& tcp);

// A loop for one thread.
class Loop {
 public:
  Loop();
  // Runs the close callbacks that are pending. The owners of its handles must be gone by then.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] uv_loop_t* get() noexcept { return &loop_; }
  // Until no handle is active or uv_stop was called.
  void run() noexcept { uv_run(&loop_, UV_RUN_DEFAULT); }

 private:
  uv_loop_t loop_{};
};

namespace detail {
// What libuv points at: freed by the close callback alone.
template <typename Handle>
struct Body {
  Handle handle{};
  std::shared_ptr<const std::function<void()>> call;  // shared with a running call that replaces itself
  bool closing = false;

  void set(std::function<void()> new_call) {
    call = std::make_shared<const std::function<void()>>(std::move(new_call));
  }

  void close() noexcept {
    closing = true;
    handle.data = this;
    uv_close(reinterpret_cast<uv_handle_t*>(&handle),
             [](uv_handle_t* closed) { delete static_cast<Body*>(closed->data); });
  }
  static void fire(Handle* fired) noexcept {
    auto* body = static_cast<Body*>(fired->data);
    if (body->closing || !body->call) return;
    const auto keep = body->call;
    (*keep)();
  }
};
}  // namespace detail

class Timer {
 public:
  explicit Timer(uv_loop_t* loop);
  ~Timer() { body_->close(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls `call` once after `delay`, or again and again where `repeat` is not 0. Replaces what was
  // set before.
  void start(std::chrono::milliseconds delay, std::function<void()> call,
             std::chrono::milliseconds repeat = std::chrono::milliseconds(0));
  void stop() noexcept { uv_timer_stop(&body_->handle); }
  [[nodiscard]] bool active() const noexcept {
    return uv_is_active(reinterpret_cast<const uv_handle_t*>(&body_->handle)) != 0;
  }
  // A timer that does not keep Loop::run() from returning.
  void unref() noexcept { uv_unref(reinterpret_cast<uv_handle_t*>(&body_->handle)); }

 private:
  detail::Body<uv_timer_t>* body_;
};

// Wakes the loop from any thread. Several sends before the loop gets to it are one call.
class Async {
 public:
  Async(uv_loop_t* loop, std::function<void()> call);
  ~Async() { body_->close(); }
  Async(const Async&) = delete;
  Async& operator=(const Async&) = delete;

  // Any thread, as long as the object exists.
  void send() noexcept { uv_async_send(&body_->handle); }
  void unref() noexcept { uv_unref(reinterpret_cast<uv_handle_t*>(&body_->handle)); }

 private:
  detail::Body<uv_async_t>* body_;
};

// Tells of changes of a file or of a folder's entries (inotify). Not of those on the other side of a
// network file system.
class FileWatch {
 public:
  explicit FileWatch(uv_loop_t* loop);
  ~FileWatch() { body_->close(); }
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Replaces the path watched before.
  Result<void> start(const std::string& path, std::function<void()> changed);
  void stop() noexcept { uv_fs_event_stop(&body_->handle); }

 private:
  detail::Body<uv_fs_event_t>* body_;
};

// Runs `work` on libuv's thread pool, then `done` on the loop's thread; both exactly once. Neither
// may throw.
void queue_work(uv_loop_t* loop, std::function<void()> work, std::function<void()> done);

}  // namespace gateway::uv
