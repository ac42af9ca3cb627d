#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "support/connection.h"
#include "tls/tls_session.h"

namespace gateway::test {

// What a client asks for in its handshake. No certificate is checked: a test looks at it itself.
struct TlsWish {
  std::string server_name = {};
  std::uint16_t max_version = TLS1_3_VERSION;
  std::vector<std::string> alpn = {};
  SSL_SESSION* resume = nullptr;
  // The client's own certificate; null = none is sent, whatever is asked.
  std::shared_ptr<const TlsIdentity> identity = {};
  // Sent together with the last of this side's handshake; under TLS 1.2 that is False Start
  // (RFC 7918), which wants ALPN.
  std::string first_bytes = {};
};

// A TLS client on a socket of its own.
class TlsConnection final : public Connection, private CipherSink {
 public:
  TlsConnection(std::uint16_t port, const TlsWish& wish);
  ~TlsConnection() override;

  [[nodiscard]] bool open() const { return session_->state() == TlsSession::State::Open; }
  // The peer's certificate is for this name.
  [[nodiscard]] bool presents(const std::string& dns_name) const;
  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] std::string protocol() const { return std::string(session_->protocol()); }
  [[nodiscard]] std::string alpn() const { return std::string(session_->alpn()); }
  // The server asked for a certificate.
  [[nodiscard]] bool was_asked() const { return asked_; }
  [[nodiscard]] bool resumed() const { return session_->resumed(); }
  // The newest ticket; under TLS 1.3 it comes with the first bytes read.
  [[nodiscard]] bssl::UniquePtr<SSL_SESSION> ticket() const { return bssl::UpRef(ticket_); }
  // The peer ended with close_notify.
  [[nodiscard]] bool closed_by_tls() const {
    return session_->state() == TlsSession::State::PeerClosed;
  }

 private:
  void append(std::span<const std::byte> bytes) override {
    outgoing_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  bool receive(std::string& more, std::chrono::steady_clock::time_point deadline) override;
  bool send_bytes(std::string_view bytes) override;
  void feed(std::string_view ciphertext);
  bool flush();

  bssl::UniquePtr<SSL_CTX> context_;
  SSL* ssl_ = nullptr;  // of session_
  bool asked_ = false;
  bssl::UniquePtr<SSL_SESSION> ticket_;
  std::unique_ptr<TlsSession> session_;
  std::string outgoing_, plain_;
};

}  // namespace gateway::test
