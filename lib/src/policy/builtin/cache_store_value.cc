#include <limits>

#include "policy/builtin/caching.h"
#include "policy/builtin/list.h"
#include "policy/state/cache_value.h"

// cache-store-value: keeps a value under a key for `duration` seconds. Nothing waits for an external cache.
namespace gateway::policy {
namespace {

class CacheStoreValue final : public Step {
 public:
  explicit CacheStoreValue(ElementCompiler& in)
      : key_(in.operand("key", true)),
        value_(in.operand("value", true)),
        duration_(in.int_operand("duration", true, 0, std::numeric_limits<std::int32_t>::max())),
        type_(CachingType::read(in)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&key_, &value_, &duration_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view key = value_key(run, key_);
    const expression::Value value = value_.value(run);
    const std::int64_t duration = duration_ms(run, duration_);
    Cache* cache = type_.of(run.services());
    if (!cache) return Flow::Next;
    std::string content;
    run.evaluation().begin();
    write_cache_value(run.evaluation(), value, content);
    cache->store(key, std::move(content), duration);
    return Flow::Next;
  }

 private:
  Operand key_, value_, duration_;
  CachingType type_;
};

}  // namespace

std::unique_ptr<Step> compile_cache_store_value(ElementCompiler& in) {
  return std::make_unique<CacheStoreValue>(in);
}

}  // namespace gateway::policy
