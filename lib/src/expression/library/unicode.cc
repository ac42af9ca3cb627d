#include "expression/library/unicode.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

// Units from `start` to the next run's. `alternating`: upper and lower case letters in turn.
struct Run {
  char16_t start;
  std::uint8_t category;
  std::uint8_t alternating;
};
// Every `step`th unit of from..to maps to itself + delta.
struct Mapping {
  char16_t from;
  char16_t to;
  std::uint8_t step;
  std::int32_t delta;
};

#include "expression/library/unicode_tables.inc"

template <std::size_t N>
char16_t mapped(const Mapping (&table)[N], char16_t unit) noexcept {
  const auto* it = std::upper_bound(std::begin(table), std::end(table), unit,
                                    [](char16_t u, const Mapping& m) { return u < m.from; });
  if (it == std::begin(table)) return unit;
  --it;
  if (unit > it->to || (unit - it->from) % it->step != 0) return unit;
  return static_cast<char16_t>(unit + it->delta);
}

template <typename Map>
std::string_view mapped_text(std::string_view text, Arena& arena, Map&& map) {
  std::size_t same = 0;
  while (same < text.size() && static_cast<unsigned char>(text[same]) < 0x80 &&
         map(static_cast<char16_t>(text[same])) == static_cast<char16_t>(text[same])) {
    ++same;
  }
  if (same == text.size()) return text;
  std::pmr::string out(&arena);
  out.reserve(text.size() + text.size() / 2);
  out += text.substr(0, same);
  for (std::size_t at = same; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    append_code_point(c < 0x10000 ? map(static_cast<char16_t>(c)) : c, out);
  }
  return arena.copy(out);
}

// Where a code point stands among UTF-16 units: surrogates before U+E000.
char32_t ordinal(char32_t c) { return c >= 0x10000 ? 0xD800 + (c - 0x10000) / 0x100000 : c; }

template <typename Fold>
int compare(std::string_view a, std::string_view b, Fold&& fold) noexcept {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const char32_t x = fold(next_code_point(a, i));
    const char32_t y = fold(next_code_point(b, j));
    if (x == y) continue;
    if ((x >= 0x10000) != (y >= 0x10000)) {
      const char32_t left = ordinal(x);
      const char32_t right = ordinal(y);
      if (left != right) return left < right ? -1 : 1;
    }
    return x < y ? -1 : 1;
  }
  return i < a.size() ? 1 : j < b.size() ? -1 : 0;
}

char32_t folded(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  return c < 0x10000 ? to_upper(static_cast<char16_t>(c)) : c;
}

}  // namespace

Category category_of(char16_t unit) noexcept {
  const auto* it = std::upper_bound(std::begin(kRuns), std::end(kRuns), unit,
                                    [](char16_t u, const Run& run) { return u < run.start; });
  --it;
  const int flip = it->alternating != 0 ? (unit - it->start) & 1 : 0;
  return static_cast<Category>(it->category ^ flip);
}

bool is_white_space(char32_t c) noexcept {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

char16_t to_upper(char16_t unit) noexcept {
  if (unit < 0x80) return unit >= 'a' && unit <= 'z' ? static_cast<char16_t>(unit - 32) : unit;
  return mapped(kUpper, unit);
}
char16_t to_lower(char16_t unit) noexcept {
  if (unit < 0x80) return unit >= 'A' && unit <= 'Z' ? static_cast<char16_t>(unit + 32) : unit;
  return mapped(kLower, unit);
}

std::string_view to_upper(std::string_view text, Arena& arena) {
  return mapped_text(text, arena, [](char16_t c) { return to_upper(c); });
}
std::string_view to_lower(std::string_view text, Arena& arena) {
  return mapped_text(text, arena, [](char16_t c) { return to_lower(c); });
}

int compare_ordinal(std::string_view a, std::string_view b) noexcept {
  return compare(a, b, [](char32_t c) { return c; });
}
int compare_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return compare(a, b, folded);
}
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return compare_ignoring_case(a, b) == 0;
}

}  // namespace gateway::expression
