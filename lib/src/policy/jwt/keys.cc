#include "policy/jwt/keys.h"

#include <openssl/bn.h>
#include <openssl/bytestring.h>
#include <openssl/digest.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "model/document.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kMostKeys = 200;

Error refuse(std::string_view where, std::string message) {
  return Error{ErrorCode::InvalidArgument, "policy", std::move(message), std::string(where), false};
}

const EVP_MD* digest_of(std::string_view algorithm) noexcept {
  if (algorithm.ends_with("256")) return EVP_sha256();
  if (algorithm.ends_with("384")) return EVP_sha384();
  if (algorithm.ends_with("512")) return EVP_sha512();
  return nullptr;
}

const std::uint8_t* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bssl::UniquePtr<BIGNUM> number(std::string_view base64url) {
  std::string raw;
  if (!decode_base64url(base64url, raw) || raw.empty() || raw.size() > 1024) return nullptr;
  return bssl::UniquePtr<BIGNUM>(BN_bin2bn(bytes(raw), raw.size(), nullptr));
}

std::string_view text_of(const rapidjson::Value& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd() || !at->value.IsString()) return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

}  // namespace

struct TokenKey::Material {
  std::string secret;               // of HMAC; the public key is null then
  bssl::UniquePtr<EVP_PKEY> key;
};

bool decode_base64url(std::string_view text, std::string& out) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  out.clear();
  out.reserve(text.size() * 3 / 4);
  unsigned held = 0, bits = 0;
  for (const char c : text) {
    unsigned six = 0;
    if (c >= 'A' && c <= 'Z') {
      six = static_cast<unsigned>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      six = static_cast<unsigned>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      six = static_cast<unsigned>(c - '0') + 52;
    } else if (c == '-' || c == '_') {
      six = c == '-' ? 62 : 63;
    } else {
      return false;
    }
    held = held << 6 | six;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<char>(held >> bits & 0xFF));
    held &= (1U << bits) - 1;
  }
  return held == 0;
}

TokenKey TokenKey::of_secret(std::string secret, std::string id) {
  TokenKey key;
  key.id_ = std::move(id);
  auto material = std::make_shared<Material>();
  material->secret = std::move(secret);
  key.material_ = std::move(material);
  return key;
}

Result<TokenKey> TokenKey::of_rsa(std::string_view n, std::string_view e, std::string id) {
  bssl::UniquePtr<BIGNUM> modulus = number(n), exponent = number(e);
  bssl::UniquePtr<RSA> rsa(RSA_new());
  auto material = std::make_shared<Material>();
  material->key.reset(EVP_PKEY_new());
  const bool made = modulus && exponent && BN_num_bits(modulus.get()) >= 1024 &&
                    BN_num_bits(exponent.get()) <= 33 && rsa && material->key &&
                    RSA_set0_key(rsa.get(), modulus.release(), exponent.release(), nullptr) == 1 &&
                    EVP_PKEY_set1_RSA(material->key.get(), rsa.get()) == 1;
  ERR_clear_error();
  if (!made) return refuse("key", "n and e must be base64url of an RSA key of 1024 bits or more");
  TokenKey key;
  key.id_ = std::move(id);
  key.material_ = std::move(material);
  return key;
}

Result<TokenKey> TokenKey::of_certificate(std::string_view pem, std::string id) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bssl::UniquePtr<X509> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr));
  auto material = std::make_shared<Material>();
  if (certificate) material->key.reset(X509_get_pubkey(certificate.get()));
  ERR_clear_error();
  if (!material->key) return refuse("key", "the certificate cannot be read");
  TokenKey key;
  key.id_ = std::move(id);
  key.material_ = std::move(material);
  return key;
}

Result<TokenKey> TokenKey::of_curve(std::string_view curve, std::string_view x, std::string_view y,
                                    std::string id) {
  const int nid = curve == "P-256"   ? NID_X9_62_prime256v1
                  : curve == "P-384" ? NID_secp384r1
                  : curve == "P-521" ? NID_secp521r1
                                     : NID_undef;
  bssl::UniquePtr<BIGNUM> at_x = number(x), at_y = number(y);
  auto material = std::make_shared<Material>();
  if (nid != NID_undef && at_x && at_y) {
    bssl::UniquePtr<EC_KEY> point(EC_KEY_new_by_curve_name(nid));
    material->key.reset(EVP_PKEY_new());
    if (!point || EC_KEY_set_public_key_affine_coordinates(point.get(), at_x.get(), at_y.get()) != 1 ||
        EVP_PKEY_set1_EC_KEY(material->key.get(), point.get()) != 1) {
      material->key.reset();
    }
  }
  ERR_clear_error();
  if (!material->key) return refuse("key", "crv, x and y must be a point of P-256, P-384 or P-521");
  TokenKey key;
  key.id_ = std::move(id);
  key.material_ = std::move(material);
  return key;
}

