#include <algorithm>

#include "expression/library/native.h"
#include "expression/library/primitives.h"
#include "expression/library/unicode.h"

namespace gateway::expression {
namespace {

constexpr std::string_view kTrue = "True";
constexpr std::string_view kFalse = "False";

Value text_of(Call& call) { return Value::of(call.args[0].boolean() ? kTrue : kFalse); }
Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  return Value::of(std::int32_t{call.args[0].boolean()} - std::int32_t{call.args[1].boolean()});
}

}  // namespace

std::optional<bool> parse_boolean(std::string_view text) noexcept {
  const auto outside = [](char c) {
    return c == '\0' || is_white_space(static_cast<unsigned char>(c));
  };
  while (!text.empty() && outside(text.front())) text.remove_prefix(1);
  while (!text.empty() && outside(text.back())) text.remove_suffix(1);
  if (equal_ignoring_case(text, kTrue)) return true;
  if (equal_ignoring_case(text, kFalse)) return false;
  return std::nullopt;
}

void declare_boolean(Catalog& catalog) {
  catalog.declare("System.Boolean", {.kind = Kind::Boolean, .value_type = true})
      .member("static bool Parse(string value)",
              [](Call& call) {
                const auto value = parse_boolean(text_arg(call, 0, "value"));
                if (!value)
                  call.eval.raise("FormatException",
                                  "String was not recognized as a valid Boolean.");
                return Value::of(*value);
              })
      .member("static bool TryParse(string value, out bool result)",
              [](Call& call) {
                const auto value = parse_boolean(optional_text(call, 0));
                call.args[1] = Value::of(value.value_or(false));
                return Value::of(value.has_value());
              })
      .member("static string TrueString { get; }", [](Call&) { return Value::of(kTrue); })
      .member("static string FalseString { get; }", [](Call&) { return Value::of(kFalse); })
      .member("int CompareTo(bool value)", compare)
      .member("int CompareTo(object value)", compare)
      .member(
          "bool Equals(bool obj)",
          [](Call& call) { return Value::of(call.args[0].boolean() == call.args[1].boolean()); })
      .member("bool Equals(object obj)",
              [](Call& call) {
                return Value::of(call.args[1].kind() == Kind::Boolean &&
                                 call.args[0].boolean() == call.args[1].boolean());
              })
      .member("int GetHashCode()",
              [](Call& call) { return Value::of(std::int32_t{call.args[0].boolean()}); })
      .member("string ToString()", text_of)
      .member("string ToString(IFormatProvider provider)", text_of);
}

}  // namespace gateway::expression
