#include "registry/stamp.h"

#include <algorithm>
#include <limits>

namespace gateway {

Stamp decide_stamp(const StampQuestion& question) noexcept {
  const Witness& witness = *question.witness;
  const LedgerEntry* known = question.known;
  const bool witness_stood_still =
      known && known->identity == witness.identity && known->given == witness.changed_at;
  const bool content_stood_still = known && known->content == question.content;
  if (content_stood_still && (witness_stood_still || !witness.changed_at))
    return {known->stamp, known->observed, 0};

  const bool cannot_vouch =
      !witness.changed_at || (witness_stood_still && witness.generation > known->generation);
  if (!cannot_vouch || !question.ledger) return {witness.changed_at.value_or(0), false, 0};
  const std::int64_t after_rival =
      question.rival + (question.rival < std::numeric_limits<std::int64_t>::max() ? 1 : 0);
  return {std::max(question.now, after_rival), true, 0};
}

}  // namespace gateway
