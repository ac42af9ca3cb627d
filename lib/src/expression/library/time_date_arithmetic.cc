#include <functional>
#include <limits>

#include "expression/library/time.h"

// Arithmetic, order and equality of DateTime.
namespace gateway::expression {
namespace {

Value moved(Call& call, std::int64_t ticks) {
  return Value::date_time(ticks, call.args[0].date_time_kind());
}

Value add(Call& call) {
  return moved(call, add_ticks(call.eval, call.args[0].ticks(), call.args[1].ticks()));
}
Value subtract(Call& call) {
  if (call.args[1].kind() == Kind::DateTime)
    return Value::time_span(call.args[0].ticks() - call.args[1].ticks());
  const std::int64_t span = call.args[1].ticks();
  if (span == std::numeric_limits<std::int64_t>::min())
    return moved(call, checked_ticks(call.eval, -1));
  return moved(call, add_ticks(call.eval, call.args[0].ticks(), -span));
}
template <std::int64_t Unit>
Value add_unit(Call& call) {
  return moved(call, add_units(call.eval, call.args[0].ticks(), call.args[1].real(), Unit));
}

template <typename Test>
Value test(Call& call) {
  return Value::of(Test{}(call.args[0].ticks(), call.args[1].ticks()));
}
Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  if (call.args[1].kind() != Kind::DateTime)
    call.eval.raise("ArgumentException", "Object must be of type DateTime.");
  const std::int64_t a = call.args[0].ticks();
  const std::int64_t b = call.args[1].ticks();
  return Value::of(std::int32_t{a < b ? -1 : a > b});
}
Value equals(Call& call) {
  return Value::of(call.args[1].kind() == Kind::DateTime &&
                   call.args[0].ticks() == call.args[1].ticks());
}

}  // namespace

void declare_date_arithmetic(Catalog& catalog) {
  catalog.declare("System.DateTime", {.kind = Kind::DateTime, .value_type = true})
      .member("DateTime Add(TimeSpan value)", add)
      .member("DateTime AddDays(double value)", add_unit<kTicksPerDay>)
      .member("DateTime AddHours(double value)", add_unit<kTicksPerHour>)
      .member("DateTime AddMinutes(double value)", add_unit<kTicksPerMinute>)
      .member("DateTime AddSeconds(double value)", add_unit<kTicksPerSecond>)
      .member("DateTime AddMilliseconds(double value)", add_unit<kTicksPerMillisecond>)
      .member("DateTime AddTicks(long value)",
              [](Call& call) {
                return moved(call,
                             add_ticks(call.eval, call.args[0].ticks(), integer_arg(call, 1)));
              })
      .member("DateTime AddMonths(int months)",
              [](Call& call) {
                return moved(call,
                             add_months(call.eval, call.args[0].ticks(), integer_arg(call, 1)));
              })
      .member("DateTime AddYears(int value)",
              [](Call& call) {
                return moved(call,
                             add_years(call.eval, call.args[0].ticks(), integer_arg(call, 1)));
              })
      .member("TimeSpan Subtract(DateTime value)", subtract)
      .member("DateTime Subtract(TimeSpan value)", subtract)
      .member("static DateTime operator +(DateTime d, TimeSpan t)", add)
      .member("static DateTime operator -(DateTime d, TimeSpan t)", subtract)
      .member("static TimeSpan operator -(DateTime d1, DateTime d2)", subtract)
      .member("static bool operator ==(DateTime d1, DateTime d2)", test<std::equal_to<>>)
      .member("static bool operator !=(DateTime d1, DateTime d2)", test<std::not_equal_to<>>)
      .member("static bool operator <(DateTime t1, DateTime t2)", test<std::less<>>)
      .member("static bool operator <=(DateTime t1, DateTime t2)", test<std::less_equal<>>)
      .member("static bool operator > (DateTime t1, DateTime t2)", test<std::greater<>>)
      .member("static bool operator >=(DateTime t1, DateTime t2)", test<std::greater_equal<>>)
      .member("static int Compare(DateTime t1, DateTime t2)", compare)
      .member("static bool Equals(DateTime t1, DateTime t2)", equals)
      .member("int CompareTo(DateTime value)", compare)
      .member("int CompareTo(object value)", compare)
      .member("bool Equals(DateTime value)", equals)
      .member("bool Equals(object value)", equals)
      .member("int GetHashCode()", [](Call& call) {
        return Value::of(
            static_cast<std::int32_t>(call.args[0].ticks() ^ call.args[0].ticks() >> 32));
      });
}

}  // namespace gateway::expression
