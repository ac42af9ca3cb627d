#include <algorithm>

#include "policy/builtin/call_limit.h"
#include "policy/builtin/counting.h"
#include "policy/builtin/list.h"

// rate-limit-by-key: how many calls with the same key there may be in a sliding window. Policies with the
// same key and period share a counter, wherever they stand. Where increment-condition or increment-count is
// an expression, the counter is only looked at here, and counts at the end of outbound.
namespace gateway::policy {
namespace {

constexpr std::int64_t kMostCalls = 1'000'000'000;
constexpr std::int64_t kMostSeconds = 300;

class RateLimitByKey final : public Step {
 public:
  explicit RateLimitByKey(ElementCompiler& in)
      : calls_(in.int_operand("calls", true, 0, kMostCalls)),
        period_(in.int_operand("renewal-period", true, 1, kMostSeconds)),
        key_(in.operand("counter-key", true)),
        increment_(Increment::read(in)),
        telling_(CallLimitTelling::read(in)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&calls_, &period_, &key_, &increment_.condition, &increment_.count});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    if (!run.services().counters) return Flow::Next;
    CounterQuery query;
    query.limit = in_range(run, calls_, "calls", 0, kMostCalls);
    query.period_ms = 1000 * static_cast<std::int64_t>(in_range(run, period_, "renewal-period", 1, kMostSeconds));
    query.key = counter_key(run.arena(), {"rk", key_.text(run), std::to_string(query.period_ms)});
    bool counts = false;
    if (!increment_.deferred()) {
      const std::uint64_t amount = increment_.amount(run);
      counts = amount > 0;
      query.increment = std::max<std::uint64_t>(1, amount);
    }
    auto* counting = run.arena().make<Counting>(strand, *run.services().counters, *this);
    counting->add(query, counts);
    return decide(strand, *counting);
  }
  Flow done(Strand& strand, void* state) const override {
    return decide(strand, *static_cast<Counting*>(state));
  }

 private:
  static std::uint64_t in_range(Run& run, const Operand& operand, std::string_view name, std::int64_t least,
                                std::int64_t most) {
    const std::int64_t number = operand.integer(run);
    if (number < least || number > most)
      run.evaluation().raise("ArgumentOutOfRangeException",
                             std::string(name) + " must be from " + std::to_string(least) + " to " +
                                 std::to_string(most) + ", not " + std::to_string(number) + ".");
    return static_cast<std::uint64_t>(number);
  }

  Flow decide(Strand& strand, Counting& counting) const {
    if (const Flow flow = counting.ask(); flow != Flow::Next) return flow;
    const Counting::One& one = counting.all().front();
    if (!one.answer.admitted) {
      const std::int64_t wait = one.answer.retry_after_ms;
      return telling_.refused(strand, wait < 0 ? one.query.period_ms : wait, one.query.limit);
    }
    telling_.admitted(strand.run(), one.answer.remaining, one.query.limit);
    if (increment_.deferred()) {
      struct Later {
        const RateLimitByKey* step;
        const CounterQuery* query;
      };
      const auto* later = strand.run().arena().make<Later>(Later{this, &one.query});
      strand.run().at_end([later](Run& run) {
        count_now(run, *later->query, later->step->increment_.amount_at_end(run, "rate-limit-by-key"));
      });
    }
    return Flow::Next;
  }

  Operand calls_, period_, key_;
  Increment increment_;
  CallLimitTelling telling_;
};

}  // namespace

std::unique_ptr<Step> compile_rate_limit_by_key(ElementCompiler& in) {
  return std::make_unique<RateLimitByKey>(in);
}

}  // namespace gateway::policy
