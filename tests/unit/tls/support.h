#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <gateway/environment.h>

#include "tls/openssl.h"

namespace gateway::test {

// Ciphertext on its way to the other side.
struct Wire final : CipherSink {
  std::vector<std::byte> bytes;
  void append(std::span<const std::byte> more) override { bytes.insert(bytes.end(), more.begin(), more.end()); }
  std::vector<std::byte> take() { return std::exchange(bytes, {}); }
};

struct Pem {
  std::string chain;
  std::string key;
};

// A certificate as PEM, made by the library itself and written out again.
inline Pem make_pem(const std::string& name) {
  const auto identity = generate_tls_identity(name).value();
  Pem pem;
  bssl::UniquePtr<BIO> out(BIO_new(BIO_s_mem()));
  const CRYPTO_BUFFER* der = identity->chain.front().get();
  bssl::UniquePtr<X509> leaf(X509_parse_from_buffer(const_cast<CRYPTO_BUFFER*>(der)));
  PEM_write_bio_X509(out.get(), leaf.get());
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  BIO_mem_contents(out.get(), &bytes, &size);
  pem.chain.assign(reinterpret_cast<const char*>(bytes), size);
  bssl::UniquePtr<BIO> key(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(key.get(), identity->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  BIO_mem_contents(key.get(), &bytes, &size);
  pem.key.assign(reinterpret_cast<const char*>(bytes), size);
  return pem;
}

inline std::shared_ptr<const TlsBinding> binding(std::string host, const Pem& pem,
                                                 TlsVersion min = TlsVersion::Tls1_2) {
  TlsBinding made;
  made.host = std::move(host);
  made.identity = make_tls_identity(pem.chain, pem.key, made.host).value();
  made.min_version = min;
  return std::make_shared<const TlsBinding>(std::move(made));
}

}  // namespace gateway::test
