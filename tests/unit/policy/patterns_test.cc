// The expressions that real documents are made of, the most frequent first, each with its result.
#include <catch2/catch.hpp>

#include "expression/library/json_tokens.h"
#include "expression/library/jwt.h"
#include "expression/program.h"
#include "policy/context.h"
#include "policy/support/patterns.h"
#include "policy/support/scripted_host.h"

using namespace gateway;
using namespace gateway::policy;

TEST_CASE("the patterns of real documents give what .NET gives") {
  PatternWorld world;
  for (const Pattern& pattern : kPatterns) {
    DYNAMIC_SECTION(pattern.number << ": " << pattern.expression) {
      CHECK(world.text_of(pattern.expression) == pattern.result);
    }
  }
}
