#include <catch2/catch.hpp>

#include <atomic>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "policy/policy_clock.h"
#include "policy/state/memory_counters.h"

using namespace gateway;
using namespace gateway::policy;

namespace {

CounterQuery sliding(std::string_view key, std::uint64_t limit, std::int64_t period_ms) {
  CounterQuery out;
  out.key = key;
  out.limit = limit;
  out.period_ms = period_ms;
  return out;
}

CounterQuery fixed(std::string_view key, std::uint64_t limit, std::int64_t period_ms,
                   std::int64_t anchor = 0) {
  CounterQuery out = sliding(key, limit, period_ms);
  out.sliding = false;
  out.anchor_unix_ms = anchor;
  return out;
}

}  // namespace

TEST_CASE("a sliding window admits the limit, and one more when the first call leaves it") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  struct Row {
    std::int64_t after_ms;
    bool admitted;
    std::uint64_t remaining;
    std::int64_t retry_after_ms;
  };
  const Row rows[] = {
      {0, true, 2, 0},    {400, true, 1, 0},  {100, true, 0, 0},   {0, false, 0, 500},
      {499, false, 0, 1}, {1, true, 0, 0},    {0, false, 0, 400}, {5000, true, 2, 0},
  };
  std::size_t line = 0;
  for (const Row& row : rows) {
    CAPTURE(line++);
    clock->ms += row.after_ms;
    const CounterAnswer answer = counters.take(sliding("k", 3, 1000));
    CHECK(answer.admitted == row.admitted);
    CHECK(answer.remaining == row.remaining);
    CHECK(answer.retry_after_ms == row.retry_after_ms);
  }
}

TEST_CASE("no window admits more than its limit, and none refuses what would fit") {
  const std::uint64_t limit = GENERATE(1, 5, 100);
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  std::mt19937 random(7);
  std::deque<std::pair<std::int64_t, std::uint64_t>> model;  // the definition: what was admitted, and when
  constexpr std::int64_t kPeriod = 1000;
  for (int i = 0; i < 20'000; ++i) {
    clock->ms += static_cast<std::int64_t>(random() % 40);
    std::uint64_t used = 0;
    for (const auto& [at, count] : model)
      if (clock->ms - at < kPeriod) used += count;
    CounterQuery query = sliding("k", limit, kPeriod);
    query.increment = 1 + random() % 3;
    const CounterAnswer answer = counters.take(query);
    REQUIRE(answer.admitted == (used + query.increment <= limit));
    if (answer.admitted) model.emplace_back(clock->ms.load(), query.increment);
    while (!model.empty() && clock->ms - model.front().first >= kPeriod) model.pop_front();
  }
}

TEST_CASE("past 1024 slots a window errs by a thousandth of its period, on the side of the limit") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  constexpr std::int64_t kPeriod = 100'000;
  constexpr std::uint64_t kLimit = 5'000;
  std::deque<std::int64_t> model;
  std::uint64_t refused_though_free = 0;
  std::uint64_t admitted = 0;
  for (int i = 0; i < 50'000; ++i) {
    clock->ms += 7;
    while (!model.empty() && clock->ms - model.front() >= kPeriod) model.pop_front();
    if (counters.take(sliding("k", kLimit, kPeriod)).admitted) {
      model.push_back(clock->ms);
      ++admitted;
      REQUIRE(model.size() <= kLimit);
    } else if (model.size() < kLimit) {
      ++refused_though_free;
    }
  }
  CHECK(admitted > kLimit * 3);
  CHECK(refused_though_free < 100);
  CHECK(counters.bytes() < 64 * 1024);
}

