#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <uv.h>

#include "tls/tls_session.h"

namespace gateway {

// One TCP connection that a listening handle took in, plain or TLS, for the control thread's
// server. A member of its owner, which lives until on_closed.
class AcceptedSocket final : private CipherSink {
 public:
  // Called from the loop, never from within a call of the owner's.
  class Owner {
   public:
    // The TLS handshake is done. Not called on a plain connection.
    virtual void on_open() = 0;
    // What the peer sent, decrypted; the view lives for the call.
    virtual void on_bytes(std::string_view bytes) = 0;
    // Everything that was written is with the kernel.
    virtual void on_written() = 0;
    // The peer ended its side, or TLS failed. The owner closes the socket.
    virtual void on_end() = 0;
    // Last, once: after close(), or when writing failed. The socket may be destroyed in it.
    virtual void on_closed() = 0;

   protected:
    ~Owner() = default;
  };

  explicit AcceptedSocket(Owner& owner) noexcept : owner_(owner) {}
  AcceptedSocket(const AcceptedSocket&) = delete;
  AcceptedSocket& operator=(const AcceptedSocket&) = delete;

  // Takes the pending connection of a listening handle: a libuv status, and close() is due whatever
  // it is. A peer that acknowledges nothing for `stall` while there is something to send fails the
  // connection.
  int accept(uv_stream_t* listener, std::chrono::milliseconds stall);
  // TLS from now on; before start_reading().
  void use_tls(TlsServer& server, std::shared_ptr<const TlsTable> table);

  void start_reading();
  void stop_reading();
  // Sends both, in order. Ignored after finish() and close().
  void write(std::string first, std::string second = {});
  // Bytes that the kernel has not taken.
  [[nodiscard]] std::size_t unsent() const noexcept;
  // Nothing is on its way to the kernel: no on_written follows.
  [[nodiscard]] bool idle() const noexcept { return in_flight_.empty() && queue_.empty(); }
  // The orderly end once everything is sent: close_notify, FIN, and reading on, into nowhere, so
  // that what the peer still sends does not make a reset that destroys the answer. on_end follows.
  void finish();
  // Ends at once (with close_notify where that fits into the kernel's buffer).
  void close();
  [[nodiscard]] bool closing() const noexcept { return closing_; }

  [[nodiscard]] bool is_tls() const noexcept { return session_ != nullptr; }
  // The peer's IP address as text.
  [[nodiscard]] std::string peer_address() const;

 private:
  void append(std::span<const std::byte> ciphertext) override;  // CipherSink
  void read(std::string_view bytes);
  void read_tls(std::string_view ciphertext);
  void encrypt(std::string_view plaintext);
  void queue(std::string bytes);
  void send();
  void shut_down();
  [[nodiscard]] uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  Owner& owner_;
  uv_tcp_t tcp_{};
  uv_write_t write_request_{};
  uv_shutdown_t shutdown_request_{};
  std::unique_ptr<TlsSession> session_;
  std::string read_buffer_;
  std::vector<std::string> queue_;  // waits for what is in flight
  std::vector<std::string> in_flight_;
  std::size_t queued_bytes_ = 0;
  bool finishing_ = false;
  bool closing_ = false;
};

}  // namespace gateway
