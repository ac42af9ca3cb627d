#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway_view.h"

namespace configd {

// Where a gateway stands: what events are numbered by and `after` names.
struct Position {
  std::string epoch;
  std::uint64_t revision = 0;
};
// "{epoch}:{revision}"
[[nodiscard]] std::string to_string(const Position& position);

// One server-sent event: `id`, `event: change` and `data` in one line, with the blank line after
// it.
[[nodiscard]] std::string write_change_event(const Position& position,
                                             const GatewayView::Difference& difference,
                                             const gateway::Digest& digest);

// The body of a snapshot. Its large part is put together once, by whichever thread asks first.
class SnapshotBody {
 public:
  SnapshotBody(Catalogue::Items items, const gateway::Digest& digest)
      : items_(std::move(items)), digest_(digest) {}
  // Any thread, several at once.
  [[nodiscard]] std::string at(const Position& position);

 private:
  const Catalogue::Items items_;
  const gateway::Digest digest_;
  std::once_flag once_;
  std::string resources_;
};

}  // namespace configd
