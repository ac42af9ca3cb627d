#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/openssl.h"

namespace gateway {
namespace {

constexpr const char* kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

bool is_ip(const std::string& name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

Result<void> trust(SSL_CTX* context, const std::string& pem) {
  ERR_clear_error();
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::size_t count = 0;
  while (X509* raw = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    bssl::UniquePtr<X509> certificate(raw);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
    ++count;
  }
  ERR_clear_error();
  if (count == 0) {
    return Error{ErrorCode::InvalidArgument, "tls", "no PEM certificate in the trusted CAs", "ca_pem"};
  }
  return {};
}

class Client final : public TlsClient {
 public:
  static Result<std::shared_ptr<TlsClient>> create(const TlsClientOptions& options) {
    auto client = std::make_shared<Client>();
    client->context_.reset(SSL_CTX_new(TLS_method()));
    SSL_CTX* context = client->context_.get();
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)) {
      return Error{ErrorCode::Internal, "tls", take_openssl_error(), "client context"};
    }
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    client->verify_ = options.verify;
    if (options.verify) {
      if (!options.ca_pem.empty()) {
        if (auto trusted = trust(context, options.ca_pem); !trusted) return trusted.error();
      }
      if ((options.ca_pem.empty() || options.system_cas) &&
          !SSL_CTX_load_verify_locations(context, kSystemBundle, nullptr)) {
        // No bundle on this machine: nothing is trusted, and each handshake says so.
        ERR_clear_error();
      }
    }
    if (!options.client_chain_pem.empty()) {
      auto identity = make_tls_identity(options.client_chain_pem, options.client_key_pem, "client certificate");
      if (!identity) return identity.error();
      client->identity_ = *identity;
    }
    return std::shared_ptr<TlsClient>(std::move(client));
  }

  std::unique_ptr<TlsSession> connect(std::string_view server_name, CipherSink& sink) override {
    bssl::UniquePtr<SSL> ssl(SSL_new(context_.get()));
    const std::string name(server_name);
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl.get());
    if (is_ip(name)) {
      X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl.get(), name.c_str());
      if (verify_) {
        X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
      }
    }
    if (identity_) (void)use_identity(ssl.get(), *identity_);
    return make_session(std::move(ssl), false, sink, nullptr);
  }

 private:
  bssl::UniquePtr<SSL_CTX> context_;
  std::shared_ptr<const TlsIdentity> identity_;
  bool verify_ = true;
};

}  // namespace

Result<std::shared_ptr<TlsClient>> TlsClient::create(const TlsClientOptions& options) {
  return Client::create(options);
}

}  // namespace gateway
