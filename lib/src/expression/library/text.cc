#include "expression/library/text.h"

#include "expression/library/libraries.h"
#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

// Punctuation, then digits, then letters, as cultures have it.
std::uint32_t weight(char32_t c) {
  const bool letter = c >= 0x80 || (c >= 'A' && c <= 'Z');
  const bool digit = c >= '0' && c <= '9';
  return static_cast<std::uint32_t>(c) + (letter ? 0x400000u : digit ? 0x200000u : 0u);
}
char32_t upper(char32_t c) { return c < 0x10000 ? to_upper(static_cast<char16_t>(c)) : c; }

int compare_culturally(std::string_view a, std::string_view b, bool ignore_case) {
  std::size_t i = 0;
  std::size_t j = 0;
  int by_case = 0;
  while (i < a.size() && j < b.size()) {
    const char32_t x = next_code_point(a, i);
    const char32_t y = next_code_point(b, j);
    if (x == y) continue;
    const std::uint32_t left = weight(upper(x));
    const std::uint32_t right = weight(upper(y));
    if (left != right) return left < right ? -1 : 1;
    if (by_case == 0) by_case = x > y ? -1 : 1;  // lower case has the greater numbers
  }
  if (i < a.size()) return 1;
  if (j < b.size()) return -1;
  return ignore_case ? 0 : by_case;
}

}  // namespace

Comparison comparison_arg(Call& call, std::size_t index) {
  const std::int32_t number = enum_arg(call, index, -1);
  if (number < 0 || number > 5) {
    raise_argument(call.eval, "comparisonType",
                   "The string comparison type passed in is currently not supported.");
  }
  return static_cast<Comparison>(number);
}

int compare_texts(std::string_view a, std::string_view b, Comparison comparison) {
  if (comparison == Comparison::Ordinal) return compare_ordinal(a, b);
  if (comparison == Comparison::OrdinalIgnoreCase) return compare_ignoring_case(a, b);
  return compare_culturally(a, b, ignores_case(comparison));
}

bool equal_texts(std::string_view a, std::string_view b, bool ignore_case) {
  return ignore_case ? equal_ignoring_case(a, b) : a == b;
}

std::int32_t hash_text(std::string_view text, bool ignore_case, Arena& arena) {
  if (ignore_case) text = to_upper(text, arena);
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::int32_t>(hash);
}

std::string_view char_text(const Value& value, std::pmr::string& buffer) {
  buffer.clear();
  append_unit(static_cast<char16_t>(value.integer()), buffer);
  return buffer;
}

ListObject* new_text_array(Evaluation& eval) {
  const Catalog& catalog = eval.catalog();
  return eval.arena().make<ListObject>(catalog.array_of(catalog.find("string")), eval.arena());
}

std::pmr::u16string units_arg(Call& call, std::size_t index) {
  std::pmr::u16string out(&call.eval.arena());
  if (call.args[index].is_null()) return out;
  call.eval.for_each(call.args[index], [&](const Value& unit) {
    call.eval.charge(1);
    out += static_cast<char16_t>(unit.integer());
    return true;
  });
  return out;
}

void declare_text(Catalog& catalog) {
  declare_comparers(catalog);
  declare_string_basics(catalog);
  declare_string_search(catalog);
  declare_string_edit(catalog);
  declare_string_split(catalog);
  declare_string_join(catalog);
  declare_builder(catalog);
  declare_readers(catalog);
}

}  // namespace gateway::expression
