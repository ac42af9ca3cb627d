#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gateway/result.h>
#include <gateway/snapshot.h>

#include "arm/resource.h"
#include "arm/translate.h"
#include "sources/cloud/snapshot_document.h"

namespace gateway::cloud {

// What the service has said so far, and what it means. Whatever is not taken leaves all of it as it
// was. One thread at a time, not necessarily the same one.
class Mirror {
 public:
  explicit Mirror(std::string gateway) : translator_({std::move(gateway)}) {}

  enum class Outcome : std::uint8_t {
    Same,  // nothing but the revision, at most
    Changed,
    Missed,   // the digest says that something was missed
    Foreign,  // another epoch
  };

  // The whole. A resource that is broken now, and was sound before in this epoch, stays as it was.
  Outcome replace(SnapshotDocument document);
  // One change on top. A revision that is not newer is Same.
  Outcome apply(ChangeDocument document);
  // What a backup holds, on top of nothing.
  void restore(const arm::ResourceSet& resources, std::string epoch, std::uint64_t revision);

  // With epoch and revision, and the resources that were rejected.
  [[nodiscard]] SourceSnapshot snapshot();
  [[nodiscard]] const arm::ResourceSet& resources() const noexcept { return resources_; }
  [[nodiscard]] const std::string& epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

 private:
  // By id, of what the service has and we do not: its digest as combined with that of the resource
  // kept in its place.
  struct Rejected {
    Digest digest{};
    std::string reason;
    bool operator==(const Rejected&) const = default;
  };
  using RejectedById = std::map<std::string, Rejected, std::less<>>;

  void reject(RejectedById& into, RejectedResource resource) const;

  arm::ResourceSet resources_;
  RejectedById rejected_;
  arm::Translator translator_;
  std::string epoch_;
  std::uint64_t revision_ = 0;
};

}  // namespace gateway::cloud
