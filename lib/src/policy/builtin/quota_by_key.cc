#include <algorithm>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/builtin/quota_limit.h"

// quota-by-key: calls and bandwidth of a key in a fixed window, aligned to first-period-start. Policies with
// the same key and period share a counter, and a request counts in it once.
namespace gateway::policy {
namespace {

constexpr std::int64_t kLeastSeconds = 300;

class QuotaByKey final : public Step {
 public:
  explicit QuotaByKey(ElementCompiler& in)
      : terms_(QuotaTerms::read(in, kLeastSeconds)),
        key_(in.operand("counter-key", true)),
        increment_(Increment::read(in)) {
    const std::string_view start = in.literal("first-period-start", "0001-01-01T00:00:00Z");
    const auto seconds = parse_rfc3339(start);
    if (!seconds) {
      const Attribute* written = in.element().attribute("first-period-start");
      in.problem(written ? written->at : in.element().at,
                 "first-period-start must be a time such as 2026-01-31T00:00:00Z, not " + quote(start));
    }
    anchor_unix_ms_ = seconds.value_or(0) * 1000;
    in.only_children(in.element(), {});
    in.mark(*this, {&key_, &increment_.condition, &increment_.count});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    if (!run.services().counters) return Flow::Next;
    const std::string_view key = counter_key(run.arena(), {"quota-by-key", key_.text(run)});
    auto* counting = run.arena().make<OnceCounting>(strand, *run.services().counters, *this);
    counting->first = first_of_request(run, key);
    std::uint64_t amount = 1;
    bool counts = counting->first && !increment_.deferred();
    if (counts) {
      amount = increment_.amount(run);
      counts = amount > 0;
    }
    // What counted before is part of what is used: a later policy only asks whether that fits.
    amount = counting->first ? std::max<std::uint64_t>(1, amount) : 0;
    add_quota(*counting, run, terms_, key, anchor_unix_ms_, amount, counts);
    return decide(strand, *counting);
  }
  Flow done(Strand& strand, void* state) const override {
    return decide(strand, static_cast<OnceCounting&>(*static_cast<Counting*>(state)));
  }

 private:
  struct OnceCounting : Counting {
    using Counting::Counting;
    bool first = false;  // of this request
  };

  // Whether no policy of this request counts in the same counter already. Kept beside the variables, under
  // a name that no document can say.
  bool first_of_request(Run& run, std::string_view key) const {
    const std::string_view mark =
        counter_key(run.arena(), {"\x1f", key, std::to_string(terms_.period_ms), std::to_string(anchor_unix_ms_)});
    if (run.variable(mark)) return false;
    run.set_variable(mark, expression::Value::of(true));
    return true;
  }

  Flow decide(Strand& strand, OnceCounting& counting) const {
    if (const Flow flow = counting.ask(); flow != Flow::Next) return flow;
    if (const Counting::One* passed = counting.passed()) return quota_refused(strand, *passed);
    if (!counting.first) return Flow::Next;
    Run& run = strand.run();
    count_bandwidth_at_end(run, counting);
    if (increment_.deferred() && terms_.calls != QuotaTerms::kNoLimit) {
      struct Later {
        const QuotaByKey* step;
        const CounterQuery* calls;
      };
      const auto* later = run.arena().make<Later>(Later{this, &counting.all().front().query});
      run.at_end([later](Run& ended) {
        count_now(ended, *later->calls, later->step->increment_.amount_at_end(ended, "quota-by-key"));
      });
    }
    return Flow::Next;
  }

  QuotaTerms terms_;
  Operand key_;
  Increment increment_;
  std::int64_t anchor_unix_ms_ = 0;
};

}  // namespace

std::unique_ptr<Step> compile_quota_by_key(ElementCompiler& in) { return std::make_unique<QuotaByKey>(in); }

}  // namespace gateway::policy
