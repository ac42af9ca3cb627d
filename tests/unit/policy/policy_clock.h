#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <gateway/environment.h>

// A clock that a test moves; the entropy is the system's.
struct SteppedClock final : gateway::Clock {
  std::atomic<std::int64_t> ms{1'764'000'000'000};
  std::int64_t unix_ms() const noexcept override { return ms.load(); }
  std::int64_t steady_ns() const noexcept override { return (ms.load() - 1'700'000'000'000) * 1'000'000; }
};

inline gateway::Environment stepped(std::shared_ptr<SteppedClock> clock) {
  gateway::Environment out = gateway::Environment::system();
  out.clock = std::move(clock);
  return out;
}
