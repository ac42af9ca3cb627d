#include "upstream/circuit.h"

#include <algorithm>

namespace gateway {
namespace {

// A share says nothing of fewer requests than this.
constexpr std::uint32_t kLeastForShare = 5;

}  // namespace

void Circuit::on_response(int status, std::int64_t retry_after_s, std::int64_t now_ms) noexcept {
  const bool failure = std::any_of(rule_.statuses.begin(), rule_.statuses.end(), [status](const StatusRange& range) {
    return range.min <= status && status <= range.max;
  });
  const bool asked = rule_.accept_retry_after && retry_after_s > 0 && (status == 429 || status == 503);
  count(failure, (asked ? retry_after_s : rule_.trip_seconds) * 1000, now_ms);
}

void Circuit::on_error(std::string_view reason, std::int64_t now_ms) noexcept {
  const bool failure = std::find(rule_.error_reasons.begin(), rule_.error_reasons.end(), reason) != rule_.error_reasons.end();
  count(failure, rule_.trip_seconds * 1000, now_ms);
}

void Circuit::count(bool failure, std::int64_t trip_ms, std::int64_t now_ms) noexcept {
  if (open_for(now_ms) > 0) return;  // of a request that passed before
  std::int64_t window = window_.load(std::memory_order_relaxed);
  if (now_ms - window >= rule_.interval_seconds * 1000 && window_.compare_exchange_strong(window, now_ms)) {
    total_.store(0, std::memory_order_relaxed);
    failures_.store(0, std::memory_order_relaxed);
  }
  const std::uint32_t total = total_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!failure) return;
  const std::uint32_t failures = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool trips = rule_.failure_count > 0
                         ? failures >= rule_.failure_count
                         : total >= kLeastForShare &&
                               std::uint64_t{failures} * 100 >= std::uint64_t{rule_.failure_percentage} * total;
  if (!trips) return;
  window_.store(INT64_MIN / 2, std::memory_order_relaxed);  // what follows counts anew
  open_until_.store(now_ms + trip_ms, std::memory_order_relaxed);
  trips_.fetch_add(1, std::memory_order_relaxed);
}

std::shared_ptr<Circuit> Circuits::get(const std::string& backend, const CircuitBreaker& rule) {
  Known& known = circuits_[backend];
  if (auto circuit = known.circuit.lock(); circuit && known.rule == rule) return circuit;
  auto made = std::make_shared<Circuit>(rule);
  known = {rule, made};
  std::erase_if(circuits_, [](const auto& entry) { return entry.second.circuit.expired(); });
  return made;
}

}  // namespace gateway
