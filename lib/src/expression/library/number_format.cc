#include "expression/library/number_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "expression/library/number_digits.h"

namespace gateway::expression {
namespace {

char lower(char c) { return static_cast<char>(c | 0x20); }

int bits_of(Kind kind) {
  switch (kind) {
    case Kind::SByte:
    case Kind::Byte:
      return 8;
    case Kind::Int16:
    case Kind::UInt16:
    case Kind::Char:
      return 16;
    case Kind::Int32:
    case Kind::UInt32:
      return 32;
    default:
      return 64;
  }
}

void padded(std::string_view digits, int precision, std::pmr::string& out) {
  const auto size = static_cast<int>(digits.size());
  if (precision > size) out.append(static_cast<std::size_t>(precision - size), '0');
  out += digits;
}

// Digits of scientific text, "1.25e+10".
NumberDigits from_scientific(std::string_view text, bool negative) {
  NumberDigits out;
  out.negative = negative;
  out.floating = true;
  const std::size_t mark = text.find('e');
  out.digits = text.substr(0, 1);
  if (mark > 1) out.digits += text.substr(2, mark - 2);
  int exponent = 0;
  const char* from = text.data() + mark + 1;
  if (*from == '+') ++from;
  std::from_chars(from, text.data() + text.size(), exponent);
  out.scale = exponent + 1;
  out.trim();
  return out;
}

// No double has more digits than these.
constexpr int kExactDigits = 770;

template <typename Real>
NumberDigits shortest(Real value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  return from_scientific({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())},
                         std::signbit(value));
}

NumberDigits significant(double value, int digits) {
  std::array<char, kExactDigits + 16> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                    std::chars_format::scientific, std::clamp(digits, 1, kExactDigits) - 1);
  return from_scientific({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())},
                         std::signbit(value));
}

// Rounded half to even of the exact value, as .NET's documentation of the precision specifier says.
NumberDigits places(double value, int places) {
  std::array<char, 1500> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::fixed, std::min(places, 1100));
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t point = std::min(text.find('.'), text.size());
  NumberDigits out;
  out.negative = std::signbit(value);
  out.floating = true;
  out.digits = text.substr(0, point);
  if (point < text.size()) out.digits += text.substr(point + 1);
  out.scale = static_cast<int>(point);
  out.trim();
  return out;
}

template <typename Real>
bool format_real(Real value, std::string_view format, std::pmr::string& out) {
  if (std::isnan(value) || std::isinf(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return true;
  }
  constexpr bool kSingle = std::is_same_v<Real, float>;
  char letter = 0;
  int precision = -1;
  if (!standard_format(format, letter, precision)) {
    format_custom(significant(static_cast<double>(value), kSingle ? 7 : 15), format, out);
    return true;
  }
  const auto exact = static_cast<double>(value);
  switch (lower(letter)) {
    case 'r':
    case 'g': {
      if (lower(letter) == 'g' && precision > 0) {
        return format_standard(significant(exact, precision), letter, precision, out);
      }
      NumberDigits number = shortest(value);
      const int limit = std::max(static_cast<int>(number.digits.size()), kSingle ? 7 : 15);
      const char general = letter == 'R' || letter == 'G' ? 'G' : 'g';
      return format_standard(std::move(number), general, limit, out);
    }
    case 'e':
      return format_standard(
          significant(exact, (precision < 0 ? 6 : std::min(precision, kExactDigits)) + 1), letter,
          precision, out);
    case 'f':
    case 'n':
    case 'c':
      return format_standard(places(exact, precision < 0 ? 2 : precision), letter, precision, out);
    case 'p':
      return format_standard(places(exact, (precision < 0 ? 2 : precision) + 2), letter, precision,
                             out);
    default:
      return false;
  }
}

}  // namespace

bool format_integer(std::int64_t value, Kind kind, std::string_view format, std::pmr::string& out) {
  char letter = 0;
  int precision = -1;
  const bool standard = standard_format(format, letter, precision);
  std::array<char, 72> buffer{};
  const auto digits = [&](std::uint64_t of, int base) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), of, base);
    return std::string_view(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  };
  const bool negative = kind != Kind::UInt64 && value < 0;
  const auto raw = static_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = negative ? 0 - raw : raw;
  const int bits = bits_of(kind);
  const std::uint64_t masked = bits == 64 ? raw : raw & ((std::uint64_t{1} << bits) - 1);
  if (standard) {
    switch (lower(letter)) {
      case 'g':
        if (precision > 0) break;
        [[fallthrough]];
      case 'r':
      case 'd':
        if (negative) out += '-';
        padded(digits(magnitude, 10), lower(letter) == 'd' ? precision : -1, out);
        return true;
      case 'x': {
        const std::size_t from = out.size();
        padded(digits(masked, 16), precision, out);
        if (letter == 'X') {
          for (std::size_t i = from; i < out.size(); ++i) {
            if (out[i] >= 'a') out[i] = static_cast<char>(out[i] - 32);
          }
        }
        return true;
      }
      case 'b':
        padded(digits(masked, 2), precision, out);
        return true;
      default:
        break;
    }
  }
  NumberDigits number;
  number.negative = negative;
  number.digits = digits(magnitude, 10);
  number.scale = static_cast<int>(number.digits.size());
  number.trim();
  if (!standard) {
    format_custom(std::move(number), format, out);
    return true;
  }
  return format_standard(std::move(number), letter, precision, out);
}

bool format_double(double value, std::string_view format, std::pmr::string& out) {
  return format_real(value, format, out);
}
bool format_single(float value, std::string_view format, std::pmr::string& out) {
  return format_real(value, format, out);
}

bool format_decimal(const Decimal& value, std::string_view format, std::pmr::string& out) {
  char letter = 0;
  int precision = -1;
  const bool standard = standard_format(format, letter, precision);
  if (standard && lower(letter) == 'g' && precision <= 0) {
    out += value.text();  // zeros at the end belong to a decimal
    return true;
  }
  if (standard && (lower(letter) == 'r' || lower(letter) == 'd' || lower(letter) == 'x' ||
                   lower(letter) == 'b'))
    return false;
  NumberDigits number;
  number.negative = value.negative() && !value.zero();
  number.digits = value.digits();
  number.scale = static_cast<int>(number.digits.size()) - value.scale();
  number.trim();
  if (!standard) {
    format_custom(std::move(number), format, out);
    return true;
  }
  return format_standard(std::move(number), letter, precision, out);
}

}  // namespace gateway::expression
