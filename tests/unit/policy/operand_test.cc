#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "idle_run.h"
#include "policy/operand.h"

using namespace gateway::policy;
namespace expression = gateway::expression;

namespace {

// "@(…)" is an expression, anything else a literal.
Operand operand(const std::string& text) {
  if (!text.starts_with("@")) return Operand(text);
  expression::Scope scope;
  scope.names.emplace_back("context", standard_catalog()->find("IProxyRequestContext"));
  std::vector<expression::CompileError> errors;
  auto program = expression::compile(text, *standard_catalog(), scope, errors);
  for (const auto& error : errors) UNSCOPED_INFO(text << ": " << error.message);
  REQUIRE(program);
  return Operand(std::move(program), text);
}

// What `get` says, or the name and the message of what it raised.
template <typename Get>
std::string outcome(IdleRun& run, Get&& get) {
  try {
    return get(*run);
  } catch (const expression::Raised& raised) {
    const auto* exception =
        static_cast<const expression::ExceptionObject*>(raised.exception.object());
    return exception->type->name + ": " + std::string(exception->message);
  }
}

const std::string kNoNumber = "FormatException: Input string was not in a correct format.";
const std::string kNoBoolean = "FormatException: String was not recognized as a valid Boolean.";
const std::string kOverflow =
    "OverflowException: Value was either too large or too small for an Int64.";

}  // namespace

TEST_CASE("An operand as text") {
  const std::pair<std::string, std::string> table[] = {
      {"", ""},
      {"plain", "plain"},
      {"@(\"a\" + 1)", "a1"},
      {"@(null)", ""},
      {"@(true)", "True"},
      {"@(1.50m)", "1.50"},
      {"@(new JArray(1, 2).Count)", "2"},
  };
  IdleRun run;
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(outcome(run, [&](Run& in) { return std::string(operand(text).text(in)); }) == expected);
  }
}

TEST_CASE("An operand as a boolean") {
  const std::pair<std::string, std::string> table[] = {
      {"true", "yes"},        {" False ", "no"},          {"@(1 < 2)", "yes"},
      {"@(\"TRUE\")", "yes"}, {"@((object)false)", "no"}, {"@(new JValue(true))", "yes"},
      {"", kNoBoolean},       {"1", kNoBoolean},          {"@(null)", kNoBoolean},
      {"@(1)", kNoBoolean},   {"@(\"yes\")", kNoBoolean},
  };
  IdleRun run;
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(outcome(run, [&](Run& in) {
            return std::string(operand(text).boolean(in) ? "yes" : "no");
          }) == expected);
  }
}

TEST_CASE("An operand as a whole number") {
  const std::pair<std::string, std::string> table[] = {
      {"42", "42"},
      {" -7 ", "-7"},
      {"+7", "7"},
      {"9223372036854775807", "9223372036854775807"},
      {"@(40 + 2)", "42"},
      {"@(\"42\")", "42"},
      {"@((long)5000000000)", "5000000000"},
      {"@(2.5)", "2"},
      {"@(3.5)", "4"},
      {"@(2.7m)", "3"},
      {"@(new JValue(9))", "9"},
      {"9223372036854775808", kOverflow},
      {"@(ulong.MaxValue)", kOverflow},
      {"@(1e300)", kOverflow},
      {"@(double.NaN)", kOverflow},
      {"", kNoNumber},
      {"+", kNoNumber},
      {"4.2", kNoNumber},
      {"0x10", kNoNumber},
      {"@(\"4.2\")", kNoNumber},
      {"@(null)", kNoNumber},
      {"@(true)", kNoNumber},
      {"@('7')", "7"},
  };
  IdleRun run;
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(outcome(run, [&](Run& in) { return std::to_string(operand(text).integer(in)); }) ==
          expected);
  }
}

TEST_CASE("An operand as a number") {
  const std::pair<std::string, std::string> table[] = {
      {"0.5", "0.500000"},     {" 1e3 ", "1000.000000"}, {"@(1)", "1.000000"},
      {"@(0.25)", "0.250000"}, {"@(0.25m)", "0.250000"}, {"@(\"2.5\")", "2.500000"},
      {"", kNoNumber},         {"1,5", kNoNumber},       {"@(null)", kNoNumber},
  };
  IdleRun run;
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(outcome(run, [&](Run& in) { return std::to_string(operand(text).real(in)); }) ==
          expected);
  }
}

TEST_CASE("An expression's own exception passes through an operand") {
  IdleRun run;
  const Operand thrower = operand("@(int.Parse(\"x\"))");
  CHECK(outcome(run, [&](Run& in) {
          return std::to_string(thrower.integer(in));
        }).starts_with("FormatException"));
}

TEST_CASE("A literal is the configuration's own text") {
  IdleRun run;
  const Operand literal = operand("as it is");
  CHECK(literal.present());
  CHECK_FALSE(literal.is_expression());
  CHECK(literal.text(*run).data() == literal.literal().data());
  CHECK(literal.value(*run).text() == "as it is");
  CHECK_FALSE(Operand().present());
}
