#include <functional>
#include <limits>
#include <string>

#include "expression/library/composite_format.h"
#include "expression/library/time.h"

// https://learn.microsoft.com/dotnet/api/system.datetimeoffset
namespace gateway::expression {
namespace {

const OffsetObject& self(Call& call, std::size_t index = 0) {
  return *static_cast<OffsetObject*>(call.args[index].object());
}
Value moved(Call& call, std::int64_t ticks) {
  return offset_value(call.eval, ticks, self(call).offset_minutes);
}

template <std::size_t Count>
Value create(Call& call) {
  return offset_value(call.eval, ticks_of_args(call, Count), offset_arg(call, Count));
}
Value of_date(Call& call) {
  if (call.args.size() == 1) return offset_value(call.eval, call.args[0].ticks(), 0);
  const std::int32_t offset = offset_arg(call, 1);
  if (offset != 0 && call.args[0].date_time_kind() != kUnspecified) {
    raise_argument(
        call.eval, "offset",
        call.args[0].date_time_kind() == kUtc
            ? "The UTC Offset for Utc DateTime instances must be 0."
            : "The UTC Offset of the local dateTime parameter does not match the offset argument.");
  }
  return offset_value(call.eval, call.args[0].ticks(), offset);
}
Value of_ticks(Call& call) {
  return offset_value(call.eval, integer_arg(call, 0), offset_arg(call, 1));
}

template <std::int64_t Unit>
Value of_unix(Call& call) {
  const std::int64_t value = integer_arg(call, 0);
  const std::int64_t least = -kUnixEpochTicks / Unit;
  const std::int64_t most = (kMaxTicks - kUnixEpochTicks) / Unit;
  if (value < least || value > most) {
    raise_range(call.eval, Unit == kTicksPerSecond ? "seconds" : "milliseconds",
                "Valid values are between " + std::to_string(least) + " and " +
                    std::to_string(most) + ", inclusive.");
  }
  return offset_value(call.eval, kUnixEpochTicks + value * Unit, 0);
}
template <std::int64_t Unit>
Value to_unix(Call& call) {
  return Value::of(self(call).utc_ticks() / Unit - kUnixEpochTicks / Unit);
}

template <int DateParts::*Part>
Value part(Call& call) {
  return Value::of(std::int32_t{parts_of(self(call).ticks).*Part});
}
Value add(Call& call) {
  return moved(call, add_ticks(call.eval, self(call).ticks, call.args[1].ticks()));
}
Value subtract(Call& call) {
  if (call.args[1].kind() != Kind::TimeSpan)
    return Value::time_span(self(call).utc_ticks() - self(call, 1).utc_ticks());
  const std::int64_t span = call.args[1].ticks();
  return moved(call, add_ticks(call.eval, self(call).ticks,
                               span == std::numeric_limits<std::int64_t>::min() ? span : -span));
}
template <std::int64_t Unit>
Value add_unit(Call& call) {
  return moved(call, add_units(call.eval, self(call).ticks, call.args[1].real(), Unit));
}
template <typename Test>
Value test(Call& call) {
  return Value::of(Test{}(self(call).utc_ticks(), self(call, 1).utc_ticks()));
}
Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  const OffsetObject* other = as_offset(call.args[1]);
  if (!other) call.eval.raise("ArgumentException", "Object must be of type DateTimeOffset.");
  return Value::of(std::int32_t{self(call).utc_ticks() < other->utc_ticks()
                                    ? -1
                                    : self(call).utc_ticks() > other->utc_ticks()});
}
Value equals(Call& call) {
  const OffsetObject* other = as_offset(call.args[1]);
  return Value::of(other && self(call).utc_ticks() == other->utc_ticks());
}
Value to_offset(Call& call) {
  const std::int32_t offset = offset_arg(call, 1);
  return offset_value(call.eval, self(call).utc_ticks() + offset * kTicksPerMinute, offset);
}
Value to_utc(Call& call) { return offset_value(call.eval, self(call).utc_ticks(), 0); }
Value to_string(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, call.args[0],
               call.args.size() > 1 ? optional_text(call, 1) : std::string_view(), out);
  return made(call, out);
}
Value day_of_year(Call& call) {
  const DateParts parts = parts_of(self(call).ticks);
  return Value::of(static_cast<std::int32_t>(days_of(parts.year, parts.month, parts.day) -
                                             days_of(parts.year, 1, 1) + 1));
}

