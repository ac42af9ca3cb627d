#include "policy/builtin/caching.h"
#include "policy/builtin/list.h"

// cache-remove-value: forgets what is kept under a key. Nothing waits for an external cache, so
// fail-on-cache-removal-error is taken and changes nothing.
namespace gateway::policy {
namespace {

class CacheRemoveValue final : public Step {
 public:
  explicit CacheRemoveValue(ElementCompiler& in)
      : key_(in.operand("key", true)),
        fail_(in.bool_operand("fail-on-cache-removal-error", false)),
        type_(CachingType::read(in)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&key_, &fail_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view key = value_key(run, key_);
    if (Cache* cache = type_.of(run.services())) cache->remove(key);
    return Flow::Next;
  }

 private:
  Operand key_, fail_;
  CachingType type_;
};

}  // namespace

std::unique_ptr<Step> compile_cache_remove_value(ElementCompiler& in) {
  return std::make_unique<CacheRemoveValue>(in);
}

}  // namespace gateway::policy
