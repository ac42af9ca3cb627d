#pragma once

#include <cstdint>
#include <string>

#include <gateway/resources.h>

#include "registry/ledger.h"

namespace gateway {

// When something last changed, as conflicts compare it.
struct Stamp {
  std::int64_t seconds = 0;   // whole seconds since 1970
  bool observed = false;      // seen by this gateway, rather than given by the source
  std::uint64_t arrival = 0;  // for `arrival_order` alone: the order of changes since the start
};

struct StampQuestion {
  const LedgerEntry* known = nullptr;  // null: never seen, or no ledger
  bool ledger = false;  // there is a durable ledger, so that something new may be observed
  const Witness* witness = nullptr;
  Digest content{};
  std::int64_t now = 0;
  std::int64_t rival = 0;  // the newest stamp of other sources on the same RouteKey
};

// The best witness there is: what the source gives; what the ledger remembers for content that did
// not change; else now (and after the rival), where the source cannot vouch for the change.
[[nodiscard]] Stamp decide_stamp(const StampQuestion& question) noexcept;

}  // namespace gateway
