#include <algorithm>
#include <string>

#include "expression/library/text.h"
#include "expression/library/text_find.h"
#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

// Where something is in a string.
namespace gateway::expression {
namespace {

// What a search looks for and in which part, in UTF-16 units.
struct Search {
  std::string_view text;  // the part
  std::string_view needle;
  std::int64_t from = 0;    // where the part starts
  std::int64_t length = 0;  // of the whole string
};

[[noreturn]] void bad_start(Call& call) {
  raise_range(call.eval, "startIndex",
              "Index was out of range. Must be non-negative and less than or equal to the size of "
              "the collection.");
}
[[noreturn]] void bad_count(Call& call) {
  raise_range(call.eval, "count",
              "Count must be positive and count must refer to a location within the "
              "string/array/collection.");
}

std::string_view needle_arg(Call& call, std::pmr::string& buffer) {
  return call.args[1].kind() == Kind::Char ? char_text(call.args[1], buffer)
                                           : text_arg(call, 1, "value");
}

// Arguments behind the needle: [startIndex [count]] [comparison].
Search search_args(Call& call, bool backwards, std::pmr::string& buffer) {
  Search out;
  const std::string_view text = self_text(call);
  out.needle = needle_arg(call, buffer);
  out.length = static_cast<std::int64_t>(utf16_length(text));
  bool ignore_case = false;
  std::int64_t numbers[2] = {};
  std::size_t given = 0;
  for (std::size_t i = 2; i < call.args.size(); ++i) {
    if (call.args[i].kind() == Kind::Enum)
      ignore_case = ignores_case(comparison_arg(call, i));
    else
      numbers[given++] = integer_arg(call, i);
  }
  std::int64_t count = out.length;
  if (!backwards) {
    if (given > 0) out.from = numbers[0];
    if (out.from < 0 || out.from > out.length) bad_start(call);
    count = given > 1 ? numbers[1] : out.length - out.from;
    if (count < 0 || count > out.length - out.from) bad_count(call);
  } else if (given > 0 && out.length > 0) {
    std::int64_t start = numbers[0];
    if (start < -1 || start > out.length) bad_start(call);
    start = std::min(start, out.length - 1);
    count = given > 1 ? numbers[1] : start + 1;
    out.from = start - count + 1;
    if (count < 0 || out.from < 0) bad_count(call);
  }
  out.text = utf16_substring(text, static_cast<std::size_t>(out.from),
                             static_cast<std::size_t>(count), call.eval.arena());
  if (ignore_case) {
    out.text = to_upper(out.text, call.eval.arena());
    out.needle = to_upper(out.needle, call.eval.arena());
  }
  return out;
}

Value found(const Search& search, std::size_t at) {
  if (at == std::string_view::npos) return Value::of(std::int32_t{-1});
  return Value::of(static_cast<std::int32_t>(
      search.from + static_cast<std::int64_t>(utf16_length(search.text.substr(0, at)))));
}
Value index_of(Call& call) {
  auto buffer = arena_text(call);
  const Search search = search_args(call, false, buffer);
  return found(search, find_text(search.text, search.needle));
}
Value last_index_of(Call& call) {
  auto buffer = arena_text(call);
  const Search search = search_args(call, true, buffer);
  return found(search, find_last_text(search.text, search.needle, call.eval.arena()));
}
Value contains(Call& call) {
  auto buffer = arena_text(call);
  const Search search = search_args(call, false, buffer);
  return Value::of(find_text(search.text, search.needle) != std::string_view::npos);
}

// Of char[].
template <bool Backwards>
Value index_of_any(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "anyOf");
  const auto text = to_utf16(self_text(call), &call.eval.arena());
  auto any = units_arg(call, 1);
  std::sort(any.begin(), any.end());
  const auto length = static_cast<std::int64_t>(text.size());
  std::int64_t from = 0;
  std::int64_t count = length;
  if (call.args.size() > 2 && length > 0) {
    const std::int64_t start = integer_arg(call, 2);
    if (start < 0 || start > length - (Backwards ? 1 : 0)) bad_start(call);
    count = call.args.size() > 3 ? integer_arg(call, 3) : Backwards ? start + 1 : length - start;
    from = Backwards ? start - count + 1 : start;
    if (count < 0 || from < 0 || from + count > length) bad_count(call);
  }
  call.eval.charge(static_cast<std::uint64_t>(count) / 2);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t at = Backwards ? from + count - 1 - i : from + i;
    if (std::binary_search(any.begin(), any.end(), text[static_cast<std::size_t>(at)])) {
      return Value::of(static_cast<std::int32_t>(at));
    }
  }
  return Value::of(std::int32_t{-1});
}

