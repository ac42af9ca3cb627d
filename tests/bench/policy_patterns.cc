// The expressions that real documents are made of, evaluated against a request: ns each, allocations of the heap each.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "policy/support/patterns.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace gateway;
using namespace gateway::policy;

namespace {

PatternWorld& world() {
  static PatternWorld one;
  return one;
}

void evaluate(benchmark::State& state, std::string_view source) {
  std::vector<expression::CompileError> errors;
  const auto program = world().compile(source, errors);
  if (!program) {
    state.SkipWithError("it does not compile");
    return;
  }
  world().describe();
  std::size_t before = allocations, counted = 0, runs = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(world().evaluate(*program));
    if (++runs % 256 != 0) continue;  // an exchange ends: what evaluations left in memory goes
    state.PauseTiming();
    counted += allocations - before;
    world().describe();
    before = allocations;
    state.ResumeTiming();
  }
  counted += allocations - before;
  state.counters["allocations"] = static_cast<double>(counted) / static_cast<double>(runs);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Pattern& pattern : kPatterns) {
    char number[8];
    std::snprintf(number, sizeof number, "%02d ", pattern.number);
    benchmark::RegisterBenchmark((number + std::string(pattern.expression.substr(0, 90))).c_str(), evaluate, pattern.expression);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
