#include <catch2/catch.hpp>

#include "library_result.h"

// learn.microsoft.com/dotnet/api/system.datetime
TEST_CASE("DateTime") {
  CHECK_CASES({
      {"new DateTime(2024, 2, 29).AddYears(1).ToString(\"yyyy-MM-dd\")", "2025-02-28"},
      {"new DateTime(2024, 1, 31).AddMonths(1).ToString(\"d\")", "02/29/2024"},
      {"new DateTime(2024, 1, 1).AddDays(1.5).ToString(\"s\")", "2024-01-02T12:00:00"},
      {"(new DateTime(2024, 3, 1) - new DateTime(2024, 2, 1)).TotalDays", "29"},
      {"(new DateTime(2024, 3, 1) + TimeSpan.FromHours(1)).ToString()", "03/01/2024 01:00:00"},
      {"new DateTime(2024, 3, 1) > new DateTime(2024, 2, 1)", "True"},
      {"new DateTime(2024, 3, 1).DayOfWeek", "Friday"},
      {"new DateTime(2024, 3, 1).DayOfYear", "61"},
      {"DateTime.DaysInMonth(2023, 2)", "28"},
      {"new DateTime(2023, 2, 29)",
       "!ArgumentOutOfRangeException: Year, Month, and Day parameters describe an un-representable "
       "DateTime."},
      {"DateTime.Parse(\"nonsense\")",
       "!FormatException: String was not recognized as a valid DateTime."},
      {"DateTime.ParseExact(\"20240301\", \"yyyyMMdd\", null).Month", "3"},
      {"{ DateTime d; return DateTime.TryParse(\"2024-03-01T00:00:00Z\", out d) ? "
       "d.ToString(\"r\") : \"no\"; }",
       "Fri, 01 Mar 2024 00:00:00 GMT"},
      {"DateTime.UtcNow.Kind", "Utc"},
      {"(DateTime.UtcNow - DateTime.Now).TotalMinutes < 1 && DateTime.UtcNow.Year >= 2024", "True"},
      {"DateTime.MaxValue.AddDays(1)",
       "!ArgumentOutOfRangeException: The added or subtracted value results in an un-representable "
       "DateTime."},
  });
}

// learn.microsoft.com/dotnet/api/system.datetimeoffset
TEST_CASE("DateTimeOffset") {
  CHECK_CASES({
      {"DateTimeOffset.FromUnixTimeSeconds(1709251200).ToString(\"o\")",
       "2024-03-01T00:00:00.0000000+00:00"},
      {"new DateTimeOffset(new DateTime(2024, 3, 1)).ToUnixTimeSeconds()", "1709251200"},
      {"DateTimeOffset.Parse(\"2024-03-01T02:00:00+02:00\").ToUnixTimeMilliseconds()",
       "1709251200000"},
      {"DateTimeOffset.Parse(\"2024-03-01T02:00:00+02:00\").UtcDateTime.ToString(\"u\")",
       "2024-03-01 00:00:00Z"},
      {"DateTimeOffset.FromUnixTimeSeconds(0).ToOffset(TimeSpan.FromHours(-8)).ToString()",
       "12/31/1969 16:00:00 -08:00"},
      {"DateTimeOffset.FromUnixTimeSeconds(1) > DateTimeOffset.FromUnixTimeSeconds(0)", "True"},
      {"DateTimeOffset.UtcNow.AddMinutes(5).Subtract(DateTimeOffset.UtcNow).TotalMinutes > 4",
       "True"},
  });
}

// learn.microsoft.com/dotnet/api/system.timespan
TEST_CASE("TimeSpan") {
  CHECK_CASES({
      {"TimeSpan.FromMilliseconds(1500)", "00:00:01.5000000"},
      {"new TimeSpan(1, 2, 3).TotalSeconds", "3723"},
      {"TimeSpan.Parse(\"1.02:03:04\").Days", "1"},
      {"(TimeSpan.FromMinutes(90) - TimeSpan.FromHours(2)).ToString()", "-00:30:00"},
      {"TimeSpan.FromSeconds(90).ToString(@\"mm\\:ss\")", "01:30"},
      {"TimeSpan.Parse(\"25:00:00\")",
       "!OverflowException: The TimeSpan string could not be parsed because at least one of the "
       "numeric components is out of range or contains too many digits."},
      {"TimeSpan.FromDays(1e10)",
       "!OverflowException: TimeSpan overflowed because the duration is too long."},
  });
}

// learn.microsoft.com/dotnet/api/system.timezoneinfo
TEST_CASE("TimeZoneInfo") {
  CHECK_CASES({
      {"TimeZoneInfo.ConvertTimeFromUtc(new DateTime(2024, 7, 1), "
       "TimeZoneInfo.FindSystemTimeZoneById(\"Romance Standard Time\")).Hour",
       "2"},
      {"TimeZoneInfo.ConvertTimeBySystemTimeZoneId(new DateTime(2024, 1, 1, 12, 0, 0, "
       "DateTimeKind.Utc), \"Pacific Standard Time\").Hour",
       "4"},
      {"TimeZoneInfo.ConvertTimeToUtc(new DateTime(2024, 7, 1, 2, 0, 0), "
       "TimeZoneInfo.FindSystemTimeZoneById(\"Europe/Berlin\")).Hour",
       "0"},
      {"TimeZoneInfo.FindSystemTimeZoneById(\"Eastern Standard Time\").BaseUtcOffset", "-05:00:00"},
      {"TimeZoneInfo.Utc.Id", "UTC"},
      {"TimeZoneInfo.FindSystemTimeZoneById(\"Mars\")",
       "!TimeZoneNotFoundException: The time zone ID 'Mars' was not found on the local computer."},
  });
}
