#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/builtin/counting.h"

namespace gateway::policy {

// What quota and quota-by-key share: calls and bytes in fixed windows.
struct QuotaTerms {
  static constexpr std::uint64_t kNoLimit = UINT64_MAX;
  std::uint64_t calls = kNoLimit;
  std::uint64_t bytes = kNoLimit;  // bandwidth
  std::int64_t period_ms = 0;      // 0 = for ever

  // calls, bandwidth (one of them at least), renewal-period: 0, or from `least_seconds` on.
  static QuotaTerms read(ElementCompiler& in, std::int64_t least_seconds);
};

// Adds the counters of the terms to what a request is held against.
void add_quota(Counting& counting, Run& run, const QuotaTerms& terms, std::string_view key,
               std::int64_t anchor_unix_ms, std::uint64_t increment, bool counts);
// 403, "Quota will be replenished in …".
Flow quota_refused(Strand& strand, const Counting::One& passed);
// Counts, at the end of the run, what the request and the response carried.
void count_bandwidth_at_end(Run& run, const Counting& counting);

// .NET's TimeSpan "c", whole seconds: "00:30:02", "14.07:13:56".
[[nodiscard]] std::string time_span_text(std::int64_t seconds);

}  // namespace gateway::policy
