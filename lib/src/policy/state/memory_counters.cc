#include "policy/state/memory_counters.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <openssl/siphash.h>

namespace gateway::policy {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kBucketsLookedAt = 4;  // for each new counter, for what has expired

// Calls that count until `until` + the period.
struct Slot {
  std::int64_t until = 0;
  std::uint64_t count = 0;
};

// A queue in one piece of memory that is used again and again.
class Slots {
 public:
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return ring_.size() * sizeof(Slot); }
  [[nodiscard]] const Slot& at(std::size_t i) const noexcept {
    return ring_[(head_ + i) & (ring_.size() - 1)];
  }
  [[nodiscard]] Slot& back() noexcept { return ring_[(head_ + size_ - 1) & (ring_.size() - 1)]; }
  void pop() noexcept {
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
  }
  void push(Slot slot) {
    if (size_ == ring_.size()) grow();
    ++size_;
    back() = slot;
  }

 private:
  void grow() {
    std::vector<Slot> larger(std::max<std::size_t>(4, ring_.size() * 2));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = at(i);
    ring_ = std::move(larger);
    head_ = 0;
  }

  std::vector<Slot> ring_;  // its size is a power of two
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

std::uint64_t plus(std::uint64_t a, std::uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

bool fits(std::uint64_t used, const CounterQuery& query) noexcept {
  return plus(used, query.increment) <= query.limit;
}

CounterAnswer answer_of(bool admitted, std::uint64_t used, std::uint64_t limit) noexcept {
  CounterAnswer answer;
  answer.admitted = admitted;
  answer.used = used;
  answer.remaining = used < limit ? limit - used : 0;
  return answer;
}

}  // namespace

struct MemoryCounters::Counter : Link {
  Counter(std::string_view key, std::size_t the_hash) : hash(the_hash), size(key.size()) {
    if (size > sizeof near) {
      far = std::make_unique<char[]>(size);
    }
    std::memcpy(far ? far.get() : near, key.data(), size);
  }
  [[nodiscard]] std::string_view key() const noexcept { return {far ? far.get() : near, size}; }
  [[nodiscard]] std::size_t own_bytes() const noexcept {
    return sizeof(Counter) + 2 * sizeof(void*) + (far ? size : 0);
  }

  // What a call looks at first stands together.
  Counter* next_in_bucket = nullptr;
  std::size_t hash;
  std::size_t size;
  char near[40];                // most keys are no longer
  std::unique_ptr<char[]> far;  // else they are here
  std::int64_t period_ms = 0;
  std::uint64_t used = 0;
  std::int64_t expires = 0;  // by the clock of its kind
  std::int64_t window = 0;   // of a fixed one: when it began
  std::uint64_t touched_at = 0;  // by Stripe::inserted
  Slots slots;  // of a sliding one
  bool sliding = true;
};

struct alignas(64) MemoryCounters::Stripe {
  std::mutex mutex;
  std::vector<Counter*> buckets = std::vector<Counter*>(8);  // a power of two; each a chain that it owns
  std::size_t count = 0;
  std::uint64_t inserted = 0;  // ever
  Link by_use;  // next: the most recently used, about
  std::size_t bytes = 0;
  std::size_t hand = 0;  // the bucket that is looked at next for what has expired

  Stripe() = default;
  ~Stripe() {
    for (Counter* counter : buckets) {
      while (counter) delete std::exchange(counter, counter->next_in_bucket);
    }
  }
  Stripe(const Stripe&) = delete;
  Stripe& operator=(const Stripe&) = delete;

  [[nodiscard]] Counter*& bucket_of(std::size_t hash) noexcept {
    return buckets[hash & (buckets.size() - 1)];
  }
  [[nodiscard]] Counter* find(std::string_view key, std::size_t hash) noexcept {
    for (Counter* at = bucket_of(hash); at; at = at->next_in_bucket) {
      if (at->hash == hash && at->key() == key) return at;
    }
    return nullptr;
  }
  Counter& insert(std::string_view key, std::size_t hash) {
    if (count >= buckets.size()) grow();
    auto* made = new Counter(key, hash);
    Counter*& bucket = bucket_of(hash);
    made->next_in_bucket = std::exchange(bucket, made);
    ++count;
    ++inserted;
    bytes += made->own_bytes();
    return *made;
  }
  void erase(Counter& counter) noexcept {
    Counter** at = &bucket_of(counter.hash);
    while (*at != &counter) at = &(*at)->next_in_bucket;
    *at = counter.next_in_bucket;
    --count;
    bytes -= counter.own_bytes() + counter.slots.bytes();
    unlink(counter);
    delete &counter;
  }
  static void unlink(Link& link) noexcept {
    link.previous->next = link.next;
    link.next->previous = link.previous;
  }
  // Moving it touches its neighbours' memory, and only new counters push others out: where few came since the
  // last time, it is far from the end.
  void touch(Counter& counter) noexcept {
    if (counter.next != &counter && inserted - counter.touched_at <= count / 4) return;
    counter.touched_at = inserted;
    unlink(counter);
    counter.next = by_use.next;
    counter.previous = &by_use;
    by_use.next->previous = &counter;
    by_use.next = &counter;
  }

