#include <cmath>
#include <functional>
#include <limits>

#include "expression/library/composite_format.h"
#include "expression/library/time.h"

// https://learn.microsoft.com/dotnet/api/system.timespan
namespace gateway::expression {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

[[noreturn]] void too_long(Evaluation& eval) {
  eval.raise("OverflowException", "TimeSpan overflowed because the duration is too long.");
}
std::int64_t ticks(Call& call) { return call.args[0].ticks(); }

Value of_real(Evaluation& eval, double count) {
  if (std::isnan(count))
    eval.raise("ArgumentException", "TimeSpan does not accept floating point Not-a-Number values.");
  if (!(count >= -9223372036854775808.0 && count <= 9223372036854775808.0)) too_long(eval);
  if (count == 9223372036854775808.0) return Value::time_span(Limits::max());
  return Value::time_span(static_cast<std::int64_t>(count));
}
template <std::int64_t Unit>
Value from(Call& call) {
  return of_real(call.eval, call.args[0].real() * static_cast<double>(Unit));
}
template <std::int64_t Unit>
Value total(Call& call) {
  return Value::of(static_cast<double>(ticks(call)) / static_cast<double>(Unit));
}
template <std::int64_t Unit, std::int64_t Modulus>
Value part(Call& call) {
  return Value::of(static_cast<std::int32_t>(ticks(call) / Unit % Modulus));
}

// (hours, minutes, seconds) or (days, hours, minutes, seconds [, milliseconds])
Value create(Call& call) {
  constexpr std::int64_t kUnits[] = {kTicksPerDay, kTicksPerHour, kTicksPerMinute, kTicksPerSecond,
                                     kTicksPerMillisecond};
  const std::size_t first = call.args.size() == 3 ? 1 : 0;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(integer_arg(call, i), kUnits[first + i], &product) ||
        __builtin_add_overflow(sum, product, &sum)) {
      raise_range(call.eval, "timeSpan", "TimeSpan overflowed because the duration is too long.");
    }
  }
  return Value::time_span(sum);
}

Value add(Call& call) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(ticks(call), call.args[1].ticks(), &sum)) too_long(call.eval);
  return Value::time_span(sum);
}
Value subtract(Call& call) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(ticks(call), call.args[1].ticks(), &difference)) too_long(call.eval);
  return Value::time_span(difference);
}
Value negate(Call& call) {
  if (ticks(call) == Limits::min())
    call.eval.raise("OverflowException",
                    "Negating the minimum value of a twos complement number is invalid.");
  return Value::time_span(-ticks(call));
}
Value duration(Call& call) { return ticks(call) < 0 ? negate(call) : call.args[0]; }
Value multiply(Call& call) {
  const bool factor_first = call.args[0].kind() != Kind::TimeSpan;
  const Value& span = call.args[factor_first ? 1 : 0];
  return of_real(call.eval, std::nearbyint(static_cast<double>(span.ticks()) *
                                           call.args[factor_first ? 0 : 1].real()));
}
Value divide(Call& call) {
  if (call.args[1].kind() == Kind::TimeSpan)
    return Value::of(static_cast<double>(ticks(call)) / static_cast<double>(call.args[1].ticks()));
  return of_real(call.eval, std::nearbyint(static_cast<double>(ticks(call)) / call.args[1].real()));
}

template <typename Test>
Value test(Call& call) {
  return Value::of(Test{}(ticks(call), call.args[1].ticks()));
}
Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  if (call.args[1].kind() != Kind::TimeSpan)
    call.eval.raise("ArgumentException", "Object must be of type TimeSpan.");
  return Value::of(
      std::int32_t{ticks(call) < call.args[1].ticks() ? -1 : ticks(call) > call.args[1].ticks()});
}
Value equals(Call& call) {
  return Value::of(call.args[1].kind() == Kind::TimeSpan && ticks(call) == call.args[1].ticks());
}

Value to_string(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, call.args[0],
               call.args.size() > 1 ? optional_text(call, 1) : std::string_view(), out);
  return made(call, out);
}

std::optional<std::int64_t> parsed(Call& call, SpanFault& fault) {
  return parse_time_span(optional_text(call, 0), fault);
}
std::optional<std::int64_t> parsed_exactly(Call& call, SpanFault& fault) {
  return parse_time_span_exact(optional_text(call, 0), optional_text(call, 1), fault);
}
template <std::optional<std::int64_t> (*Parse)(Call&, SpanFault&)>
Value parse(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "input");
  SpanFault fault = SpanFault::None;
  const auto span = Parse(call, fault);
  if (fault == SpanFault::Overflow) {
    call.eval.raise("OverflowException",
                    "The TimeSpan string could not be parsed because at least one of the numeric "
                    "components is out of range or contains too many digits.");
  }
  if (!span) call.eval.raise("FormatException", "String was not recognized as a valid TimeSpan.");
  return Value::time_span(*span);
}
template <std::optional<std::int64_t> (*Parse)(Call&, SpanFault&)>
Value try_parse(Call& call) {
  SpanFault fault = SpanFault::None;
  const auto span = Parse(call, fault);
  call.args.back() = Value::time_span(span.value_or(0));
  return Value::of(span.has_value());
}
template <std::int64_t N>
Value constant(Call&) {
  return Value::time_span(N);
}

}  // namespace

