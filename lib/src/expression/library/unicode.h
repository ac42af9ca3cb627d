#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "expression/evaluation.h"

// What .NET's char knows of a UTF-16 unit, and the invariant culture's case.
namespace gateway::expression {

// In the order of unicode_tables.inc.
enum class Category : std::uint8_t {
  UppercaseLetter,
  LowercaseLetter,
  TitlecaseLetter,
  ModifierLetter,
  OtherLetter,
  NonSpacingMark,
  SpacingCombiningMark,
  EnclosingMark,
  DecimalDigitNumber,
  LetterNumber,
  OtherNumber,
  SpaceSeparator,
  LineSeparator,
  ParagraphSeparator,
  Control,
  Format,
  Surrogate,
  PrivateUse,
  ConnectorPunctuation,
  DashPunctuation,
  OpenPunctuation,
  ClosePunctuation,
  InitialQuotePunctuation,
  FinalQuotePunctuation,
  OtherPunctuation,
  MathSymbol,
  CurrencySymbol,
  ModifierSymbol,
  OtherSymbol,
  OtherNotAssigned,
};

[[nodiscard]] Category category_of(char16_t unit) noexcept;
[[nodiscard]] inline bool is_letter(char16_t c) noexcept {
  return category_of(c) <= Category::OtherLetter;
}
[[nodiscard]] inline bool is_digit(char16_t c) noexcept {
  return category_of(c) == Category::DecimalDigitNumber;
}
[[nodiscard]] inline bool is_number(char16_t c) noexcept {
  const Category category = category_of(c);
  return category >= Category::DecimalDigitNumber && category <= Category::OtherNumber;
}
[[nodiscard]] bool is_white_space(char32_t c) noexcept;

[[nodiscard]] char16_t to_upper(char16_t unit) noexcept;
[[nodiscard]] char16_t to_lower(char16_t unit) noexcept;

// Invariant case of a whole text; a view of it where nothing changes.
[[nodiscard]] std::string_view to_upper(std::string_view text, Arena& arena);
[[nodiscard]] std::string_view to_lower(std::string_view text, Arena& arena);

// Of UTF-16 units, as String.CompareOrdinal and OrdinalIgnoreCase (by upper case).
[[nodiscard]] int compare_ordinal(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] int compare_ignoring_case(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace gateway::expression
