#include <catch2/catch.hpp>

#include "policy/message.h"

using namespace gateway;
using namespace gateway::policy;

TEST_CASE("The lines of a field are joined by a comma, in their order and whatever their case") {
  expression::Arena arena;
  Fields fields;
  for (const auto& [name, value] :
       {std::pair{"A", "1"}, {"B", ""}, {"a", ""}, {"C", "x"}, {"A", "3"}})
    fields.add(name, value);
  const std::tuple<const char*, bool, const char*> table[] = {
      {"a", true, "1,,3"}, {"b", true, ""}, {"C", true, "x"}, {"d", false, ""}};
  for (const auto& [name, known, joined] : table) {
    CAPTURE(name);
    bool found = !known;
    CHECK(fields.joined(name, arena, &found) == joined);
    CHECK(found == known);
    CHECK(fields.has(name) == known);
  }
}

TEST_CASE("Removing a field takes all of its lines, setting it leaves one") {
  Fields fields;
  for (const auto& [name, value] : {std::pair{"A", "1"}, {"B", "2"}, {"a", "3"}, {"C", "4"}})
    fields.add(name, value);
  fields.remove("A");
  fields.remove("absent");
  REQUIRE(fields.list.size() == 2);
  CHECK(fields.list.begin()->name == "B");
  fields.add("b", "5");
  fields.set("B", "6");
  expression::Arena arena;
  CHECK(fields.joined("b", arena, nullptr) == "6");
  CHECK(fields.joined("c", arena, nullptr) == "4");
}