bool TokenKey::fits(std::string_view algorithm) const noexcept {
  if (!material_->key) return algorithm.starts_with("HS");
  const int kind = EVP_PKEY_id(material_->key.get());
  if (kind == EVP_PKEY_RSA) return algorithm.starts_with("RS") || algorithm.starts_with("PS");
  if (kind != EVP_PKEY_EC) return false;
  const EC_KEY* point = EVP_PKEY_get0_EC_KEY(material_->key.get());
  const int curve = EC_GROUP_get_curve_name(EC_KEY_get0_group(point));
  return (algorithm == "ES256" && curve == NID_X9_62_prime256v1) ||
         (algorithm == "ES384" && curve == NID_secp384r1) ||
         (algorithm == "ES512" && curve == NID_secp521r1);
}

bool TokenKey::verifies(std::string_view algorithm, std::string_view signed_text,
                        std::string_view signature) const noexcept {
  const EVP_MD* digest = algorithm.size() == 5 ? digest_of(algorithm) : nullptr;
  if (!digest || !fits(algorithm)) return false;
  if (!material_->key) {
    std::uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(digest, material_->secret.data(), material_->secret.size(), bytes(signed_text),
              signed_text.size(), mac, &size)) {
      return false;
    }
    return signature.size() == size && CRYPTO_memcmp(mac, signature.data(), size) == 0;
  }
  bssl::UniquePtr<std::uint8_t> der;
  if (algorithm.starts_with("ES")) {  // two numbers of fixed size (RFC 7518 §3.4)
    const std::size_t half = signature.size() / 2;
    const std::size_t wanted = algorithm == "ES256" ? 32 : algorithm == "ES384" ? 48 : 66;
    if (signature.size() != 2 * wanted) return false;
    bssl::UniquePtr<ECDSA_SIG> pair(ECDSA_SIG_new());
    bssl::UniquePtr<BIGNUM> r(BN_bin2bn(bytes(signature), half, nullptr));
    bssl::UniquePtr<BIGNUM> s(BN_bin2bn(bytes(signature) + half, half, nullptr));
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return false;
    (void)r.release();
    (void)s.release();
    std::uint8_t* out = nullptr;
    std::size_t size = 0;
    if (ECDSA_SIG_to_bytes(&out, &size, pair.get()) != 1) return false;
    der.reset(out);
    signature = {reinterpret_cast<const char*>(out), size};
  }
  bssl::ScopedEVP_MD_CTX context;
  EVP_PKEY_CTX* key_context = nullptr;
  bool valid = EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, material_->key.get()) == 1;
  if (valid && algorithm.starts_with("PS")) {
    valid = EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, -1) == 1;
  }
  valid = valid && EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(signed_text),
                                    signed_text.size()) == 1;
  ERR_clear_error();
  return valid;
}

Result<TokenKeys> read_key_set(std::string_view json, std::string_view where) {
  DocumentLimits limits;
  limits.max_bytes = std::size_t{1} << 20;
  limits.max_depth = 16;
  auto document = parse_json(json, limits, where);
  if (!document) return std::move(document).error();
  const auto no_keys = [&] { return refuse(where, "must be an object with an array \"keys\""); };
  if (!document->IsObject()) return no_keys();
  const auto keys = document->FindMember("keys");
  if (keys == document->MemberEnd() || !keys->value.IsArray()) return no_keys();
  TokenKeys out;
  for (const rapidjson::Value& one : keys->value.GetArray()) {
    if (!one.IsObject() || out.size() >= kMostKeys) continue;
    const std::string_view use = text_of(one, "use");
    if (!use.empty() && use != "sig") continue;
    const std::string_view kind = text_of(one, "kty");
    std::string id(text_of(one, "kid"));
    if (kind == "RSA") {
      auto key = TokenKey::of_rsa(text_of(one, "n"), text_of(one, "e"), std::move(id));
      if (key) out.push_back(std::move(key).value());
    } else if (kind == "EC") {
      auto key = TokenKey::of_curve(text_of(one, "crv"), text_of(one, "x"), text_of(one, "y"), std::move(id));
      if (key) out.push_back(std::move(key).value());
    }  // "oct": a public document that tells a secret is no base for trust
  }
  return out;
}

SignatureOutcome check_signature(const TokenKeys& keys, std::string_view algorithm, std::string_view key_id,
                                 std::string_view signed_text, std::string_view signature) noexcept {
  bool named = false, fitted = false;
  for (const TokenKey& key : keys) {
    if (key_id.empty() || key.id() != key_id) continue;
    named = true;
    if (!key.fits(algorithm)) continue;
    fitted = true;
    if (key.verifies(algorithm, signed_text, signature)) return SignatureOutcome::Valid;
  }
  if (named) return fitted ? SignatureOutcome::Invalid : SignatureOutcome::NoKey;
  for (const TokenKey& key : keys) {
    // A key of another name is of no use where both have one.
    if (!key_id.empty() && !key.id().empty()) continue;
    if (!key.fits(algorithm)) continue;
    fitted = true;
    if (key.verifies(algorithm, signed_text, signature)) return SignatureOutcome::Valid;
  }
  return fitted ? SignatureOutcome::Invalid : SignatureOutcome::NoKey;
}

}  // namespace gateway::policy
