#include "arm/pkcs12.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/digest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/pem.h>
#include <openssl/pkcs8.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/strings.h"

namespace gateway::arm {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxCertificates = 64;
using Certificates = std::vector<bssl::UniquePtr<X509>>;

Error refuse(std::string_view where, std::string message,
             ErrorCode code = ErrorCode::InvalidArgument) {
  ERR_clear_error();
  return Error{code, "configuration", std::move(message), std::string(where)};
}

// The newest error of BoringSSL's queue: a fixed text, nothing of the input.
std::string newest_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "unknown error";
}

std::string take_text(BIO* bio) {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (!BIO_mem_contents(bio, &bytes, &size)) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string subject_of(X509* leaf) {
  bssl::UniquePtr<BIO> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(leaf), 0, XN_FLAG_RFC2253);
  return take_text(out.get());
}

std::string thumbprint_of(X509* leaf) {
  std::uint8_t bytes[SHA_DIGEST_LENGTH];
  unsigned size = 0;
  if (!X509_digest(leaf, EVP_sha1(), bytes, &size)) return {};
  std::string text;
  for (std::uint8_t byte : bytes) {
    text += "0123456789ABCDEF"[byte >> 4];
    text += "0123456789ABCDEF"[byte & 15];
  }
  return text;
}

std::int64_t unix_time(const ASN1_TIME* time) {
  bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  if (!ASN1_TIME_diff(&days, &seconds, epoch.get(), time)) return 0;
  return std::int64_t{days} * 86400 + seconds;
}

bool issued(X509* issuer, X509* subject) {
  return X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(subject)) == 0;
}

// The certificate of the key; without a key the first that issued none of the others.
Certificates::iterator find_leaf(Certificates& certificates, const EVP_PKEY* key) {
  return std::find_if(certificates.begin(), certificates.end(), [&](const auto& one) {
    if (key) return X509_check_private_key(one.get(), key) == 1;
    return std::none_of(certificates.begin(), certificates.end(), [&](const auto& other) {
      return other != one && issued(one.get(), other.get());
    });
  });
}

// Each before its issuer, as TLS sends them; those that belong to no chain of the leaf stay behind
// it.
void order_chain(Certificates& certificates, Certificates::iterator leaf) {
  std::rotate(certificates.begin(), leaf, leaf + 1);
  for (auto last = certificates.begin(); last != certificates.end() - 1; ++last) {
    const auto next = std::find_if(last + 1, certificates.end(),
                                   [&](const auto& one) { return issued(one.get(), last->get()); });
    if (next == certificates.end() || issued(last->get(), last->get())) return;
    std::rotate(last + 1, next, next + 1);
  }
}

Result<CertificateFile> build(Certificates certificates, EVP_PKEY* key, std::string_view where) {
  if (certificates.empty()) return refuse(where, "it holds no certificate");
  if (certificates.size() > kMaxCertificates)
    return refuse(where, "it holds more than 64 certificates");
  auto leaf = find_leaf(certificates, key);
  if (leaf == certificates.end()) {
    if (key) return refuse(where, "the private key belongs to none of its certificates");
    leaf = certificates.begin();
  }
  ERR_clear_error();  // of keys that were compared
  order_chain(certificates, leaf);

  CertificateFile file;
  bssl::UniquePtr<BIO> chain(BIO_new(BIO_s_mem()));
  for (const auto& one : certificates) {
    if (!PEM_write_bio_X509(chain.get(), one.get()))
      return refuse(where, "a certificate cannot be encoded");
  }
  file.chain_pem = take_text(chain.get());
  if (key) {
    bssl::UniquePtr<BIO> out(BIO_new(BIO_s_mem()));
    if (!PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr)) {
      return refuse(where,
                    "the private key is of a kind that cannot be used; RSA, ECDSA and Ed25519 can");
    }
    file.key_pem = take_text(out.get());
  }
  X509* first = certificates.front().get();
  file.subject = subject_of(first);
  file.thumbprint = thumbprint_of(first);
  file.not_after = unix_time(X509_get0_notAfter(first));
  return file;
}