void declare_members(Catalog::Declaration& type) {
  type.member("int Year { get; }", part<&DateParts::year>)
      .member("int Month { get; }", part<&DateParts::month>)
      .member("int Day { get; }", part<&DateParts::day>)
      .member("int Hour { get; }", part<&DateParts::hour>)
      .member("int Minute { get; }", part<&DateParts::minute>)
      .member("int Second { get; }", part<&DateParts::second>)
      .member("int Millisecond { get; }",
              [](Call& call) {
                return Value::of(
                    static_cast<std::int32_t>(self(call).ticks / kTicksPerMillisecond % 1000));
              })
      .member("int DayOfYear { get; }", day_of_year)
      .member("DayOfWeek DayOfWeek { get; }",
              [](Call& call) {
                return Value::enumeration(call.eval.catalog().find("DayOfWeek"),
                                          day_of_week(self(call).ticks));
              })
      .member("long Ticks { get; }", [](Call& call) { return Value::of(self(call).ticks); })
      .member("long UtcTicks { get; }",
              [](Call& call) { return Value::of(self(call).utc_ticks()); })
      .member(
          "TimeSpan Offset { get; }",
          [](Call& call) { return Value::time_span(self(call).offset_minutes * kTicksPerMinute); })
      .member("TimeSpan TimeOfDay { get; }",
              [](Call& call) { return Value::time_span(self(call).ticks % kTicksPerDay); })
      .member("DateTime DateTime { get; }",
              [](Call& call) { return Value::date_time(self(call).ticks, kUnspecified); })
      .member("DateTime UtcDateTime { get; }",
              [](Call& call) { return Value::date_time(self(call).utc_ticks(), kUtc); })
      .member("DateTime LocalDateTime { get; }",
              [](Call& call) { return Value::date_time(self(call).utc_ticks(), kLocal); })
      .member("DateTime Date { get; }",
              [](Call& call) {
                return Value::date_time(self(call).ticks - self(call).ticks % kTicksPerDay,
                                        kUnspecified);
              })
      .member("long ToUnixTimeSeconds()", to_unix<kTicksPerSecond>)
      .member("long ToUnixTimeMilliseconds()", to_unix<kTicksPerMillisecond>)
      .member("DateTimeOffset ToOffset(TimeSpan offset)", to_offset)
      .member("DateTimeOffset ToUniversalTime()", to_utc)
      .member("DateTimeOffset ToLocalTime()", to_utc)
      .member("DateTimeOffset Add(TimeSpan timeSpan)", add)
      .member("DateTimeOffset AddDays(double days)", add_unit<kTicksPerDay>)
      .member("DateTimeOffset AddHours(double hours)", add_unit<kTicksPerHour>)
      .member("DateTimeOffset AddMinutes(double minutes)", add_unit<kTicksPerMinute>)
      .member("DateTimeOffset AddSeconds(double seconds)", add_unit<kTicksPerSecond>)
      .member("DateTimeOffset AddMilliseconds(double milliseconds)", add_unit<kTicksPerMillisecond>)
      .member("DateTimeOffset AddTicks(long ticks)",
              [](Call& call) {
                return moved(call, add_ticks(call.eval, self(call).ticks, integer_arg(call, 1)));
              })
      .member("DateTimeOffset AddMonths(int months)",
              [](Call& call) {
                return moved(call, add_months(call.eval, self(call).ticks, integer_arg(call, 1)));
              })
      .member("DateTimeOffset AddYears(int years)",
              [](Call& call) {
                return moved(call, add_years(call.eval, self(call).ticks, integer_arg(call, 1)));
              })
      .member("TimeSpan Subtract(DateTimeOffset value)", subtract)
      .member("DateTimeOffset Subtract(TimeSpan value)", subtract)
      .member("int CompareTo(DateTimeOffset other)", compare)
      .member("int CompareTo(object other)", compare)
      .member("bool Equals(DateTimeOffset other)", equals)
      .member("bool Equals(object obj)", equals)
      .member("bool EqualsExact(DateTimeOffset other)",
              [](Call& call) {
                return Value::of(self(call).ticks == self(call, 1).ticks &&
                                 self(call).offset_minutes == self(call, 1).offset_minutes);
              })
      .member("int GetHashCode()",
              [](Call& call) {
                return Value::of(static_cast<std::int32_t>(self(call).utc_ticks() ^
                                                           self(call).utc_ticks() >> 32));
              })
      .member("string ToString()", to_string)
      .member("string ToString(string format)", to_string)
      .member("string ToString(string format, IFormatProvider formatProvider)", to_string)
      .member("string ToString(IFormatProvider formatProvider)", to_string);
}

}  // namespace

