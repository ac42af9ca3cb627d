#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "expression/program.h"

using gateway::expression::end_of_expression;

TEST_CASE("An expression ends at its last bracket, whatever its strings and comments say") {
  // Each is followed by what belongs to it no more.
  const std::string_view table[] = {
      R"~(@())~",
      R"~(@(a(b)(c)))~",
      R"~(@{ if (x) { return 1; } })~",
      R"~(@(")"))~",
      R"~(@("\")"))~",
      R"~(@(@")\"))~",
      R"~(@(@""")"))~",
      R"~(@($"{")"}"))~",
      R"~(@($"{{)"))~",
      R"~(@($"\"){x}"))~",
      R"~(@($@"\{")"}"")"))~",
      R"~(@(@$"\{")"}"")"))~",
      R"~(@($"{$"{")"}"}"))~",
      R"~(@($"{x:)}"))~",
      R"~(@(')'))~",
      R"~(@('\''))~",
      R"~(@(/* ) */))~",
      "@(// )\n)",
      "@{ // it's }\n }",
      "@(a / b)",
      "@(\"no end of line\n)",
      "@(' )\n)",
      "@($\"no end )\n)",
  };
  for (const auto text : table) {
    CAPTURE(text);
    CHECK(end_of_expression(text, 0) == text.size());
    for (const std::string_view rest : {")", "}", "\" b=\"", " tail"})
      CHECK(end_of_expression(std::string(text) + std::string(rest), 0) == text.size());
    CHECK(end_of_expression("head " + std::string(text), 5) == text.size() + 5);
  }
}

TEST_CASE("What never ends, and what is no expression") {
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += "$\"{";
  for (const std::string& text :
       {std::string(), std::string("@"), std::string("a("), std::string("@["), std::string("@("),
        std::string("@(()"), std::string("@{ )"), std::string("@(@\")"), std::string("@(\"\\"),
        std::string("@(/* )"), std::string("@($\"{)"), std::string("@($\"\\"), "@(" + nested}) {
    CAPTURE(text.substr(0, 20));
    CHECK(end_of_expression(text, 0) == std::string_view::npos);
  }
  CHECK(end_of_expression("@(a)", 4) == std::string_view::npos);
  CHECK(end_of_expression("@(a)", 100) == std::string_view::npos);
}
