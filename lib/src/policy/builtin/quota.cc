#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/builtin/quota_limit.h"

// quota: calls and bandwidth of a subscription to a product in a fixed window, which is aligned to the
// subscription's start. A request without a subscription is not limited.
namespace gateway::policy {
namespace {

constexpr std::int64_t kLeastSeconds = 1;

QuotaTerms read_terms(ElementCompiler& in) { return QuotaTerms::read(in, kLeastSeconds); }

class Quota final : public Step {
 public:
  explicit Quota(ElementCompiler& in) : terms_(read_terms(in)) {
    in.only_children(in.element(), {"api"});
    apis_ = read_narrow_limits<QuotaTerms>(in, in.element(), "api", read_terms);
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const SubscriptionFacts* subscription = run.facts.subscription;
    if (!subscription || !run.services().counters) return Flow::Next;
    const std::string& since = subscription->start.empty() ? subscription->created : subscription->start;
    const std::int64_t anchor = parse_rfc3339(since).value_or(0) * 1000;
    auto* counting = run.arena().make<Counting>(strand, *run.services().counters, *this);
    const std::string_view product = scope_key(run, scope);
    const auto add = [&](const QuotaTerms& terms, std::string_view api, std::string_view operation) {
      add_quota(*counting, run, terms,
                counter_key(run.arena(), {"quota", subscription->id, product, api, operation}), anchor, 1,
                true);
    };
    add(terms_, "", "");
    for (const auto& api : apis_) {
      if (!api.is_for(run.facts.api)) continue;
      add(api.limit, run.facts.api->id, "");
      for (const auto& operation : api.operations)
        if (operation.is_for(run.facts.operation))
          add(operation.limit, run.facts.api->id, run.facts.operation->id);
    }
    return decide(strand, *counting);
  }
  Flow done(Strand& strand, void* state) const override {
    return decide(strand, *static_cast<Counting*>(state));
  }

 private:
  static Flow decide(Strand& strand, Counting& counting) {
    if (const Flow flow = counting.ask(); flow != Flow::Next) return flow;
    if (const Counting::One* passed = counting.passed()) return quota_refused(strand, *passed);
    count_bandwidth_at_end(strand.run(), counting);
    return Flow::Next;
  }

  QuotaTerms terms_;
  std::vector<NarrowLimit<QuotaTerms>> apis_;
};

}  // namespace

std::unique_ptr<Step> compile_quota(ElementCompiler& in) { return std::make_unique<Quota>(in); }

}  // namespace gateway::policy
