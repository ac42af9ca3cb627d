#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "expression/library/decimal.h"
#include "expression/library/native.h"
#include "expression/library/primitives.h"

// https://learn.microsoft.com/dotnet/api/system.math; of decimals: primitives_decimal.cc.
namespace gateway::expression {
namespace {

double real(Call& call, std::size_t index) { return call.args[index].real(); }

template <double (*F)(double)>
Value unary(Call& call) {
  return Value::of(F(real(call, 0)));
}
template <double (*F)(double, double)>
Value binary(Call& call) {
  return Value::of(F(real(call, 0), real(call, 1)));
}

double to_even(double x) {
  const double floor = std::floor(x);
  const double rest = x - floor;
  if (rest < 0.5) return std::copysign(floor, x);
  if (rest > 0.5) return std::copysign(std::ceil(x), x);
  return std::copysign(std::fmod(floor, 2) == 0 ? floor : floor + 1, x);
}
double rounded(double x, Midpoint midpoint) {
  switch (midpoint) {
    case Midpoint::ToEven:
      return to_even(x);
    case Midpoint::AwayFromZero:
      return std::round(x);
    case Midpoint::ToZero:
      return std::trunc(x);
    case Midpoint::ToNegativeInfinity:
      return std::floor(x);
    case Midpoint::ToPositiveInfinity:
      return std::ceil(x);
  }
  return x;
}

Value round(Call& call) {
  std::int64_t digits = 0;
  Midpoint midpoint = Midpoint::ToEven;
  for (std::size_t i = 1; i < call.args.size(); ++i) {
    if (call.args[i].kind() == Kind::Enum)
      midpoint = static_cast<Midpoint>(call.args[i].enum_number());
    else
      digits = integer_arg(call, i);
  }
  if (digits < 0 || digits > 15) {
    raise_range(call.eval, "digits", "Rounding digits must be between 0 and 15, inclusive.");
  }
  if (midpoint > Midpoint::ToPositiveInfinity) {
    raise_argument(call.eval, "mode",
                   "The value is not valid for this usage of the type MidpointRounding.");
  }
  const double x = real(call, 0);
  if (std::abs(x) >= 1e16 || !std::isfinite(x)) return Value::of(x);
  constexpr std::array<double, 16> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const double power = kPowers[static_cast<std::size_t>(digits)];
  return Value::of(rounded(x * power, midpoint) / power);
}

template <Kind K>
Value number(std::int64_t value) {
  return Value::integer(K, value);
}

template <Kind K>
bool less(const Value& a, const Value& b) {
  if constexpr (K == Kind::UInt64)
    return static_cast<std::uint64_t>(a.integer()) < static_cast<std::uint64_t>(b.integer());
  else
    return a.integer() < b.integer();
}

template <Kind K>
void declare_integer(Catalog::Declaration& type, const std::string& name, bool is_signed) {
  const std::string pair = "(" + name + " a, " + name + " b)";
  type.member("static " + name + " Max" + pair,
              [](Call& call) { return call.args[less<K>(call.args[0], call.args[1]) ? 1 : 0]; })
      .member("static " + name + " Min" + pair,
              [](Call& call) { return call.args[less<K>(call.args[1], call.args[0]) ? 1 : 0]; })
      .member("static " + name + " Clamp(" + name + " value, " + name + " min, " + name + " max)",
              [](Call& call) {
                if (less<K>(call.args[2], call.args[1]))
                  call.eval.raise("ArgumentException", "'min' cannot be greater than max.");
                return less<K>(call.args[0], call.args[1])   ? call.args[1]
                       : less<K>(call.args[2], call.args[0]) ? call.args[2]
                                                             : call.args[0];
              });
  if (!is_signed) return;
  type.member("static " + name + " Abs(" + name + " value)",
              [](Call& call) {
                const std::int64_t value = integer_arg(call, 0);
                if (value >= 0) return number<K>(value);
                if (value == std::numeric_limits<std::int64_t>::min() || !in_range(-value, K)) {
                  call.eval.raise(
                      "OverflowException",
                      "Negating the minimum value of a twos complement number is invalid.");
                }
                return number<K>(-value);
              })
      .member("static int Sign(" + name + " value)", [](Call& call) {
        const std::int64_t value = integer_arg(call, 0);
        return Value::of(std::int32_t{value < 0 ? -1 : value > 0});
      });
}

template <Kind K>
Value real_value(double value) {
  if constexpr (K == Kind::Single)
    return Value::single(static_cast<float>(value));
  else
    return Value::of(value);
}
// A NaN wins; of the zeros the negative one is less.
double greatest(double a, double b) {
  return a > b || std::isnan(a) || (a == b && !std::signbit(a)) ? a : b;
}
double smallest(double a, double b) {
  return a < b || std::isnan(a) || (a == b && std::signbit(a)) ? a : b;
}

template <Kind K>
void declare_real(Catalog::Declaration& type, const std::string& name) {
  const std::string pair = "(" + name + " a, " + name + " b)";
  type.member("static " + name + " Max" + pair,
              [](Call& call) { return real_value<K>(greatest(real(call, 0), real(call, 1))); })
      .member("static " + name + " Min" + pair,
              [](Call& call) { return real_value<K>(smallest(real(call, 0), real(call, 1))); })
      .member("static " + name + " Abs(" + name + " value)",
              [](Call& call) { return real_value<K>(std::abs(real(call, 0))); })
      .member("static " + name + " Clamp(" + name + " value, " + name + " min, " + name + " max)",
              [](Call& call) {
                if (real(call, 1) > real(call, 2))
                  call.eval.raise("ArgumentException", "'min' cannot be greater than max.");
                return call.args[real(call, 0) < real(call, 1)   ? 1
                                 : real(call, 0) > real(call, 2) ? 2
                                                                 : 0];
              })
      .member("static int Sign(" + name + " value)", [](Call& call) {
        const double value = real(call, 0);
        if (std::isnan(value))
          call.eval.raise("ArithmeticException",
                          "Function does not accept floating point Not-a-Number values.");
        return Value::of(std::int32_t{value < 0 ? -1 : value > 0});
      });
}

template <Kind K>
Value div_rem(Call& call) {
  const std::int64_t a = integer_arg(call, 0);
  const std::int64_t b = integer_arg(call, 1);
  if (b == 0) call.eval.raise("DivideByZeroException", "Attempted to divide by zero.");
  if (b == -1) {
    if (a == std::numeric_limits<std::int64_t>::min() || !in_range(-a, K)) {
      call.eval.raise("OverflowException", "Arithmetic operation resulted in an overflow.");
    }
    call.args[2] = number<K>(0);
    return number<K>(-a);
  }
  call.args[2] = number<K>(a % b);
  return number<K>(a / b);
}

double power(double x, double y) { return std::pow(x, y); }
double log_of(double x, double base) {
  if (std::isnan(x) || std::isnan(base)) return x + base;
  if (base == 1 || (x != 1 && (base == 0 || std::isinf(base)))) return std::nan("");
  return std::log(x) / std::log(base);
}
double ieee_remainder(double x, double y) { return std::remainder(x, y); }

}  // namespace

void declare_math(Catalog& catalog) {
  catalog
      .declare("System.MidpointRounding", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("ToEven", 0)
      .enumerator("AwayFromZero", 1)
      .enumerator("ToZero", 2)
      .enumerator("ToNegativeInfinity", 3)
      .enumerator("ToPositiveInfinity", 4);
  auto type = catalog.declare("System.Math", {.is_static = true});
  declare_integer<Kind::SByte>(type, "sbyte", true);
  declare_integer<Kind::Byte>(type, "byte", false);
  declare_integer<Kind::Int16>(type, "short", true);
  declare_integer<Kind::UInt16>(type, "ushort", false);
  declare_integer<Kind::Int32>(type, "int", true);
  declare_integer<Kind::UInt32>(type, "uint", false);
  declare_integer<Kind::Int64>(type, "long", true);
  declare_integer<Kind::UInt64>(type, "ulong", false);
  declare_real<Kind::Single>(type, "float");
  declare_real<Kind::Double>(type, "double");
  type.member("static double PI { get; }", [](Call&) { return Value::of(std::numbers::pi); })
      .member("static double E { get; }", [](Call&) { return Value::of(std::numbers::e); })
      .member("static double Round(double a)", round)
      .member("static double Round(double value, int digits)", round)
      .member("static double Round(double value, MidpointRounding mode)", round)
      .member("static double Round(double value, int digits, MidpointRounding mode)", round)
      .member("static double Floor(double d)", unary<std::floor>)
      .member("static double Ceiling(double a)", unary<std::ceil>)
      .member("static double Truncate(double d)", unary<std::trunc>)
      .member("static double Sqrt(double d)", unary<std::sqrt>)
      .member("static double Cbrt(double d)", unary<std::cbrt>)
      .member("static double Exp(double d)", unary<std::exp>)
      .member("static double Log(double d)", unary<std::log>)
      .member("static double Log(double a, double newBase)", binary<log_of>)
      .member("static double Log10(double d)", unary<std::log10>)
      .member("static double Log2(double d)", unary<std::log2>)
      .member("static double Pow(double x, double y)", binary<power>)
      .member("static double Sin(double a)", unary<std::sin>)
      .member("static double Cos(double d)", unary<std::cos>)
      .member("static double Tan(double a)", unary<std::tan>)
      .member("static double Asin(double d)", unary<std::asin>)
      .member("static double Acos(double d)", unary<std::acos>)
      .member("static double Atan(double d)", unary<std::atan>)
      .member("static double Atan2(double y, double x)", binary<std::atan2>)
      .member("static double Sinh(double value)", unary<std::sinh>)
      .member("static double Cosh(double value)", unary<std::cosh>)
      .member("static double Tanh(double value)", unary<std::tanh>)
      .member("static double IEEERemainder(double x, double y)", binary<ieee_remainder>)
      .member("static long BigMul(int a, int b)",
              [](Call& call) { return Value::of(integer_arg(call, 0) * integer_arg(call, 1)); })
      .member("static int DivRem(int a, int b, out int result)", div_rem<Kind::Int32>)
      .member("static long DivRem(long a, long b, out long result)", div_rem<Kind::Int64>);
}

}  // namespace gateway::expression
