#include <array>
#include <cstring>
#include <string>

#include <openssl/cipher.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/crypto_types.h"

// SymmetricAlgorithm: AES; byte[].Encrypt and byte[].Decrypt.
namespace gateway::expression {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::int32_t kCbc = 1, kEcb = 2;
constexpr std::int32_t kNoPadding = 1, kPkcs7 = 2, kZeros = 3;

struct AesObject final : Object {
  using Object::Object;
  Value key, iv;  // byte[]; null: none yet
  std::int32_t mode = kCbc;
  std::int32_t padding = kPkcs7;
  std::int32_t key_bits = 256;
};

AesObject* make_aes(Evaluation& eval) { return eval.arena().make<AesObject>(type_named(eval, "Aes")); }

Value random_bytes(Evaluation& eval, std::size_t size) {
  BytesObject* out = new_bytes(eval, size);
  eval.environment().entropy->fill(std::as_writable_bytes(out->bytes));
  return Value::of(out);
}

AesObject* aes_named(Call& call, std::string_view name) {
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  for (const std::string_view known : {"Aes", "AesManaged", "AesCryptoServiceProvider", "Rijndael", "RijndaelManaged"}) {
    if (equals_ignoring_case(name, known)) return make_aes(call.eval);
  }
  raise_argument(call.eval, "alg", "Only the algorithm \"Aes\" is supported, not " + quote(name) + ".");
}
Value create(Call& call) { return Value::of(make_aes(call.eval)); }
Value create_named(Call& call) { return Value::of(aes_named(call, text_arg(call, 0, "algName"))); }

Value get_key(Call& call) {
  auto& aes = self<AesObject>(call);
  if (aes.key.is_null()) aes.key = random_bytes(call.eval, static_cast<std::size_t>(aes.key_bits) / 8);
  return aes.key;
}
bool is_key_size(std::size_t bytes) { return bytes == 16 || bytes == 24 || bytes == 32; }
Value set_key(Call& call) {
  const auto bytes = bytes_argument(call, 1, "value");
  if (!is_key_size(bytes.size())) raise_crypto(call.eval, "Specified key is not a valid size for this algorithm.");
  auto& aes = self<AesObject>(call);
  aes.key = bytes_value(call.eval, bytes);
  aes.key_bits = static_cast<std::int32_t>(bytes.size() * 8);
  return {};
}
Value get_iv(Call& call) {
  auto& aes = self<AesObject>(call);
  if (aes.iv.is_null()) aes.iv = random_bytes(call.eval, kBlock);
  return aes.iv;
}
Value set_iv(Call& call) {
  const auto bytes = bytes_argument(call, 1, "value");
  if (bytes.size() != kBlock) {
    raise_crypto(call.eval, "Specified initialization vector (IV) does not match the block size for this algorithm.");
  }
  self<AesObject>(call).iv = bytes_value(call.eval, bytes);
  return {};
}
Value get_mode(Call& call) {
  return Value::enumeration(type_named(call.eval, "CipherMode"), self<AesObject>(call).mode);
}
Value set_mode(Call& call) {
  const std::int32_t mode = enum_arg(call, 1);
  if (mode != kCbc && mode != kEcb) raise_crypto(call.eval, "Only the cipher modes CBC and ECB are supported.");
  self<AesObject>(call).mode = mode;
  return {};
}
Value get_padding(Call& call) {
  return Value::enumeration(type_named(call.eval, "PaddingMode"), self<AesObject>(call).padding);
}
Value set_padding(Call& call) {
  const std::int32_t padding = enum_arg(call, 1);
  if (padding < kNoPadding || padding > kZeros) {
    raise_crypto(call.eval, "Only the padding modes None, PKCS7 and Zeros are supported.");
  }
  self<AesObject>(call).padding = padding;
  return {};
}
Value get_key_size(Call& call) { return Value::of(self<AesObject>(call).key_bits); }
Value set_key_size(Call& call) {
  const std::int64_t bits = call.args[1].integer();
  if (bits % 8 != 0 || bits < 0 || !is_key_size(static_cast<std::size_t>(bits) / 8)) {
    raise_crypto(call.eval, "Specified key is not a valid size for this algorithm.");
  }
  self<AesObject>(call).key_bits = static_cast<std::int32_t>(bits);
  self<AesObject>(call).key = {};
  return {};
}
Value block_size(Call&) { return Value::of(static_cast<std::int32_t>(kBlock * 8)); }
Value dispose(Call&) { return {}; }
Value generate_key(Call& call) {
  self<AesObject>(call).key = {};
  get_key(call);
  return {};
}
Value generate_iv(Call& call) {
  self<AesObject>(call).iv = {};
  get_iv(call);
  return {};
}

const EVP_CIPHER* cipher_of(std::size_t key_size, std::int32_t mode) {
  const bool cbc = mode == kCbc;
  switch (key_size) {
    case 16: return cbc ? EVP_aes_128_cbc() : EVP_aes_128_ecb();
    case 24: return cbc ? EVP_aes_192_cbc() : EVP_aes_192_ecb();
    case 32: return cbc ? EVP_aes_256_cbc() : EVP_aes_256_ecb();
    default: return nullptr;
  }
}

// Whole blocks in, as many out.
void run_cipher(Evaluation& eval, const AesObject& aes, bool encrypt, std::span<const std::uint8_t> in,
                std::span<std::uint8_t> out) {
  const auto key = static_cast<BytesObject*>(aes.key.object())->bytes;
  const auto iv = static_cast<BytesObject*>(aes.iv.object())->bytes;
  const EVP_CIPHER* cipher = cipher_of(key.size(), aes.mode);
  if (!cipher) raise_crypto(eval, "Specified key is not a valid size for this algorithm.");
  if (iv.size() != kBlock && aes.mode == kCbc) {
    raise_crypto(eval, "Specified initialization vector (IV) does not match the block size for this algorithm.");
  }
  eval.charge(in.size() / 8 + 100);
  bssl::ScopedEVP_CIPHER_CTX context;
  int written = 0, last = 0;
  if (!EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), iv.data(), encrypt ? 1 : 0) ||
      !EVP_CIPHER_CTX_set_padding(context.get(), 0) ||
      !EVP_CipherUpdate(context.get(), out.data(), &written, in.data(), static_cast<int>(in.size())) ||
      !EVP_CipherFinal_ex(context.get(), out.data() + written, &last)) {
    raise_crypto(eval, "The input data is not a complete block.");
  }
}

