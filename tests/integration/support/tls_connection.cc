#include "support/tls_connection.h"

#include <utility>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/openssl.h"

namespace gateway::test {

TlsConnection::TlsConnection(std::uint16_t port, const TlsWish& wish)
    : Connection(Connection::to(port)), context_(SSL_CTX_new(TLS_method())) {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_max_proto_version(context, wish.max_version);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    auto* self = static_cast<TlsConnection*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    self->ticket_.reset(session);
    return 1;
  });
  SSL_CTX_set_cert_cb(
      context,
      [](SSL*, void* self) {
        static_cast<TlsConnection*>(self)->asked_ = true;
        return 1;
      },
      this);
  std::string alpn;
  for (const std::string& protocol : wish.alpn) {
    alpn += static_cast<char>(protocol.size());
    alpn += protocol;
  }
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const std::uint8_t*>(alpn.data()), alpn.size());
  bssl::UniquePtr<SSL> ssl(SSL_new(context));
  ssl_ = ssl.get();
  if (wish.identity) (void)use_identity(ssl_, *wish.identity);
  if (!wish.server_name.empty()) SSL_set_tlsext_host_name(ssl_, wish.server_name.c_str());
  if (!wish.first_bytes.empty()) SSL_set_mode(ssl_, SSL_MODE_ENABLE_FALSE_START);
  if (wish.resume) SSL_set_session(ssl_, wish.resume);
  session_ = make_session(std::move(ssl), false, *this, nullptr);
  session_->start();
  flush();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string ciphertext;
  while (session_->state() == TlsSession::State::Handshaking && receive_raw(ciphertext, deadline)) {
    feed(std::exchange(ciphertext, {}));
    if (open() && !wish.first_bytes.empty())
      (void)session_->write(std::as_bytes(std::span(wish.first_bytes)));
    flush();
  }
}

TlsConnection::~TlsConnection() = default;

bool TlsConnection::presents(const std::string& dns_name) const {
  bssl::UniquePtr<X509> leaf(SSL_get_peer_certificate(ssl_));
  return leaf && X509_check_host(leaf.get(), dns_name.data(), dns_name.size(), 0, nullptr) == 1;
}

std::string TlsConnection::certificate_pem() const {
  bssl::UniquePtr<X509> leaf(SSL_get_peer_certificate(ssl_));
  bssl::UniquePtr<BIO> out(BIO_new(BIO_s_mem()));
  if (leaf) PEM_write_bio_X509(out.get(), leaf.get());
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  BIO_mem_contents(out.get(), &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

void TlsConnection::feed(std::string_view ciphertext) {
  session_->feed(std::as_bytes(std::span(ciphertext)), [this](std::span<const std::byte> bytes) {
    plain_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
}

bool TlsConnection::flush() { return send_raw(std::exchange(outgoing_, {})); }

bool TlsConnection::receive(std::string& more, std::chrono::steady_clock::time_point deadline) {
  std::string ciphertext;
  while (plain_.empty()) {
    if (session_->state() == TlsSession::State::PeerClosed) {
      ending_ = Ending::Closed;
      return false;
    }
    if (!receive_raw(ciphertext, deadline)) return false;
    feed(std::exchange(ciphertext, {}));
    flush();
    if (session_->state() == TlsSession::State::Failed) {
      ending_ = Ending::Reset;
      return false;
    }
  }
  more += std::exchange(plain_, {});
  return true;
}

bool TlsConnection::send_bytes(std::string_view bytes) {
  return session_->write(std::as_bytes(std::span(bytes))) && flush();
}

}  // namespace gateway::test