bool ignores_case_arg(Call& call) {
  if (call.args.size() < 3) return false;
  return call.args[2].kind() == Kind::Boolean ? call.args[2].boolean()
                                              : ignores_case(comparison_arg(call, 2));
}
Value starts_with(Call& call) {
  auto buffer = arena_text(call);
  std::string_view text = self_text(call);
  std::string_view needle = needle_arg(call, buffer);
  if (ignores_case_arg(call)) {
    text = to_upper(text, call.eval.arena());
    needle = to_upper(needle, call.eval.arena());
  }
  return Value::of(text.starts_with(needle));
}
Value ends_with(Call& call) {
  auto buffer = arena_text(call);
  std::string_view text = self_text(call);
  std::string_view needle = needle_arg(call, buffer);
  if (ignores_case_arg(call)) {
    text = to_upper(text, call.eval.arena());
    needle = to_upper(needle, call.eval.arena());
  }
  return Value::of(text.ends_with(needle));
}

}  // namespace

std::size_t find_last_text(std::string_view text, std::string_view needle, Arena& arena) {
  constexpr std::size_t kShort = 32;
  if (needle.size() <= kShort || needle.size() > text.size()) return text.rfind(needle);
  std::pmr::string turned(text.rbegin(), text.rend(), &arena);
  std::pmr::string turned_needle(needle.rbegin(), needle.rend(), &arena);
  const std::size_t at = find_text(turned, turned_needle);
  return at == std::string_view::npos ? at : text.size() - at - needle.size();
}

void declare_string_search(Catalog& catalog) {
  auto type = catalog.declare("System.String", {.kind = Kind::String});
  for (const char* what : {"char value", "string value"}) {
    const std::string of = std::string("(") + what;
    type.member("bool Contains" + of + ")", contains)
        .member("bool Contains" + of + ", StringComparison comparisonType)", contains)
        .member("int IndexOf" + of + ")", index_of)
        .member("int IndexOf" + of + ", int startIndex)", index_of)
        .member("int IndexOf" + of + ", int startIndex, int count)", index_of)
        .member("int IndexOf" + of + ", StringComparison comparisonType)", index_of)
        .member("int LastIndexOf" + of + ")", last_index_of)
        .member("int LastIndexOf" + of + ", int startIndex)", last_index_of)
        .member("int LastIndexOf" + of + ", int startIndex, int count)", last_index_of)
        .member("bool StartsWith" + of + ")", starts_with)
        .member("bool EndsWith" + of + ")", ends_with);
  }
  type.member("int IndexOf(string value, int startIndex, StringComparison comparisonType)",
              index_of)
      .member(
          "int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)",
          index_of)
      .member("int LastIndexOf(string value, StringComparison comparisonType)", last_index_of)
      .member("int LastIndexOf(string value, int startIndex, StringComparison comparisonType)",
              last_index_of)
      .member(
          "int LastIndexOf(string value, int startIndex, int count, StringComparison "
          "comparisonType)",
          last_index_of)
      .member("int IndexOfAny(char[] anyOf)", index_of_any<false>)
      .member("int IndexOfAny(char[] anyOf, int startIndex)", index_of_any<false>)
      .member("int IndexOfAny(char[] anyOf, int startIndex, int count)", index_of_any<false>)
      .member("int LastIndexOfAny(char[] anyOf)", index_of_any<true>)
      .member("int LastIndexOfAny(char[] anyOf, int startIndex)", index_of_any<true>)
      .member("int LastIndexOfAny(char[] anyOf, int startIndex, int count)", index_of_any<true>)
      .member("bool StartsWith(string value, StringComparison comparisonType)", starts_with)
      .member("bool StartsWith(string value, bool ignoreCase, CultureInfo culture)", starts_with)
      .member("bool EndsWith(string value, StringComparison comparisonType)", ends_with)
      .member("bool EndsWith(string value, bool ignoreCase, CultureInfo culture)", ends_with);
}

}  // namespace gateway::expression
