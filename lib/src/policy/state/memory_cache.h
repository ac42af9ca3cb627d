#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/environment.h>

#include "policy/services.h"

namespace gateway::policy {

// Values in this process, shared by all workers: found entries are shared, not copied. Thread-safe; every
// answer is there at once. Past its bytes the least recently used go; an entry of more than half of them is
// not kept.
class MemoryCache final : public Cache {
 public:
  static constexpr std::size_t kDefaultBytes = std::size_t{64} << 20;

  explicit MemoryCache(const Environment& environment, std::size_t bytes = kDefaultBytes);
  ~MemoryCache() override;

  bool find(std::string_view key, std::shared_ptr<const CacheEntry>& entry, Found later,
            std::unique_ptr<Pending>& pending) override;
  void store(std::string_view key, std::string content, std::int64_t duration_ms) override;
  void remove(std::string_view key) override;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kStripes = 16;
  struct Hash {
    using is_transparent = void;
    const std::uint64_t* seed;
    std::size_t operator()(std::string_view key) const;  // not noexcept: the map keeps what it says
  };
  struct Stripe;
  [[nodiscard]] std::size_t stripe_of(std::string_view key) const noexcept;
  void make_room(std::size_t first);

  std::shared_ptr<const Clock> clock_;
  std::size_t most_bytes_;
  std::atomic<std::size_t> bytes_{0};
  std::uint64_t seed_[2] = {0, 0};
  std::vector<std::unique_ptr<Stripe>> stripes_;
};

}  // namespace gateway::policy
