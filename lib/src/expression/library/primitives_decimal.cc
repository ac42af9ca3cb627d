#include <functional>
#include <string>

#include "expression/library/composite_format.h"
#include "expression/library/decimal.h"
#include "expression/library/native.h"
#include "expression/library/number_format.h"
#include "expression/library/primitives.h"

namespace gateway::expression {
namespace {

Decimal arg(Call& call, std::size_t index) { return to_decimal(call.eval, call.args[index]); }

Value result(Call& call, const std::optional<Decimal>& value) {
  if (!value) raise_overflow(call.eval, "Decimal");
  return decimal_value(call.eval, *value);
}

Value add(Call& call) { return result(call, arg(call, 0).plus(arg(call, 1))); }
Value subtract(Call& call) { return result(call, arg(call, 0).minus(arg(call, 1))); }
Value multiply(Call& call) { return result(call, arg(call, 0).times(arg(call, 1))); }
Decimal divisor(Call& call) {
  const Decimal value = arg(call, 1);
  if (value.zero()) call.eval.raise("DivideByZeroException", "Attempted to divide by zero.");
  return value;
}
Value divide(Call& call) {
  const Decimal by = divisor(call);
  return result(call, arg(call, 0).divided_by(by));
}
Value remainder(Call& call) {
  const Decimal by = divisor(call);
  return result(call, arg(call, 0).remainder(by));
}
Value negate(Call& call) { return decimal_value(call.eval, arg(call, 0).negated()); }
Value same(Call& call) { return decimal_value(call.eval, arg(call, 0)); }

template <typename Test>
Value test(Call& call) {
  const auto order = arg(call, 0).compare(arg(call, 1));
  return Value::of(Test{}(order < 0 ? -1 : order > 0 ? 1 : 0, 0));
}
Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  const auto order = arg(call, 0).compare(arg(call, 1));
  return Value::of(std::int32_t{order < 0 ? -1 : order > 0 ? 1 : 0});
}
Value equals(Call& call) {
  const Decimal* other = as_decimal(call.args[1]);
  return Value::of(other && arg(call, 0).compare(*other) == std::strong_ordering::equal);
}

Value parse(Call& call) {
  const std::string_view text = text_arg(call, 0, "s");
  std::uint32_t styles = NumberStyles::kNumber;
  if (call.args.size() > 1)
    styles = static_cast<std::uint32_t>(enum_arg(call, 1, NumberStyles::kNumber));
  ParseFault fault = ParseFault::None;
  const auto value = parse_decimal(text, styles, fault);
  if (fault == ParseFault::Overflow) raise_overflow(call.eval, "Decimal");
  if (!value) call.eval.raise("FormatException", kBadFormat);
  return decimal_value(call.eval, *value);
}
Value try_parse(Call& call) {
  std::uint32_t styles = NumberStyles::kNumber;
  if (call.args.size() > 2)
    styles = static_cast<std::uint32_t>(enum_arg(call, 1, NumberStyles::kNumber));
  ParseFault fault = ParseFault::None;
  const auto value = parse_decimal(optional_text(call, 0), styles, fault);
  call.args.back() = decimal_value(call.eval, value.value_or(Decimal()));
  return Value::of(value.has_value());
}
Value to_string(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, call.args[0],
               call.args.size() > 1 ? optional_text(call, 1) : std::string_view(), out);
  return made(call, out);
}

template <Kind K>
Value to_integer(Call& call) {
  const Decimal value = arg(call, 0);
  if constexpr (K == Kind::UInt64) {
    const auto out = value.to_uint64();
    if (!out) raise_overflow(call.eval, "UInt64");
    return Value::integer(K, static_cast<std::int64_t>(*out));
  } else {
    const auto out = value.to_int64();
    if (!out || !in_range(*out, K)) raise_overflow(call.eval, type_name(K));
    return Value::integer(K, *out);
  }
}
Value to_double(Call& call) { return Value::of(arg(call, 0).to_double()); }
Value to_single(Call& call) { return Value::single(static_cast<float>(arg(call, 0).to_double())); }

