#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

// What formats of numbers have in common: decimal digits and where their point is.
namespace gateway::expression {

// 0.DIGITS * 10^scale. No zeros in front nor at the end; none at all is zero.
struct NumberDigits {
  std::string digits;
  int scale = 0;
  bool negative = false;
  bool floating = false;  // knows -0

  void trim();
  // Keeps `count` digits, rounding half away from zero.
  void round(int count);
};

// A custom format ("#,##0.00;(#)") of a finite number.
void format_custom(NumberDigits number, std::string_view format, std::pmr::string& out);
// A standard format. `precision` -1: none was given. False: there is no such format.
[[nodiscard]] bool format_standard(NumberDigits number, char letter, int precision,
                                   std::pmr::string& out);

// "N2" → 'N', 2; 'G' of "". False: it is a custom format.
[[nodiscard]] bool standard_format(std::string_view format, char& letter, int& precision);

}  // namespace gateway::expression
