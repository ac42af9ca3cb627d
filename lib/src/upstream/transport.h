#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <uv.h>

#include "tls/tls_session.h"
#include "upstream/worker_context.h"

namespace gateway {

// What a Transport tells its owner, from the loop. The owner may close the transport in any of
// them.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  // The connection stands and, where there is TLS, the handshake is done.
  virtual void on_open() noexcept = 0;
  // Bytes of the peer, decrypted; the view lives for the call. False: deliver no more of what was
  // read.
  virtual void on_data(std::string_view bytes) noexcept = 0;
  // Everything that was written is with the kernel.
  virtual void on_drained() noexcept = 0;
  // The peer ended its side (UV_EOF), or the connection failed (another libuv status). Nothing
  // follows.
  virtual void on_end(int status) noexcept = 0;
};

// One TCP connection, plain or TLS. Made and used on one loop; close() is its end: the object frees
// itself when libuv has let go, and calls nobody any more.
class Transport final : private CipherSink {
 public:
  // Calls close() for an owner.
  struct Closer {
    void operator()(Transport* transport) const noexcept { transport->close(); }
  };
  using Ptr = std::unique_ptr<Transport, Closer>;

  [[nodiscard]] static Ptr create(WorkerContext& context, TransportEvents& events);
  [[nodiscard]] CipherSink& cipher_sink() noexcept { return *this; }

  // Takes a pending connection of a listening handle; a libuv status.
  int accept(uv_stream_t* listener) noexcept;
  // Takes an accepted socket's descriptor; a libuv status.
  int open(int fd) noexcept;
  // Starts to connect; on_open or on_end follows. With `session`, TLS runs before on_open.
  int connect(const sockaddr* address, std::unique_ptr<TlsSession> session) noexcept;
  // Server side: TLS from now on. Before start_reading().
  void use_tls(std::unique_ptr<TlsSession> session) noexcept { session_ = std::move(session); }

  // Client side: TLS over what is connected already; on_open or on_end follows, maybe from within.
  void start_tls(std::unique_ptr<TlsSession> session) noexcept;

  void start_reading() noexcept;
  void stop_reading() noexcept;

  // Small pieces put together; they leave with the next write() or flush().
  [[nodiscard]] std::string& pending() noexcept { return pending_; }
  void append(std::string_view bytes) { pending_.append(bytes); }
  // Sends what was appended, `data` and `tail` in one go; what the socket does not take is kept.
  void write(std::string_view data, std::string_view tail = {}) noexcept;
  void flush() noexcept {
    if (!pending_.empty()) write({});
  }
  // Bytes that the socket has not taken.
  [[nodiscard]] std::size_t buffered() const noexcept { return queued_.size() + in_flight_.size(); }
  // How many bytes the peer's machine has acknowledged so far. A system call.
  [[nodiscard]] std::uint64_t acknowledged() const noexcept;
  // Ends our side once everything is sent (TLS close_notify, then FIN).
  void finish() noexcept;
  void close() noexcept;
  // close() with a reset instead of an orderly end.
  void reset() noexcept;

  [[nodiscard]] const TlsSession* tls() const noexcept { return session_.get(); }
  // The peer's IP address as text.
  [[nodiscard]] std::string peer_address() const;

 private:
  Transport(WorkerContext& context, TransportEvents& events);
  ~Transport() override;

  void append(std::span<const std::byte> ciphertext) override;  // CipherSink
  void on_read(ssize_t n) noexcept;
  void on_connected(int status) noexcept;
  void on_written(int status) noexcept;
  void on_plaintext(std::span<const std::byte> bytes) noexcept;
  void advance_tls(std::string_view ciphertext) noexcept;
  void send(std::string_view a, std::string_view b, std::string_view c) noexcept;
  void send_ciphertext() noexcept;
  ssize_t send_now(const uv_buf_t* buffers, unsigned count) noexcept;
  void send_queued() noexcept;
  void shut_down() noexcept;
  void end(int status) noexcept;

  WorkerContext& context_;
  TransportEvents* events_;
  uv_tcp_t tcp_{};
  uv_connect_t connect_request_{};
  uv_write_t write_request_{};
  uv_shutdown_t shutdown_request_{};
  std::unique_ptr<TlsSession> session_;
  std::function<void(std::span<const std::byte>)> plaintext_;
  std::string pending_;  // appended, not yet sent
  std::string queued_;   // refused by the socket, waiting for the write in flight
  std::string in_flight_;
  std::uint64_t given_ = 0;  // to be sent, ever
  bool opened_ = false;
  bool ended_ = false;
  bool finishing_ = false;
  bool shut_down_ = false;
  bool closed_ = false;
};

}  // namespace gateway
