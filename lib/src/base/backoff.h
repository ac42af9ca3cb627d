#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>

#include <gateway/environment.h>

namespace gateway {

// Delays before retries: 0.8 s, doubled up to 30 s, each drawn from zero to that ("full jitter"), so
// that many gateways do not come back all at once. Begins anew after two minutes of quiet.
class Backoff {
 public:
  struct Limits {
    std::chrono::milliseconds first{800};
    std::chrono::milliseconds most{30'000};
    std::chrono::milliseconds quiet{120'000};
  };
  Backoff(Limits limits, std::shared_ptr<const Entropy> entropy)
      : limits_(limits), entropy_(std::move(entropy)), current_(limits.first) {}

  // The delay before the next attempt. `now` in milliseconds of any steady clock.
  [[nodiscard]] std::chrono::milliseconds next(std::uint64_t now) {
    const auto quiet = static_cast<std::uint64_t>(limits_.quiet.count());
    if (now - last_ > quiet) current_ = limits_.first;
    last_ = now;
    std::uint32_t random = 0;
    entropy_->fill(std::as_writable_bytes(std::span(&random, 1)));
    const auto delay = std::chrono::milliseconds(random % static_cast<std::uint32_t>(current_.count() + 1));
    current_ = std::min(current_ * 2, limits_.most);
    return delay;
  }

 private:
  Limits limits_;
  std::shared_ptr<const Entropy> entropy_;
  std::chrono::milliseconds current_;
  std::uint64_t last_ = 0;
};

}  // namespace gateway
