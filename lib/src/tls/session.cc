#include <algorithm>
#include <array>
#include <cstring>

#include <openssl/err.h>

#include "tls/openssl.h"

namespace gateway {
namespace {

// What the BIO of a session reads from and writes to.
struct Transport {
  std::span<const std::byte> input;
  CipherSink* sink = nullptr;
};

int bio_read(BIO* bio, char* out, int size) {
  auto& transport = *static_cast<Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (transport.input.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t n = std::min(static_cast<std::size_t>(size), transport.input.size());
  std::memcpy(out, transport.input.data(), n);
  transport.input = transport.input.subspan(n);
  return static_cast<int>(n);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  auto& transport = *static_cast<Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  transport.sink->append(std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
  return size;
}

long bio_ctrl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* transport_method() {
  static BIO_METHOD* method = [] {
    BIO_METHOD* made = BIO_meth_new(0, "session transport");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_ctrl);
    BIO_meth_set_create(made, [](BIO* bio) { BIO_set_init(bio, 1); return 1; });
    BIO_meth_set_destroy(made, [](BIO*) { return 1; });
    return made;
  }();
  return method;
}

class Session final : public TlsSession {
 public:
  Session(bssl::UniquePtr<SSL> ssl, bool server, CipherSink& sink, std::shared_ptr<const TlsTable> table)
      : ssl_(std::move(ssl)), server_(server), table_(std::move(table)) {
    transport_.sink = &sink;
    BIO* bio = BIO_new(transport_method());
    BIO_set_data(bio, &transport_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    if (server_) {
      SSL_set_accept_state(ssl_.get());
    } else {
      SSL_set_connect_state(ssl_.get());
    }
  }

  [[nodiscard]] const TlsTable* table() const noexcept { return table_.get(); }

  State start() noexcept override {
    if (!server_) handshake();
    return state_;
  }

  State feed(std::span<const std::byte> ciphertext,
             const std::function<void(std::span<const std::byte>)>& plaintext) noexcept override {
    if (state_ == State::Failed || state_ == State::PeerClosed) return state_;
    transport_.input = ciphertext;
    if (state_ == State::Handshaking) handshake();
    if (state_ == State::Open) read(plaintext);
    transport_.input = {};
    return state_;
  }

  bool write(std::span<const std::byte> plaintext) noexcept override {
    if (state_ != State::Open) return false;
    while (!plaintext.empty()) {
      ERR_clear_error();
      const int chunk = static_cast<int>(std::min<std::size_t>(plaintext.size(), 1 << 30));
      const int n = SSL_write(ssl_.get(), plaintext.data(), chunk);
      if (n <= 0) {
        fail(SSL_get_error(ssl_.get(), n));
        return false;
      }
      plaintext = plaintext.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

  void close() noexcept override {
    if (state_ != State::Open && state_ != State::PeerClosed) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }

  State state() const noexcept override { return state_; }

  std::string_view alpn() const noexcept override {
    const std::uint8_t* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
    return {reinterpret_cast<const char*>(protocol), size};
  }
  std::string_view server_name() const noexcept override {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name ? std::string_view(name) : std::string_view();
  }
  std::string_view protocol() const noexcept override { return SSL_get_version(ssl_.get()); }
  std::string_view client_demand() const noexcept override { return client_demand_; }
  std::string_view client_certificate_der() const noexcept override {
    if (!server_) return {};
    const STACK_OF(CRYPTO_BUFFER)* chain = SSL_get0_peer_certificates(ssl_.get());
    if (!chain || sk_CRYPTO_BUFFER_num(chain) == 0) return {};
    const CRYPTO_BUFFER* leaf = sk_CRYPTO_BUFFER_value(chain, 0);
    return {reinterpret_cast<const char*>(CRYPTO_BUFFER_data(leaf)), CRYPTO_BUFFER_len(leaf)};
  }
  void set_client_demand(const std::string& demand) { client_demand_ = demand; }
  bool resumed() const noexcept override { return SSL_session_reused(ssl_.get()) == 1; }
  const Error& error() const noexcept override { return error_; }

 private:
  void handshake() noexcept {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      state_ = State::Open;
      table_.reset();
      return;
    }
    const int why = SSL_get_error(ssl_.get(), result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) fail(why);
  }

  void read(const std::function<void(std::span<const std::byte>)>& plaintext) noexcept {
    // One record's worth of plaintext; shared by all sessions of the thread, as none is read while another is.
    static thread_local std::array<std::byte, SSL3_RT_MAX_PLAIN_LENGTH> buffer;
    while (state_ == State::Open) {
      ERR_clear_error();
      const int n = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (n > 0) {
        plaintext(std::span(buffer).first(static_cast<std::size_t>(n)));
        continue;
      }
      const int why = SSL_get_error(ssl_.get(), n);
      if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
      if (why == SSL_ERROR_ZERO_RETURN) {
        state_ = State::PeerClosed;
        return;
      }
      fail(why);
    }
  }

  void fail(int why) noexcept {
    state_ = State::Failed;
    const long verify = SSL_get_verify_result(ssl_.get());
    std::string message = why == SSL_ERROR_SSL ? take_openssl_error() : "the connection ended within a record";
    if (!server_ && verify != X509_V_OK) {
      message += ": ";
      message += X509_verify_cert_error_string(verify);
    }
    error_ = Error{ErrorCode::ProtocolError, "tls", std::move(message), std::string(server_name())};
    table_.reset();
  }

  Transport transport_;
  bssl::UniquePtr<SSL> ssl_;
  bool server_;
  State state_ = State::Handshaking;
  std::shared_ptr<const TlsTable> table_;
  std::string client_demand_;
  Error error_;
};

}  // namespace

std::unique_ptr<TlsSession> make_session(bssl::UniquePtr<SSL> ssl, bool server, CipherSink& sink,
                                         std::shared_ptr<const TlsTable> table) {
  return std::make_unique<Session>(std::move(ssl), server, sink, std::move(table));
}

void note_client_demand(SSL* ssl, const std::string& demand) {
  if (auto* session = static_cast<Session*>(SSL_get_app_data(ssl))) session->set_client_demand(demand);
}

const TlsTable* handshake_table(const SSL* ssl) noexcept {
  const auto* session = static_cast<const Session*>(SSL_get_app_data(ssl));
  return session ? session->table() : nullptr;
}

}  // namespace gateway
