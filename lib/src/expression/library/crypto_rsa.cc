#include <string>

#include <openssl/digest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/certificate.h"
#include "expression/library/crypto_types.h"

// RSA, its paddings, and HashAlgorithmName.
namespace gateway::expression {
namespace {

// About 1 ms for 2048 bits.
constexpr std::uint64_t kPrivateSteps = 100'000, kPublicSteps = 4'000;

struct HashNameObject final : Object {
  HashNameObject(const Type* the_type, std::string_view the_name) : Object(the_type), name(the_name) {}
  std::string_view name;
};
struct PaddingObject final : Object {
  PaddingObject(const Type* the_type, int the_mode, std::string_view the_hash)
      : Object(the_type), mode(the_mode), hash(the_hash) {}
  int mode;
  std::string_view hash;  // of OAEP
};

Value hash_name(Evaluation& eval, std::string_view name) {
  return Value::of(eval.arena().make<HashNameObject>(type_named(eval, "HashAlgorithmName"), name));
}
constexpr std::string_view kHashes[] = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"};
template <std::size_t index>
Value known_hash(Call& call) {
  return hash_name(call.eval, kHashes[index]);
}
Value new_hash_name(Call& call) { return hash_name(call.eval, optional_text(call, 0)); }
Value hash_name_text(Call& call) { return Value::of(self<HashNameObject>(call).name); }

template <int mode>
Value signature_padding(Call& call) {
  return Value::of(call.eval.arena().make<PaddingObject>(type_named(call.eval, "RSASignaturePadding"), mode, ""));
}
template <int mode, std::size_t hash>
Value encryption_padding(Call& call) {
  return Value::of(
      call.eval.arena().make<PaddingObject>(type_named(call.eval, "RSAEncryptionPadding"), mode, kHashes[hash]));
}

const EVP_MD* digest_argument(Call& call, std::size_t index) {
  const std::string_view name = object_argument<HashNameObject>(call, index, "hashAlgorithm").name;
  const EVP_MD* digest = digest_named(name);
  if (!digest) raise_crypto(call.eval, "'" + std::string(name) + "' is not a known hash algorithm.");
  return digest;
}

EVP_PKEY* private_key(Call& call) {
  auto& rsa = self<RsaObject>(call);
  if (!rsa.has_private) raise_crypto(call.eval, "The key has no private part.");
  call.eval.charge(kPrivateSteps);
  return rsa.key.get();
}
EVP_PKEY* public_key(Call& call) {
  call.eval.charge(kPublicSteps);
  return self<RsaObject>(call).key.get();
}

bssl::UniquePtr<EVP_PKEY_CTX> signing_context(EVP_PKEY* key, bool verify, const EVP_MD* digest, int padding) {
  bssl::UniquePtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || !(verify ? EVP_PKEY_verify_init(context.get()) : EVP_PKEY_sign_init(context.get())) ||
      !EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) ||
      !EVP_PKEY_CTX_set_signature_md(context.get(), digest) ||
      (padding == RSA_PKCS1_PSS_PADDING && !EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), -1))) {
    return nullptr;
  }
  return context;
}

// The digest of the data, or the data where it is one already.
template <bool hashed>
std::string digest_bytes(Call& call, std::size_t index, const EVP_MD* digest) {
  const auto data = bytes_argument(call, index, hashed ? "hash" : "data");
  if (hashed) return std::string(as_text(data));
  call.eval.charge(data.size() / 4);
  std::uint8_t out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!EVP_Digest(data.data(), data.size(), out, &size, digest, nullptr)) raise_crypto(call.eval, "The hash failed.");
  return {reinterpret_cast<const char*>(out), size};
}

// (data or hash, algorithm, padding)
template <bool hashed>
Value sign(Call& call) {
  const EVP_MD* digest = digest_argument(call, 2);
  const std::string bytes = digest_bytes<hashed>(call, 1, digest);
  const auto context = signing_context(private_key(call), false, digest,
                                       object_argument<PaddingObject>(call, 3, "padding").mode);
  std::size_t size = 0;
  if (!context || bytes.size() != EVP_MD_size(digest) ||
      !EVP_PKEY_sign(context.get(), nullptr, &size, as_bytes(bytes).data(), bytes.size())) {
    raise_crypto(call.eval, "The signature could not be made.");
  }
  BytesObject* out = new_bytes(call.eval, size);
  if (!EVP_PKEY_sign(context.get(), out->bytes.data(), &size, as_bytes(bytes).data(), bytes.size())) {
    raise_crypto(call.eval, "The signature could not be made.");
  }
  out->bytes = out->bytes.first(size);
  return Value::of(out);
}
// (data or hash, signature, algorithm, padding)
template <bool hashed>
Value verify(Call& call) {
  const auto signature = bytes_argument(call, 2, "signature");
  const EVP_MD* digest = digest_argument(call, 3);
  const std::string bytes = digest_bytes<hashed>(call, 1, digest);
  const auto context = signing_context(public_key(call), true, digest,
                                       object_argument<PaddingObject>(call, 4, "padding").mode);
  const bool valid = context && EVP_PKEY_verify(context.get(), signature.data(), signature.size(),
                                                as_bytes(bytes).data(), bytes.size()) == 1;
  ERR_clear_error();
  return Value::of(valid);
}

