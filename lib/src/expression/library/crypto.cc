#include <array>
#include <string>
#include <utility>

#include <openssl/digest.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/crypto_types.h"
#include "expression/library/libraries.h"

namespace gateway::expression {
namespace {

struct Algorithm {
  std::string_view name;
  std::string_view hmac;
  const EVP_MD* (*digest)();
  std::size_t hmac_key;  // of a random one
};
constexpr std::array<Algorithm, 5> kAlgorithms = {{
    {"MD5", "HMACMD5", EVP_md5, 64},
    {"SHA1", "HMACSHA1", EVP_sha1, 64},
    {"SHA256", "HMACSHA256", EVP_sha256, 64},
    {"SHA384", "HMACSHA384", EVP_sha384, 128},
    {"SHA512", "HMACSHA512", EVP_sha512, 128},
}};

struct HashObject final : Object {
  HashObject(const Type* the_type, const EVP_MD* the_digest) : Object(the_type), digest(the_digest) {}
  const EVP_MD* digest;
  BytesObject* key = nullptr;  // of an HMAC
  Value last;                  // Hash
};

Value digest_of(Evaluation& eval, const EVP_MD* digest, std::span<const std::uint8_t> data) {
  eval.charge(data.size() / 4 + 20);
  std::uint8_t out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!EVP_Digest(data.data(), data.size(), out, &size, digest, nullptr)) raise_crypto(eval, "The hash failed.");
  return bytes_value(eval, std::span(out, size));
}
Value hmac_of(Evaluation& eval, const EVP_MD* digest, std::span<const std::uint8_t> key,
              std::span<const std::uint8_t> data) {
  eval.charge((data.size() + key.size()) / 4 + 50);
  std::uint8_t out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const std::uint8_t none = 0;  // a null key would mean the last one
  if (!HMAC(digest, key.empty() ? &none : key.data(), key.size(), data.data(), data.size(), out, &size)) {
    raise_crypto(eval, "The HMAC failed.");
  }
  return bytes_value(eval, std::span(out, size));
}

template <std::size_t index>
Value create(Call& call) {
  const Algorithm& algorithm = kAlgorithms[index];
  return Value::of(call.eval.arena().make<HashObject>(type_named(call.eval, algorithm.name), algorithm.digest()));
}
template <std::size_t index>
Value hash_data(Call& call) {
  return digest_of(call.eval, kAlgorithms[index].digest(), bytes_argument(call, 0, "source"));
}
template <std::size_t index>
Value create_hmac(Call& call) {
  const Algorithm& algorithm = kAlgorithms[index];
  auto* hash = call.eval.arena().make<HashObject>(type_named(call.eval, algorithm.hmac), algorithm.digest());
  if (call.args.empty()) {
    hash->key = new_bytes(call.eval, algorithm.hmac_key);
    call.eval.environment().entropy->fill(std::as_writable_bytes(hash->key->bytes));
  } else {
    hash->key = static_cast<BytesObject*>(bytes_value(call.eval, bytes_argument(call, 0, "key")).object());
  }
  return Value::of(hash);
}
template <std::size_t index>
Value hmac_data(Call& call) {
  const auto key = bytes_argument(call, 0, "key"), source = bytes_argument(call, 1, "source");
  return hmac_of(call.eval, kAlgorithms[index].digest(), key, source);
}

Value compute(Call& call) {
  auto& hash = self<HashObject>(call);
  auto data = bytes_argument(call, 1, "buffer");
  if (call.args.size() > 3) {
    const std::int64_t from = call.args[2].integer(), count = call.args[3].integer();
    if (from < 0 || count < 0 || static_cast<std::uint64_t>(from + count) > data.size()) {
      raise_argument(call.eval, "count", "Offset and length were out of bounds for the array.");
    }
    data = data.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
  }
  hash.last = hash.key ? hmac_of(call.eval, hash.digest, hash.key->bytes, data)
                       : digest_of(call.eval, hash.digest, data);
  return hash.last;
}
Value last_hash(Call& call) { return self<HashObject>(call).last; }
Value hash_size(Call& call) {
  return Value::of(static_cast<std::int32_t>(EVP_MD_size(self<HashObject>(call).digest) * 8));
}
Value dispose(Call&) { return {}; }
Value get_key(Call& call) {
  const auto* key = self<HashObject>(call).key;
  return key ? bytes_value(call.eval, key->bytes) : Value();
}
Value set_key(Call& call) {
  self<HashObject>(call).key =
      static_cast<BytesObject*>(bytes_value(call.eval, bytes_argument(call, 1, "value")).object());
  return {};
}

template <std::size_t index>
void declare_algorithm(Catalog& catalog) {
  const std::string space = "System.Security.Cryptography.", name(kAlgorithms[index].name),
                    hmac(kAlgorithms[index].hmac);
  catalog.declare(space + name, {.base = "HashAlgorithm"})
      .member("static " + name + " Create()", create<index>)
      .member("static byte[] HashData(byte[] source)", hash_data<index>);
  catalog.declare(space + name + "Managed", {.base = name}).member("new()", create<index>);
  catalog.declare(space + name + "CryptoServiceProvider", {.base = name}).member("new()", create<index>);
  catalog.declare(space + hmac, {.base = "HMAC"})
      .member("new()", create_hmac<index>)
      .member("new(byte[] key)", create_hmac<index>)
      .member("static byte[] HashData(byte[] key, byte[] source)", hmac_data<index>);
}

Value new_generator(Call& call) {
  return Value::of(call.eval.arena().make<Object>(type_named(call.eval, "RNGCryptoServiceProvider")));
}
Value fill(Call& call) {
  auto& target = object_argument<BytesObject>(call, 1, "data");
  call.eval.charge(target.bytes.size() / 2 + 50);
  call.eval.environment().entropy->fill(std::as_writable_bytes(target.bytes));
  return {};
}
Value fill_without_zero(Call& call) {
  fill(call);
  for (std::uint8_t& byte : object_argument<BytesObject>(call, 1, "data").bytes) {
    while (byte == 0) {
      call.eval.charge(10);
      call.eval.environment().entropy->fill(std::as_writable_bytes(std::span(&byte, 1)));
    }
  }
  return {};
}

}  // namespace