void declare_time_span(Catalog& catalog) {
  catalog.declare("System.TimeSpan", {.kind = Kind::TimeSpan, .value_type = true})
      .member("new()", constant<0>)
      .member("new(long ticks)", [](Call& call) { return Value::time_span(integer_arg(call, 0)); })
      .member("new(int hours, int minutes, int seconds)", create)
      .member("new(int days, int hours, int minutes, int seconds)", create)
      .member("new(int days, int hours, int minutes, int seconds, int milliseconds)", create)
      .member("static TimeSpan Zero { get; }", constant<0>)
      .member("static TimeSpan MinValue { get; }", constant<Limits::min()>)
      .member("static TimeSpan MaxValue { get; }", constant<Limits::max()>)
      .member("static long TicksPerDay { get; }", [](Call&) { return Value::of(kTicksPerDay); })
      .member("static long TicksPerHour { get; }", [](Call&) { return Value::of(kTicksPerHour); })
      .member("static long TicksPerMinute { get; }",
              [](Call&) { return Value::of(kTicksPerMinute); })
      .member("static long TicksPerSecond { get; }",
              [](Call&) { return Value::of(kTicksPerSecond); })
      .member("static long TicksPerMillisecond { get; }",
              [](Call&) { return Value::of(kTicksPerMillisecond); })
      .member("static TimeSpan FromDays(double value)", from<kTicksPerDay>)
      .member("static TimeSpan FromHours(double value)", from<kTicksPerHour>)
      .member("static TimeSpan FromMinutes(double value)", from<kTicksPerMinute>)
      .member("static TimeSpan FromSeconds(double value)", from<kTicksPerSecond>)
      .member("static TimeSpan FromMilliseconds(double value)", from<kTicksPerMillisecond>)
      .member("static TimeSpan FromTicks(long value)",
              [](Call& call) { return Value::time_span(integer_arg(call, 0)); })
      .member("int Days { get; }",
              [](Call& call) {
                return Value::of(static_cast<std::int32_t>(ticks(call) / kTicksPerDay));
              })
      .member("int Hours { get; }", part<kTicksPerHour, 24>)
      .member("int Minutes { get; }", part<kTicksPerMinute, 60>)
      .member("int Seconds { get; }", part<kTicksPerSecond, 60>)
      .member("int Milliseconds { get; }", part<kTicksPerMillisecond, 1000>)
      .member("long Ticks { get; }", [](Call& call) { return Value::of(ticks(call)); })
      .member("double TotalDays { get; }", total<kTicksPerDay>)
      .member("double TotalHours { get; }", total<kTicksPerHour>)
      .member("double TotalMinutes { get; }", total<kTicksPerMinute>)
      .member("double TotalSeconds { get; }", total<kTicksPerSecond>)
      .member("double TotalMilliseconds { get; }", total<kTicksPerMillisecond>)
      .member("TimeSpan Add(TimeSpan ts)", add)
      .member("TimeSpan Subtract(TimeSpan ts)", subtract)
      .member("TimeSpan Negate()", negate)
      .member("TimeSpan Duration()", duration)
      .member("TimeSpan Multiply(double factor)", multiply)
      .member("TimeSpan Divide(double divisor)", divide)
      .member("double Divide(TimeSpan ts)", divide)
      .member("static TimeSpan operator +(TimeSpan t1, TimeSpan t2)", add)
      .member("static TimeSpan operator -(TimeSpan t1, TimeSpan t2)", subtract)
      .member("static TimeSpan operator -(TimeSpan t)", negate)
      .member("static TimeSpan operator +(TimeSpan t)", [](Call& call) { return call.args[0]; })
      .member("static TimeSpan operator *(TimeSpan timeSpan, double factor)", multiply)
      .member("static TimeSpan operator *(double factor, TimeSpan timeSpan)", multiply)
      .member("static TimeSpan operator /(TimeSpan timeSpan, double divisor)", divide)
      .member("static double operator /(TimeSpan t1, TimeSpan t2)", divide)
      .member("static bool operator ==(TimeSpan t1, TimeSpan t2)", test<std::equal_to<>>)
      .member("static bool operator !=(TimeSpan t1, TimeSpan t2)", test<std::not_equal_to<>>)
      .member("static bool operator <(TimeSpan t1, TimeSpan t2)", test<std::less<>>)
      .member("static bool operator <=(TimeSpan t1, TimeSpan t2)", test<std::less_equal<>>)
      .member("static bool operator > (TimeSpan t1, TimeSpan t2)", test<std::greater<>>)
      .member("static bool operator >=(TimeSpan t1, TimeSpan t2)", test<std::greater_equal<>>)
      .member("static int Compare(TimeSpan t1, TimeSpan t2)", compare)
      .member("static bool Equals(TimeSpan t1, TimeSpan t2)", equals)
      .member("int CompareTo(TimeSpan value)", compare)
      .member("int CompareTo(object value)", compare)
      .member("bool Equals(TimeSpan obj)", equals)
      .member("bool Equals(object value)", equals)
      .member("int GetHashCode()",
              [](Call& call) {
                return Value::of(static_cast<std::int32_t>(ticks(call) ^ ticks(call) >> 32));
              })
      .member("static TimeSpan Parse(string s)", parse<parsed>)
      .member("static TimeSpan Parse(string input, IFormatProvider formatProvider)", parse<parsed>)
      .member("static bool TryParse(string s, out TimeSpan result)", try_parse<parsed>)
      .member(
          "static bool TryParse(string input, IFormatProvider formatProvider, out TimeSpan result)",
          try_parse<parsed>)
      .member(
          "static TimeSpan ParseExact(string input, string format, IFormatProvider formatProvider)",
          parse<parsed_exactly>)
      .member(
          "static bool TryParseExact(string input, string format, IFormatProvider formatProvider, "
          "out TimeSpan result)",
          try_parse<parsed_exactly>)
      .member("string ToString()", to_string)
      .member("string ToString(string format)", to_string)
      .member("string ToString(string format, IFormatProvider formatProvider)", to_string);
}

}  // namespace gateway::expression
