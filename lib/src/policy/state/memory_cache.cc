#include "policy/state/memory_cache.h"

#include <limits>
#include <list>
#include <mutex>
#include <span>
#include <unordered_map>

#include <openssl/siphash.h>

namespace gateway::policy {
namespace {

struct Kept {
  std::string key;
  std::shared_ptr<const CacheEntry> entry;
  std::int64_t expires_ms = 0;  // steady
  std::size_t bytes = 0;
};

// What an entry takes beside its key and content: nodes, counts, pointers.
constexpr std::size_t kOverhead = sizeof(Kept) + sizeof(CacheEntry) + 128;

}  // namespace

std::size_t MemoryCache::Hash::operator()(std::string_view key) const {
  return SIPHASH_24(seed, reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
}

struct MemoryCache::Stripe {
  explicit Stripe(const std::uint64_t* seed) : by_key(0, Hash{seed}) {}
  std::mutex mutex;
  std::list<Kept> by_use;  // the most recently used first
  std::unordered_map<std::string_view, std::list<Kept>::iterator, Hash, std::equal_to<>> by_key;

  // The bytes that became free.
  std::size_t erase(std::list<Kept>::iterator at) {
    const std::size_t freed = at->bytes;
    by_key.erase(at->key);
    by_use.erase(at);
    return freed;
  }
};

MemoryCache::MemoryCache(const Environment& environment, std::size_t bytes)
    : clock_(environment.clock), most_bytes_(bytes) {
  environment.entropy->fill(std::as_writable_bytes(std::span(seed_)));
  for (std::size_t i = 0; i < kStripes; ++i) stripes_.push_back(std::make_unique<Stripe>(seed_));
}

MemoryCache::~MemoryCache() = default;

std::size_t MemoryCache::stripe_of(std::string_view key) const noexcept {
  static_assert(kStripes == 16);
  return Hash{seed_}(key) >> 60;
}

bool MemoryCache::find(std::string_view key, std::shared_ptr<const CacheEntry>& entry, Found,
                       std::unique_ptr<Pending>&) {
  Stripe& stripe = *stripes_[stripe_of(key)];
  entry = nullptr;
  const std::int64_t now = clock_->steady_ns() / 1'000'000;
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.by_key.find(key);
  if (found == stripe.by_key.end()) return true;
  const auto at = found->second;
  if (at->expires_ms <= now) {
    bytes_ -= stripe.erase(at);
    return true;
  }
  stripe.by_use.splice(stripe.by_use.begin(), stripe.by_use, at);
  entry = at->entry;
  return true;
}

void MemoryCache::store(std::string_view key, std::string content, std::int64_t duration_ms) {
  if (duration_ms <= 0) {
    remove(key);
    return;
  }
  content.shrink_to_fit();
  Kept kept;
  kept.key = key;
  kept.bytes = kept.key.capacity() + content.capacity() + kOverhead;
  if (kept.bytes > most_bytes_ / 2) {
    remove(key);  // what was there before is out of date
    return;
  }
  const std::int64_t now = clock_->steady_ns() / 1'000'000;
  kept.expires_ms = duration_ms > std::numeric_limits<std::int64_t>::max() - now
                        ? std::numeric_limits<std::int64_t>::max()
                        : now + duration_ms;
  kept.entry = std::make_shared<const CacheEntry>(CacheEntry{std::move(content), clock_->unix_ms()});
  const std::size_t index = stripe_of(key);
  {
    Stripe& stripe = *stripes_[index];
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.by_key.find(key);
    if (found != stripe.by_key.end()) bytes_ -= stripe.erase(found->second);
    bytes_ += kept.bytes;
    stripe.by_use.push_front(std::move(kept));
    stripe.by_key.emplace(stripe.by_use.front().key, stripe.by_use.begin());
  }
  if (bytes() > most_bytes_) make_room(index);
}

void MemoryCache::remove(std::string_view key) {
  Stripe& stripe = *stripes_[stripe_of(key)];
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.by_key.find(key);
  if (found != stripe.by_key.end()) bytes_ -= stripe.erase(found->second);
}

// Other stripes give first: what was just stored is of `first`.
void MemoryCache::make_room(std::size_t first) {
  for (std::size_t turn = 1, empty = 0; bytes() > most_bytes_ && empty < kStripes; ++turn) {
    Stripe& stripe = *stripes_[(first + turn) % kStripes];
    const std::lock_guard lock(stripe.mutex);
    if (stripe.by_use.empty()) {
      ++empty;
      continue;
    }
    empty = 0;
    bytes_ -= stripe.erase(std::prev(stripe.by_use.end()));
  }
}

std::size_t MemoryCache::size() const {
  std::size_t all = 0;
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    all += stripe->by_use.size();
  }
  return all;
}

}  // namespace gateway::policy
