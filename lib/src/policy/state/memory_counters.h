#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <gateway/environment.h>

#include "policy/services.h"

namespace gateway::policy {

// Counters in this process, shared by all workers. Thread-safe; every answer is there at once.
//
// Sliding windows are exact by the clock's milliseconds: no window of the period ever admits more than the
// limit, and a call is refused only where it would. Past kFineSlots different milliseconds in one window
// calls within a kFineSlots-th of the period share a slot, which lasts as long as its newest call may: still
// never more than the limit, and a place is free up to that much later. Fixed windows are exact.
//
// Memory is bounded: what has expired goes first, then what was not used for the longest time.
class MemoryCounters final : public Counters {
 public:
  static constexpr std::size_t kDefaultBytes = std::size_t{64} << 20;
  static constexpr std::size_t kFineSlots = 1024;

  explicit MemoryCounters(const Environment& environment, std::size_t bytes = kDefaultBytes);
  ~MemoryCounters() override;

  bool take(const CounterQuery& query, CounterAnswer& answer,
            std::function<void(const CounterAnswer&)> later, std::unique_ptr<Pending>& pending) override;
  CounterAnswer take(const CounterQuery& query);

  // How many counters there are, and what they take. For tests and metrics.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr std::size_t kStripes = 64;
  struct Counter;
  struct Link {
    Link* previous = this;
    Link* next = this;
  };
  struct alignas(64) Stripe;

  CounterAnswer take_sliding(Stripe& stripe, Counter& counter, const CounterQuery& query,
                             std::int64_t now_ms) const;
  CounterAnswer take_fixed(Counter& counter, const CounterQuery& query) const;
  void make_room(Stripe& stripe, const Counter* keep) const;
  [[nodiscard]] std::int64_t steady_ms() const noexcept;

  std::shared_ptr<const Clock> clock_;
  std::uint64_t seed_[2] = {0, 0};
  std::size_t bytes_per_stripe_;
  std::vector<std::unique_ptr<Stripe>> stripes_;
};

}  // namespace gateway::policy
