#include <string>

#include "expression/library/composite_format.h"
#include "expression/library/time.h"

// DateTime: https://learn.microsoft.com/dotnet/api/system.datetime. Local time is UTC.
namespace gateway::expression {
namespace {

std::int64_t ticks(Call& call) { return call.args[0].ticks(); }
std::uint32_t kind(Call& call) { return call.args[0].date_time_kind(); }

// (year, … [, DateTimeKind]) of `Count` numbers.
template <std::size_t Count>
Value create(Call& call) {
  const std::uint32_t date_kind =
      call.args.size() > Count ? static_cast<std::uint32_t>(enum_arg(call, Count)) : kUnspecified;
  return Value::date_time(ticks_of_args(call, Count), date_kind);
}
Value of_ticks(Call& call) {
  const std::int64_t value = integer_arg(call, 0);
  if (value < 0 || value > kMaxTicks)
    raise_range(call.eval, "ticks",
                "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.");
  return Value::date_time(
      value, call.args.size() > 1 ? static_cast<std::uint32_t>(enum_arg(call, 1)) : kUnspecified);
}

template <int DateParts::*Part>
Value part(Call& call) {
  return Value::of(std::int32_t{parts_of(ticks(call)).*Part});
}
Value day_of_year(Call& call) {
  const DateParts parts = parts_of(ticks(call));
  return Value::of(static_cast<std::int32_t>(days_of(parts.year, parts.month, parts.day) -
                                             days_of(parts.year, 1, 1) + 1));
}
Value week_day(Call& call) {
  return Value::enumeration(call.eval.catalog().find("DayOfWeek"), day_of_week(ticks(call)));
}
Value kind_of(Call& call) {
  return Value::enumeration(call.eval.catalog().find("DateTimeKind"),
                            static_cast<std::int32_t>(kind(call)));
}

template <char Letter>
Value standard_text(Call& call) {
  const char format = Letter;
  auto out = arena_text(call);
  format_value(call.eval, call.args[0], {&format, 1}, out);
  return made(call, out);
}
Value to_string(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, call.args[0],
               call.args.size() > 1 ? optional_text(call, 1) : std::string_view(), out);
  return made(call, out);
}
Value month_length(Call& call) {
  const std::int64_t year = integer_arg(call, 0);
  const std::int64_t month = integer_arg(call, 1);
  if (month < 1 || month > 12)
    raise_range(call.eval, "month", "Month must be between one and twelve.");
  if (year < 1 || year > 9999) raise_range(call.eval, "year", "Year must be between 1 and 9999.");
  return Value::of(std::int32_t{days_in_month(static_cast<int>(year), static_cast<int>(month))});
}
Value is_leap_year(Call& call) {
  const std::int64_t year = integer_arg(call, 0);
  if (year < 1 || year > 9999) raise_range(call.eval, "year", "Year must be between 1 and 9999.");
  return Value::of(leap_year(static_cast<int>(year)));
}
constexpr std::int64_t kFileEpoch = 504'911'232'000'000'000;  // 1601-01-01

}  // namespace

void declare_date_time(Catalog& catalog) {
  catalog.declare("System.DateTime", {.kind = Kind::DateTime, .value_type = true})
      .member("new()", [](Call&) { return Value::date_time(0, kUnspecified); })
      .member("new(long ticks)", of_ticks)
      .member("new(long ticks, DateTimeKind kind)", of_ticks)
      .member("new(int year, int month, int day)", create<3>)
      .member("new(int year, int month, int day, int hour, int minute, int second)", create<6>)
      .member(
          "new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)",
          create<6>)
      .member(
          "new(int year, int month, int day, int hour, int minute, int second, int millisecond)",
          create<7>)
      .member(
          "new(int year, int month, int day, int hour, int minute, int second, int millisecond, "
          "DateTimeKind kind)",
          create<7>)
      .member("static DateTime Now { get; }",
              [](Call& call) { return Value::date_time(now_ticks(call.eval), kLocal); })
      .member("static DateTime UtcNow { get; }",
              [](Call& call) { return Value::date_time(now_ticks(call.eval), kUtc); })
      .member("static DateTime Today { get; }",
              [](Call& call) {
                const std::int64_t now = now_ticks(call.eval);
                return Value::date_time(now - now % kTicksPerDay, kLocal);
              })
      .member("static DateTime MinValue { get; }",
              [](Call&) { return Value::date_time(0, kUnspecified); })
      .member("static DateTime MaxValue { get; }",
              [](Call&) { return Value::date_time(kMaxTicks, kUnspecified); })
      .member("static DateTime UnixEpoch { get; }",
              [](Call&) { return Value::date_time(kUnixEpochTicks, kUtc); })
      .member("int Year { get; }", part<&DateParts::year>)
      .member("int Month { get; }", part<&DateParts::month>)
      .member("int Day { get; }", part<&DateParts::day>)
      .member("int Hour { get; }", part<&DateParts::hour>)
      .member("int Minute { get; }", part<&DateParts::minute>)
      .member("int Second { get; }", part<&DateParts::second>)
      .member(
          "int Millisecond { get; }",
          [](Call& call) {
            return Value::of(static_cast<std::int32_t>(ticks(call) / kTicksPerMillisecond % 1000));
          })
      .member("long Ticks { get; }", [](Call& call) { return Value::of(ticks(call)); })
      .member("int DayOfYear { get; }", day_of_year)
      .member("DayOfWeek DayOfWeek { get; }", week_day)
      .member("DateTimeKind Kind { get; }", kind_of)
      .member("DateTime Date { get; }",
              [](Call& call) {
                return Value::date_time(ticks(call) - ticks(call) % kTicksPerDay, kind(call));
              })
      .member("TimeSpan TimeOfDay { get; }",
              [](Call& call) { return Value::time_span(ticks(call) % kTicksPerDay); })
      .member("static int DaysInMonth(int year, int month)", month_length)
      .member("static bool IsLeapYear(int year)", is_leap_year)
      .member("bool IsDaylightSavingTime()", [](Call&) { return Value::of(false); })
      .member("static DateTime SpecifyKind(DateTime value, DateTimeKind kind)",
              [](Call& call) {
                return Value::date_time(ticks(call), static_cast<std::uint32_t>(enum_arg(call, 1)));
              })
      .member("DateTime ToUniversalTime()",
              [](Call& call) { return Value::date_time(ticks(call), kUtc); })
      .member("DateTime ToLocalTime()",
              [](Call& call) { return Value::date_time(ticks(call), kLocal); })
      .member("string ToString()", to_string)
      .member("string ToString(string format)", to_string)
      .member("string ToString(string format, IFormatProvider provider)", to_string)
      .member("string ToString(IFormatProvider provider)", to_string)
      .member("string ToShortDateString()", standard_text<'d'>)
      .member("string ToLongDateString()", standard_text<'D'>)
      .member("string ToShortTimeString()", standard_text<'t'>)
      .member("string ToLongTimeString()", standard_text<'T'>)
      .member("long ToFileTimeUtc()",
              [](Call& call) { return Value::of(ticks(call) - kFileEpoch); })
      .member("long ToFileTime()", [](Call& call) { return Value::of(ticks(call) - kFileEpoch); })
      .member("static DateTime FromFileTimeUtc(long fileTime)", [](Call& call) {
        return Value::date_time(add_ticks(call.eval, kFileEpoch, integer_arg(call, 0)), kUtc);
      });
}

}  // namespace gateway::expression
