#include "upstream/timer_wheel.h"

#include <algorithm>

namespace gateway {

void TimerWheel::set(Timed& timed, std::int64_t deadline_ms) noexcept {
  if (deadline_ms == 0) {
    cancel(timed);
    return;
  }
  timed.deadline_ = deadline_ms;
  const bool linked = timed.linked_at_ != 0;
  if (linked && deadline_ms >= timed.linked_at_) return;  // found out when its place comes by
  if (linked) unlink(timed);
  link(timed);
}

void TimerWheel::link(Timed& timed) noexcept {
  // Beyond the wheel's reach it is looked at once per turn. Never in the slot that was just
  // visited.
  const std::int64_t reach = now_ + kResolution * static_cast<std::int64_t>(kSlots - 1);
  timed.linked_at_ = std::clamp(timed.deadline_, now_ + kResolution, reach);
  TimedLink& head = slots_[slot_of(timed.linked_at_)];
  timed.previous = &head;
  timed.next = head.next;
  head.next->previous = &timed;
  head.next = &timed;
}

void TimerWheel::unlink(Timed& timed) noexcept {
  if (timed.linked_at_ == 0) return;
  timed.previous->next = timed.next;
  timed.next->previous = timed.previous;
  timed.previous = timed.next = &timed;
  timed.linked_at_ = 0;
}

void TimerWheel::advance(std::int64_t now_ms) noexcept {
  const std::int64_t first = now_ / kResolution + 1;
  const std::int64_t last = now_ms / kResolution;
  const std::int64_t from = std::max(first, last - static_cast<std::int64_t>(kSlots) + 1);
  now_ = std::max(now_, now_ms);
  for (std::int64_t tick = from; tick <= last; ++tick) {
    // The ring is taken out first: a deadline may link, unlink and relink whatever it likes.
    TimedLink& head = slots_[static_cast<std::size_t>(tick) % kSlots];
    if (head.next == &head) continue;
    TimedLink due;
    due.next = head.next;
    due.previous = head.previous;
    due.next->previous = due.previous->next = &due;
    head.next = head.previous = &head;
    while (due.next != &due) {
      Timed& timed = static_cast<Timed&>(*due.next);
      unlink(timed);
      if (timed.deadline_ == 0) continue;
      if (timed.deadline_ > now_ms) {
        link(timed);
        continue;
      }
      timed.deadline_ = 0;
      timed.on_deadline();
    }
  }
}

}  // namespace gateway
