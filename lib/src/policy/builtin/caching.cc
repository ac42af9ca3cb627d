#include "policy/builtin/caching.h"

#include <algorithm>

#include "policy/builtin/resume_owner.h"
#include "policy/state/cache_value.h"

namespace gateway::policy {

CachingType CachingType::read(ElementCompiler& in) {
  CachingType out;
  out.internal_ = in.literal_choice("caching-type", {"prefer-external", "external", "internal"}, 0) == 2;
  return out;
}

Flow Finding::look(Cache& cache, std::string_view key) {
  std::unique_ptr<Pending> pending;
  const bool at_once = cache.find(
      key, entry,
      [this](std::shared_ptr<const CacheEntry> found) {
        entry = std::move(found);
        resume_owner(strand_, owner_, this);
      },
      pending);
  if (at_once) return Flow::Next;
  strand_.wait_for(std::move(pending));
  return Flow::Wait;
}

std::int64_t Finding::age_ms() const {
  if (!entry) return 0;
  const std::int64_t now = strand_.run().services().environment.clock->unix_ms();
  return std::max<std::int64_t>(0, now - entry->stored_unix_ms);
}

std::string_view value_key(Run& run, const Operand& key) {
  const std::string_view text = key.text(run);
  std::string whole = "value:";
  whole.append(text);
  return run.arena().copy(whole);
}

bool read_value(Run& run, const Finding& finding, expression::Value& value) {
  if (!finding.entry) return false;
  run.evaluation().begin();
  return read_cache_value(run.evaluation(), finding.entry->content, value);
}

std::int64_t duration_ms(Run& run, const Operand& seconds) {
  constexpr std::int64_t most = std::int64_t{100} * 365 * 24 * 3600;
  return std::clamp<std::int64_t>(seconds.integer(run), 0, most) * 1000;
}

}  // namespace gateway::policy