const EVP_MD* digest_named(std::string_view name) noexcept {
  std::string plain;
  for (const char c : name) {
    if (c != '-') plain += c;
  }
  for (const Algorithm& algorithm : kAlgorithms) {
    if (equals_ignoring_case(plain, algorithm.name)) return algorithm.digest();
  }
  return nullptr;
}

void raise_crypto(Evaluation& eval, std::string_view message) {
  ERR_clear_error();
  eval.raise("CryptographicException", message);
}

std::string_view hex_text(Evaluation& eval, std::span<const std::uint8_t> bytes) {
  std::pmr::string out(&eval.arena());
  for (const std::uint8_t byte : bytes) {
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return eval.arena().copy(out);
}

void declare_hashes(Catalog& catalog) {
  const std::string space = "System.Security.Cryptography.";
  catalog.declare(space + "CryptographicException", {.base = "Exception"});
  catalog.declare(space + "HashAlgorithm", {.interfaces = {"IDisposable"}})
      .member("byte[] ComputeHash(byte[] buffer)", compute)
      .member("byte[] ComputeHash(byte[] buffer, int offset, int count)", compute)
      .member("byte[] Hash { get; }", last_hash)
      .member("int HashSize { get; }", hash_size)
      .member("void Clear()", dispose)
      .member("void Dispose()", dispose);
  catalog.declare(space + "KeyedHashAlgorithm", {.base = "HashAlgorithm"})
      .member("byte[] Key { get; }", get_key)
      .member("byte[] Key { set; }", set_key);
  catalog.declare(space + "HMAC", {.base = "KeyedHashAlgorithm"});
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (declare_algorithm<index>(catalog), ...);
  }(std::make_index_sequence<kAlgorithms.size()>());
  catalog.declare(space + "RandomNumberGenerator", {.interfaces = {"IDisposable"}})
      .member("static RandomNumberGenerator Create()", new_generator)
      .member("void GetBytes(byte[] data)", fill)
      .member("void GetNonZeroBytes(byte[] data)", fill_without_zero)
      .member("void Dispose()", dispose);
  catalog.declare(space + "RNGCryptoServiceProvider", {.base = "RandomNumberGenerator"})
      .member("new()", new_generator);
}

void declare_crypto(Catalog& catalog) {
  declare_hashes(catalog);
  declare_symmetric(catalog);
  declare_rsa(catalog);
  declare_certificate(catalog);
  declare_tokens(catalog);
}

}  // namespace gateway::expression
