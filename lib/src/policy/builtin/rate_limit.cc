#include <algorithm>

#include "policy/builtin/call_limit.h"
#include "policy/builtin/counting.h"
#include "policy/builtin/list.h"

// rate-limit: how many calls a subscription may make in a sliding window, and how many of an API or an
// operation. A request without a subscription is not limited.
namespace gateway::policy {
namespace {

struct Limit {
  std::uint64_t calls = 0;
  std::int64_t period_ms = 0;
};

Limit read_limit(ElementCompiler& in) {
  Limit out;
  out.calls = static_cast<std::uint64_t>(in.literal_int("calls", std::nullopt, 0, 1'000'000'000));
  out.period_ms = 1000 * in.literal_int("renewal-period", std::nullopt, 1, 300);
  return out;
}

class RateLimit final : public Step {
 public:
  explicit RateLimit(ElementCompiler& in) : limit_(read_limit(in)), telling_(CallLimitTelling::read(in)) {
    in.only_children(in.element(), {"api"});
    apis_ = read_narrow_limits<Limit>(in, in.element(), "api", read_limit);
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    if (!run.facts.subscription || !run.services().counters) return Flow::Next;
    auto* counting = run.arena().make<Counting>(strand, *run.services().counters, *this);
    const std::string_view scope_of_document = scope_key(run, scope);
    add(run, *counting, limit_, scope_of_document, "", "");
    for (const auto& api : apis_) {
      if (!api.is_for(run.facts.api)) continue;
      add(run, *counting, api.limit, scope_of_document, run.facts.api->id, "");
      for (const auto& operation : api.operations) {
        if (!operation.is_for(run.facts.operation)) continue;
        add(run, *counting, operation.limit, scope_of_document, run.facts.api->id,
            run.facts.operation->id);
      }
    }
    return decide(strand, *counting);
  }
  Flow done(Strand& strand, void* state) const override {
    return decide(strand, *static_cast<Counting*>(state));
  }

 private:
  static void add(Run& run, Counting& counting, const Limit& limit, std::string_view scope_of_document,
                  std::string_view api, std::string_view operation) {
    CounterQuery query;
    query.key = counter_key(run.arena(), {"rate-limit", run.facts.subscription->id, scope_of_document, api,
                                          operation, std::to_string(limit.period_ms)});
    query.limit = limit.calls;
    query.period_ms = limit.period_ms;
    counting.add(query);
  }

  Flow decide(Strand& strand, Counting& counting) const {
    if (const Flow flow = counting.ask(); flow != Flow::Next) return flow;
    if (const Counting::One* passed = counting.passed()) {
      const std::int64_t wait = passed->answer.retry_after_ms;
      return telling_.refused(strand, wait < 0 ? passed->query.period_ms : wait, passed->query.limit);
    }
    // The one that will be passed first is what the client is told of.
    const auto& all = counting.all();
    const auto& least = *std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.answer.remaining < b.answer.remaining;
    });
    telling_.admitted(strand.run(), least.answer.remaining, least.query.limit);
    return Flow::Next;
  }

  Limit limit_;
  CallLimitTelling telling_;
  std::vector<NarrowLimit<Limit>> apis_;
};

}  // namespace

std::unique_ptr<Step> compile_rate_limit(ElementCompiler& in) { return std::make_unique<RateLimit>(in); }

}  // namespace gateway::policy
