#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

#include "arm/resource.h"
#include "sources/cloud/backup_format.h"

namespace gateway::cloud {

inline constexpr std::size_t kBackupGenerations = 3;

// The backups of one cloud source in a folder that exists: `cloud-<name>.<generation>.backup`. Any
// number of stores, in as many processes, may share the folder. A writer that is killed at any
// moment leaves what was there before or the new file, whole.
//
// Every call blocks on the disk; one thread at a time.
class BackupStore {
 public:
  // `name`: the source's instance. `key`: as for encode_backup.
  BackupStore(std::string folder, std::string_view name, std::string gateway, std::string key);

  // Writes the next generation, durable once this returned true, and removes all but the newest
  // three. False, and nothing is written, where another replica has saved a newer revision of the
  // same epoch (decimal revisions are compared as numbers; others have no order). An equal revision
  // is written, with its new time. `now`: seconds since 1970. An Error leaves what was there.
  Result<bool> save(const arm::ResourceSet& resources, std::string_view epoch,
                    std::string_view revision, std::int64_t now);

  struct Loaded {
    std::optional<Backup> backup;  // none: nothing there that can be used
    // One for each file that was passed over, and why; the last says what is used instead. For the
    // log.
    std::vector<std::string> notices;
  };
  // The newest generation that can be used, none older than `max_age` (0: no limit). An Error only
  // where the folder cannot be read. Takes no lock.
  [[nodiscard]] Result<Loaded> load(std::int64_t now, std::chrono::seconds max_age) const;

 private:
  struct File {
    std::uint64_t generation = 0;
    std::string path;
  };
  // The last save and where it stands, so that the next one need not read the file again.
  struct Saved {
    std::uint64_t generation = 0;
    std::uint64_t inode = 0;
    std::int64_t modified = 0;  // nanoseconds since 1970
    std::string epoch;
    std::string revision;
  };

  [[nodiscard]] Result<std::vector<File>> list() const;  // the newest first
  [[nodiscard]] Result<Backup> read(const File& file) const;
  [[nodiscard]] bool is_newest_newer(const std::vector<File>& files, std::string_view epoch,
                                     std::string_view revision) const;
  Result<void> write(const File& file, std::string_view bytes, Saved& saved) const;
  void remove_leftovers() const;

  std::string folder_;
  std::string stem_;  // "cloud-<name>."
  std::string gateway_;
  std::string key_;
  std::optional<Saved> saved_;
};

}  // namespace gateway::cloud