TEST_CASE("a fixed window begins at its anchor and starts again whole") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  const std::int64_t anchor = clock->ms - 250;
  CHECK(counters.take(fixed("k", 2, 1000, anchor)).remaining == 1);
  CHECK(counters.take(fixed("k", 2, 1000, anchor)).remaining == 0);
  const CounterAnswer refused = counters.take(fixed("k", 2, 1000, anchor));
  CHECK_FALSE(refused.admitted);
  CHECK(refused.retry_after_ms == 750);
  clock->ms += 749;
  CHECK_FALSE(counters.take(fixed("k", 2, 1000, anchor)).admitted);
  clock->ms += 1;
  CHECK(counters.take(fixed("k", 2, 1000, anchor)).remaining == 1);

  // An anchor to come, and one in the year 1.
  CHECK(counters.take(fixed("later", 1, 1000, clock->ms + 300)).admitted);
  CHECK(counters.take(fixed("later", 1, 1000, clock->ms + 300)).retry_after_ms == 300);
  CHECK(counters.take(fixed("first", 1, 1000, -62'135'596'800'000)).admitted);
}

TEST_CASE("a window without a period never ends") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  CHECK(counters.take(fixed("k", 1, 0)).admitted);
  clock->ms += std::int64_t{10} * 365 * 86'400'000;
  const CounterAnswer refused = counters.take(fixed("k", 1, 0));
  CHECK_FALSE(refused.admitted);
  CHECK(refused.retry_after_ms == -1);
}

TEST_CASE("a look counts nothing, and a late increment counts past the limit") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  const bool of_sliding = GENERATE(true, false);
  CounterQuery query = of_sliding ? sliding("k", 2, 1000) : fixed("k", 2, 1000);
  CounterQuery look = query;
  look.only_look = true;
  CHECK(counters.take(look).used == 0);
  CHECK(counters.take(look).admitted);
  CounterQuery late = query;
  late.increment = 5;
  late.even_above = true;
  CHECK(counters.take(late).used == 5);
  CHECK_FALSE(counters.take(look).admitted);
  CHECK(counters.take(look).used == 5);
  clock->ms += 1000;
  CHECK(counters.take(look).admitted);
}

TEST_CASE("more than the limit at once never passes") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  CounterQuery query = sliding("k", 2, 1000);
  query.increment = 3;
  const CounterAnswer answer = counters.take(query);
  CHECK_FALSE(answer.admitted);
  CHECK(answer.retry_after_ms == -1);
  CHECK_FALSE(counters.take(sliding("zero", 0, 1000)).admitted);
}

TEST_CASE("counters that expired make room") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  for (int i = 0; i < 20'000; ++i) (void)counters.take(sliding("a" + std::to_string(i), 1, 1000));
  const std::size_t many = counters.size();
  CHECK(many == 20'000);
  clock->ms += 2000;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 10 == 0) clock->ms += 10;
    (void)counters.take(sliding("b" + std::to_string(i), 1, 1000));
  }
  CHECK(counters.size() < 12'000);
}

TEST_CASE("a bound of bytes holds, and what is used stays") {
  const auto clock = std::make_shared<SteppedClock>();
  constexpr std::size_t kBytes = 256 * 1024;
  MemoryCounters counters(stepped(clock), kBytes);
  CHECK(counters.take(fixed("busy", 1, 0)).admitted);
  for (int i = 0; i < 50'000; ++i) {
    (void)counters.take(fixed("other" + std::to_string(i), 1, 0));
    REQUIRE_FALSE(counters.take(fixed("busy", 1, 0)).admitted);
  }
  CHECK(counters.bytes() <= kBytes);
  CHECK(counters.size() > 100);
}

TEST_CASE("threads together are admitted exactly the limit") {
  const auto clock = std::make_shared<SteppedClock>();
  MemoryCounters counters(stepped(clock));
  constexpr int kThreads = 4;
  constexpr int kCalls = 5'000;
  std::atomic<int> of_sliding{0}, of_fixed{0}, of_own{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        if (counters.take(sliding("shared", 1234, 60'000)).admitted) ++of_sliding;
        if (counters.take(fixed("quota", 777, 0)).admitted) ++of_fixed;
        const std::string own = "own" + std::to_string(t) + "/" + std::to_string(i);
        if (counters.take(sliding(own, 1, 60'000)).admitted) ++of_own;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(of_sliding == 1234);
  CHECK(of_fixed == 777);
  CHECK(of_own == kThreads * kCalls);
}
