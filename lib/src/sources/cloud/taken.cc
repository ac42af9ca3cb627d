#include "sources/cloud/taken.h"

#include <utility>

#include "sources/cloud/snapshot_document.h"

namespace gateway::cloud {

Taken describe(Mirror& mirror) {
  Taken taken;
  taken.epoch = mirror.epoch();
  taken.revision = mirror.revision();
  taken.resources = mirror.resources();
  taken.snapshot = mirror.snapshot();
  return taken;
}

Result<Taken> take_snapshot(Mirror& mirror, std::string_view text, std::size_t max_bytes) {
  auto document = read_snapshot(text, max_bytes);
  if (!document) return std::move(document).error();
  const std::uint64_t before = mirror.revision();
  const auto outcome = mirror.replace(std::move(document).value());
  Taken taken = describe(mirror);
  taken.changed = outcome == Mirror::Outcome::Changed || mirror.revision() != before;
  return taken;
}

TakenChanges take_changes(Mirror& mirror, const std::deque<std::string>& texts,
                          std::size_t max_bytes) {
  TakenChanges all;
  const std::uint64_t before = mirror.revision();
  for (const auto& text : texts) {
    auto change = read_change(text, max_bytes);
    if (!change) {
      all.broken = std::move(change).error();
      break;
    }
    all.outcome = mirror.apply(std::move(change).value());
    if (all.outcome == Mirror::Outcome::Missed || all.outcome == Mirror::Outcome::Foreign) break;
  }
  // No change is taken without its revision.
  if (mirror.revision() == before) return all;
  all.taken = describe(mirror);
  all.taken.changed = true;
  return all;
}

}  // namespace gateway::cloud
