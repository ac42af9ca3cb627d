#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gateway {

// A place in a ring of them.
struct TimedLink {
  TimedLink* previous = this;
  TimedLink* next = this;
  TimedLink() = default;
  TimedLink(const TimedLink&) = delete;
  TimedLink& operator=(const TimedLink&) = delete;
};

// Something with a deadline. Linked into at most one wheel; its owner cancels it before it dies.
class Timed : private TimedLink {
 public:
  virtual ~Timed() = default;
  // The deadline passed; it is cancelled already.
  virtual void on_deadline() noexcept = 0;

 private:
  friend class TimerWheel;
  std::int64_t deadline_ = 0;   // ms; 0 = none
  std::int64_t linked_at_ = 0;  // the deadline that its place stands for; 0 = in no place
};

// Deadlines of a worker, coarse (kResolution) and cheap: moving a deadline back is one store, as a
// timer finds out late that it has more time. One thread.
class TimerWheel {
 public:
  static constexpr std::int64_t kResolution = 50;  // ms

  explicit TimerWheel(std::int64_t now_ms) noexcept : now_(now_ms) {}
  // Fires once, at `deadline_ms` or up to kResolution later. 0 cancels.
  void set(Timed& timed, std::int64_t deadline_ms) noexcept;
  void cancel(Timed& timed) noexcept {
    unlink(timed);
    timed.deadline_ = 0;
  }
  // Fires what is due.
  void advance(std::int64_t now_ms) noexcept;

 private:
  static constexpr std::size_t kSlots = 2048;

  void link(Timed& timed) noexcept;
  void unlink(Timed& timed) noexcept;
  static std::size_t slot_of(std::int64_t ms) noexcept {
    return static_cast<std::size_t>(ms / kResolution) % kSlots;
  }

  std::array<TimedLink, kSlots> slots_;
  std::int64_t now_;
};

}  // namespace gateway
