#include "upstream/transport.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

#include "base/uv.h"

namespace gateway {
namespace {

constexpr std::size_t kCopied = 1024;       // is copied sooner than the kernel told of one piece more
constexpr std::size_t kRecord = 16 * 1024;  // the most plaintext of one TLS record

uv_buf_t buffer_of(std::string_view bytes) {
  return uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
}

}  // namespace

Transport::Transport(WorkerContext& context, TransportEvents& events)
    : context_(context), events_(&events) {
  uv_tcp_init(context.loop, &tcp_);
  tcp_.data = connect_request_.data = write_request_.data = shutdown_request_.data = this;
  plaintext_ = [this](std::span<const std::byte> bytes) { on_plaintext(bytes); };
}

Transport::~Transport() = default;

Transport::Ptr Transport::create(WorkerContext& context, TransportEvents& events) {
  return Ptr(new Transport(context, events));
}

int Transport::accept(uv_stream_t* listener) noexcept {
  const int status = uv_accept(listener, reinterpret_cast<uv_stream_t*>(&tcp_));
  if (status != 0) return status;
  uv_tcp_nodelay(&tcp_, 1);
  return 0;
}

int Transport::open(int fd) noexcept {
  const int status = uv_tcp_open(&tcp_, fd);
  if (status != 0) return status;
  uv_tcp_nodelay(&tcp_, 1);
  return 0;
}

int Transport::connect(const sockaddr* address, std::unique_ptr<TlsSession> session) noexcept {
  session_ = std::move(session);
  return uv_tcp_connect(&connect_request_, &tcp_, address, [](uv_connect_t* request, int status) {
    static_cast<Transport*>(request->data)->on_connected(status);
  });
}

void Transport::on_connected(int status) noexcept {
  if (closed_) return;
  if (status != 0) {
    end(status);
    return;
  }
  uv_tcp_nodelay(&tcp_, 1);
  start_reading();
  if (session_) {
    session_->start();
    advance_tls({});
  } else {
    opened_ = true;
    events_->on_open();
  }
}

void Transport::start_tls(std::unique_ptr<TlsSession> session) noexcept {
  session_ = std::move(session);
  opened_ = false;
  session_->start();
  advance_tls({});
}

void Transport::start_reading() noexcept {
  if (closed_ || ended_) return;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&tcp_),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto& bytes = static_cast<Transport*>(handle->data)->context_.read_buffer;
        *buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
      },
      [](uv_stream_t* stream, ssize_t n, const uv_buf_t*) {
        static_cast<Transport*>(stream->data)->on_read(n);
      });
}

void Transport::stop_reading() noexcept {
  if (!closed_) uv_read_stop(reinterpret_cast<uv_stream_t*>(&tcp_));
}

void Transport::on_read(ssize_t n) noexcept {
  if (n == 0 || closed_) return;
  if (n < 0) {
    // Without close_notify it may be somebody else who ended a TLS connection (RFC 8446 §6.1).
    end(n == UV_EOF && session_ ? UV_ECONNRESET : static_cast<int>(n));
    return;
  }
  const std::string_view bytes(context_.read_buffer.data(), static_cast<std::size_t>(n));
  if (session_) {
    advance_tls(bytes);
  } else {
    events_->on_data(bytes);
  }
}

void Transport::advance_tls(std::string_view ciphertext) noexcept {
  const bool was_open = session_->state() == TlsSession::State::Open;
  const TlsSession::State state =
      session_->feed(std::as_bytes(std::span(ciphertext.data(), ciphertext.size())), plaintext_);
  send_ciphertext();
  if (closed_) return;
  if (!was_open && !opened_ && state == TlsSession::State::Open) {
    opened_ = true;
    events_->on_open();
    if (closed_) return;
  }
  if (state == TlsSession::State::Failed) {
    end(UV_EPROTO);
  } else if (state == TlsSession::State::PeerClosed) {
    end(UV_EOF);
  }
}

