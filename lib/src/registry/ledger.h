#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gateway/result.h>

#include "model/canonical.h"

namespace gateway {

// What the gateway remembers of one Api (or Hostname) of one source, across restarts. No content.
struct LedgerEntry {
  std::string key;  // the RouteKey, as Core::route_key writes it; the host pattern of a Hostname
  bool case_sensitive = true;
  Digest content{};      // of the newest content that was seen
  std::string scope;     // the source's scope and epoch: another cluster or service starts anew
  std::string identity;  // Witness::identity and ::generation
  std::int64_t generation = 0;
  std::optional<std::int64_t> given;  // Witness::changed_at
  std::int64_t stamp = 0;             // whole seconds since 1970
  bool observed = false;
  bool operator==(const LedgerEntry&) const = default;
};

// The file of stamps: an append-only log of records, each with a checksum. A record is durable once
// commit() returned. Used by one thread at a time.
//
// Several gateways may share a folder: each takes the first file that no other holds, and where
// that is new, it begins with what ledger.0 knows.
class Ledger {
 public:
  // `folder` "" = none: nothing is remembered. A torn last record is cut off. A damaged file is
  // moved aside, every record that is still readable is kept, and `notice` says so. An Error when
  // the folder cannot be written.
  static Result<std::unique_ptr<Ledger>> open(const std::string& folder);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  [[nodiscard]] bool durable() const noexcept { return fd_ >= 0; }
  [[nodiscard]] const std::string& notice() const noexcept { return notice_; }
  [[nodiscard]] const LedgerEntry* find(std::string_view source, std::string_view id) const;
  void put(std::string_view source, std::string_view id, LedgerEntry entry);
  void erase(std::string_view source, std::string_view id);
  // Writes what changed and waits until it is on the disk. After an Error the ledger is durable no
  // more: it takes nothing in, and knows what the next start would find in the file.
  Result<void> commit();
  void for_each(std::string_view source,
                const std::function<void(const std::string& id, const LedgerEntry&)>& visit) const;

 private:
  using Entries = std::map<std::string, LedgerEntry, std::less<>>;

  Ledger() = default;
  Result<void> load(const std::string& path);
  // Takes the records in; returns what is wrong with the bytes, "" when nothing is.
  std::string replay(std::string_view bytes);
  bool replay_record(std::string_view payload);
  Result<void> append();
  Result<void> compact();

  std::map<std::string, Entries, std::less<>> sources_;
  std::string folder_;
  std::string path_;
  std::string notice_;
  std::string pending_;      // records not yet written
  std::size_t records_ = 0;  // in the file
  int fd_ = -1;
  int lock_fd_ = -1;
};

}  // namespace gateway
