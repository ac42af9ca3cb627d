#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <gateway/resources.h>

namespace gateway {

// The circuit breaker of one backend, shared by all workers: atomics, no locks. Counts are approximate where workers
// meet at the turn of an interval. Times are milliseconds of one steady clock.
class Circuit {
 public:
  explicit Circuit(CircuitBreaker rule) : rule_(std::move(rule)) {}

  // How long it is still open; 0: requests may pass.
  [[nodiscard]] std::int64_t open_for(std::int64_t now_ms) const noexcept {
    const std::int64_t left = open_until_.load(std::memory_order_relaxed) - now_ms;
    return left > 0 ? left : 0;
  }
  // What came of a request. `retry_after_s`: of the response, 0 = it says nothing.
  void on_response(int status, std::int64_t retry_after_s, std::int64_t now_ms) noexcept;
  // `reason`: as context.LastError.Reason, "BackendConnectionFailure", "Timeout".
  void on_error(std::string_view reason, std::int64_t now_ms) noexcept;
  // How often it has opened, ever.
  [[nodiscard]] std::uint64_t trips() const noexcept { return trips_.load(std::memory_order_relaxed); }

 private:
  void count(bool failure, std::int64_t trip_ms, std::int64_t now_ms) noexcept;

  const CircuitBreaker rule_;
  std::atomic<std::int64_t> open_until_{0}, window_{INT64_MIN / 2};
  std::atomic<std::uint32_t> total_{0}, failures_{0};
  std::atomic<std::uint64_t> trips_{0};
};

// Circuits outlive the publishing of what did not change: they are found by backend and rule. One thread.
class Circuits {
 public:
  [[nodiscard]] std::shared_ptr<Circuit> get(const std::string& backend, const CircuitBreaker& rule);

 private:
  struct Known {
    CircuitBreaker rule;
    std::weak_ptr<Circuit> circuit;
  };
  std::map<std::string, Known> circuits_;
};

}  // namespace gateway
