#include <algorithm>
#include <string>

#include "expression/library/text.h"
#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

// What a string is: length, units, equality, order.
namespace gateway::expression {
namespace {

Value same(Call& call) { return call.args[0]; }

Value unit_at(Call& call) {
  const std::string_view text = self_text(call);
  const std::int64_t index = integer_arg(call, 1);
  if (index < 0 || static_cast<std::size_t>(index) >= utf16_length(text)) {
    call.eval.raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
  }
  return Value::integer(Kind::Char, utf16_at(text, static_cast<std::size_t>(index)));
}

Value is_null_or_empty(Call& call) { return Value::of(optional_text(call, 0).empty()); }
Value is_null_or_white_space(Call& call) {
  const std::string_view text = optional_text(call, 0);
  for (std::size_t at = 0; at < text.size();) {
    if (!is_white_space(next_code_point(text, at))) return Value::of(false);
  }
  return Value::of(true);
}

// Of two strings that may be null: null is less than any.
Value compare_args(Call& call, std::size_t first, Comparison comparison) {
  const Value& a = call.args[first];
  const Value& b = call.args[first + 1];
  if (a.is_null() || b.is_null()) {
    return Value::of(std::int32_t{!a.is_null()} - std::int32_t{!b.is_null()});
  }
  const std::string_view left = text_arg(call, first, "strA");
  const std::string_view right = text_arg(call, first + 1, "strB");
  return Value::of(std::int32_t{compare_texts(left, right, comparison)});
}
Value compare(Call& call) {
  Comparison comparison = Comparison::InvariantCulture;
  if (call.args.size() > 2) {
    if (call.args[2].kind() != Kind::Boolean)
      comparison = comparison_arg(call, 2);
    else if (call.args[2].boolean())
      comparison = Comparison::InvariantCultureIgnoreCase;
  }
  return compare_args(call, 0, comparison);
}
std::string_view part(Call& call, std::size_t index, std::int64_t from, std::int64_t count) {
  const std::string_view text = optional_text(call, index);
  const auto length = static_cast<std::int64_t>(utf16_length(text));
  if (from < 0 || from > length)
    raise_range(call.eval, "index",
                "Index was out of range. Must be non-negative and less than or equal to the size "
                "of the collection.");
  if (count < 0) raise_range(call.eval, "length", "Length cannot be less than zero.");
  return utf16_substring(text, static_cast<std::size_t>(from),
                         static_cast<std::size_t>(std::min(count, length - from)),
                         call.eval.arena());
}
// (strA, indexA, strB, indexB, length[, ignoreCase | comparison])
Value compare_parts(Call& call) {
  Comparison comparison = Comparison::InvariantCulture;
  if (call.args.size() > 5) {
    if (call.args[5].kind() != Kind::Boolean)
      comparison = comparison_arg(call, 5);
    else if (call.args[5].boolean())
      comparison = Comparison::InvariantCultureIgnoreCase;
  }
  const std::string_view a = part(call, 0, integer_arg(call, 1), integer_arg(call, 4));
  const std::string_view b = part(call, 2, integer_arg(call, 3), integer_arg(call, 4));
  return Value::of(std::int32_t{compare_texts(a, b, comparison)});
}
Value compare_ordinal_parts(Call& call) {
  const std::string_view a = part(call, 0, integer_arg(call, 1), integer_arg(call, 4));
  const std::string_view b = part(call, 2, integer_arg(call, 3), integer_arg(call, 4));
  return Value::of(std::int32_t{compare_ordinal(a, b)});
}
Value compare_to(Call& call) {
  if (!call.args[1].is_null() && !call.args[1].is_string())
    call.eval.raise("ArgumentException", "Object must be of type String.");
  return compare_args(call, 0, Comparison::InvariantCulture);
}

Value equals(Call& call) {
  const Value& a = call.args[0];
  const Value& b = call.args[1];
  const bool ignore_case = call.args.size() > 2 && ignores_case(comparison_arg(call, 2));
  if (!a.is_string() || !b.is_string()) return Value::of(a.is_null() && b.is_null());
  call.eval.charge(1 + std::min(a.text().size(), b.text().size()) / 8);
  return Value::of(equal_texts(a.text(), b.text(), ignore_case));
}

Value hash(Call& call) {
  const bool ignore_case = call.args.size() > 1 && ignores_case(comparison_arg(call, 1));
  return Value::of(hash_text(self_text(call), ignore_case, call.eval.arena()));
}

Value to_char_array(Call& call) {
  const std::string_view text = self_text(call);
  const auto units = to_utf16(text, &call.eval.arena());
  std::u16string_view chosen = units;
  if (call.args.size() > 1) {
    const auto size = static_cast<std::int64_t>(units.size());
    const std::int64_t from = integer_arg(call, 1);
    const std::int64_t count = integer_arg(call, 2);
    if (from < 0 || from > size || count < 0 || count > size - from) {
      raise_range(call.eval, "startIndex",
                  "Index was out of range. Must be non-negative and less than or equal to the size "
                  "of the collection.");
    }
    chosen = chosen.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
  }
  call.eval.charge(chosen.size());
  const Catalog& catalog = call.eval.catalog();
  auto* array =
      call.eval.arena().make<ListObject>(catalog.array_of(catalog.find("char")), call.eval.arena());
  array->items.reserve(chosen.size());
  for (const char16_t unit : chosen) array->items.push_back(Value::integer(Kind::Char, unit));
  return Value::of(array);
}

Value repeat(Call& call) {
  const std::int64_t count = integer_arg(call, 1);
  if (count < 0) raise_range(call.eval, "count", "'count' must be non-negative.");
  auto one = arena_text(call);
  const std::string_view unit = char_text(call.args[0], one);
  call.eval.charge(static_cast<std::uint64_t>(count));
  auto out = arena_text(call);
  out.reserve(unit.size() * static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) out += unit;
  return made(call, out);
}
Value of_chars(Call& call) {
  const auto units = units_arg(call, 0);
  std::u16string_view chosen = units;
  if (call.args.size() > 1) {
    const auto size = static_cast<std::int64_t>(units.size());
    const std::int64_t from = integer_arg(call, 1);
    const std::int64_t count = integer_arg(call, 2);
    if (from < 0 || count < 0 || from > size - count) {
      raise_range(call.eval, "startIndex",
                  "Index was out of range. Must be non-negative and less than or equal to the size "
                  "of the collection.");
    }
    chosen = chosen.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
  }
  auto out = arena_text(call);
  append_utf8(chosen, out);
  return made(call, out);
}

}  // namespace

void declare_string_basics(Catalog& catalog) {
  catalog.declare("System.String", {.interfaces = {"IEnumerable<char>"}, .kind = Kind::String})
      .member("new(char c, int count)", repeat)
      .member("new(char[] value)", of_chars)
      .member("new(char[] value, int startIndex, int length)", of_chars)
      .member("static string Empty { get; }", [](Call&) { return Value::of(std::string_view()); })
      .member("int Length { get; }",
              [](Call& call) {
                return Value::of(static_cast<std::int32_t>(utf16_length(self_text(call))));
              })
      .member("char this[int index] { get; }", unit_at)
      .member("static bool IsNullOrEmpty(string value)", is_null_or_empty)
      .member("static bool IsNullOrWhiteSpace(string value)", is_null_or_white_space)
      .member("static int Compare(string strA, string strB)", compare)
      .member("static int Compare(string strA, string strB, bool ignoreCase)", compare)
      .member("static int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)",
              compare)
      .member("static int Compare(string strA, string strB, StringComparison comparisonType)",
              compare)
      .member("static int Compare(string strA, int indexA, string strB, int indexB, int length)",
              compare_parts)
      .member(
          "static int Compare(string strA, int indexA, string strB, int indexB, int length, bool "
          "ignoreCase)",
          compare_parts)
      .member(
          "static int Compare(string strA, int indexA, string strB, int indexB, int length, "
          "StringComparison comparisonType)",
          compare_parts)
      .member("static int CompareOrdinal(string strA, string strB)",
              [](Call& call) { return compare_args(call, 0, Comparison::Ordinal); })
      .member(
          "static int CompareOrdinal(string strA, int indexA, string strB, int indexB, int length)",
          compare_ordinal_parts)
      .member("int CompareTo(string strB)", compare_to)
      .member("int CompareTo(object value)", compare_to)
      .member("static bool Equals(string a, string b)", equals)
      .member("static bool Equals(string a, string b, StringComparison comparisonType)", equals)
      .member("bool Equals(string value)", equals)
      .member("bool Equals(string value, StringComparison comparisonType)", equals)
      .member("bool Equals(object obj)", equals)
      .member("int GetHashCode()", hash)
      .member("int GetHashCode(StringComparison comparisonType)", hash)
      .member("string ToString()", same)
      .member("string ToString(IFormatProvider provider)", same)
      .member("object Clone()", same)
      .member("static string Copy(string str)",
              [](Call& call) { return Value::of(text_arg(call, 0, "str")); })
      .member("static string Intern(string str)",
              [](Call& call) { return Value::of(text_arg(call, 0, "str")); })
      .member("char[] ToCharArray()", to_char_array)
      .member("char[] ToCharArray(int startIndex, int length)", to_char_array);
}

}  // namespace gateway::expression