// Why PKCS#12 could not be read, from BoringSSL's queue.
std::string pkcs12_problem() {
  const std::uint32_t newest = ERR_peek_last_error();
  if (ERR_GET_LIB(newest) == ERR_LIB_PKCS8 &&
      ERR_GET_REASON(newest) == PKCS8_R_INCORRECT_PASSWORD) {
    return "the password is wrong, or the file is damaged";
  }
  return "it is no PKCS#12 file that can be read (" + newest_reason() + ")";
}

// What PEM_read_bio hands out.
struct PemBlock {
  bssl::UniquePtr<char> name;
  bssl::UniquePtr<char> header;
  bssl::UniquePtr<std::uint8_t> data;
  long size = 0;
};

bool read_block(BIO* bio, PemBlock& block) {
  char* name = nullptr;
  char* header = nullptr;
  std::uint8_t* data = nullptr;
  if (!PEM_read_bio(bio, &name, &header, &data, &block.size)) return false;
  block.name.reset(name);
  block.header.reset(header);
  block.data.reset(data);
  return true;
}

bool at_end() {
  const std::uint32_t newest = ERR_peek_last_error();
  return ERR_GET_LIB(newest) == ERR_LIB_PEM && ERR_GET_REASON(newest) == PEM_R_NO_START_LINE;
}

}  // namespace

Result<CertificateFile> read_pkcs12(std::string_view der, std::string_view password,
                                    std::string_view where) {
  if (der.size() > kMaxFileBytes)
    return refuse(where, "it is larger than 1 MiB", ErrorCode::TooLarge);
  if (password.find('\0') != std::string_view::npos || !is_utf8(password)) {
    return refuse(where, "the password is not UTF-8 without NUL");
  }
  ERR_clear_error();
  const std::string terminated(password);
  bssl::UniquePtr<STACK_OF(X509)> stack(sk_X509_new_null());
  EVP_PKEY* raw_key = nullptr;
  CBS in;
  CBS_init(&in, reinterpret_cast<const std::uint8_t*>(der.data()), der.size());
  if (!PKCS12_get_key_and_certs(&raw_key, stack.get(), &in, terminated.c_str())) {
    return refuse(where, pkcs12_problem());
  }
  bssl::UniquePtr<EVP_PKEY> key(raw_key);
  if (CBS_len(&in) != 0) return refuse(where, "there are bytes after the end of the PKCS#12 file");
  Certificates certificates;
  while (sk_X509_num(stack.get()) != 0) certificates.emplace_back(sk_X509_shift(stack.get()));
  return build(std::move(certificates), key.get(), where);
}

Result<CertificateFile> read_pem_file(std::string_view pem, std::string_view where) {
  if (pem.size() > kMaxFileBytes)
    return refuse(where, "it is larger than 1 MiB", ErrorCode::TooLarge);
  ERR_clear_error();
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificates certificates;
  bssl::UniquePtr<EVP_PKEY> key;
  for (PemBlock block; read_block(bio.get(), block);) {
    const std::string_view name = block.name.get();
    const std::uint8_t* bytes = block.data.get();
    if (name == "EC PARAMETERS") continue;
    if (name == PEM_STRING_X509 || name == PEM_STRING_X509_OLD) {
      certificates.emplace_back(d2i_X509(nullptr, &bytes, block.size));
      if (!certificates.back() || bytes != block.data.get() + block.size) {
        return refuse(where,
                      "certificate " + std::to_string(certificates.size()) + " does not parse");
      }
      if (certificates.size() > kMaxCertificates)
        return refuse(where, "it holds more than 64 certificates");
    } else if (name == PEM_STRING_PKCS8 || *block.header.get() != '\0') {
      return refuse(where, "the private key is encrypted; one that is not is wanted");
    } else if (name == PEM_STRING_PKCS8INF || name == PEM_STRING_RSA ||
               name == PEM_STRING_ECPRIVATEKEY) {
      if (key) return refuse(where, "it holds more than one private key");
      key.reset(d2i_AutoPrivateKey(nullptr, &bytes, block.size));
      if (!key) return refuse(where, "the private key does not parse");
    } else {
      return refuse(where, "a PEM block " + quote(name) +
                               "; certificates and one unencrypted private key are allowed");
    }
  }
  if (!at_end()) return refuse(where, "a PEM block does not parse (" + newest_reason() + ")");
  return build(std::move(certificates), key.get(), where);
}

}  // namespace gateway::arm