void Transport::on_plaintext(std::span<const std::byte> bytes) noexcept {
  if (closed_ || ended_) return;
  send_ciphertext();  // the scratch buffer is of all connections, and the owner may write to
                      // another
  if (!opened_) {
    // The first data may come with the end of the handshake.
    opened_ = true;
    events_->on_open();
    if (closed_) return;
  }
  events_->on_data({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void Transport::append(std::span<const std::byte> ciphertext) {
  context_.ciphertext.append(reinterpret_cast<const char*>(ciphertext.data()), ciphertext.size());
}

void Transport::write(std::string_view data, std::string_view tail) noexcept {
  if (closed_ || ended_ || finishing_) {
    pending_.clear();
    return;
  }
  if (!session_) {
    if (!pending_.empty() && data.size() + tail.size() <= kCopied) {
      pending_.append(data).append(tail);
      data = tail = {};
    }
    send(pending_, data, tail);
    pending_.clear();
    return;
  }
  // Small pieces make one record.
  if (pending_.size() + data.size() + tail.size() <= kRecord) {
    pending_.append(data).append(tail);
    data = tail = {};
  }
  const auto encrypt = [this](std::string_view text) {
    if (!text.empty()) (void)session_->write(std::as_bytes(std::span(text.data(), text.size())));
  };
  encrypt(pending_);
  encrypt(data);
  encrypt(tail);
  pending_.clear();
  send_ciphertext();
}

void Transport::send_ciphertext() noexcept {
  if (context_.ciphertext.empty()) return;
  if (!closed_ && !ended_) send(context_.ciphertext, {}, {});
  context_.ciphertext.clear();
}

void Transport::send(std::string_view a, std::string_view b, std::string_view c) noexcept {
  const std::size_t total = a.size() + b.size() + c.size();
  if (total == 0) return;
  given_ += total;
  std::size_t sent = 0;
  if (buffered() == 0) {
    uv_buf_t buffers[3];
    unsigned count = 0;
    for (std::string_view part : {a, b, c}) {
      if (!part.empty()) buffers[count++] = buffer_of(part);
    }
    const ssize_t n = send_now(buffers, count);
    // A failure comes back from the queued write, on the loop, and not inside a call of the
    // owner's.
    if (n > 0) sent = static_cast<std::size_t>(n);
    if (sent == total) return;
  }
  for (std::string_view part : {a, b, c}) {
    const std::size_t skip = std::min(sent, part.size());
    queued_.append(part.substr(skip));
    sent -= skip;
  }
  send_queued();
}

// send(2) does not look at what a file may be and a socket cannot.
ssize_t Transport::send_now(const uv_buf_t* buffers, unsigned count) noexcept {
  uv_os_fd_t fd = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp_), &fd) != 0) return -1;
  if (count == 1) return ::send(fd, buffers->base, buffers->len, MSG_DONTWAIT | MSG_NOSIGNAL);
  iovec parts[3];
  for (unsigned i = 0; i < count; ++i) parts[i] = {buffers[i].base, buffers[i].len};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Transport::send_queued() noexcept {
  if (!in_flight_.empty() || queued_.empty() || closed_) return;
  in_flight_.swap(queued_);
  const uv_buf_t buffer = buffer_of(in_flight_);
  const int status = uv_write(&write_request_, reinterpret_cast<uv_stream_t*>(&tcp_), &buffer, 1,
                              [](uv_write_t* request, int result) {
                                static_cast<Transport*>(request->data)->on_written(result);
                              });
  if (status != 0) in_flight_.clear();
}

void Transport::on_written(int status) noexcept {
  in_flight_.clear();
  if (closed_) return;
  if (status != 0) {
    queued_.clear();
    end(status);
    return;
  }
  if (!queued_.empty()) {
    send_queued();
    return;
  }
  std::string().swap(in_flight_);  // an idle connection holds no buffers
  std::string().swap(queued_);
  if (finishing_) {
    shut_down();
  }
  if (!ended_) events_->on_drained();
}

void Transport::finish() noexcept {
  if (closed_ || finishing_) return;
  flush();
  finishing_ = true;
  if (session_) {
    session_->close();
    send_ciphertext();
  }
  if (buffered() == 0) shut_down();
}

void Transport::shut_down() noexcept {
  if (std::exchange(shut_down_, true) || closed_ || ended_) return;
  uv_shutdown(&shutdown_request_, reinterpret_cast<uv_stream_t*>(&tcp_),
              [](uv_shutdown_t*, int) {});
}

void Transport::end(int status) noexcept {
  if (std::exchange(ended_, true) || closed_) return;
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&tcp_));
  events_->on_end(status);
}

void Transport::close() noexcept {
  if (std::exchange(closed_, true)) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
           [](uv_handle_t* handle) { delete static_cast<Transport*>(handle->data); });
}

void Transport::reset() noexcept {
  if (std::exchange(closed_, true)) return;
  const auto freed = [](uv_handle_t* handle) { delete static_cast<Transport*>(handle->data); };
  if (uv_tcp_close_reset(&tcp_, freed) != 0) uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), freed);
}

std::uint64_t Transport::acknowledged() const noexcept {
  // The kernel asks for more only when much of its buffer is free, which takes a slow peer long.
  int in_kernel = 0;
  uv_os_fd_t fd = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp_), &fd) == 0)
    ::ioctl(fd, SIOCOUTQ, &in_kernel);
  return given_ - queued_.size() -
         uv_stream_get_write_queue_size(reinterpret_cast<const uv_stream_t*>(&tcp_)) -
         static_cast<std::uint64_t>(in_kernel);
}

std::string Transport::peer_address() const { return uv::peer_address(tcp_); }

}  // namespace gateway
