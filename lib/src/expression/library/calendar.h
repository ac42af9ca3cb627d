#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The proleptic Gregorian calendar of .NET: ticks are 100 ns since 0001-01-01.
namespace gateway::expression {

constexpr std::int64_t kTicksPerMillisecond = 10'000;
constexpr std::int64_t kTicksPerSecond = 10'000'000;
constexpr std::int64_t kTicksPerMinute = 60 * kTicksPerSecond;
constexpr std::int64_t kTicksPerHour = 60 * kTicksPerMinute;
constexpr std::int64_t kTicksPerDay = 24 * kTicksPerHour;
constexpr std::int64_t kMaxTicks = 3'155'378'975'999'999'999;
constexpr std::int64_t kUnixEpochTicks = 621'355'968'000'000'000;

// DateTimeKind, as values of DateTime hold it.
constexpr std::uint32_t kUnspecified = 0, kUtc = 1, kLocal = 2;

constexpr std::array<std::string_view, 7> kDayNames = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonthNames = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

constexpr bool leap_year(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
constexpr int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap_year(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}
// Days since 0001-01-01.
constexpr std::int64_t days_of(int year, int month, int day) {
  const std::int64_t before = year - 1;
  std::int64_t days = before * 365 + before / 4 - before / 100 + before / 400;
  for (int i = 1; i < month; ++i) days += days_in_month(year, i);
  return days + day - 1;
}

struct DateParts {
  int year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction = 0;  // ticks of the second

  [[nodiscard]] constexpr bool valid() const {
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, month) && hour >= 0 && hour < 24 && minute >= 0 &&
           minute < 60 && second >= 0 && second < 60 && fraction >= 0 && fraction < kTicksPerSecond;
  }
  // Of valid parts.
  [[nodiscard]] constexpr std::int64_t ticks() const {
    return days_of(year, month, day) * kTicksPerDay + hour * kTicksPerHour +
           minute * kTicksPerMinute + second * kTicksPerSecond + fraction;
  }
};

constexpr DateParts parts_of(std::int64_t ticks) {
  DateParts out;
  std::int64_t days = ticks / kTicksPerDay;
  std::int64_t rest = ticks % kTicksPerDay;
  const std::int64_t centuries4 = days / 146097;
  days %= 146097;
  std::int64_t centuries = days / 36524;
  if (centuries == 4) centuries = 3;
  days -= centuries * 36524;
  const std::int64_t years4 = days / 1461;
  days %= 1461;
  std::int64_t years = days / 365;
  if (years == 4) years = 3;
  days -= years * 365;
  out.year = static_cast<int>(centuries4 * 400 + centuries * 100 + years4 * 4 + years + 1);
  while (days >= days_in_month(out.year, out.month)) days -= days_in_month(out.year, out.month++);
  out.day = static_cast<int>(days) + 1;
  out.hour = static_cast<int>(rest / kTicksPerHour);
  rest %= kTicksPerHour;
  out.minute = static_cast<int>(rest / kTicksPerMinute);
  rest %= kTicksPerMinute;
  out.second = static_cast<int>(rest / kTicksPerSecond);
  out.fraction = static_cast<int>(rest % kTicksPerSecond);
  return out;
}
// 0: Sunday.
constexpr int day_of_week(std::int64_t ticks) {
  return static_cast<int>((ticks / kTicksPerDay + 1) % 7);
}

}  // namespace gateway::expression
