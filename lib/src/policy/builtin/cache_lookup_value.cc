#include "policy/builtin/caching.h"
#include "policy/builtin/list.h"

// cache-lookup-value: a value by its key into a variable. A miss sets default-value, where there is one; the
// variable is left as it is otherwise.
namespace gateway::policy {
namespace {

class CacheLookupValue final : public Step {
 public:
  explicit CacheLookupValue(ElementCompiler& in)
      : key_(in.operand("key", true)),
        variable_(in.literal("variable-name", std::nullopt)),
        default_(in.operand("default-value", false)),
        type_(CachingType::read(in)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&key_, &default_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto* finding = run.arena().make<Finding>(strand, *this);
    const std::string_view key = value_key(run, key_);
    if (Cache* cache = type_.of(run.services()))
      if (const Flow flow = finding->look(*cache, key); flow != Flow::Next) return flow;
    return done(strand, finding);
  }
  Flow done(Strand& strand, void* state) const override {
    Run& run = strand.run();
    expression::Value value;
    if (read_value(run, *static_cast<const Finding*>(state), value)) {
      run.set_variable(variable_, value);
    } else if (default_.present()) {
      run.set_variable(variable_, default_.value(run));
    }
    return Flow::Next;
  }

 private:
  Operand key_;
  std::string variable_;
  Operand default_;
  CachingType type_;
};

}  // namespace

std::unique_ptr<Step> compile_cache_lookup_value(ElementCompiler& in) {
  return std::make_unique<CacheLookupValue>(in);
}

}  // namespace gateway::policy
