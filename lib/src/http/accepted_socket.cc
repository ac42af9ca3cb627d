#include "http/accepted_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <span>
#include <utility>

#include "base/uv.h"

namespace gateway {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kRecord = 16 * 1024;  // the most plaintext of one TLS record
constexpr std::size_t kJoined = 64 * 1024;  // smaller pieces are put together up to this size
constexpr unsigned kProbeAfterSeconds = 15;

uv_buf_t buffer_of(std::string& bytes) noexcept {
  uv_buf_t buffer{};
  buffer.base = bytes.data();
  buffer.len = bytes.size();
  return buffer;
}

std::vector<uv_buf_t> buffers_of(std::vector<std::string>& pieces) {
  std::vector<uv_buf_t> buffers;
  for (std::string& piece : pieces) buffers.push_back(buffer_of(piece));
  return buffers;
}

// The kernel ends a connection whose peer acknowledges nothing for that long, probes of a silent
// connection included.
void bound_silence(uv_tcp_t& tcp, std::chrono::milliseconds stall) {
  uv_tcp_keepalive(&tcp, 1, kProbeAfterSeconds);
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp), &descriptor) != 0) return;
  const auto limit = static_cast<unsigned>(stall.count());
  setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

}  // namespace

int AcceptedSocket::accept(uv_stream_t* listener, std::chrono::milliseconds stall) {
  uv_tcp_init(listener->loop, &tcp_);
  tcp_.data = write_request_.data = this;
  const int status = uv_accept(listener, stream());
  if (status != 0) return status;
  uv_tcp_nodelay(&tcp_, 1);
  bound_silence(tcp_, stall);
  read_buffer_.resize(kReadBytes);
  return 0;
}

void AcceptedSocket::use_tls(TlsServer& server, std::shared_ptr<const TlsTable> table) {
  session_ = server.accept(std::move(table), *this);
}

void AcceptedSocket::start_reading() {
  if (closing_) return;
  uv_read_start(
      stream(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        *buffer = buffer_of(static_cast<AcceptedSocket*>(handle->data)->read_buffer_);
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        auto* self = static_cast<AcceptedSocket*>(handle->data);
        if (count == 0 || self->closing_) return;
        if (count < 0) {
          uv_read_stop(handle);
          return self->owner_.on_end();
        }
        self->read({buffer->base, static_cast<std::size_t>(count)});
      });
}

void AcceptedSocket::stop_reading() {
  if (!closing_) uv_read_stop(stream());
}

void AcceptedSocket::read(std::string_view bytes) {
  if (finishing_) return;
  if (session_) {
    read_tls(bytes);
  } else {
    owner_.on_bytes(bytes);
  }
}

void AcceptedSocket::read_tls(std::string_view ciphertext) {
  const bool was_open = session_->state() == TlsSession::State::Open;
  std::string plaintext;
  const auto state =
      session_->feed(std::as_bytes(std::span(ciphertext)), [&](std::span<const std::byte> piece) {
        plaintext.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      });
  send();
  if (!was_open && !closing_ && (state == TlsSession::State::Open || !plaintext.empty()))
    owner_.on_open();
  if (!plaintext.empty() && !closing_ && !finishing_) owner_.on_bytes(plaintext);
  const bool ended = state == TlsSession::State::PeerClosed || state == TlsSession::State::Failed;
  if (ended && !closing_) owner_.on_end();
}

void AcceptedSocket::write(std::string first, std::string second) {
  if (closing_ || finishing_) return;
  if (!session_) {
    queue(std::move(first));
    queue(std::move(second));
  } else {
    if (first.size() + second.size() <= kRecord) first += std::exchange(second, {});
    encrypt(first);
    encrypt(second);
  }
  send();
}

void AcceptedSocket::encrypt(std::string_view plaintext) {
  if (plaintext.empty() || closing_) return;
  if (!session_->write(std::as_bytes(std::span(plaintext)))) close();
}

void AcceptedSocket::append(std::span<const std::byte> ciphertext) {
  queue({reinterpret_cast<const char*>(ciphertext.data()), ciphertext.size()});
}

void AcceptedSocket::queue(std::string bytes) {
  if (bytes.empty()) return;
  queued_bytes_ += bytes.size();
  if (!queue_.empty() && queue_.back().size() + bytes.size() <= kJoined) {
    queue_.back() += bytes;
  } else {
    queue_.push_back(std::move(bytes));
  }
}

void AcceptedSocket::send() {
  if (closing_ || queue_.empty() || !in_flight_.empty()) return;
  in_flight_ = std::exchange(queue_, {});
  queued_bytes_ = 0;
  const auto buffers = buffers_of(in_flight_);
  const int status =
      uv_write(&write_request_, stream(), buffers.data(), static_cast<unsigned>(buffers.size()),
               [](uv_write_t* request, int result) {
                 auto* self = static_cast<AcceptedSocket*>(request->data);
                 self->in_flight_.clear();
                 if (self->closing_) return;
                 if (result < 0) return self->close();
                 if (!self->queue_.empty()) return self->send();
                 if (self->finishing_) return self->shut_down();
                 self->owner_.on_written();
               });
  if (status < 0) close();
}

std::size_t AcceptedSocket::unsent() const noexcept {
  return queued_bytes_ +
         uv_stream_get_write_queue_size(reinterpret_cast<const uv_stream_t*>(&tcp_));
}

void AcceptedSocket::finish() {
  if (closing_ || std::exchange(finishing_, true)) return;
  start_reading();
  if (session_) {
    session_->close();
    send();
  }
  if (idle()) shut_down();
}

void AcceptedSocket::shut_down() {
  if (uv_shutdown(&shutdown_request_, stream(), [](uv_shutdown_t*, int) {}) < 0) close();
}

void AcceptedSocket::close() {
  if (std::exchange(closing_, true)) return;
  if (session_ && !finishing_) session_->close();
  if (in_flight_.empty() && !queue_.empty()) {
    const auto buffers = buffers_of(queue_);
    uv_try_write(stream(), buffers.data(), static_cast<unsigned>(buffers.size()));
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), [](uv_handle_t* handle) {
    static_cast<AcceptedSocket*>(handle->data)->owner_.on_closed();
  });
}

std::string AcceptedSocket::peer_address() const { return uv::peer_address(tcp_); }

}  // namespace gateway
