#include <catch2/catch.hpp>

#include <vector>

#include "expression/library/random.h"

using namespace gateway::expression;

// Values that programs on .NET print for these seeds.
TEST_CASE("a seeded Random gives the numbers of .NET") {
  SubtractiveRandom zero(0);
  CHECK(zero.next() == 1559595546);
  CHECK(zero.next() == 1755192844);
  CHECK(zero.next() == 1649316166);
  SubtractiveRandom answer(42);
  CHECK(answer.next() == 1434747710);
  CHECK(SubtractiveRandom(42).next(0, 100) == 66);
  CHECK(SubtractiveRandom(1).next(0, 100) == 24);
  CHECK(SubtractiveRandom(-42).next() == SubtractiveRandom(42).next());
}

TEST_CASE("ranges of Random") {
  SubtractiveRandom random(-2147483647 - 1);
  for (int i = 0; i < 1000; ++i) {
    const std::int32_t value = random.next(-3, 4);
    CHECK((value >= -3 && value < 4));
    const double sample = random.sample();
    CHECK((sample >= 0 && sample < 1));
  }
  CHECK(random.next(5, 5) == 5);
  bool negative = false;
  bool positive = false;
  for (int i = 0; i < 100; ++i) {
    const std::int32_t value = random.next(-2147483647 - 1, 2147483647);
    negative = negative || value < 0;
    positive = positive || value > 0;
  }
  CHECK((negative && positive));
}
