#pragma once

#include <cstdint>
#include <optional>

namespace gateway::policy {

// The times between the attempts of retry, in seconds.
struct RetryWait {
  double interval = 0;
  std::optional<double> delta, max_interval;
  bool first_fast = false;
  // Before retry `number`, from 1. `random`: 0 to 1.
  //   interval alone: interval;  with delta: interval + (number-1) * delta;
  //   with delta and max-interval: min(max-interval, interval + (2^(number-1) - 1) * (0.8 to 1.2) * delta)
  [[nodiscard]] std::int64_t milliseconds(int number, double random) const noexcept;
};

}  // namespace gateway::policy
