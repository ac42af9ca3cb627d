#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <gateway/environment.h>
#include <gateway/result.h>

#include "tls/tls_table.h"

namespace gateway {

// Where a session's ciphertext for the peer goes: appended, in order.
class CipherSink {
 public:
  virtual ~CipherSink() = default;
  virtual void append(std::span<const std::byte> bytes) = 0;
};

// Session-ticket keys, shared by all workers of a gateway. Thread-safe. The newest key encrypts; the
// two before it still decrypt. A ticket opens only in a session with the same client-authentication settings.
class TicketKeys {
 public:
  static std::shared_ptr<TicketKeys> create(const Environment& environment);
  virtual ~TicketKeys() = default;
  // Makes a new key the newest; the runtime calls it every `kRotation`. Any thread.
  virtual void rotate() noexcept = 0;
  static constexpr std::int64_t kRotationSeconds = 3600;
};

// The server side of TLS 1.2 and 1.3 for all connections of a worker. Holds the library context;
// made once for each worker, used on that worker only.
class TlsServer {
 public:
  // `alpn` in order of preference, such as {"http/1.1"}.
  static Result<std::unique_ptr<TlsServer>> create(std::shared_ptr<TicketKeys> keys,
                                                   std::span<const std::string> alpn);
  virtual ~TlsServer() = default;
  // A new session. `table` is the one in force when the connection was accepted: the session keeps it
  // until the handshake is done. Ciphertext goes to `sink`, which outlives the session.
  virtual std::unique_ptr<class TlsSession> accept(std::shared_ptr<const TlsTable> table,
                                                   CipherSink& sink) = 0;
};

// The client side: for backends and for the control thread. Any thread may create sessions.
struct TlsClientOptions {
  std::string ca_pem;     // trusted roots; "" = the system's bundle (/etc/ssl/certs/ca-certificates.crt)
  bool system_cas = false;  // trust the system's bundle beside ca_pem
  bool verify = true;     // chain and name
  std::string client_chain_pem = {};  // "" = none
  std::string client_key_pem = {};
};
class TlsClient {
 public:
  static Result<std::shared_ptr<TlsClient>> create(const TlsClientOptions& options);
  virtual ~TlsClient() = default;
  // `server_name`: a DNS name (sent as SNI and checked) or an IP address (checked against IP SANs, not sent).
  virtual std::unique_ptr<class TlsSession> connect(std::string_view server_name,
                                                    CipherSink& sink) = 0;
};

// One TLS connection, without a socket: the owner feeds it what it reads and sends what the sink got.
// Lives on one thread.
class TlsSession {
 public:
  enum class State : std::uint8_t { Handshaking, Open, PeerClosed, Failed };
  virtual ~TlsSession() = default;
  // Client side: produces the first flight. Server side: nothing.
  virtual State start() noexcept = 0;
  // Takes ciphertext that was read, whole: what is not yet a record is kept inside. Calls `plaintext`
  // for every piece of decrypted data, from within; the callee may destroy neither this session nor its owner.
  virtual State feed(std::span<const std::byte> ciphertext,
                     const std::function<void(std::span<const std::byte>)>& plaintext) noexcept = 0;
  // Encrypts to the sink; false when the session is not Open. All of `plaintext` is taken.
  virtual bool write(std::span<const std::byte> plaintext) noexcept = 0;
  // Sends close_notify.
  virtual void close() noexcept = 0;
  [[nodiscard]] virtual State state() const noexcept = 0;
  // After Open:
  [[nodiscard]] virtual std::string_view alpn() const noexcept = 0;        // "" = none
  [[nodiscard]] virtual std::string_view server_name() const noexcept = 0; // SNI; "" = none
  [[nodiscard]] virtual std::string_view protocol() const noexcept = 0;    // "TLSv1.3"
  [[nodiscard]] virtual bool resumed() const noexcept = 0;
  // Server side: what was asked of the client, TlsBinding::client_demand; "" = no certificate.
  [[nodiscard]] virtual std::string_view client_demand() const noexcept = 0;
  // Server side, after Open: the client's certificate, DER; "" = none was sent. Lives as long as the session.
  [[nodiscard]] virtual std::string_view client_certificate_der() const noexcept = 0;
  // After Failed: what went wrong, for the log.
  [[nodiscard]] virtual const Error& error() const noexcept = 0;
};

}  // namespace gateway
