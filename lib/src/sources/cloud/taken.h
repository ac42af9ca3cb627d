#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <gateway/result.h>
#include <gateway/snapshot.h>

#include "arm/resource.h"
#include "sources/cloud/mirror.h"

namespace gateway::cloud {

// What one visit of the thread pool made of what the service, or a backup, said.
struct Taken {
  bool changed = false;  // something, if only the revision: then what follows is filled in
  std::string epoch;
  std::uint64_t revision = 0;
  arm::ResourceSet resources;
  SourceSnapshot snapshot;
};

// Where the mirror stands now.
[[nodiscard]] Taken describe(Mirror& mirror);

// The whole, as it came; always filled in. An Error leaves the mirror as it was.
[[nodiscard]] Result<Taken> take_snapshot(Mirror& mirror, std::string_view text,
                                          std::size_t max_bytes);

// Changes as they came, in their order, up to the first that cannot be taken.
struct TakenChanges {
  Taken taken;
  std::optional<Error> broken;
  Mirror::Outcome outcome = Mirror::Outcome::Same;  // of the last one
};
[[nodiscard]] TakenChanges take_changes(Mirror& mirror, const std::deque<std::string>& texts,
                                        std::size_t max_bytes);

}  // namespace gateway::cloud
