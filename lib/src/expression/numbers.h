#pragma once

#include <cstdint>
#include <string_view>

#include "expression/evaluation.h"

// C#'s arithmetic on Values of the numeric kinds.
namespace gateway::expression {

enum class Operator : std::uint8_t {
  Add, Subtract, Multiply, Divide, Remainder, ShiftLeft, ShiftRight, And, Or, Xor,
  Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual,
};
[[nodiscard]] constexpr bool is_comparison(Operator op) noexcept { return op >= Operator::Less; }
[[nodiscard]] std::string_view text_of(Operator op) noexcept;

// The kind in which two numbers are computed; Null: there is none (long and ulong).
[[nodiscard]] Kind promote(Kind a, Kind b) noexcept;
[[nodiscard]] Kind promote(Kind a) noexcept;

// To another numeric kind. Unchecked: wraps or cuts off. Checked: raises OverflowException.
[[nodiscard]] Value convert_number(const Value& value, Kind to) noexcept;
[[nodiscard]] Value convert_checked(Evaluation& eval, const Value& value, Kind to);
// Whether C# converts implicitly.
[[nodiscard]] bool widens(Kind from, Kind to) noexcept;
// A constant of this type that the other can hold: int constants become bytes and so on.
[[nodiscard]] bool fits(std::int64_t value, Kind to) noexcept;

// Both of kind `kind`, one of Int32, UInt32, Int64, UInt64, Single, Double (Boolean and Enum for the bitwise
// and equality). Raises DivideByZeroException; OverflowException where checked.
[[nodiscard]] Value compute(Evaluation& eval, Operator op, Kind kind, const Value& a, const Value& b, bool checked);
[[nodiscard]] Value negate(Evaluation& eval, const Value& value, bool checked);

}  // namespace gateway::expression
