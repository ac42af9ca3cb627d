#include "policy/builtin/call_limit.h"

#include <limits>

#include "base/strings.h"
#include "policy/builtin/counting.h"

namespace gateway::policy {
namespace {

std::string header_name(ElementCompiler& in, std::string_view attribute, std::string_view fallback) {
  const std::string_view name = in.literal(attribute, fallback);
  if (!name.empty() && !is_token(name)) {
    const Attribute* at = in.element().attribute(attribute);
    in.problem(at ? at->at : in.element().at,
               std::string(attribute) + " must be a header's name, not " + quote(name));
  }
  return std::string(name);
}

void set_number(Run& run, std::string_view name, std::uint64_t number) {
  if (!name.empty()) run.response.fields.set(name, run.arena().copy(std::to_string(number)));
}

expression::Value whole_number(std::uint64_t number) {
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  return expression::Value::of(static_cast<std::int32_t>(std::min(number, most)));
}

}  // namespace

CallLimitTelling CallLimitTelling::read(ElementCompiler& in) {
  CallLimitTelling out;
  out.retry_after_header_ = header_name(in, "retry-after-header-name", "Retry-After");
  out.retry_after_variable_ = in.literal("retry-after-variable-name", "");
  out.remaining_header_ = header_name(in, "remaining-calls-header-name", "");
  out.remaining_variable_ = in.literal("remaining-calls-variable-name", "");
  out.total_header_ = header_name(in, "total-calls-header-name", "");
  return out;
}

void CallLimitTelling::admitted(Run& run, std::uint64_t remaining, std::uint64_t total) const {
  if (!remaining_variable_.empty()) run.set_variable(remaining_variable_, whole_number(remaining));
  if (remaining_header_.empty() && total_header_.empty()) return;
  struct Numbers {
    const CallLimitTelling* telling;
    std::uint64_t remaining, total;
  };
  const auto* numbers = run.arena().make<Numbers>(Numbers{this, remaining, total});
  run.at_end([numbers](Run& ended) {
    set_number(ended, numbers->telling->remaining_header_, numbers->remaining);
    set_number(ended, numbers->telling->total_header_, numbers->total);
  });
}

Flow CallLimitTelling::refused(Strand& strand, std::int64_t wait_ms, std::uint64_t total) const {
  Run& run = strand.run();
  const auto seconds = static_cast<std::uint64_t>(seconds_of(wait_ms));
  if (!retry_after_variable_.empty()) run.set_variable(retry_after_variable_, whole_number(seconds));
  if (!remaining_variable_.empty()) run.set_variable(remaining_variable_, whole_number(0));
  Failure failure;
  failure.status = 429;
  failure.reason = "RateLimitExceeded";
  failure.message = "Rate limit is exceeded";
  failure.public_message = run.arena().copy("Rate limit is exceeded. Try again in " +
                                            std::to_string(seconds) + " seconds.");
  const Flow flow = run.fail(strand, failure);
  set_number(run, retry_after_header_, seconds);
  set_number(run, total_header_, total);
  return flow;
}

}  // namespace gateway::policy
