#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/compiler.h"
#include "policy/run.h"
#include "policy/services.h"

// What the caching policies share.
namespace gateway::policy {

// caching-type: internal; external and prefer-external are the external cache where there is one, else the
// internal one.
class CachingType {
 public:
  static CachingType read(ElementCompiler& in);
  // Null: this gateway has no such cache, everything is a miss.
  [[nodiscard]] Cache* of(const Services& services) const noexcept {
    return internal_ ? services.internal_cache : services.cache;
  }

 private:
  bool internal_ = false;
};

// A look into a cache. In the arena: what was found lives as long as the run.
class Finding {
 public:
  Finding(Strand& strand, const Step& owner) : strand_(strand), owner_(owner) {}
  // Flow::Next: `entry` is known. Flow::Wait: the owner's done(strand, this) comes.
  Flow look(Cache& cache, std::string_view key);
  std::shared_ptr<const CacheEntry> entry;  // null: a miss
  [[nodiscard]] std::int64_t age_ms() const;

 private:
  Strand& strand_;
  const Step& owner_;
};

// The key of cache-lookup-value and its like; documents' keys are apart from those of responses.
[[nodiscard]] std::string_view value_key(Run& run, const Operand& key);
// What was stored there; false: a miss.
[[nodiscard]] bool read_value(Run& run, const Finding& finding, expression::Value& value);
// Seconds become milliseconds; what is below 0 is 0.
[[nodiscard]] std::int64_t duration_ms(Run& run, const Operand& seconds);

}  // namespace gateway::policy
