#include "expression/numbers.h"

#include <cmath>
#include <limits>

namespace gateway::expression {
namespace {

constexpr std::string_view kOperators[] = {"+", "-", "*", "/", "%", "<<", ">>", "&",
                                           "|", "^", "<", "<=", ">", ">=", "==", "!="};

[[noreturn]] void raise_overflow(Evaluation& eval) {
  eval.raise("OverflowException", "Arithmetic operation resulted in an overflow.");
}

std::int64_t narrowed(std::int64_t v, Kind to) noexcept {
  switch (to) {
    case Kind::Char: case Kind::UInt16: return static_cast<std::uint16_t>(v);
    case Kind::SByte: return static_cast<std::int8_t>(v);
    case Kind::Byte: return static_cast<std::uint8_t>(v);
    case Kind::Int16: return static_cast<std::int16_t>(v);
    case Kind::Int32: return static_cast<std::int32_t>(v);
    case Kind::UInt32: return static_cast<std::uint32_t>(v);
    default: return v;
  }
}

std::int64_t whole(double v, Kind to) noexcept {
  if (std::isnan(v)) return 0;
  if (to == Kind::UInt64) {
    if (v >= 18446744073709551616.0) return -1;
    return v <= -9223372036854775808.0 ? std::numeric_limits<std::int64_t>::min()
           : v < 0                     ? static_cast<std::int64_t>(v)
                                       : static_cast<std::int64_t>(static_cast<std::uint64_t>(v));
  }
  if (v >= 9223372036854775808.0) return std::numeric_limits<std::int64_t>::max();
  if (v <= -9223372036854775808.0) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(v);
}

template <typename T>
bool ordered(Operator op, T a, T b) noexcept {
  switch (op) {
    case Operator::Less: return a < b;
    case Operator::LessEqual: return a <= b;
    case Operator::Greater: return a > b;
    case Operator::GreaterEqual: return a >= b;
    case Operator::Equal: return a == b;
    default: return a != b;
  }
}

double real(Operator op, double a, double b) noexcept {
  switch (op) {
    case Operator::Add: return a + b;
    case Operator::Subtract: return a - b;
    case Operator::Multiply: return a * b;
    case Operator::Divide: return a / b;
    default: return std::fmod(a, b);
  }
}

// T: a signed or unsigned integer of 32 or 64 bits. Wraps as unsigned numbers do.
template <typename T>
T integral(Evaluation& eval, Operator op, T a, T b, bool checked) {
  using U = std::make_unsigned_t<T>;
  constexpr T mask = sizeof(T) * 8 - 1;
  T out = 0;
  bool overflow = false;
  switch (op) {
    case Operator::Add: overflow = __builtin_add_overflow(a, b, &out); break;
    case Operator::Subtract: overflow = __builtin_sub_overflow(a, b, &out); break;
    case Operator::Multiply: overflow = __builtin_mul_overflow(a, b, &out); break;
    case Operator::Divide:
    case Operator::Remainder:
      if (b == 0) eval.raise("DivideByZeroException", "Attempted to divide by zero.");
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) {
          if (a == std::numeric_limits<T>::min()) raise_overflow(eval);
          return op == Operator::Divide ? static_cast<T>(-a) : T{0};
        }
      }
      return op == Operator::Divide ? static_cast<T>(a / b) : static_cast<T>(a % b);
    case Operator::ShiftLeft: return static_cast<T>(static_cast<U>(a) << (b & mask));
    case Operator::ShiftRight: return static_cast<T>(a >> (b & mask));
    case Operator::And: return static_cast<T>(a & b);
    case Operator::Or: return static_cast<T>(a | b);
    default: return static_cast<T>(a ^ b);
  }
  if (overflow && checked) raise_overflow(eval);
  return out;
}

}  // namespace

std::string_view text_of(Operator op) noexcept { return kOperators[static_cast<std::size_t>(op)]; }

Kind promote(Kind a) noexcept { return a < Kind::Int32 ? Kind::Int32 : a; }

Kind promote(Kind a, Kind b) noexcept {
  if (a == Kind::Double || b == Kind::Double) return Kind::Double;
  if (a == Kind::Single || b == Kind::Single) return Kind::Single;
  const auto is_signed = [](Kind kind) {
    return kind == Kind::SByte || kind == Kind::Int16 || kind == Kind::Int32 || kind == Kind::Int64;
  };
  if (a == Kind::UInt64 || b == Kind::UInt64) {
    return is_signed(a) || is_signed(b) ? Kind::Null : Kind::UInt64;
  }
  if (a == Kind::Int64 || b == Kind::Int64) return Kind::Int64;
  if (a == Kind::UInt32 || b == Kind::UInt32) return is_signed(a) || is_signed(b) ? Kind::Int64 : Kind::UInt32;
  return Kind::Int32;
}

