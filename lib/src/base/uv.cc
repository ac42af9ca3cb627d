#include "base/uv.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace gateway::uv {
namespace {

// Initialising a loop, a timer or an async fails only when the process is out of file descriptors or
// memory at its very start: there is nothing to go on with.
void require(int status) noexcept {
  if (status < 0) std::abort();
}

}  // namespace

Error to_error(int status, std::string_view origin, std::string_view where) {
  ErrorCode code = ErrorCode::Unavailable;
  if (status == UV_ENOENT) code = ErrorCode::NotFound;
  if (status == UV_EADDRINUSE || status == UV_EEXIST) code = ErrorCode::AlreadyExists;
  if (status == UV_EACCES || status == UV_EPERM) code = ErrorCode::Unauthorized;
  if (status == UV_ETIMEDOUT) code = ErrorCode::Timeout;
  if (status == UV_ECANCELED) code = ErrorCode::Cancelled;
  if (status == UV_EINVAL) code = ErrorCode::InvalidArgument;
  const bool retryable = code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
  return {code, std::string(origin), uv_strerror(status), std::string(where), retryable};
}

std::string peer_address(const uv_tcp_t& tcp) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getpeername(&tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else {
    const auto& six = reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
      // A dual-stack listener's IPv4 client.
      inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &six, text, sizeof text);
    }
  }
  return text;
}

Loop::Loop() { require(uv_loop_init(&loop_)); }

Loop::~Loop() {
  while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_ONCE);
}

Timer::Timer(uv_loop_t* loop) : body_(new detail::Body<uv_timer_t>) {
  require(uv_timer_init(loop, &body_->handle));
  body_->handle.data = body_;
}

void Timer::start(std::chrono::milliseconds delay, std::function<void()> call,
                  std::chrono::milliseconds repeat) {
  body_->set(std::move(call));
  uv_timer_start(&body_->handle, detail::Body<uv_timer_t>::fire,
                 static_cast<std::uint64_t>(delay.count()),
                 static_cast<std::uint64_t>(repeat.count()));
}

Async::Async(uv_loop_t* loop, std::function<void()> call) : body_(new detail::Body<uv_async_t>) {
  body_->set(std::move(call));
  require(uv_async_init(loop, &body_->handle, detail::Body<uv_async_t>::fire));
  body_->handle.data = body_;
}

FileWatch::FileWatch(uv_loop_t* loop) : body_(new detail::Body<uv_fs_event_t>) {
  require(uv_fs_event_init(loop, &body_->handle));
  body_->handle.data = body_;
}

Result<void> FileWatch::start(const std::string& path, std::function<void()> changed) {
  uv_fs_event_stop(&body_->handle);
  body_->set(std::move(changed));
  const int status = uv_fs_event_start(
      &body_->handle,
      [](uv_fs_event_t* fired, const char*, int, int) { detail::Body<uv_fs_event_t>::fire(fired); },
      path.c_str(), 0);
  if (status < 0) return to_error(status, "file", path);
  return {};
}

void queue_work(uv_loop_t* loop, std::function<void()> work, std::function<void()> done) {
  struct Request {
    uv_work_t request{};
    std::function<void()> work;
    std::function<void()> done;
  };
  auto* body = new Request{{}, std::move(work), std::move(done)};
  body->request.data = body;
  require(uv_queue_work(
      loop, &body->request, [](uv_work_t* r) { static_cast<Request*>(r->data)->work(); },
      [](uv_work_t* r, int) {
        const std::unique_ptr<Request> owned(static_cast<Request*>(r->data));
        owned->done();
      }));
}

}  // namespace gateway::uv
