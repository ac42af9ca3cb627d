#include <limits>

#include "policy/builtin/caching.h"
#include "policy/builtin/list.h"
#include "policy/state/cache_value.h"

// cache-value: a variable from the cache, or from the policies in <value>, which is then kept. What is older
// than refresh-after is computed again, by one request at a time, and serves where that fails.
namespace gateway::policy {
namespace {

constexpr std::string_view kExpiresAfter = "28800";
constexpr std::int64_t kRefreshMs = 30'000;  // how long others use the old value while one computes

class CacheValue final : public Step {
 public:
  explicit CacheValue(ElementCompiler& in)
      : key_(in.operand("key", true)),
        variable_(in.literal("variable-name", std::nullopt)),
        expires_(in.int_operand("expires-after", false, 1, std::numeric_limits<std::int32_t>::max())),
        refresh_(in.int_operand("refresh-after", false, 0, std::numeric_limits<std::int32_t>::max())),
        default_(in.operand("default-value", false)),
        type_(CachingType::read(in)) {
    in.only_children(in.element(), {"value"});
    if (!expires_.present()) expires_ = Operand(std::string(kExpiresAfter));
    if (const Element* value = in.element().child("value")) {
      block_ = in.block(*value);
    } else {
      in.problem(in.element().at, "<cache-value> needs the element <value> with policies in it");
    }
    in.mark(*this, {&key_, &expires_, &refresh_, &default_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto* work = run.arena().make<Work>(strand, *this);
    work->key = value_key(run, key_);
    work->cache = type_.of(run.services());
    if (work->cache)
      if (const Flow flow = work->look(*work->cache, work->key); flow != Flow::Next) return flow;
    return found(strand, *work);
  }

  Flow done(Strand& strand, void* state) const override {
    Work& work = static_cast<Work&>(*static_cast<Finding*>(state));
    return work.computing ? computed(strand, work) : found(strand, work);
  }

  Flow failed(Strand& strand, void* state) const override {
    const Work& work = static_cast<const Work&>(*static_cast<const Finding*>(state));
    if (!work.has_old) return Flow::Fail;
    strand.run().set_variable(variable_, work.old);
    return Flow::Next;
  }

 private:
  struct Work : Finding {
    using Finding::Finding;
    std::string_view key;
    Cache* cache = nullptr;
    std::int64_t expires_ms = 0;
    bool has_old = false;
    bool computing = false;
    expression::Value old;
  };

  Flow found(Strand& strand, Work& work) const {
    Run& run = strand.run();
    work.expires_ms = duration_ms(run, expires_);
    const std::int64_t refresh_ms = refresh_.present() ? duration_ms(run, refresh_) : work.expires_ms;
    work.has_old = work.age_ms() < work.expires_ms && read_value(run, work, work.old);
    if (work.has_old && (work.age_ms() < refresh_ms || (refresh_ms > 0 && others_compute(run, work)))) {
      run.set_variable(variable_, work.old);
      return Flow::Next;
    }
    work.computing = true;
    strand.enter(block_, this, static_cast<Finding*>(&work));
    return Flow::Enter;
  }

  // Of this gateway; a mark in its own cache says so.
  static bool others_compute(Run& run, const Work& work) {
    Cache* marks = run.services().internal_cache;
    if (!marks) return false;
    std::string mark = "computing:";
    mark.append(work.key);
    std::shared_ptr<const CacheEntry> entry;
    std::unique_ptr<Pending> pending;
    const bool at_once = marks->find(mark, entry, [](const auto&) {}, pending);
    if (at_once && entry) return true;
    marks->store(mark, std::string(), kRefreshMs);
    return false;
  }

  Flow computed(Strand& strand, Work& work) const {
    Run& run = strand.run();
    const expression::Value* value = run.variable(variable_);
    if (value && !value->is_null()) {
      if (!work.cache) return Flow::Next;
      std::string content;
      run.evaluation().begin();
      write_cache_value(run.evaluation(), *value, content);
      work.cache->store(work.key, std::move(content), work.expires_ms);
      if (Cache* marks = run.services().internal_cache)
        marks->remove("computing:" + std::string(work.key));
    } else if (work.has_old) {
      run.set_variable(variable_, work.old);
    } else if (default_.present()) {
      run.set_variable(variable_, default_.value(run));
    }
    return Flow::Next;
  }

  Operand key_;
  std::string variable_;
  Operand expires_, refresh_, default_;
  CachingType type_;
  Block block_;
};

}  // namespace

std::unique_ptr<Step> compile_cache_value(ElementCompiler& in) { return std::make_unique<CacheValue>(in); }

}  // namespace gateway::policy