Value convert_number(const Value& value, Kind to) noexcept {
  const Kind from = value.kind();
  if (from == to) return value;
  if (to == Kind::Double) return Value::of(from == Kind::Enum ? value.enum_number() : value.real());
  if (to == Kind::Single) return Value::single(static_cast<float>(from == Kind::Enum ? value.enum_number() : value.real()));
  const std::int64_t v = from == Kind::Enum ? value.enum_number()
                         : from == Kind::Double || from == Kind::Single ? whole(value.real(), to)
                                                                        : value.integer();
  return Value::integer(to, narrowed(v, to));
}

Value convert_checked(Evaluation& eval, const Value& value, Kind to) {
  const Value out = convert_number(value, to);
  if (to >= Kind::Single) return out;
  if (value.kind() == Kind::Double || value.kind() == Kind::Single) {
    if (out.real() != std::trunc(value.real())) raise_overflow(eval);
  } else {
    const std::int64_t v = value.kind() == Kind::Enum ? value.enum_number() : value.integer();
    const bool sign_lost = (value.kind() == Kind::UInt64) != (to == Kind::UInt64) && v < 0;
    if (out.integer() != v || sign_lost) raise_overflow(eval);
  }
  return out;
}

bool widens(Kind from, Kind to) noexcept {
  if (from == to) return true;
  const auto bits = [](Kind kind) {
    switch (kind) {
      case Kind::SByte: case Kind::Byte: return 8;
      case Kind::Char: case Kind::Int16: case Kind::UInt16: return 16;
      case Kind::Int32: case Kind::UInt32: return 32;
      default: return 64;
    }
  };
  const auto is_unsigned = [](Kind kind) {
    return kind == Kind::Char || kind == Kind::Byte || kind == Kind::UInt16 || kind == Kind::UInt32 || kind == Kind::UInt64;
  };
  if (from < Kind::Char || from > Kind::Double || to < Kind::SByte || to > Kind::Double) return false;
  if (to == Kind::Double) return true;
  if (to == Kind::Single) return from != Kind::Double;
  if (from >= Kind::Single) return false;
  if (is_unsigned(from)) return is_unsigned(to) ? bits(to) >= bits(from) : bits(to) > bits(from);
  return !is_unsigned(to) && bits(to) >= bits(from);
}

bool fits(std::int64_t value, Kind to) noexcept {
  if (to == Kind::UInt64) return value >= 0;
  return to >= Kind::SByte && to <= Kind::UInt64 && narrowed(value, to) == value;
}

Value compute(Evaluation& eval, Operator op, Kind kind, const Value& a, const Value& b, bool checked) {
  switch (kind) {
    case Kind::Double:
      if (is_comparison(op)) return Value::of(ordered(op, a.real(), b.real()));
      return Value::of(real(op, a.real(), b.real()));
    case Kind::Single:
      if (is_comparison(op)) return Value::of(ordered(op, a.real(), b.real()));
      return Value::single(static_cast<float>(real(op, a.real(), b.real())));
    case Kind::UInt64: {
      const auto x = static_cast<std::uint64_t>(a.integer());
      const auto y = static_cast<std::uint64_t>(b.integer());
      if (is_comparison(op)) return Value::of(ordered(op, x, y));
      return Value::integer(kind, static_cast<std::int64_t>(integral(eval, op, x, y, checked)));
    }
    case Kind::UInt32: {
      const auto x = static_cast<std::uint32_t>(a.integer());
      const auto y = static_cast<std::uint32_t>(b.integer());
      if (is_comparison(op)) return Value::of(ordered(op, x, y));
      return Value::integer(kind, integral(eval, op, x, y, checked));
    }
    case Kind::Int32: {
      const auto x = static_cast<std::int32_t>(a.integer());
      const auto y = static_cast<std::int32_t>(b.integer());
      if (is_comparison(op)) return Value::of(ordered(op, x, y));
      return Value::of(integral(eval, op, x, y, checked));
    }
    case Kind::Enum: {
      const auto x = a.enum_number();
      const auto y = b.enum_number();
      if (is_comparison(op)) return Value::of(ordered(op, x, y));
      return Value::enumeration(a.enum_type(), integral(eval, op, x, y, checked));
    }
    case Kind::Boolean: {
      const bool x = a.boolean();
      const bool y = b.boolean();
      if (is_comparison(op)) return Value::of(ordered(op, x, y));
      return Value::of(op == Operator::And ? x && y : op == Operator::Or ? x || y : x != y);
    }
    default:
      if (is_comparison(op)) return Value::of(ordered(op, a.integer(), b.integer()));
      return Value::of(integral(eval, op, a.integer(), b.integer(), checked));
  }
}

Value negate(Evaluation& eval, const Value& value, bool checked) {
  if (value.kind() == Kind::Double) return Value::of(-value.real());
  if (value.kind() == Kind::Single) return Value::single(static_cast<float>(-value.real()));
  return compute(eval, Operator::Subtract, value.kind(), Value::integer(value.kind(), 0), value, checked);
}

}  // namespace gateway::expression