void declare_date_time_offset(Catalog& catalog) {
  auto type = catalog.declare("System.DateTimeOffset", {.value_type = true});
  type.member("new()", [](Call& call) { return offset_value(call.eval, 0, 0); })
      .member("new(DateTime dateTime)", of_date)
      .member("new(DateTime dateTime, TimeSpan offset)", of_date)
      .member("new(long ticks, TimeSpan offset)", of_ticks)
      .member(
          "new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)",
          create<6>)
      .member(
          "new(int year, int month, int day, int hour, int minute, int second, int millisecond, "
          "TimeSpan offset)",
          create<7>)
      .member("static DateTimeOffset Now { get; }",
              [](Call& call) { return offset_value(call.eval, now_ticks(call.eval), 0); })
      .member("static DateTimeOffset UtcNow { get; }",
              [](Call& call) { return offset_value(call.eval, now_ticks(call.eval), 0); })
      .member("static DateTimeOffset MinValue { get; }",
              [](Call& call) { return offset_value(call.eval, 0, 0); })
      .member("static DateTimeOffset MaxValue { get; }",
              [](Call& call) { return offset_value(call.eval, kMaxTicks, 0); })
      .member("static DateTimeOffset UnixEpoch { get; }",
              [](Call& call) { return offset_value(call.eval, kUnixEpochTicks, 0); })
      .member("static DateTimeOffset FromUnixTimeSeconds(long seconds)", of_unix<kTicksPerSecond>)
      .member("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)",
              of_unix<kTicksPerMillisecond>)
      .member("static implicit operator DateTimeOffset(DateTime dateTime)", of_date)
      .member("static DateTimeOffset operator +(DateTimeOffset dateTimeOffset, TimeSpan timeSpan)",
              add)
      .member("static DateTimeOffset operator -(DateTimeOffset dateTimeOffset, TimeSpan timeSpan)",
              subtract)
      .member("static TimeSpan operator -(DateTimeOffset left, DateTimeOffset right)", subtract)
      .member("static bool operator ==(DateTimeOffset left, DateTimeOffset right)",
              test<std::equal_to<>>)
      .member("static bool operator !=(DateTimeOffset left, DateTimeOffset right)",
              test<std::not_equal_to<>>)
      .member("static bool operator <(DateTimeOffset left, DateTimeOffset right)",
              test<std::less<>>)
      .member("static bool operator <=(DateTimeOffset left, DateTimeOffset right)",
              test<std::less_equal<>>)
      .member("static bool operator > (DateTimeOffset left, DateTimeOffset right)",
              test<std::greater<>>)
      .member("static bool operator >=(DateTimeOffset left, DateTimeOffset right)",
              test<std::greater_equal<>>)
      .member("static int Compare(DateTimeOffset first, DateTimeOffset second)", compare)
      .member("static bool Equals(DateTimeOffset first, DateTimeOffset second)", equals);
  declare_members(type);
}

}  // namespace gateway::expression
