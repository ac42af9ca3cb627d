#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/builtin/pause.h"
#include "policy/builtin/retry_wait.h"
#include "policy/run.h"
#include "policy/services.h"

// retry: its policies are executed once and then, as long as the condition holds, up to `count` times more.
// An error among them counts as an attempt that failed: it is passed on where there is no further one.
namespace gateway::policy {

std::int64_t RetryWait::milliseconds(int number, double random) const noexcept {
  constexpr double kMost = 3600;  // s
  if (first_fast && number == 1) return 0;
  double seconds = interval;
  if (delta && max_interval) {
    seconds += (std::exp2(number - 1) - 1) * (0.8 + 0.4 * random) * *delta;
  } else if (delta) {
    seconds += (number - 1) * *delta;
  }
  if (max_interval) seconds = std::min(seconds, *max_interval);
  if (!(seconds > 0)) return 0;
  return static_cast<std::int64_t>(std::min(seconds, kMost) * 1000);
}

namespace {

// What the condition reads must be whole when it is evaluated: the last of the policies in the block.
class ReadForCondition final : public Step {
 public:
  Flow run(Strand&) const override { return Flow::Next; }
};

class Retry final : public Step {
 public:
  explicit Retry(ElementCompiler& in) {
    condition_ = in.bool_operand("condition", true);
    count_ = in.int_operand("count", true, 1, 50);
    interval_ = seconds(in, "interval", true);
    max_interval_ = seconds(in, "max-interval", false);
    delta_ = seconds(in, "delta", false);
    first_fast_ = in.bool_operand("first-fast-retry", false);
    in.mark(*this, {&count_, &interval_, &max_interval_, &delta_, &first_fast_});
    policies_ = in.block(in.element());
    if (policies_.empty()) in.problem(in.element().at, "<retry> has no policy to execute");
    auto last = std::make_unique<ReadForCondition>();
    in.mark(*last, {&condition_});
    if (!last->reads_request_body && !last->reads_response_body) return;
    last->name = "retry";
    last->at = in.element().at;
    policies_.push_back(std::move(last));
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto* state = run.arena().make<State>();
    state->left = static_cast<int>(std::clamp<std::int64_t>(count_.integer(run), 0, 50));
    state->wait.interval = interval_.real(run);
    if (max_interval_.present()) state->wait.max_interval = max_interval_.real(run);
    if (delta_.present()) state->wait.delta = delta_.real(run);
    state->wait.first_fast = first_fast_.present() && first_fast_.boolean(run);
    state->response = run.response;
    state->response_known = run.response_known;
    strand.enter(policies_, this, state);
    return Flow::Enter;
  }

  Flow done(Strand& strand, void* state) const override {
    State& it = *static_cast<State*>(state);
    if (it.left == 0 || !condition_.boolean(strand.run())) return Flow::Next;
    return again(strand, it);
  }

  Flow failed(Strand& strand, void* state) const override {
    State& it = *static_cast<State*>(state);
    if (it.left == 0 || !holds_after_error(strand.run())) return Flow::Fail;
    // The error is forgotten, and with it what the client would have been told.
    strand.run().response = it.response;
    strand.run().response_known = it.response_known;
    return again(strand, it);
  }

 private:
  struct State {
    int left = 0;
    int number = 0;
    RetryWait wait;
    ResponseMessage response;  // before the first attempt
    bool response_known = false;
  };

  // Seconds, whole or not.
  static Operand seconds(ElementCompiler& in, std::string_view name, bool required) {
    Operand operand = in.operand(name, required);
    if (!operand.present() || operand.is_expression()) return operand;
    const std::string_view text = trim(operand.literal());
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 3600)) {
      const Attribute* at = in.element().attribute(name);
      in.problem(at ? at->at : in.element().at,
                 std::string(name) + " is a number of seconds from 0 to 3600, not " + quote(text));
    }
    return operand;
  }

  // A condition that fails itself holds not: the first error is the one to tell.
  bool holds_after_error(Run& run) const {
    try {
      return condition_.boolean(run);
    } catch (const expression::Raised&) {
      return false;
    }
  }

  Flow again(Strand& strand, State& state) const {
    Run& run = strand.run();
    --state.left;
    std::uint32_t random = 0;
    run.services().environment.entropy->fill(std::as_writable_bytes(std::span(&random, 1)));
    const std::int64_t ms = state.wait.milliseconds(++state.number, random / 4294967296.0);
    if (ms == 0) {
      strand.enter(policies_, this, &state);
      return Flow::Enter;
    }
    strand.wait_for(std::make_unique<Pause>(run.services().worker, ms, [this, &strand, &state] {
      strand.enter(policies_, this, &state);
      strand.resume(Flow::Enter);
    }));
    return Flow::Wait;
  }

  Operand condition_, count_, interval_, max_interval_, delta_, first_fast_;
  Block policies_;
};

}  // namespace

std::unique_ptr<Step> compile_retry(ElementCompiler& in) { return std::make_unique<Retry>(in); }

}  // namespace gateway::policy
