#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "expression/library/composite_format.h"
#include "expression/library/native.h"
#include "expression/library/number_format.h"
#include "expression/library/primitives.h"

namespace gateway::expression {
namespace {

template <Kind K>
Value real_value(double value) {
  if constexpr (K == Kind::Single)
    return Value::single(static_cast<float>(value));
  else
    return Value::of(value);
}

template <Kind K>
Value parse(Call& call) {
  const std::string_view text = text_arg(call, 0, "s");
  std::uint32_t styles = NumberStyles::kFloatThousands;
  if (call.args.size() > 1)
    styles = static_cast<std::uint32_t>(enum_arg(call, 1, NumberStyles::kFloatThousands));
  const auto value = parse_double(text, styles);
  if (!value) call.eval.raise("FormatException", kBadFormat);
  return real_value<K>(*value);
}

template <Kind K>
Value try_parse(Call& call) {
  std::uint32_t styles = NumberStyles::kFloatThousands;
  if (call.args.size() > 2)
    styles = static_cast<std::uint32_t>(enum_arg(call, 1, NumberStyles::kFloatThousands));
  const auto value = parse_double(optional_text(call, 0), styles);
  call.args.back() = real_value<K>(value.value_or(0));
  return Value::of(value.has_value());
}

Value to_string(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, call.args[0],
               call.args.size() > 1 ? optional_text(call, 1) : std::string_view(), out);
  return made(call, out);
}

bool equal(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// NaN equals itself here and comes before everything.
template <Kind K>
Value compare_to(Call& call) {
  const Value& other = call.args[1];
  if (other.is_null()) return Value::of(std::int32_t{1});
  if (other.kind() != K) {
    call.eval.raise("ArgumentException",
                    std::string("Object must be of type ") + type_name(K) + ".");
  }
  const double a = call.args[0].real();
  const double b = other.real();
  if (equal(a, b)) return Value::of(std::int32_t{0});
  return Value::of(std::int32_t{a < b || std::isnan(a) ? -1 : 1});
}

template <Kind K, typename Real>
void declare_real(Catalog& catalog, const std::string& name) {
  using Limits = std::numeric_limits<Real>;
  catalog.declare(std::string("System.") + type_name(K), {.kind = K, .value_type = true})
      .member("static " + name + " Parse(string s)", parse<K>)
      .member("static " + name + " Parse(string s, IFormatProvider provider)", parse<K>)
      .member("static " + name + " Parse(string s, NumberStyles style)", parse<K>)
      .member("static " + name + " Parse(string s, NumberStyles style, IFormatProvider provider)",
              parse<K>)
      .member("static bool TryParse(string s, out " + name + " result)", try_parse<K>)
      .member("static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out " +
                  name + " result)",
              try_parse<K>)
      .member("static " + name + " MinValue { get; }",
              [](Call&) { return real_value<K>(double{Limits::lowest()}); })
      .member("static " + name + " MaxValue { get; }",
              [](Call&) { return real_value<K>(double{Limits::max()}); })
      .member("static " + name + " Epsilon { get; }",
              [](Call&) { return real_value<K>(double{Limits::denorm_min()}); })
      .member("static " + name + " NaN { get; }",
              [](Call&) { return real_value<K>(double{Limits::quiet_NaN()}); })
      .member("static " + name + " PositiveInfinity { get; }",
              [](Call&) { return real_value<K>(double{Limits::infinity()}); })
      .member("static " + name + " NegativeInfinity { get; }",
              [](Call&) { return real_value<K>(-double{Limits::infinity()}); })
      .member("static bool IsNaN(" + name + " d)",
              [](Call& call) { return Value::of(std::isnan(call.args[0].real())); })
      .member("static bool IsInfinity(" + name + " d)",
              [](Call& call) { return Value::of(std::isinf(call.args[0].real())); })
      .member("static bool IsFinite(" + name + " d)",
              [](Call& call) { return Value::of(std::isfinite(call.args[0].real())); })
      .member(
          "static bool IsPositiveInfinity(" + name + " d)",
          [](Call& call) { return Value::of(call.args[0].real() == double{Limits::infinity()}); })
      .member(
          "static bool IsNegativeInfinity(" + name + " d)",
          [](Call& call) { return Value::of(call.args[0].real() == -double{Limits::infinity()}); })
      .member("int CompareTo(" + name + " value)", compare_to<K>)
      .member("int CompareTo(object value)", compare_to<K>)
      .member("bool Equals(" + name + " obj)",
              [](Call& call) { return Value::of(equal(call.args[0].real(), call.args[1].real())); })
      .member("bool Equals(object obj)",
              [](Call& call) {
                return Value::of(call.args[1].kind() == K &&
                                 equal(call.args[0].real(), call.args[1].real()));
              })
      .member("int GetHashCode()",
              [](Call& call) {
                const double value = call.args[0].real();
                const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
                return Value::of(static_cast<std::int32_t>(bits ^ bits >> 32));
              })
      .member("string ToString()", to_string)
      .member("string ToString(string format)", to_string)
      .member("string ToString(string format, IFormatProvider provider)", to_string)
      .member("string ToString(IFormatProvider provider)", to_string);
}

}  // namespace

void declare_reals(Catalog& catalog) {
  declare_real<Kind::Single, float>(catalog, "float");
  declare_real<Kind::Double, double>(catalog, "double");
}

}  // namespace gateway::expression
