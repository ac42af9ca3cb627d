#include "policy/builtin/quota_limit.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace gateway::policy {
namespace {

constexpr std::int64_t kMost = 1'000'000'000'000;
constexpr std::int64_t kMostSeconds = std::int64_t{100} * 366 * 24 * 3600;
constexpr std::string_view kBandwidth = "bandwidth";

bool is_bandwidth(const CounterQuery& query) noexcept { return query.key.ends_with(kBandwidth); }

// Of a body that passes by only what its Content-Length says is known.
std::uint64_t bytes_of(const Fields& fields, const Body& body) {
  if (body.is_whole()) return body.data.size();
  if (body.state != Body::State::Streaming) return 0;
  const HeaderField* length = fields.list.find(HeaderId::ContentLength);
  return length ? parse_decimal(length->value).value_or(0) : 0;
}

}  // namespace

QuotaTerms QuotaTerms::read(ElementCompiler& in, std::int64_t least_seconds) {
  QuotaTerms out;
  const Element& element = in.element();
  const std::int64_t calls = in.literal_int("calls", -1, 0, kMost);
  const std::int64_t kilobytes = in.literal_int("bandwidth", -1, 0, kMost);
  const std::int64_t period = in.literal_int("renewal-period", std::nullopt, 0, kMostSeconds);
  if (calls < 0 && kilobytes < 0)
    in.problem(element.at, "<" + std::string(element.name) + "> needs the attribute calls or bandwidth");
  if (period != 0 && period < least_seconds) {
    const Attribute* at = element.attribute("renewal-period");
    in.problem(at ? at->at : element.at, "renewal-period must be 0, which is for ever, or at least " +
                                             std::to_string(least_seconds) + " seconds");
  }
  if (calls >= 0) out.calls = static_cast<std::uint64_t>(calls);
  if (kilobytes >= 0) out.bytes = static_cast<std::uint64_t>(kilobytes) * 1024;
  out.period_ms = period * 1000;
  return out;
}

void add_quota(Counting& counting, Run& run, const QuotaTerms& terms, std::string_view key,
               std::int64_t anchor_unix_ms, std::uint64_t increment, bool counts) {
  CounterQuery query;
  query.sliding = false;
  query.period_ms = terms.period_ms;
  query.anchor_unix_ms = anchor_unix_ms;
  const std::string window = std::to_string(terms.period_ms);
  const std::string anchor = std::to_string(anchor_unix_ms);
  if (terms.calls != QuotaTerms::kNoLimit) {
    query.key = counter_key(run.arena(), {key, window, anchor, "calls"});
    query.limit = terms.calls;
    query.increment = increment;
    counting.add(query, counts);
  }
  if (terms.bytes != QuotaTerms::kNoLimit) {
    query.key = counter_key(run.arena(), {key, window, anchor, kBandwidth});
    query.limit = terms.bytes;
    query.increment = 1;
    counting.add(query, false);
  }
}

Flow quota_refused(Strand& strand, const Counting::One& passed) {
  Run& run = strand.run();
  const std::int64_t wait = passed.answer.retry_after_ms;
  const bool ever = passed.query.period_ms > 0;
  const std::int64_t seconds = seconds_of(wait < 0 ? passed.query.period_ms : wait);
  std::string text = is_bandwidth(passed.query) ? "Out of bandwidth quota." : "Out of call volume quota.";
  if (ever) text += " Quota will be replenished in " + time_span_text(seconds) + ".";
  Failure failure;
  failure.status = 403;
  failure.reason = "QuotaExceeded";
  failure.message = run.arena().copy(text);
  const Flow flow = run.fail(strand, failure);
  if (ever) run.response.fields.set("Retry-After", run.arena().copy(std::to_string(seconds)));
  return flow;
}

void count_bandwidth_at_end(Run& run, const Counting& counting) {
  for (const Counting::One& one : counting.all()) {
    if (!is_bandwidth(one.query)) continue;
    run.at_end([query = &one.query](Run& ended) {
      count_now(ended, *query,
                bytes_of(ended.request.fields, ended.request.body) +
                    bytes_of(ended.response.fields, ended.response.body));
    });
  }
}

std::string time_span_text(std::int64_t seconds) {
  const std::int64_t days = seconds / 86'400;
  const std::string clock =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  return days > 0 ? std::to_string(days) + "." + clock : clock;
}

}  // namespace gateway::policy