int round_places(Call& call, std::size_t index) {
  const std::int64_t places = integer_arg(call, index);
  if (places < 0 || places > Decimal::kMaxScale) {
    raise_range(call.eval, "decimals",
                "Decimal can only round to between 0 and 28 digits of precision.");
  }
  return static_cast<int>(places);
}
Value round(Call& call) {
  int places = 0;
  Midpoint midpoint = Midpoint::ToEven;
  for (std::size_t i = 1; i < call.args.size(); ++i) {
    if (call.args[i].kind() == Kind::Enum)
      midpoint = static_cast<Midpoint>(call.args[i].enum_number());
    else
      places = round_places(call, i);
  }
  return decimal_value(call.eval, arg(call, 0).rounded(places, midpoint));
}
template <Midpoint M>
Value to_whole(Call& call) {
  return decimal_value(call.eval, arg(call, 0).rounded(0, M));
}

template <std::int64_t N>
Value constant(Call& call) {
  return decimal_value(call.eval, Decimal::of(N));
}

void declare_conversions(Catalog::Declaration& type) {
  for (const char* from :
       {"byte", "sbyte", "short", "ushort", "char", "int", "uint", "long", "ulong"}) {
    type.member(std::string("static implicit operator decimal(") + from + " value)", same);
  }
  type.member("static explicit operator decimal(float value)", same)
      .member("static explicit operator decimal(double value)", same)
      .member("static explicit operator sbyte(decimal value)", to_integer<Kind::SByte>)
      .member("static explicit operator byte(decimal value)", to_integer<Kind::Byte>)
      .member("static explicit operator short(decimal value)", to_integer<Kind::Int16>)
      .member("static explicit operator ushort(decimal value)", to_integer<Kind::UInt16>)
      .member("static explicit operator char(decimal value)", to_integer<Kind::Char>)
      .member("static explicit operator int(decimal value)", to_integer<Kind::Int32>)
      .member("static explicit operator uint(decimal value)", to_integer<Kind::UInt32>)
      .member("static explicit operator long(decimal value)", to_integer<Kind::Int64>)
      .member("static explicit operator ulong(decimal value)", to_integer<Kind::UInt64>)
      .member("static explicit operator float(decimal value)", to_single)
      .member("static explicit operator double(decimal value)", to_double)
      .member("static short ToInt16(decimal d)", to_integer<Kind::Int16>)
      .member("static int ToInt32(decimal d)", to_integer<Kind::Int32>)
      .member("static long ToInt64(decimal d)", to_integer<Kind::Int64>)
      .member("static ulong ToUInt64(decimal d)", to_integer<Kind::UInt64>)
      .member("static double ToDouble(decimal d)", to_double)
      .member("static float ToSingle(decimal d)", to_single);
}

}  // namespace

