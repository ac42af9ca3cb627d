#include "policy/builtin/list.h"
#include "policy/run.h"
#include "policy/services.h"

// limit-concurrency: at most `max-count` requests are inside of its policies at a time, of those with the
// same key; others are refused at once with 429.
namespace gateway::policy {
namespace {

class LimitConcurrency final : public Step {
 public:
  explicit LimitConcurrency(ElementCompiler& in) {
    key_ = in.operand("key", true);
    max_ = static_cast<std::uint64_t>(in.literal_int("max-count", std::nullopt, 1, 1'000'000));
    in.mark(*this, {&key_});
    policies_ = in.block(in.element());
    if (policies_.empty()) in.problem(in.element().at, "<limit-concurrency> has no policy to execute");
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto* key = run.arena().make<std::string_view>(run.arena().copy(key_.text(run)));
    Concurrency* inside = run.services().concurrency;
    if (inside && !inside->enter(*key, max_)) {
      return run.fail(strand, {429, "ConcurrencyLimitExceeded",
                               "Too many requests are being processed at the same time. Try again later.", {}, {}});
    }
    strand.enter(policies_, this, key);
    return Flow::Enter;
  }
  void left(Run& run, void* key) const noexcept override {
    if (Concurrency* inside = run.services().concurrency) inside->leave(*static_cast<std::string_view*>(key));
  }

 private:
  Operand key_;
  std::uint64_t max_ = 0;
  Block policies_;
};

}  // namespace

std::unique_ptr<Step> compile_limit_concurrency(ElementCompiler& in) {
  return std::make_unique<LimitConcurrency>(in);
}

}  // namespace gateway::policy
