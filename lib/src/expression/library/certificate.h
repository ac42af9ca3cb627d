#pragma once

#include <string_view>

#include <openssl/base.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "expression/evaluation.h"

namespace gateway::expression {

// X509Certificate2. `key` is null where there is no private key. Verify() asks `trust` (not owned; null:
// nothing is trusted).
struct CertificateObject final : Object {
  using Object::Object;
  bssl::UniquePtr<X509> certificate;
  bssl::UniquePtr<EVP_PKEY> key;
  std::string_view der;
  X509_STORE* trust = nullptr;
};

// `der` and `key_pem` (PKCS#8 or traditional; "": none) are copied. Raises CryptographicException where
// they are none; the message tells nothing of the key.
[[nodiscard]] Value make_certificate(Evaluation& eval, std::string_view der, std::string_view key_pem);
// The first certificate of a PEM text, else DER. `pem_or_der` may hold the key too.
[[nodiscard]] Value make_certificate_of_file(Evaluation& eval, std::string_view pem_or_der);

// RSA, a private or a public key.
struct RsaObject final : Object {
  using Object::Object;
  bssl::UniquePtr<EVP_PKEY> key;
  bool has_private = false;
};

}  // namespace gateway::expression
