#pragma once

#include <cstdint>

#include "expression/evaluation.h"
#include "expression/library/native.h"

namespace gateway::expression {

// System.StringComparison.
enum class Comparison : std::int32_t {
  CurrentCulture,
  CurrentCultureIgnoreCase,
  InvariantCulture,
  InvariantCultureIgnoreCase,
  Ordinal,
  OrdinalIgnoreCase,
};
// The parts of declare_text.
void declare_string_basics(Catalog& catalog);
void declare_string_search(Catalog& catalog);
void declare_string_edit(Catalog& catalog);
void declare_string_split(Catalog& catalog);
void declare_string_join(Catalog& catalog);
void declare_comparers(Catalog& catalog);
void declare_builder(Catalog& catalog);
void declare_readers(Catalog& catalog);

// Ordinal in effect: by UTF-16 units, or by their upper case where case is ignored.
[[nodiscard]] inline bool ignores_case(Comparison comparison) {
  return (static_cast<std::int32_t>(comparison) & 1) != 0;
}
// A StringComparison argument; raises ArgumentException for a number that is none.
[[nodiscard]] Comparison comparison_arg(Call& call, std::size_t index);
// String.Compare under a comparison. Cultural ones sort by letter first: case decides only between
// texts that are otherwise equal, lower case before upper.
[[nodiscard]] int compare_texts(std::string_view a, std::string_view b, Comparison comparison);
[[nodiscard]] bool equal_texts(std::string_view a, std::string_view b, bool ignore_case);
// String.GetHashCode: stable.
[[nodiscard]] std::int32_t hash_text(std::string_view text, bool ignore_case, Arena& arena);

// The char argument as UTF-8, in `buffer`.
[[nodiscard]] std::string_view char_text(const Value& value, std::pmr::string& buffer);
// A string[] in the arena.
[[nodiscard]] ListObject* new_text_array(Evaluation& eval);
// char[] of a value that is one: its units as UTF-16.
[[nodiscard]] std::pmr::u16string units_arg(Call& call, std::size_t index);

}  // namespace gateway::expression
