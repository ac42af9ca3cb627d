#include <array>
#include <cstring>

#include <openssl/aes.h>
#include <openssl/cipher.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "tls/openssl.h"

namespace gateway {
namespace {

// Sessions and their tickets belong to the demands on the client they were made under: whatever of a
// binding decides which clients are let in has to be part of this.
std::array<std::uint8_t, SHA256_DIGEST_LENGTH> session_context(const TlsBinding& binding) {
  std::string settings = "client-certificate=";
  settings += binding.client_demand.empty() ? "none" : binding.client_demand;
  settings += ";min-version=1." + std::to_string(static_cast<int>(binding.min_version));
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const std::uint8_t*>(settings.data()), settings.size(), digest.data());
  return digest;
}

std::uint16_t wire_version(TlsVersion version) {
  switch (version) {
    case TlsVersion::Tls1_0: return TLS1_VERSION;
    case TlsVersion::Tls1_1: return TLS1_1_VERSION;
    case TlsVersion::Tls1_2: return TLS1_2_VERSION;
    case TlsVersion::Tls1_3: return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

// Who sends none is let in all the same; who sends one that leads nowhere is not.
bool ask_for_certificate(SSL* ssl, const TlsBinding& binding) {
  if (binding.client_ca_pem.empty()) {
    SSL_set_custom_verify(ssl, SSL_VERIFY_PEER,
                          [](SSL*, std::uint8_t*) { return ssl_verify_ok; });
    return true;
  }
  bssl::UniquePtr<X509_STORE> roots(X509_STORE_new());
  bssl::UniquePtr<STACK_OF(X509_NAME)> names(sk_X509_NAME_new_null());
  if (!roots || !names) return false;
  bssl::UniquePtr<BIO> bio(
      BIO_new_mem_buf(binding.client_ca_pem.data(), static_cast<int>(binding.client_ca_pem.size())));
  while (X509* raw = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    bssl::UniquePtr<X509> root(raw);
    X509_STORE_add_cert(roots.get(), root.get());
    bssl::UniquePtr<X509_NAME> name(X509_NAME_dup(X509_get_subject_name(root.get())));
    if (name) bssl::PushToStack(names.get(), std::move(name));
  }
  ERR_clear_error();
  SSL_set_client_CA_list(ssl, names.release());
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  return SSL_set0_verify_cert_store(ssl, roots.release()) == 1;
}

// Runs on the ClientHello, before resumption is decided.
ssl_select_cert_result_t select_binding(const SSL_CLIENT_HELLO* hello) {
  SSL* ssl = hello->ssl;
  const TlsTable* table = handshake_table(ssl);
  if (!table) return ssl_select_cert_error;
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const TlsBinding* binding = table->select(name ? std::string_view(name) : std::string_view());
  if (!binding || !binding->identity) return ssl_select_cert_error;
  note_client_demand(ssl, binding->client_demand);
  const auto context = session_context(*binding);
  const bool ok =
      use_identity(ssl, *binding->identity) &&
      SSL_set_session_id_context(ssl, context.data(), context.size()) &&
      SSL_set_min_proto_version(ssl, wire_version(binding->min_version)) &&
      (!binding->negotiate_client_certificate || ask_for_certificate(ssl, *binding));
  return ok ? ssl_select_cert_success : ssl_select_cert_error;
}

class Server final : public TlsServer {
 public:
  static Result<std::unique_ptr<TlsServer>> create(std::shared_ptr<TicketKeys> keys,
                                                   std::span<const std::string> alpn) {
    std::unique_ptr<Server> server(new Server);
    server->keys_ = std::static_pointer_cast<TicketKeySet>(std::move(keys));
    for (const std::string& protocol : alpn) {
      if (protocol.empty() || protocol.size() > 255) {
        return Error{ErrorCode::InvalidArgument, "tls", "an ALPN name has 1 to 255 bytes", protocol};
      }
      server->alpn_ += static_cast<char>(protocol.size());
      server->alpn_ += protocol;
    }
    server->context_.reset(SSL_CTX_new(TLS_method()));
    SSL_CTX* context = server->context_.get();
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_VERSION) ||
        !SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION)) {
      return Error{ErrorCode::Internal, "tls", take_openssl_error(), "server context"};
    }
    SSL_CTX_set_ex_data(context, kServerSlot, server.get());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_select_certificate_cb(context, select_binding);
    SSL_CTX_set_alpn_select_cb(context, select_alpn, server.get());
    SSL_CTX_set_tlsext_ticket_key_cb(context, ticket_key);
    return std::unique_ptr<TlsServer>(std::move(server));
  }

  std::unique_ptr<TlsSession> accept(std::shared_ptr<const TlsTable> table, CipherSink& sink) override {
    bssl::UniquePtr<SSL> ssl(SSL_new(context_.get()));
    SSL_set_shed_handshake_config(ssl.get(), 1);
    return make_session(std::move(ssl), true, sink, std::move(table));
  }

 private:
  // App data of a context is slot 0 of its ex data.
  static constexpr int kServerSlot = 0;

  Server() = default;

  static int select_alpn(SSL*, const std::uint8_t** out, std::uint8_t* out_size, const std::uint8_t* in,
                         unsigned in_size, void* self) {
    const std::string& offered = static_cast<Server*>(self)->alpn_;
    std::uint8_t* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, out_size,
                                             reinterpret_cast<const std::uint8_t*>(offered.data()),
                                             static_cast<unsigned>(offered.size()), in, in_size);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
  }

  static int ticket_key(SSL* ssl, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher,
                        HMAC_CTX* mac, int encrypt) {
    const auto* self = static_cast<Server*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), kServerSlot));
    const auto keys = self->keys_->keys();
    if (encrypt) {
      const TicketKey& key = keys->front();
      std::memcpy(name, key.name, sizeof key.name);
      RAND_bytes(iv, AES_BLOCK_SIZE);
      return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher, iv) &&
                     HMAC_Init_ex(mac, key.mac, sizeof key.mac, EVP_sha256(), nullptr)
                 ? 1
                 : -1;
    }
    for (const TicketKey& key : *keys) {
      if (std::memcmp(name, key.name, sizeof key.name) != 0) continue;
      const bool ok = HMAC_Init_ex(mac, key.mac, sizeof key.mac, EVP_sha256(), nullptr) &&
                      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher, iv);
      if (!ok) return -1;
      return &key == &keys->front() ? 1 : 2;  // 2: valid, but give the client a newer one
    }
    return 0;
  }

  std::shared_ptr<TicketKeySet> keys_;
  std::string alpn_;  // in wire format
  bssl::UniquePtr<SSL_CTX> context_;
};

}  // namespace

Result<std::unique_ptr<TlsServer>> TlsServer::create(std::shared_ptr<TicketKeys> keys,
                                                     std::span<const std::string> alpn) {
  return Server::create(std::move(keys), alpn);
}

}  // namespace gateway
