#include "registry/stamp.h"

#include <algorithm>

namespace gateway {

Stamp decide_stamp(const StampQuestion& question) noexcept {
  const Witness& witness = *question.witness;
  const LedgerEntry* known = question.known;
  const Stamp given{witness.changed_at.value_or(0), false, 0};
  if (!question.ledger) return given;

  const bool same_object = known && known->identity == witness.identity;
  const bool witness_stood_still = same_object && known->given == witness.changed_at;
  const bool content_stood_still = known && known->content == question.content;
  if (content_stood_still && witness_stood_still) return {known->stamp, known->observed, 0};
  if (content_stood_still && !witness.changed_at) return {known->stamp, known->observed, 0};
  const bool cannot_vouch = !witness.changed_at || (witness_stood_still && witness.generation > known->generation);
  if (!cannot_vouch) return given;
  return {std::max(question.now, question.rival + 1), true, 0};
}

}  // namespace gateway
