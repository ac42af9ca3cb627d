#include "policy/builtin/list.h"
#include "policy/run.h"

// forward-request: sends the request to the backend and waits for the head of its response.
namespace gateway::policy {
namespace {

constexpr std::int64_t kDefaultTimeoutMs = 300'000;
constexpr std::int64_t kMostSeconds = 86'400;

class ForwardRequest final : public Step {
 public:
  explicit ForwardRequest(ElementCompiler& in)
      : timeout_(in.int_operand("timeout", false, 1, kMostSeconds)),
        timeout_ms_(in.int_operand("timeout-ms", false, 1, kMostSeconds * 1000)),
        continue_timeout_(in.int_operand("continue-timeout", false, 0, kMostSeconds)),
        follow_redirects_(in.bool_operand("follow-redirects", false)),
        buffer_request_body_(in.bool_operand("buffer-request-body", false)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&timeout_, &timeout_ms_, &continue_timeout_, &follow_redirects_,
                    &buffer_request_body_});
    (void)in.literal_choice("http-version", {"1", "2", "2or1"}, 0);
    // Kept whole, it can be sent again.
    reads_request_body = buffer_request_body_.present() &&
                         (buffer_request_body_.is_expression() || buffer_request_body_.literal() != "false");
    terms_.buffer_response = in.literal_bool("buffer-response", true);
    terms_.fail_on_error_status = in.literal_bool("fail-on-error-status-code", false);
    if (timeout_.present() && timeout_ms_.present()) {
      in.problem(in.element().attribute("timeout-ms")->at,
                 "<forward-request> has either timeout or timeout-ms");
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    ForwardTerms terms = terms_;
    terms.timeout_ms = kDefaultTimeoutMs;
    if (timeout_.present()) terms.timeout_ms = within(run, timeout_, kMostSeconds) * 1000;
    if (timeout_ms_.present()) terms.timeout_ms = within(run, timeout_ms_, kMostSeconds * 1000);
    if (continue_timeout_.present())
      terms.continue_timeout_ms = within(run, continue_timeout_, kMostSeconds) * 1000;
    terms.follow_redirects = follow_redirects_.present() && follow_redirects_.boolean(run);
    terms.buffer_request_body = buffer_request_body_.present() && buffer_request_body_.boolean(run);
    return run.forward(strand, terms);
  }

 private:
  static std::int64_t within(Run& run, const Operand& operand, std::int64_t most) {
    const std::int64_t value = operand.integer(run);
    if (value >= 0 && value <= most) return value;
    throw Failure{
        500, "InvalidTimeout", "A timeout of forward-request is not within its limits.", {}, {}};
  }

  Operand timeout_, timeout_ms_, continue_timeout_, follow_redirects_, buffer_request_body_;
  ForwardTerms terms_;
};

}  // namespace

std::unique_ptr<Step> compile_forward_request(ElementCompiler& in) {
  return std::make_unique<ForwardRequest>(in);
}

}  // namespace gateway::policy
