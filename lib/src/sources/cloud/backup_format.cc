#include "sources/cloud/backup_format.h"

#include <array>
#include <cstring>
#include <utility>

#include <openssl/aead.h>
#include <openssl/digest.h>
#include <openssl/hkdf.h>
#include <openssl/mem.h>
#include <openssl/rand.h>

#include "base/strings.h"

namespace gateway::cloud {
namespace {

// A file: all numbers little endian.
//   magic 8, format 4, flags 4, generation 8, written at 8, payload length 8,
//   salt 32, key check 8, nonce 12 (zero where it is not encrypted),
//   lengths of gateway, epoch and revision 2 each; then these,
//   the payload, the seal: the tag of AES-256-GCM, or SHA-256 over everything before.
constexpr std::string_view kMagic = "GWBACKUP";
constexpr std::uint32_t kFormat = 1;
constexpr std::uint32_t kEncrypted = 1;
constexpr std::size_t kSalt = 32;
constexpr std::size_t kKeyCheck = 8;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kFixed = 8 + 4 + 4 + 8 + 8 + 8 + kSalt + kKeyCheck + kNonce + 3 * 2;
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kTag = 16;
constexpr std::int64_t kLastSecond = 253402300799;  // of the year 9999
constexpr std::string_view kKeyPurpose = "gateway backup, format 1";

Error refuse(std::string message, ErrorCode code = ErrorCode::Corrupt) {
  return Error{code, "backup", std::move(message), ""};
}

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

void put_number(std::string& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

std::uint64_t take_number(std::string_view& in, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  }
  in.remove_prefix(size);
  return value;
}

std::string_view take(std::string_view& in, std::size_t size) {
  const std::string_view taken = in.substr(0, size);
  in.remove_prefix(size);
  return taken;
}

// The key of one file, and what tells another key from damage.
struct FileKey {
  std::array<std::uint8_t, 32 + kKeyCheck> derived{};
  FileKey(std::string_view key, std::string_view salt) {
    HKDF(derived.data(), derived.size(), EVP_sha256(), bytes_of(key), key.size(), bytes_of(salt),
         salt.size(), bytes_of(kKeyPurpose), kKeyPurpose.size());
  }
  ~FileKey() { OPENSSL_cleanse(derived.data(), derived.size()); }
  FileKey(const FileKey&) = delete;
  FileKey& operator=(const FileKey&) = delete;
  [[nodiscard]] std::string_view check() const {
    return {reinterpret_cast<const char*>(derived.data()) + 32, kKeyCheck};
  }
};

class Cipher {
 public:
  explicit Cipher(const FileKey& key) {
    ready_ = EVP_AEAD_CTX_init(context_.get(), EVP_aead_aes_256_gcm(), key.derived.data(), 32, kTag,
                               nullptr) == 1;
  }
  // `payload` becomes the sealed payload with its tag.
  [[nodiscard]] bool seal(std::string& payload, std::string_view nonce, std::string_view header) {
    const std::size_t size = payload.size();
    std::size_t sealed = 0;
    payload.resize(size + kTag);
    return ready_ && EVP_AEAD_CTX_seal(context_.get(), bytes_of(payload), &sealed, payload.size(),
                                       bytes_of(nonce), nonce.size(), bytes_of(payload), size,
                                       bytes_of(header), header.size()) == 1;
  }
  [[nodiscard]] bool open(std::string& payload, std::string_view nonce, std::string_view header) {
    std::size_t size = 0;
    const bool ok =
        ready_ && EVP_AEAD_CTX_open(context_.get(), bytes_of(payload), &size, payload.size(),
                                    bytes_of(nonce), nonce.size(), bytes_of(payload),
                                    payload.size(), bytes_of(header), header.size()) == 1;
    payload.resize(ok ? size : 0);
    return ok;
  }

