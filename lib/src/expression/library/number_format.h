#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "expression/library/decimal.h"
#include "expression/value.h"

// .NET's standard and custom numeric format strings, invariant culture ("¤" is the currency
// symbol), as .NET Core 3 and later print; and the parsing that goes with them.
namespace gateway::expression {

// Each appends; false: the format is none for this type, and `out` is then unspecified.
// `kind`: SByte … UInt64, it decides the digits of X and B.
[[nodiscard]] bool format_integer(std::int64_t value, Kind kind, std::string_view format,
                                  std::pmr::string& out);
[[nodiscard]] bool format_double(double value, std::string_view format, std::pmr::string& out);
[[nodiscard]] bool format_single(float value, std::string_view format, std::pmr::string& out);
[[nodiscard]] bool format_decimal(const Decimal& value, std::string_view format,
                                  std::pmr::string& out);

enum class ParseFault : std::uint8_t { None, Format, Overflow };

// System.Globalization.NumberStyles.
struct NumberStyles {
  static constexpr std::uint32_t kLeadingWhite = 1, kTrailingWhite = 2, kLeadingSign = 4,
                                 kTrailingSign = 8, kParentheses = 16, kDecimalPoint = 32,
                                 kThousands = 64, kExponent = 128, kCurrency = 256, kHex = 512,
                                 kInteger = 7, kNumber = 111, kFloat = 167, kFloatThousands = 231,
                                 kAny = 511, kHexNumber = 515;
};

// `kind`: SByte … UInt64. A UInt64 comes back in the bits of an int64.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text, Kind kind,
                                                        std::uint32_t styles, ParseFault& fault);
// Too large becomes an infinity, as since .NET Core 3.0.
[[nodiscard]] std::optional<double> parse_double(std::string_view text, std::uint32_t styles);
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text, std::uint32_t styles,
                                                   ParseFault& fault);

}  // namespace gateway::expression