Value encrypt(Evaluation& eval, const AesObject& aes, std::span<const std::uint8_t> data) {
  const std::size_t over = data.size() % kBlock;
  std::size_t size = data.size();
  if (aes.padding == kPkcs7) size += kBlock - over;
  else if (aes.padding == kZeros && over != 0) size += kBlock - over;
  else if (over != 0) raise_crypto(eval, "The input data is not a complete block.");
  BytesObject* out = new_bytes(eval, size);
  if (size == 0) return Value::of(out);
  std::memset(out->bytes.data() + data.size(), aes.padding == kPkcs7 ? static_cast<int>(size - data.size()) : 0,
              size - data.size());
  if (!data.empty()) std::memcpy(out->bytes.data(), data.data(), data.size());
  run_cipher(eval, aes, true, out->bytes, out->bytes);
  return Value::of(out);
}

Value decrypt(Evaluation& eval, const AesObject& aes, std::span<const std::uint8_t> data) {
  if (data.size() % kBlock != 0) raise_crypto(eval, "The input data is not a complete block.");
  BytesObject* out = new_bytes(eval, data.size());
  if (data.empty()) return Value::of(out);
  run_cipher(eval, aes, false, data, out->bytes);
  if (aes.padding == kPkcs7) {
    // In one time for every wrong padding.
    const std::uint8_t count = out->bytes.back();
    unsigned wrong = count == 0 || count > kBlock;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const unsigned in_padding = i < count;
      wrong |= in_padding & static_cast<unsigned>(out->bytes[data.size() - 1 - i] != count);
    }
    if (wrong) raise_crypto(eval, "Padding is invalid and cannot be removed.");
    out->bytes = out->bytes.first(data.size() - count);
  }
  return Value::of(out);
}

// (data, algorithm or its name[, key, iv])
template <bool encrypting>
Value transform(Call& call) {
  const auto data = bytes_argument(call, 0, "input");
  const AesObject* given = call.args[1].is_string() ? aes_named(call, call.args[1].text())
                                                    : &object_argument<AesObject>(call, 1, "alg");
  AesObject aes = *given;
  if (call.args.size() > 2) {
    aes.key = bytes_value(call.eval, bytes_argument(call, 2, "key"));
    aes.iv = bytes_value(call.eval, bytes_argument(call, 3, "iv"));
  }
  if (aes.key.is_null() || aes.iv.is_null()) raise_crypto(call.eval, "The algorithm has no key or no IV.");
  return encrypting ? encrypt(call.eval, aes, data) : decrypt(call.eval, aes, data);
}

}  // namespace

void declare_symmetric(Catalog& catalog) {
  const std::string space = "System.Security.Cryptography.";
  catalog.declare(space + "CipherMode", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("CBC", kCbc)
      .enumerator("ECB", kEcb)
      .enumerator("OFB", 3)
      .enumerator("CFB", 4)
      .enumerator("CTS", 5);
  catalog.declare(space + "PaddingMode", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("None", kNoPadding)
      .enumerator("PKCS7", kPkcs7)
      .enumerator("Zeros", kZeros)
      .enumerator("ANSIX923", 4)
      .enumerator("ISO10126", 5);
  catalog.declare(space + "SymmetricAlgorithm", {.interfaces = {"IDisposable"}})
      .member("static SymmetricAlgorithm Create(string algName)", create_named)
      .member("byte[] Key { get; }", get_key)
      .member("byte[] Key { set; }", set_key)
      .member("byte[] IV { get; }", get_iv)
      .member("byte[] IV { set; }", set_iv)
      .member("CipherMode Mode { get; }", get_mode)
      .member("CipherMode Mode { set; }", set_mode)
      .member("PaddingMode Padding { get; }", get_padding)
      .member("PaddingMode Padding { set; }", set_padding)
      .member("int KeySize { get; }", get_key_size)
      .member("int KeySize { set; }", set_key_size)
      .member("int BlockSize { get; }", block_size)
      .member("void GenerateKey()", generate_key)
      .member("void GenerateIV()", generate_iv)
      .member("void Clear()", dispose)
      .member("void Dispose()", dispose);
  catalog.declare(space + "Aes", {.base = "SymmetricAlgorithm"}).member("static Aes Create()", create);
  for (const std::string name : {"AesManaged", "RijndaelManaged", "AesCryptoServiceProvider"}) {
    catalog.declare(space + name, {.base = "Aes"}).member("new()", create);
  }
  auto extensions = catalog.declare("ByteArrayExtensions", {.is_static = true});
  for (const std::string alg : {"string alg, byte[] key, byte[] iv", "SymmetricAlgorithm alg",
                                "SymmetricAlgorithm alg, byte[] key, byte[] iv"}) {
    extensions.member("static byte[] Encrypt(this byte[] input, " + alg + ")", transform<true>)
        .member("static byte[] Decrypt(this byte[] input, " + alg + ")", transform<false>);
  }
}

}  // namespace gateway::expression