void declare_decimal(Catalog& catalog) {
  auto type = catalog.declare("System.Decimal", {.value_type = true});
  type.member("static decimal operator +(decimal a, decimal b)", add)
      .member("static decimal operator -(decimal a, decimal b)", subtract)
      .member("static decimal operator *(decimal a, decimal b)", multiply)
      .member("static decimal operator /(decimal a, decimal b)", divide)
      .member("static decimal operator %(decimal a, decimal b)", remainder)
      .member("static decimal operator -(decimal a)", negate)
      .member("static decimal operator +(decimal a)", same)
      .member("static bool operator ==(decimal a, decimal b)", test<std::equal_to<>>)
      .member("static bool operator !=(decimal a, decimal b)", test<std::not_equal_to<>>)
      .member("static bool operator <(decimal a, decimal b)", test<std::less<>>)
      .member("static bool operator <=(decimal a, decimal b)", test<std::less_equal<>>)
      .member("static bool operator > (decimal a, decimal b)", test<std::greater<>>)
      .member("static bool operator >=(decimal a, decimal b)", test<std::greater_equal<>>)
      .member("new()", constant<0>)
      .member("new(int value)", same)
      .member("new(long value)", same)
      .member("new(ulong value)", same)
      .member("new(double value)", same)
      .member("static decimal Add(decimal a, decimal b)", add)
      .member("static decimal Subtract(decimal a, decimal b)", subtract)
      .member("static decimal Multiply(decimal a, decimal b)", multiply)
      .member("static decimal Divide(decimal a, decimal b)", divide)
      .member("static decimal Remainder(decimal a, decimal b)", remainder)
      .member("static decimal Negate(decimal d)", negate)
      .member("static int Compare(decimal a, decimal b)", compare)
      .member("static bool Equals(decimal a, decimal b)", equals)
      .member("int CompareTo(decimal value)", compare)
      .member("int CompareTo(object value)", compare)
      .member("bool Equals(decimal value)", equals)
      .member("bool Equals(object value)", equals)
      .member("int GetHashCode()",
              [](Call& call) {
                const Decimal value = arg(call, 0).normalized();
                const auto bits =
                    static_cast<std::uint64_t>(value.coefficient() ^ value.coefficient() >> 64);
                return Value::of(static_cast<std::int32_t>(
                    bits ^ bits >> 32 ^ static_cast<std::uint64_t>(value.scale())));
              })
      .member("static decimal Parse(string s)", parse)
      .member("static decimal Parse(string s, IFormatProvider provider)", parse)
      .member("static decimal Parse(string s, NumberStyles style)", parse)
      .member("static decimal Parse(string s, NumberStyles style, IFormatProvider provider)", parse)
      .member("static bool TryParse(string s, out decimal result)", try_parse)
      .member(
          "static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out "
          "decimal result)",
          try_parse)
      .member("static decimal Zero { get; }", constant<0>)
      .member("static decimal One { get; }", constant<1>)
      .member("static decimal MinusOne { get; }", constant<-1>)
      .member("static decimal MinValue { get; }",
              [](Call& call) { return decimal_value(call.eval, Decimal::min()); })
      .member("static decimal MaxValue { get; }",
              [](Call& call) { return decimal_value(call.eval, Decimal::max()); })
      .member("static decimal Round(decimal d)", round)
      .member("static decimal Round(decimal d, int decimals)", round)
      .member("static decimal Round(decimal d, MidpointRounding mode)", round)
      .member("static decimal Round(decimal d, int decimals, MidpointRounding mode)", round)
      .member("static decimal Floor(decimal d)", to_whole<Midpoint::ToNegativeInfinity>)
      .member("static decimal Ceiling(decimal d)", to_whole<Midpoint::ToPositiveInfinity>)
      .member("static decimal Truncate(decimal d)", to_whole<Midpoint::ToZero>)
      .member("string ToString()", to_string)
      .member("string ToString(string format)", to_string)
      .member("string ToString(string format, IFormatProvider provider)", to_string)
      .member("string ToString(IFormatProvider provider)", to_string);
  declare_conversions(type);
  catalog.declare("System.Math", {.is_static = true})
      .member("static decimal Round(decimal d)", round)
      .member("static decimal Round(decimal d, int decimals)", round)
      .member("static decimal Round(decimal d, MidpointRounding mode)", round)
      .member("static decimal Round(decimal d, int decimals, MidpointRounding mode)", round)
      .member("static decimal Floor(decimal d)", to_whole<Midpoint::ToNegativeInfinity>)
      .member("static decimal Ceiling(decimal d)", to_whole<Midpoint::ToPositiveInfinity>)
      .member("static decimal Truncate(decimal d)", to_whole<Midpoint::ToZero>)
      .member("static decimal Abs(decimal value)",
              [](Call& call) { return decimal_value(call.eval, arg(call, 0).magnitude()); })
      .member("static int Sign(decimal value)",
              [](Call& call) {
                const Decimal value = arg(call, 0);
                return Value::of(std::int32_t{value.zero() ? 0 : value.negative() ? -1 : 1});
              })
      .member("static decimal Max(decimal a, decimal b)",
              [](Call& call) { return call.args[arg(call, 0).compare(arg(call, 1)) >= 0 ? 0 : 1]; })
      .member("static decimal Min(decimal a, decimal b)", [](Call& call) {
        return call.args[arg(call, 0).compare(arg(call, 1)) <= 0 ? 0 : 1];
      });
}

}  // namespace gateway::expression