 private:
  bssl::ScopedEVP_AEAD_CTX context_;
  bool ready_ = false;
};

std::string_view seal_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The slices of a file whose lengths fit; nothing of it is to be trusted yet.
struct Layout {
  std::uint32_t flags = 0;
  BackupHeader header;
  std::string_view salt;
  std::string_view key_check;
  std::string_view nonce;
  std::string_view gateway;
  std::string_view head;     // all before the payload
  std::string_view payload;  // without the seal
  std::string_view seal;
};

Result<Layout> lay_out(std::string_view bytes) {
  if (bytes.size() > kMaxBackupBytes) return refuse("larger than 512 MiB", ErrorCode::TooLarge);
  const auto torn = [&](const std::string& wanted) {
    return refuse("torn: it has " + std::to_string(bytes.size()) + " bytes of " + wanted);
  };
  std::string_view in = bytes;
  if (!kMagic.starts_with(in.substr(0, kMagic.size()))) return refuse("it is no backup");
  if (in.size() < kFixed) return torn(std::to_string(kFixed) + " or more");
  in.remove_prefix(kMagic.size());
  if (const auto format = take_number(in, 4); format != kFormat) {
    return refuse("it has format " + std::to_string(format) + "; this version reads 1");
  }
  Layout layout;
  layout.flags = static_cast<std::uint32_t>(take_number(in, 4));
  if ((layout.flags & ~kEncrypted) != 0) return refuse("damaged: flags that do not exist");
  layout.header.generation = take_number(in, 8);
  layout.header.written_at = static_cast<std::int64_t>(take_number(in, 8));
  if (layout.header.written_at < 0 || layout.header.written_at > kLastSecond) {
    return refuse("damaged: its header has a time that cannot be");
  }
  const std::uint64_t payload = take_number(in, 8);
  layout.salt = take(in, kSalt);
  layout.key_check = take(in, kKeyCheck);
  layout.nonce = take(in, kNonce);
  const auto gateway = take_number(in, 2), epoch = take_number(in, 2),
             revision = take_number(in, 2);
  if (gateway > kMaxText || epoch > kMaxText || revision > kMaxText || payload > kMaxBackupBytes) {
    return refuse("damaged: its header has lengths that cannot be");
  }
  const std::size_t seal = layout.flags & kEncrypted ? kTag : Digest().size();
  const std::size_t head = kFixed + gateway + epoch + revision;
  const std::size_t whole = head + payload + seal;
  if (bytes.size() < whole) return torn(std::to_string(whole));
  if (bytes.size() > whole) return refuse("damaged: there are bytes after its end");
  layout.gateway = take(in, gateway);
  layout.header.epoch = take(in, epoch);
  layout.header.revision = take(in, revision);
  layout.head = bytes.substr(0, head);
  layout.payload = take(in, payload);
  layout.seal = in;
  return layout;
}

struct Opened {
  BackupHeader header;
  std::string decrypted;     // empty where it was not encrypted
  std::string_view payload;  // in `decrypted`, or in the bytes of the file
};

// Fills `opened` in place: its payload may point into itself.
Result<void> open_backup(std::string_view bytes, std::string_view gateway, std::string_view key,
                         Opened& opened) {
  auto layout = lay_out(bytes);
  if (!layout) return std::move(layout).error();
  const bool encrypted = (layout->flags & kEncrypted) != 0;
  if (encrypted && key.empty()) return refuse("it is encrypted, and there is no key");
  if (!encrypted && !key.empty()) return refuse("it is not encrypted, though there is a key");
  if (encrypted) {
    const FileKey file_key(key, layout->salt);
    if (CRYPTO_memcmp(file_key.check().data(), layout->key_check.data(), kKeyCheck) != 0) {
      return refuse("it was encrypted with another key, or its header is damaged");
    }
    opened.decrypted.reserve(layout->payload.size() + kTag);
    opened.decrypted = layout->payload;
    opened.decrypted += layout->seal;
    if (!Cipher(file_key).open(opened.decrypted, layout->nonce, layout->head)) {
      return refuse("damaged: its seal does not fit");
    }
    opened.payload = opened.decrypted;
  } else {
    const std::string_view sealed = bytes.substr(0, bytes.size() - layout->seal.size());
    if (seal_of(sha256(sealed)) != layout->seal)
      return refuse("damaged: its checksum does not fit");
    opened.payload = layout->payload;
  }
  if (layout->gateway != gateway) {
    return refuse("it is of gateway " + quote(layout->gateway) + "; this one is " + quote(gateway));
  }
  opened.header = std::move(layout->header);
  return {};
}

}  // namespace

Result<std::string> encode_backup(const Backup& backup, std::string_view gateway,
                                  std::string_view key) {
  if (gateway.size() > kMaxText || backup.epoch.size() > kMaxText ||
      backup.revision.size() > kMaxText) {
    return refuse("an id, epoch or revision of more than 1024 bytes", ErrorCode::TooLarge);
  }
  std::size_t size = 0;
  backup.resources.entries().for_each(
      [&](std::string_view, const auto& one) { size += one->json.size() + 1; });
  const std::size_t around = kFixed + 3 * kMaxText + Digest().size();
  if (size > kMaxBackupBytes - around) {
    return refuse("the configuration is larger than a backup may be, 512 MiB", ErrorCode::TooLarge);
  }
  std::string payload;
  payload.reserve(size + kTag);
  for (const std::string_view id : backup.resources.entries().sorted_names()) {
    payload += backup.resources.find(id)->json;
    payload += '\n';
  }

  std::string salt(kSalt, '\0'), nonce(kNonce, '\0');
  if (!key.empty()) {
    RAND_bytes(bytes_of(salt), salt.size());
    RAND_bytes(bytes_of(nonce), nonce.size());
  }
  const FileKey file_key(key, salt);
  std::string file(kMagic);
  file.reserve(around + size);
  put_number(file, kFormat, 4);
  put_number(file, key.empty() ? 0 : kEncrypted, 4);
  put_number(file, backup.generation, 8);
  put_number(file, static_cast<std::uint64_t>(backup.written_at), 8);
  put_number(file, payload.size(), 8);
  file += salt;
  file += key.empty() ? std::string_view("\0\0\0\0\0\0\0\0", kKeyCheck) : file_key.check();
  file += nonce;
  put_number(file, gateway.size(), 2);
  put_number(file, backup.epoch.size(), 2);
  put_number(file, backup.revision.size(), 2);
  file += gateway;
  file += backup.epoch;
  file += backup.revision;
  if (key.empty()) {
    file += payload;
    file += seal_of(sha256(file));
  } else {
    if (!Cipher(file_key).seal(payload, nonce, file)) {
      return refuse("it cannot be encrypted", ErrorCode::Internal);
    }
    file += payload;
  }
  return file;
}

Result<BackupHeader> check_backup(std::string_view bytes, std::string_view gateway,
                                  std::string_view key) {
  Opened opened;
  if (auto ok = open_backup(bytes, gateway, key, opened); !ok) return std::move(ok).error();
  return std::move(opened.header);
}

Result<Backup> decode_backup(std::string_view bytes, std::string_view gateway,
                             std::string_view key) {
  Opened opened;
  if (auto ok = open_backup(bytes, gateway, key, opened); !ok) return std::move(ok).error();
  Backup backup{std::move(opened.header), {}};
  std::string_view rest = opened.payload;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const auto bad = [&] {
      return refuse("damaged: its line " + std::to_string(line) +
                    " is no resource in canonical form");
    };
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return bad();
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto document = parse_json(text, {}, "");
    if (!document) return bad();
    auto resource = arm::make_resource(*document);
    if (!resource || resource->json != text) return bad();
    if (!backup.resources.upsert(std::move(*resource))) return bad();
  }
  return backup;
}

}  // namespace gateway::cloud
