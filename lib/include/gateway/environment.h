#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <gateway/export.h>

namespace gateway {

// The time. Thread-safe. Inject another one to make time-dependent behaviour deterministic.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01T00:00:00Z.
  [[nodiscard]] virtual std::int64_t unix_ms() const noexcept = 0;
  // Nanoseconds of a clock that never goes back; its zero means nothing.
  [[nodiscard]] virtual std::int64_t steady_ns() const noexcept = 0;
};

// A source of unpredictable bytes. Thread-safe.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::byte> out) const noexcept = 0;
};

// All ambient authority of a gateway but its sockets and files. Absent members mean the system's own.
struct Environment {
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<const Entropy> entropy;

  // One with every member set to the system's own.
  [[nodiscard]] GATEWAY_EXPORT static Environment system();
};

}  // namespace gateway
