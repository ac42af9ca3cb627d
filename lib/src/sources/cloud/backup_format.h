#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/result.h>

#include "arm/resource.h"

namespace gateway::cloud {

// What a backup is of, and when it was made.
struct BackupHeader {
  std::string epoch;  // at most 1024 bytes, as the revision and the gateway's id
  std::string revision;
  std::int64_t written_at = 0;   // seconds since 1970
  std::uint64_t generation = 0;  // counts the saves of all replicas that share the folder
};

// The configuration that was last accepted from the service.
struct Backup : BackupHeader {
  arm::ResourceSet resources;
};

inline constexpr std::size_t kMaxBackupBytes = 512u << 20;

// The bytes of one file: a header, the resources as lines of canonical JSON, a seal over both. With
// a `key` (any text of 16 bytes or more; its length is the caller's to check) they are encrypted
// with AES-256-GCM; with "" the seal is a plain SHA-256. An Error where they would be too large.
[[nodiscard]] Result<std::string> encode_backup(const Backup& backup, std::string_view gateway,
                                                std::string_view key);

// The reverse, only of what was written for `gateway` with `key`. The Error's message says why not:
// torn, damaged, another gateway's, another key's, (not) encrypted, another format.
[[nodiscard]] Result<Backup> decode_backup(std::string_view bytes, std::string_view gateway,
                                           std::string_view key);

// As decode_backup, but for the resources: the seal is checked, they are not looked at.
[[nodiscard]] Result<BackupHeader> check_backup(std::string_view bytes, std::string_view gateway,
                                                std::string_view key);

}  // namespace gateway::cloud
