#include <string>

#include "expression/library/native.h"
#include "expression/library/primitives.h"
#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

Value char_value(char16_t unit) { return Value::integer(Kind::Char, unit); }

// Of a char, or of a string's unit at an index.
char16_t unit_of(Call& call) {
  if (call.args.size() < 2) return static_cast<char16_t>(integer_arg(call, 0));
  const std::string_view text = text_arg(call, 0, "s");
  const std::int64_t index = integer_arg(call, 1);
  if (index < 0 || static_cast<std::size_t>(index) >= utf16_length(text)) {
    raise_range(call.eval, "index", "Specified argument was out of the range of valid values.");
  }
  return utf16_at(text, static_cast<std::size_t>(index));
}

template <bool (*Test)(char16_t)>
Value tests(Call& call) {
  return Value::of(Test(unit_of(call)));
}
bool letter(char16_t c) { return is_letter(c); }
bool digit(char16_t c) { return is_digit(c); }
bool number(char16_t c) { return is_number(c); }
bool letter_or_digit(char16_t c) { return is_letter(c) || is_digit(c); }
bool white_space(char16_t c) { return is_white_space(c); }
bool upper(char16_t c) { return category_of(c) == Category::UppercaseLetter; }
bool lower(char16_t c) { return category_of(c) == Category::LowercaseLetter; }
bool control(char16_t c) { return category_of(c) == Category::Control; }
bool punctuation(char16_t c) {
  const Category category = category_of(c);
  return category >= Category::ConnectorPunctuation && category <= Category::OtherPunctuation;
}
bool symbol(char16_t c) {
  const Category category = category_of(c);
  return category >= Category::MathSymbol && category <= Category::OtherSymbol;
}
bool separator(char16_t c) {
  const Category category = category_of(c);
  return category >= Category::SpaceSeparator && category <= Category::ParagraphSeparator;
}
bool surrogate(char16_t c) { return c >= 0xD800 && c < 0xE000; }
bool high(char16_t c) { return c >= 0xD800 && c < 0xDC00; }
bool low(char16_t c) { return c >= 0xDC00 && c < 0xE000; }

Value raised_case(Call& call) {
  return char_value(to_upper(static_cast<char16_t>(integer_arg(call, 0))));
}
Value lowered_case(Call& call) {
  return char_value(to_lower(static_cast<char16_t>(integer_arg(call, 0))));
}

Value to_string(Call& call) {
  auto out = arena_text(call);
  append_unit(static_cast<char16_t>(integer_arg(call, 0)), out);
  return made(call, out);
}
bool single(std::string_view text) { return !text.empty() && utf16_length(text) == 1; }
Value parse(Call& call) {
  const std::string_view text = text_arg(call, 0, "s");
  if (!single(text))
    call.eval.raise("FormatException", "String must be exactly one character long.");
  return char_value(utf16_at(text, 0));
}
Value try_parse(Call& call) {
  const std::string_view text = optional_text(call, 0);
  call.args[1] = char_value(single(text) ? utf16_at(text, 0) : u'\0');
  return Value::of(single(text));
}
Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  return Value::of(static_cast<std::int32_t>(integer_arg(call, 0) - integer_arg(call, 1)));
}
Value numeric_value(Call& call) {
  const char16_t unit = unit_of(call);
  return Value::of(unit >= '0' && unit <= '9' ? static_cast<double>(unit - '0') : -1.0);
}
Value from_utf32(Call& call) {
  const std::int64_t value = integer_arg(call, 0);
  if (value < 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
    raise_range(call.eval, "utf32",
                "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not "
                "include surrogate codepoint values (0x00d800 ~ 0x00dfff).");
  }
  auto out = arena_text(call);
  append_code_point(static_cast<char32_t>(value), out);
  return made(call, out);
}

}  // namespace

void declare_char(Catalog& catalog) {
  auto type = catalog.declare("System.Char", {.kind = Kind::Char, .value_type = true});
  const auto test = [&](const std::string& name, Native native) {
    type.member("static bool " + name + "(char c)", native);
    type.member("static bool " + name + "(string s, int index)", native);
  };
  test("IsDigit", tests<digit>);
  test("IsLetter", tests<letter>);
  test("IsLetterOrDigit", tests<letter_or_digit>);
  test("IsNumber", tests<number>);
  test("IsWhiteSpace", tests<white_space>);
  test("IsUpper", tests<upper>);
  test("IsLower", tests<lower>);
  test("IsControl", tests<control>);
  test("IsPunctuation", tests<punctuation>);
  test("IsSymbol", tests<symbol>);
  test("IsSeparator", tests<separator>);
  test("IsSurrogate", tests<surrogate>);
  test("IsHighSurrogate", tests<high>);
  test("IsLowSurrogate", tests<low>);
  type.member("static char ToUpper(char c)", raised_case)
      .member("static char ToUpperInvariant(char c)", raised_case)
      .member("static char ToLower(char c)", lowered_case)
      .member("static char ToLowerInvariant(char c)", lowered_case)
      .member("static double GetNumericValue(char c)", numeric_value)
      .member("static string ConvertFromUtf32(int utf32)", from_utf32)
      .member("static char Parse(string s)", parse)
      .member("static bool TryParse(string s, out char result)", try_parse)
      .member("static string ToString(char c)", to_string)
      .member("static char MinValue { get; }", [](Call&) { return char_value(0); })
      .member("static char MaxValue { get; }", [](Call&) { return char_value(0xFFFF); })
      .member("int CompareTo(char value)", compare)
      .member("int CompareTo(object value)", compare)
      .member("bool Equals(char obj)",
              [](Call& call) { return Value::of(integer_arg(call, 0) == integer_arg(call, 1)); })
      .member("bool Equals(object obj)",
              [](Call& call) {
                return Value::of(call.args[1].kind() == Kind::Char &&
                                 integer_arg(call, 0) == integer_arg(call, 1));
              })
      .member("int GetHashCode()",
              [](Call& call) {
                return Value::of(
                    static_cast<std::int32_t>(integer_arg(call, 0) | integer_arg(call, 0) << 16));
              })
      .member("string ToString()", to_string)
      .member("string ToString(IFormatProvider provider)", to_string);
}

}  // namespace gateway::expression
