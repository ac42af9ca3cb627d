#include <algorithm>
#include <string>

#include "expression/library/text.h"
#include "expression/library/text_find.h"
#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

// Strings made of others: substring, replace, trim, pad, case.
namespace gateway::expression {
namespace {

std::int64_t length_of(std::string_view text) {
  return static_cast<std::int64_t>(utf16_length(text));
}

std::string_view sub(Call& call, std::string_view text, std::int64_t from, std::int64_t count) {
  return utf16_substring(text, static_cast<std::size_t>(from), static_cast<std::size_t>(count),
                         call.eval.arena());
}

Value substring(Call& call) {
  const std::string_view text = self_text(call);
  const std::int64_t length = length_of(text);
  const std::int64_t from = integer_arg(call, 1);
  if (from < 0) raise_range(call.eval, "startIndex", "StartIndex cannot be less than zero.");
  if (from > length)
    raise_range(call.eval, "startIndex", "startIndex cannot be larger than length of string.");
  const std::int64_t count = call.args.size() > 2 ? integer_arg(call, 2) : length - from;
  if (count < 0) raise_range(call.eval, "length", "Length cannot be less than zero.");
  if (count > length - from)
    raise_range(call.eval, "length",
                "Index and length must refer to a location within the string.");
  return Value::of(sub(call, text, from, count));
}

Value remove(Call& call) {
  const std::string_view text = self_text(call);
  const std::int64_t length = length_of(text);
  const std::int64_t from = integer_arg(call, 1);
  if (from < 0) raise_range(call.eval, "startIndex", "StartIndex cannot be less than zero.");
  if (call.args.size() < 3) {
    if (from > length)
      raise_range(call.eval, "startIndex", "startIndex must be less than length of string.");
    return Value::of(sub(call, text, 0, from));
  }
  const std::int64_t count = integer_arg(call, 2);
  if (count < 0) raise_range(call.eval, "count", "Count cannot be less than zero.");
  if (count > length - from)
    raise_range(call.eval, "count", "Index and count must refer to a location within the string.");
  auto out = arena_text(call);
  out += sub(call, text, 0, from);
  out += sub(call, text, from + count, length - from - count);
  return made(call, out);
}

Value insert(Call& call) {
  const std::string_view text = self_text(call);
  const std::int64_t length = length_of(text);
  const std::int64_t at = integer_arg(call, 1);
  const std::string_view what = text_arg(call, 2, "value");
  if (at < 0 || at > length)
    raise_range(call.eval, "startIndex",
                "Index was out of range. Must be non-negative and less than or equal to the size "
                "of the collection.");
  auto out = arena_text(call);
  out += sub(call, text, 0, at);
  out += what;
  out += sub(call, text, at, length - at);
  return made(call, out);
}

Value replace(Call& call) {
  auto old_buffer = arena_text(call);
  auto new_buffer = arena_text(call);
  const std::string_view text = self_text(call);
  const bool chars = call.args[1].kind() == Kind::Char;
  const std::string_view old_text =
      chars ? char_text(call.args[1], old_buffer) : text_arg(call, 1, "oldValue");
  const std::string_view new_text = call.args[2].kind() == Kind::Char
                                        ? char_text(call.args[2], new_buffer)
                                        : optional_text(call, 2);
  if (old_text.empty()) raise_argument(call.eval, "oldValue", "String cannot be of zero length.");
  const bool ignore_case = call.args.size() > 3 && (call.args[3].kind() == Kind::Boolean
                                                        ? call.args[3].boolean()
                                                        : ignores_case(comparison_arg(call, 3)));
  auto out = arena_text(call);
  if (!ignore_case) {
    std::size_t from = 0;
    for (std::size_t at = 0; (at = find_text(text, old_text, from)) != std::string_view::npos;) {
      call.eval.charge(1 + new_text.size() / 8);
      out += text.substr(from, at - from);
      out += new_text;
      from = at + old_text.size();
    }
    if (from == 0) return call.args[0];
    out += text.substr(from);
    return made(call, out);
  }
  // Upper case has as many units as the text: what is found there is replaced here.
  const auto units = to_utf16(text, &call.eval.arena());
  const std::string_view upper = to_upper(text, call.eval.arena());
  const std::string_view upper_old = to_upper(old_text, call.eval.arena());
  const std::size_t old_units = utf16_length(old_text);
  std::size_t from = 0;
  std::size_t upper_from = 0;
  for (std::size_t at = 0;
       (at = find_text(upper, upper_old, upper_from)) != std::string_view::npos;) {
    call.eval.charge(1 + new_text.size() / 8);
    const std::size_t skipped = utf16_length(upper.substr(upper_from, at - upper_from));
    append_utf8(std::u16string_view(units).substr(from, skipped), out);
    out += new_text;
    from += skipped + old_units;
    upper_from = at + upper_old.size();
  }
  if (from == 0) return call.args[0];
  append_utf8(std::u16string_view(units).substr(from), out);
  return made(call, out);
}

Value upper(Call& call) { return Value::of(to_upper(self_text(call), call.eval.arena())); }
Value lower(Call& call) { return Value::of(to_lower(self_text(call), call.eval.arena())); }

// Argument 1: nothing (white space), a char, or a char[] (none in it: white space).
template <bool Start, bool End>
Value trim(Call& call) {
  std::string_view text = self_text(call);
  std::pmr::u16string chosen(&call.eval.arena());
  if (call.args.size() > 1) {
    if (call.args[1].kind() == Kind::Char)
      chosen += static_cast<char16_t>(integer_arg(call, 1));
    else
      chosen = units_arg(call, 1);
  }
  std::sort(chosen.begin(), chosen.end());
  const auto trimmed = [&](char32_t c) {
    if (chosen.empty()) return is_white_space(c);
    return c < 0x10000 &&
           std::binary_search(chosen.begin(), chosen.end(), static_cast<char16_t>(c));
  };
  while (Start && !text.empty()) {
    std::size_t at = 0;
    if (!trimmed(next_code_point(text, at))) break;
    text.remove_prefix(at);
  }
  while (End && !text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && (text[at] & 0xC0) == 0x80) --at;
    std::size_t end = at;
    const char32_t c = next_code_point(text, end);
    if (end != text.size() || !trimmed(c)) break;
    text = text.substr(0, at);
  }
  return Value::of(text);
}

template <bool Left>
Value pad(Call& call) {
  const std::string_view text = self_text(call);
  const std::int64_t width = integer_arg(call, 1);
  if (width < 0) raise_range(call.eval, "totalWidth", "Non-negative number required.");
  const std::int64_t missing = width - length_of(text);
  if (missing <= 0) return call.args[0];
  call.eval.charge(static_cast<std::uint64_t>(missing) / 8);
  auto buffer = arena_text(call);
  const std::string_view filler = call.args.size() > 2 ? char_text(call.args[2], buffer) : " ";
  auto out = arena_text(call);
  out.reserve(text.size() + filler.size() * static_cast<std::size_t>(missing));
  if (!Left) out += text;
  for (std::int64_t i = 0; i < missing; ++i) out += filler;
  if (Left) out += text;
  return made(call, out);
}

}  // namespace

