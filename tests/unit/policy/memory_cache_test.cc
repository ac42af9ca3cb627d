#include <catch2/catch.hpp>

#include <string>
#include <thread>
#include <vector>

#include "policy/policy_clock.h"
#include "policy/state/memory_cache.h"

using namespace gateway;
using namespace gateway::policy;

namespace {

std::shared_ptr<const CacheEntry> look(MemoryCache& cache, std::string_view key) {
  std::shared_ptr<const CacheEntry> entry;
  std::unique_ptr<Pending> pending;
  REQUIRE(cache.find(key, entry, nullptr, pending));
  return entry;
}

}  // namespace

TEST_CASE("what is stored is found until it expires, and tells its age") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCache cache(stepped(clock));
  const std::int64_t stored = clock->ms;
  cache.store("k", "value", 1000);
  clock->ms += 999;
  const auto entry = look(cache, "k");
  REQUIRE(entry);
  CHECK(entry->content == "value");
  CHECK(entry->stored_unix_ms == stored);
  CHECK(look(cache, "k") == entry);  // shared, not copied
  clock->ms += 1;
  CHECK_FALSE(look(cache, "k"));
  CHECK(entry->content == "value");  // who found it keeps it
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("the newest value replaces, no duration and remove take away") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCache cache(stepped(clock));
  cache.store("k", "one", 1000);
  cache.store("k", "two", 5000);
  CHECK(look(cache, "k")->content == "two");
  clock->ms += 2000;
  CHECK(look(cache, "k")->content == "two");
  cache.store("k", "three", 0);
  CHECK_FALSE(look(cache, "k"));
  cache.store("k", "four", 1000);
  cache.remove("k");
  cache.remove("never there");
  CHECK_FALSE(look(cache, "k"));
  CHECK(cache.bytes() == 0);
}

TEST_CASE("bytes are bounded: what is used stays longest, and what is too large is not kept") {
  const auto clock = std::make_shared<SteppedClock>();
  constexpr std::size_t kBytes = 1 << 20;
  MemoryCache cache(stepped(clock), kBytes);
  std::size_t most = 0;
  for (int i = 0; i < 2'000; ++i) {
    cache.store("k" + std::to_string(i), std::string(4'000, 'x'), 60'000);
    most = std::max(most, cache.bytes());
  }
  CHECK(most <= kBytes);
  CHECK(cache.size() > 200);
  CHECK(look(cache, "k1999"));
  CHECK_FALSE(look(cache, "k0"));
  cache.store("k1999", std::string(kBytes, 'x'), 60'000);
  CHECK_FALSE(look(cache, "k1999"));  // not even the value before it
}

TEST_CASE("threads store, find and remove at once") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCache cache(stepped(clock), 64 * 1024);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5'000; ++i) {
        const std::string key = "k" + std::to_string((i * 7 + t) % 300);
        std::shared_ptr<const CacheEntry> entry;
        std::unique_ptr<Pending> pending;
        (void)cache.find(key, entry, nullptr, pending);
        if (entry && entry->content != key + key) ++wrong;
        if (i % 17 == 0) {
          cache.remove(key);
        } else {
          cache.store(key, key + key, 60'000);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(cache.bytes() <= 64 * 1024);
}
