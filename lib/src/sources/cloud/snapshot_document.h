#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

#include "arm/resource.h"
#include "model/canonical.h"

namespace gateway::cloud {

// An element that is no resource. It counts in the digest of what the service sent all the same.
struct RejectedResource {
  std::string id;  // short where it can be, else quoted; "resources[3]" where it has none
  Digest digest{};
  std::string reason;
};

// Everything a gateway is to have.
struct SnapshotDocument {
  std::string epoch;
  std::uint64_t revision = 0;
  std::optional<Digest> digest;
  arm::ResourceSet resources;
  std::vector<RejectedResource> rejected;
};

// What one transaction changed.
struct ChangeDocument {
  std::string epoch;
  std::uint64_t revision = 0;
  std::optional<Digest> digest;  // after it
  std::vector<arm::Resource> upserts;
  std::vector<std::string> removes;
  std::vector<RejectedResource> rejected;  // of the upserts
};

// {"epoch":"…","revision":7,"digest":"<hex>","resources":[…]}; all but `resources` may be absent,
// and unknown members do not count. An Error where that is not so, where an id is there twice, or
// where the digest is not that of the resources: then none of it counts.
[[nodiscard]] Result<SnapshotDocument> read_snapshot(std::string_view text, std::size_t max_bytes);

// {"epoch":"…","revision":8,"upserts":[…],"removes":["…"],"digest":"<hex>"}; only the digest may be
// absent. Whether it holds is for who knows what was there before.
[[nodiscard]] Result<ChangeDocument> read_change(std::string_view text, std::size_t max_bytes);

void combine(Digest& into, const Digest& with) noexcept;

}  // namespace gateway::cloud