void declare_string_edit(Catalog& catalog) {
  catalog.declare("System.String", {.kind = Kind::String})
      .member("string Substring(int startIndex)", substring)
      .member("string Substring(int startIndex, int length)", substring)
      .member("string Remove(int startIndex)", remove)
      .member("string Remove(int startIndex, int count)", remove)
      .member("string Insert(int startIndex, string value)", insert)
      .member("string Replace(char oldChar, char newChar)", replace)
      .member("string Replace(string oldValue, string newValue)", replace)
      .member("string Replace(string oldValue, string newValue, StringComparison comparisonType)",
              replace)
      .member(
          "string Replace(string oldValue, string newValue, bool ignoreCase, CultureInfo culture)",
          replace)
      .member("string ToUpper()", upper)
      .member("string ToUpper(CultureInfo culture)", upper)
      .member("string ToUpperInvariant()", upper)
      .member("string ToLower()", lower)
      .member("string ToLower(CultureInfo culture)", lower)
      .member("string ToLowerInvariant()", lower)
      .member("string Trim()", trim<true, true>)
      .member("string Trim(char trimChar)", trim<true, true>)
      .member("string Trim(params char[] trimChars)", trim<true, true>)
      .member("string TrimStart()", trim<true, false>)
      .member("string TrimStart(char trimChar)", trim<true, false>)
      .member("string TrimStart(params char[] trimChars)", trim<true, false>)
      .member("string TrimEnd()", trim<false, true>)
      .member("string TrimEnd(char trimChar)", trim<false, true>)
      .member("string TrimEnd(params char[] trimChars)", trim<false, true>)
      .member("string PadLeft(int totalWidth)", pad<true>)
      .member("string PadLeft(int totalWidth, char paddingChar)", pad<true>)
      .member("string PadRight(int totalWidth)", pad<false>)
      .member("string PadRight(int totalWidth, char paddingChar)", pad<false>);
}

}  // namespace gateway::expression