 private:
  void grow() {
    std::vector<Counter*> larger(buckets.size() * 2);
    for (Counter* chain : buckets) {
      while (chain) {
        Counter* const counter = std::exchange(chain, chain->next_in_bucket);
        Counter*& bucket = larger[counter->hash & (larger.size() - 1)];
        counter->next_in_bucket = std::exchange(bucket, counter);
      }
    }
    buckets = std::move(larger);
  }
};

MemoryCounters::MemoryCounters(const Environment& environment, std::size_t bytes)
    : clock_(environment.clock), bytes_per_stripe_(bytes / kStripes) {
  // Clients choose keys: where they fall is not for them to tell.
  environment.entropy->fill(std::as_writable_bytes(std::span(seed_)));
  stripes_.reserve(kStripes);
  for (std::size_t i = 0; i < kStripes; ++i) stripes_.push_back(std::make_unique<Stripe>());
}

MemoryCounters::~MemoryCounters() = default;

std::int64_t MemoryCounters::steady_ms() const noexcept { return clock_->steady_ns() / 1'000'000; }

bool MemoryCounters::take(const CounterQuery& query, CounterAnswer& answer,
                          std::function<void(const CounterAnswer&)>, std::unique_ptr<Pending>&) {
  answer = take(query);
  return true;
}

CounterAnswer MemoryCounters::take(const CounterQuery& query) {
  const std::size_t hash =
      SIPHASH_24(seed_, reinterpret_cast<const std::uint8_t*>(query.key.data()), query.key.size());
  Stripe& stripe = *stripes_[hash >> 58];  // the map takes the low bits
  static_assert(kStripes == 64);
  const std::lock_guard lock(stripe.mutex);
  const std::int64_t now = steady_ms();
  Counter* found = stripe.find(query.key, hash);
  if (!found) {
    found = &stripe.insert(query.key, hash);
    found->period_ms = query.period_ms;
    found->sliding = query.sliding;
    stripe.touch(*found);
    make_room(stripe, found);
  }
  Counter& counter = *found;
  if (counter.period_ms != query.period_ms || counter.sliding != query.sliding) {
    // Another configuration says something else of this key.
    stripe.bytes -= counter.slots.bytes();
    counter.slots = {};
    counter.used = 0;
    counter.window = 0;
    counter.period_ms = query.period_ms;
    counter.sliding = query.sliding;
  }
  stripe.touch(counter);
  return query.sliding && query.period_ms > 0 ? take_sliding(stripe, counter, query, now)
                                              : take_fixed(counter, query);
}

CounterAnswer MemoryCounters::take_sliding(Stripe& stripe, Counter& counter, const CounterQuery& query,
                                           std::int64_t now) const {
  Slots& slots = counter.slots;
  while (!slots.empty() && now - slots.at(0).until >= query.period_ms) {
    counter.used -= slots.at(0).count;
    slots.pop();
  }
  const bool admitted = fits(counter.used, query);
  if (!admitted && !query.even_above) {
    CounterAnswer answer = answer_of(false, counter.used, query.limit);
    answer.retry_after_ms = -1;
    if (query.increment <= query.limit) {
      std::uint64_t left = counter.used;
      for (std::size_t i = 0; i < slots.size() && !fits(left, query); ++i) {
        left -= slots.at(i).count;
        answer.retry_after_ms = slots.at(i).until + query.period_ms - now;
      }
    }
    return answer;
  }
  if (!query.only_look && query.increment > 0) {
    const std::uint64_t count = std::min(query.increment, UINT64_MAX - counter.used);
    if (!slots.empty() && now <= slots.back().until) {
      slots.back().count += count;
    } else {
      const std::size_t before = slots.bytes();
      const std::int64_t width =
          slots.size() < kFineSlots
              ? 1
              : 1 + query.period_ms / static_cast<std::int64_t>(kFineSlots);
      slots.push({now + width - 1, count});
      if (slots.bytes() != before) {
        stripe.bytes += slots.bytes() - before;
        make_room(stripe, &counter);
      }
    }
    counter.used += count;
    counter.expires = slots.back().until + query.period_ms;
  }
  return answer_of(admitted, counter.used, query.limit);
}

CounterAnswer MemoryCounters::take_fixed(Counter& counter, const CounterQuery& query) const {
  const std::int64_t period = query.period_ms;
  std::int64_t window = 0;
  std::int64_t now = 0;
  if (period > 0) {
    now = clock_->unix_ms();
    const std::int64_t since = now - query.anchor_unix_ms;
    window = now - (since % period + period) % period;
    counter.expires = window + period;
  } else {
    counter.expires = kNever;
  }
  if (counter.window != window) {
    counter.window = window;
    counter.used = 0;
  }
  const bool admitted = fits(counter.used, query);
  if ((admitted || query.even_above) && !query.only_look)
    counter.used = plus(counter.used, query.increment);
  CounterAnswer answer = answer_of(admitted, counter.used, query.limit);
  if (!admitted)
    answer.retry_after_ms = period > 0 && query.increment <= query.limit ? window + period - now : -1;
  return answer;
}

void MemoryCounters::make_room(Stripe& stripe, const Counter* keep) const {
  const std::int64_t steady = steady_ms();
  const std::int64_t unix_now = clock_->unix_ms();
  for (std::size_t i = 0; i < kBucketsLookedAt; ++i) {
    const std::size_t bucket = stripe.hand++ & (stripe.buckets.size() - 1);
    for (Counter* at = stripe.buckets[bucket]; at;) {
      Counter& counter = *std::exchange(at, at->next_in_bucket);
      const bool by_steady = counter.sliding && counter.period_ms > 0;
      if (&counter != keep && counter.expires <= (by_steady ? steady : unix_now)) stripe.erase(counter);
    }
  }
  while (stripe.bytes > bytes_per_stripe_ && stripe.by_use.previous != keep &&
         stripe.by_use.previous != &stripe.by_use) {
    stripe.erase(static_cast<Counter&>(*stripe.by_use.previous));
  }
}

std::size_t MemoryCounters::size() const {
  std::size_t all = 0;
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    all += stripe->count;
  }
  return all;
}

std::size_t MemoryCounters::bytes() const {
  std::size_t all = 0;
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    all += stripe->bytes;
  }
  return all;
}

}  // namespace gateway::policy
