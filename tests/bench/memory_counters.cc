// What one look at a counter in the process costs, alone and with threads beside it.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/state/memory_counters.h"

using namespace gateway;
using namespace gateway::policy;

namespace {

MemoryCounters& counters() {
  static MemoryCounters all(Environment::system());
  return all;
}

CounterQuery query_of(std::string_view key, std::uint64_t limit, bool sliding) {
  CounterQuery out;
  out.key = key;
  out.limit = limit;
  out.period_ms = 60'000;
  out.sliding = sliding;
  return out;
}

// One key that everybody asks about, as a global limit.
void one_key(benchmark::State& state, std::uint64_t limit, bool sliding) {
  const std::string key = "9:rate-limit14:subscription-116:api:orders-limit" + std::to_string(limit);
  const CounterQuery query = query_of(key, limit, sliding);
  for (auto _ : state) benchmark::DoNotOptimize(counters().take(query));
}
BENCHMARK_CAPTURE(one_key, sliding, std::uint64_t{1'000'000'000}, true);
BENCHMARK_CAPTURE(one_key, sliding_refused, std::uint64_t{100}, true);
BENCHMARK_CAPTURE(one_key, fixed, std::uint64_t{1'000'000'000'000}, false);

// A key of each of many clients.
void many_keys(benchmark::State& state) {
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) keys.push_back("17:rate-limit-by-key12:203.0.113." + std::to_string(i));
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(counters().take(query_of(keys[at], 1'000'000'000, true)));
    if (++at == keys.size()) at = 0;
  }
}
BENCHMARK(many_keys)->Threads(1)->Threads(2);

}  // namespace

BENCHMARK_MAIN();