template <bool encrypting>
Value transform(Call& call) {
  const auto data = bytes_argument(call, 1, "data");
  const auto& padding = object_argument<PaddingObject>(call, 2, "padding");
  EVP_PKEY* key = encrypting ? public_key(call) : private_key(call);
  bssl::UniquePtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
  const auto run = encrypting ? EVP_PKEY_encrypt : EVP_PKEY_decrypt;
  std::size_t size = 0;
  const bool ready =
      context && (encrypting ? EVP_PKEY_encrypt_init(context.get()) : EVP_PKEY_decrypt_init(context.get())) &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), padding.mode) &&
      (padding.mode != RSA_PKCS1_OAEP_PADDING ||
       (EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest_named(padding.hash)) &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest_named(padding.hash)))) &&
      run(context.get(), nullptr, &size, data.data(), data.size());
  BytesObject* out = new_bytes(call.eval, size);
  if (!ready || !run(context.get(), out->bytes.data(), &size, data.data(), data.size())) {
    raise_crypto(call.eval, encrypting ? "The data could not be encrypted." : "The data could not be decrypted.");
  }
  out->bytes = out->bytes.first(size);
  return Value::of(out);
}

Value key_size(Call& call) {
  return Value::of(static_cast<std::int32_t>(EVP_PKEY_bits(self<RsaObject>(call).key.get())));
}
Value dispose(Call&) { return {}; }

}  // namespace

void declare_rsa(Catalog& catalog) {
  const std::string space = "System.Security.Cryptography.";
  catalog.declare(space + "HashAlgorithmName", {.value_type = true})
      .member("new(string name)", new_hash_name)
      .member("static HashAlgorithmName MD5 { get; }", known_hash<0>)
      .member("static HashAlgorithmName SHA1 { get; }", known_hash<1>)
      .member("static HashAlgorithmName SHA256 { get; }", known_hash<2>)
      .member("static HashAlgorithmName SHA384 { get; }", known_hash<3>)
      .member("static HashAlgorithmName SHA512 { get; }", known_hash<4>)
      .member("string Name { get; }", hash_name_text)
      .member("string ToString()", hash_name_text);
  catalog.declare(space + "RSASignaturePadding")
      .member("static RSASignaturePadding Pkcs1 { get; }", signature_padding<RSA_PKCS1_PADDING>)
      .member("static RSASignaturePadding Pss { get; }", signature_padding<RSA_PKCS1_PSS_PADDING>);
  catalog.declare(space + "RSAEncryptionPadding")
      .member("static RSAEncryptionPadding Pkcs1 { get; }", encryption_padding<RSA_PKCS1_PADDING, 1>)
      .member("static RSAEncryptionPadding OaepSHA1 { get; }", encryption_padding<RSA_PKCS1_OAEP_PADDING, 1>)
      .member("static RSAEncryptionPadding OaepSHA256 { get; }", encryption_padding<RSA_PKCS1_OAEP_PADDING, 2>)
      .member("static RSAEncryptionPadding OaepSHA384 { get; }", encryption_padding<RSA_PKCS1_OAEP_PADDING, 3>)
      .member("static RSAEncryptionPadding OaepSHA512 { get; }", encryption_padding<RSA_PKCS1_OAEP_PADDING, 4>);
  catalog.declare(space + "AsymmetricAlgorithm", {.interfaces = {"IDisposable"}})
      .member("int KeySize { get; }", key_size)
      .member("void Clear()", dispose)
      .member("void Dispose()", dispose);
  catalog.declare(space + "RSA", {.base = "AsymmetricAlgorithm"})
      .member("byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", sign<false>)
      .member("byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", sign<true>)
      .member("bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding "
              "padding)",
              verify<false>)
      .member("bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding "
              "padding)",
              verify<true>)
      .member("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", transform<true>)
      .member("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", transform<false>);
}

}  // namespace gateway::expression
