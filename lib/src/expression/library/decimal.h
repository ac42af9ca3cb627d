#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expression/evaluation.h"

namespace gateway::expression {

__extension__ typedef unsigned __int128 uint128;

enum class Midpoint : std::uint8_t {
  ToEven,
  AwayFromZero,
  ToZero,
  ToNegativeInfinity,
  ToPositiveInfinity
};

// System.Decimal: sign * coefficient / 10^scale, coefficient < 2^96, scale 0 to 28. Scales are
// kept: 1.10 is not written 1.1. Operations without a result answer nullopt: too large, or division
// by zero.
class Decimal {
 public:
  static constexpr int kMaxScale = 28;

  constexpr Decimal() noexcept = default;
  Decimal(bool negative, uint128 coefficient, int scale) noexcept
      : coefficient_(coefficient), scale_(static_cast<std::uint8_t>(scale)), negative_(negative) {}
  static Decimal of(std::int64_t value) noexcept;
  static Decimal of_unsigned(std::uint64_t value) noexcept { return {false, value, 0}; }
  // Rounded to 15 (double) or 7 (float) significant digits, as .NET converts.
  static std::optional<Decimal> of(double value) noexcept;
  static std::optional<Decimal> of(float value) noexcept;
  static Decimal max() noexcept;
  static Decimal min() noexcept;

  // `digits` / 10^`scale`, rounded half to even where it has more than 28 places.
  static std::optional<Decimal> of_digits(bool negative, std::string_view digits,
                                          std::int64_t scale) noexcept;

  [[nodiscard]] bool negative() const noexcept { return negative_; }
  [[nodiscard]] bool zero() const noexcept { return coefficient_ == 0; }
  [[nodiscard]] uint128 coefficient() const noexcept { return coefficient_; }
  [[nodiscard]] int scale() const noexcept { return scale_; }

  [[nodiscard]] Decimal negated() const noexcept { return {!negative_, coefficient_, scale_}; }
  [[nodiscard]] Decimal magnitude() const noexcept { return {false, coefficient_, scale_}; }
  [[nodiscard]] std::optional<Decimal> plus(const Decimal& other) const noexcept;
  [[nodiscard]] std::optional<Decimal> minus(const Decimal& other) const noexcept;
  [[nodiscard]] std::optional<Decimal> times(const Decimal& other) const noexcept;
  [[nodiscard]] std::optional<Decimal> divided_by(const Decimal& other) const noexcept;
  [[nodiscard]] std::optional<Decimal> remainder(const Decimal& other) const noexcept;
  // To at most `places` (0 to 28) behind the point.
  [[nodiscard]] Decimal rounded(int places, Midpoint midpoint) const noexcept;
  [[nodiscard]] Decimal truncated() const noexcept;
  // Without zeros at the end: equal decimals become the same.
  [[nodiscard]] Decimal normalized() const noexcept;

  [[nodiscard]] std::strong_ordering compare(const Decimal& other) const noexcept;
  [[nodiscard]] double to_double() const noexcept;
  // Truncated; nullopt: out of range.
  [[nodiscard]] std::optional<std::int64_t> to_int64() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> to_uint64() const noexcept;
  // The coefficient in decimal digits; "0".
  [[nodiscard]] std::string digits() const;
  // "-1.50".
  [[nodiscard]] std::string text() const;

 private:
  uint128 coefficient_ = 0;
  std::uint8_t scale_ = 0;
  bool negative_ = false;
};

// A decimal as a value; its type's name is "Decimal".
struct DecimalObject final : Object {
  DecimalObject(const Type* the_type, const Decimal& the_value)
      : Object(the_type), value(the_value) {}
  Decimal value;
};

[[nodiscard]] Value decimal_value(Evaluation& eval, const Decimal& value);
// Null where the value is no decimal.
[[nodiscard]] const Decimal* as_decimal(const Value& value) noexcept;
// Of any number, character or decimal. Raises OverflowException, InvalidCastException.
[[nodiscard]] Decimal to_decimal(Evaluation& eval, const Value& value);
// The text of a literal or Decimal.Parse; nullopt: no decimal. Sets `overflow` where it is too
// large.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text, bool& overflow);

}  // namespace gateway::expression
