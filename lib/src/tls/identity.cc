#include <ctime>

#include <openssl/asn1.h>
#include <openssl/bytestring.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "tls/openssl.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxPemBytes = 1 << 20;
constexpr std::size_t kMaxChain = 16;
constexpr int kMinRsaBits = 2048;

Error refuse(std::string_view where, std::string message) {
  ERR_clear_error();
  return Error{ErrorCode::InvalidArgument, "tls", std::move(message), std::string(where)};
}

// An encrypted key is refused instead of asking a terminal for its password.
int no_password(char*, int, int, void*) { return -1; }

std::string subject_of(X509* leaf) {
  bssl::UniquePtr<BIO> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(leaf), 0, XN_FLAG_RFC2253);
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  BIO_mem_contents(out.get(), &bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

std::int64_t unix_time(const ASN1_TIME* time) {
  bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  if (!ASN1_TIME_diff(&days, &seconds, epoch.get(), time)) return 0;
  return std::int64_t{days} * 86400 + seconds;
}

std::string fingerprint_of(const std::uint8_t* der, std::size_t size) {
  std::uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(der, size, digest);
  std::string text;
  for (std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// Why a key cannot serve; empty when it can.
std::string key_problem(const EVP_PKEY* key) {
  switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_bits(key) < kMinRsaBits) {
        return "the RSA key has " + std::to_string(EVP_PKEY_bits(key)) + " bits; 2048 or more are allowed";
      }
      return {};
    case EVP_PKEY_EC:
      switch (EC_GROUP_get_curve_name(EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key)))) {
        case NID_X9_62_prime256v1:
        case NID_secp384r1:
        case NID_secp521r1:
          return {};
        default:
          return "the curve of the EC key is not allowed; P-256, P-384 and P-521 are";
      }
    case EVP_PKEY_ED25519:
      return {};
    default:
      return "the key type is not allowed; RSA, ECDSA and Ed25519 are";
  }
}

Result<std::shared_ptr<const TlsIdentity>> build(std::vector<bssl::UniquePtr<X509>> certificates,
                                                 bssl::UniquePtr<EVP_PKEY> key,
                                                 std::string_view where) {
  auto identity = std::make_shared<TlsIdentity>();
  for (const auto& certificate : certificates) {
    std::uint8_t* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    bssl::UniquePtr<std::uint8_t> owner(der);
    if (size <= 0) return refuse(where, "the certificate cannot be encoded");
    if (identity->chain.empty()) {
      identity->info.fingerprint_sha256 = fingerprint_of(der, static_cast<std::size_t>(size));
    }
    identity->chain.emplace_back(CRYPTO_BUFFER_new(der, static_cast<std::size_t>(size), nullptr));
  }
  X509* leaf = certificates.front().get();
  identity->info.subject = subject_of(leaf);
  identity->info.not_before = unix_time(X509_get0_notBefore(leaf));
  identity->info.not_after = unix_time(X509_get0_notAfter(leaf));
  identity->key = std::move(key);
  return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

}  // namespace

std::string take_openssl_error() {
  const std::uint32_t code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "error " + std::to_string(code);
}

Result<std::shared_ptr<const TlsIdentity>> make_tls_identity(std::string_view chain_pem,
                                                             std::string_view key_pem,
                                                             std::string_view where) {
  if (chain_pem.size() > kMaxPemBytes || key_pem.size() > kMaxPemBytes) {
    return refuse(where, "certificate or key is larger than 1 MiB");
  }
  ERR_clear_error();
  bssl::UniquePtr<BIO> chain(BIO_new_mem_buf(chain_pem.data(), static_cast<int>(chain_pem.size())));
  std::vector<bssl::UniquePtr<X509>> certificates;
  while (X509* certificate = PEM_read_bio_X509(chain.get(), nullptr, no_password, nullptr)) {
    certificates.emplace_back(certificate);
    if (certificates.size() > kMaxChain) return refuse(where, "the chain has more than 16 certificates");
  }
  const std::uint32_t stopped_by = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(stopped_by) == ERR_LIB_PEM &&
                      ERR_GET_REASON(stopped_by) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return refuse(where, certificates.empty()
                             ? "the certificate is not PEM with at least one BEGIN CERTIFICATE block"
                             : "certificate " + std::to_string(certificates.size() + 1) +
                                   " of the chain does not parse");
  }
  ERR_clear_error();
  bssl::UniquePtr<BIO> key_bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  bssl::UniquePtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_password, nullptr));
  if (!key) {
    return refuse(where, "the private key is not an unencrypted PEM key (PKCS#8, PKCS#1 or SEC1)");
  }
  if (std::string problem = key_problem(key.get()); !problem.empty()) return refuse(where, problem);
  if (!X509_check_private_key(certificates.front().get(), key.get())) {
    return refuse(where, "the private key does not belong to the first certificate of the chain");
  }
  return build(std::move(certificates), std::move(key), where);
}

Result<std::shared_ptr<const TlsIdentity>> generate_tls_identity(std::string_view dns_name) {
  const auto fail = [](const char* step) {
    return Error{ErrorCode::Internal, "tls", std::string(step) + ": " + take_openssl_error(), "generated certificate"};
  };
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  if (!ec || !EC_KEY_generate_key(ec.get()) || !EVP_PKEY_set1_EC_KEY(key.get(), ec.get())) return fail("key");

  bssl::UniquePtr<X509> certificate(X509_new());
  const std::string name(dns_name);
  std::uint64_t serial = 0;
  const std::int64_t now = std::time(nullptr);
  {
    std::uint8_t digest[SHA256_DIGEST_LENGTH];
    std::uint8_t* der = nullptr;
    const int size = i2d_PUBKEY(key.get(), &der);
    bssl::UniquePtr<std::uint8_t> owner(der);
    if (size <= 0) return fail("public key");
    SHA256(der, static_cast<std::size_t>(size), digest);
    for (int i = 0; i < 8; ++i) serial = serial << 8 | digest[i];
    serial &= 0x7fffffffffffffffULL;
  }
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  bssl::UniquePtr<GENERAL_NAMES> names(GENERAL_NAMES_new());
  GENERAL_NAME* san = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  const bool filled = san && text && ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
  if (!filled) return fail("subject alternative name");
  GENERAL_NAME_set0_value(san, GEN_DNS, text);
  sk_GENERAL_NAME_push(names.get(), san);

  const bool ok =
      X509_set_version(certificate.get(), X509_VERSION_3) &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial) &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const std::uint8_t*>("libgateway default certificate"),
                                 -1, -1, 0) &&
      X509_set_issuer_name(certificate.get(), subject) &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now - 3600) &&
      ASN1_TIME_adj(X509_getm_notAfter(certificate.get()), now, 3650, 0) &&
      X509_set_pubkey(certificate.get(), key.get()) &&
      X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, 0) &&
      X509_sign(certificate.get(), key.get(), EVP_sha256());
  if (!ok) return fail("certificate");

  std::vector<bssl::UniquePtr<X509>> chain;
  chain.push_back(std::move(certificate));
  return build(std::move(chain), std::move(key), "generated certificate");
}

const TlsIdentityInfo& info(const TlsIdentity& identity) noexcept { return identity.info; }

bool use_identity(SSL* ssl, const TlsIdentity& identity) {
  CRYPTO_BUFFER* certificates[kMaxChain + 1];
  std::size_t count = 0;
  for (const auto& certificate : identity.chain) certificates[count++] = certificate.get();
  return SSL_set_chain_and_key(ssl, certificates, count, identity.key.get(), nullptr) == 1;
}

}  // namespace gateway
