#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "expression/library/calendar.h"
#include "expression/library/date_format.h"

using namespace gateway::expression;

namespace {

constexpr std::int64_t kDate = DateParts{2009, 6, 15, 13, 45, 30, 6'175'425}.ticks();

std::string date(std::string_view format, std::uint32_t kind = kUnspecified,
                 std::int64_t ticks = kDate) {
  std::pmr::string out;
  return format_date({ticks, kind}, format, out) ? std::string(out) : "(none)";
}
std::string offset(std::string_view format, std::int32_t minutes) {
  std::pmr::string out;
  return format_date({kDate, 0, minutes}, format, out) ? std::string(out) : "(none)";
}
std::string span(std::int64_t ticks, std::string_view format = {}) {
  std::pmr::string out;
  return format_time_span(ticks, format, out) ? std::string(out) : "(none)";
}

// What is read, as "yyyy-MM-ddTHH:mm:ss.fffffff" with the kind that DateTime.Parse gives it.
constexpr std::int64_t kToday = DateParts{2026, 11, 25}.ticks();
std::string shown(const std::optional<ParsedDate>& parsed, std::uint32_t styles = 0) {
  const auto out = parsed ? date_time_of(*parsed, styles) : std::nullopt;
  return out ? date("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", out->kind, out->ticks) : "(none)";
}
std::string parsed(std::string_view text, std::uint32_t styles = 0) {
  return shown(parse_date(text, kToday), styles);
}
std::string exact(std::string_view text, std::string_view format, std::uint32_t styles = 0) {
  return shown(parse_date_exact(text, format, styles, kToday), styles);
}

}  // namespace

// learn.microsoft.com/dotnet/standard/base-types/standard-date-and-time-format-strings
TEST_CASE("standard date formats") {
  CHECK(date("") == "06/15/2009 13:45:30");
  CHECK(date("d") == "06/15/2009");
  CHECK(date("D") == "Monday, 15 June 2009");
  CHECK(date("f") == "Monday, 15 June 2009 13:45");
  CHECK(date("F") == "Monday, 15 June 2009 13:45:30");
  CHECK(date("g") == "06/15/2009 13:45");
  CHECK(date("G") == "06/15/2009 13:45:30");
  CHECK(date("m") == "June 15");
  CHECK(date("M") == "June 15");
  CHECK(date("o") == "2009-06-15T13:45:30.6175425");
  CHECK(date("O", kUtc) == "2009-06-15T13:45:30.6175425Z");
  CHECK(date("o", kLocal) == "2009-06-15T13:45:30.6175425+00:00");
  CHECK(date("r") == "Mon, 15 Jun 2009 13:45:30 GMT");
  CHECK(date("R") == "Mon, 15 Jun 2009 13:45:30 GMT");
  CHECK(date("s") == "2009-06-15T13:45:30");
  CHECK(date("t") == "13:45");
  CHECK(date("T") == "13:45:30");
  CHECK(date("u") == "2009-06-15 13:45:30Z");
  CHECK(date("U") == "Monday, 15 June 2009 13:45:30");
  CHECK(date("y") == "2009 June");
  CHECK(date("Y") == "2009 June");
  CHECK(date("q") == "(none)");
}

TEST_CASE("dates with an offset") {
  CHECK(offset("", -420) == "06/15/2009 13:45:30 -07:00");
  CHECK(offset("o", -420) == "2009-06-15T13:45:30.6175425-07:00");
  CHECK(offset("o", 0) == "2009-06-15T13:45:30.6175425+00:00");
  CHECK(offset("r", -420) == "Mon, 15 Jun 2009 20:45:30 GMT");
  CHECK(offset("u", 90) == "2009-06-15 12:15:30Z");
  CHECK(offset("zz", 90) == "+01");
  CHECK(offset("%z", -420) == "-7");
  CHECK(offset("%K", 90) == "+01:30");
  CHECK(offset("U", 0) == "(none)");
}

// learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings
TEST_CASE("custom date formats") {
  CHECK(date("%d") == "15");
  CHECK(date("ddd") == "Mon");
  CHECK(date("dddd") == "Monday");
  CHECK(date("%f") == "6");
  CHECK(date("ffff") == "6175");
  CHECK(date("fffffff") == "6175425");
  CHECK(date("ffffffff") == "(none)");
  CHECK(date("ss.FFF") == "30.617");
  CHECK(date("ss.FFF", kUtc, kDate - 6'175'425) == "30");
  CHECK(date("%h") == "1");
  CHECK(date("hh:mm tt") == "01:45 PM");
  CHECK(date("%t") == "P");
  CHECK(date("HH") == "13");
  CHECK(date("%M") == "6");
  CHECK(date("MMM") == "Jun");
  CHECK(date("MMMM") == "June");
  CHECK(date("%y") == "9");
  CHECK(date("yy") == "09");
  CHECK(date("yyyy") == "2009");
  CHECK(date("yyyyy") == "02009");
  CHECK(date("yyyy-MM-ddTHH:mm:ssZ") == "2009-06-15T13:45:30Z");
  CHECK(date("yyyy-MM-ddTHH:mm:ss.fffK", kUtc) == "2009-06-15T13:45:30.617Z");
  CHECK(date("h 'h. 'm \"min\"") == "1 h. 45 min");
  CHECK(date("hh\\h") == "01h");
  CHECK(date("yyyy'") == "(none)");
  CHECK(date("yyyy%") == "(none)");
  CHECK(date("ddd, dd MMM yyy HH':'mm':'ss 'GMT'") == "Mon, 15 Jun 2009 13:45:30 GMT");
  CHECK(date("hh", kUtc, 0) == "12");
}

TEST_CASE("the calendar reaches from the first to the last tick") {
  CHECK(date("o", kUnspecified, 0) == "0001-01-01T00:00:00.0000000");
  CHECK(date("o", kUnspecified, kMaxTicks) == "9999-12-31T23:59:59.9999999");
  CHECK(date("D", kUnspecified, DateParts{2000, 2, 29}.ticks()) == "Tuesday, 29 February 2000");
  CHECK(DateParts{1970, 1, 1}.ticks() == kUnixEpochTicks);
  for (std::int64_t day = 0; day < 146097 * 2; day += 1) {
    const DateParts parts = parts_of(day * kTicksPerDay);
    REQUIRE(parts.valid());
    REQUIRE(parts.ticks() == day * kTicksPerDay);
  }
}

// learn.microsoft.com/dotnet/api/system.datetime.parse
TEST_CASE("dates in the forms of the invariant culture") {
  CHECK(parsed("2008-05-01") == "2008-05-01T00:00:00");
  CHECK(parsed("2008-05-01T07:34:42-5:00") == "2008-05-01T12:34:42+00:00");
  CHECK(parsed("2008-05-01 14:34:42Z") == "2008-05-01T14:34:42+00:00");
  CHECK(parsed("2008-05-01T14:34:42.1234567Z", DateStyles::kRoundtripKind) ==
        "2008-05-01T14:34:42.1234567Z");
  CHECK(parsed("2008-05-01T14:34:42",
               DateStyles::kAssumeUniversal | DateStyles::kAdjustToUniversal) ==
        "2008-05-01T14:34:42Z");
  CHECK(parsed("2008-05-01T14:34:42", DateStyles::kAssumeUniversal) == "2008-05-01T14:34:42+00:00");
  CHECK(parsed("2008-05-01T14:34:42+02:00", DateStyles::kAdjustToUniversal) ==
        "2008-05-01T12:34:42Z");
  CHECK(parsed("2008-05-01T14:34") == "2008-05-01T14:34:00");
  CHECK(parsed("2008-05") == "2008-05-01T00:00:00");
  CHECK(parsed("Thu, 01 May 2008 07:34:42 GMT") == "2008-05-01T07:34:42+00:00");
  CHECK(parsed("Fri, 01 May 2008 07:34:42 GMT") == "(none)");  // it was a Thursday
  CHECK(parsed("5/1/2008 8:30:52 AM") == "2008-05-01T08:30:52");
  CHECK(parsed("05/01/2008 12:00 AM") == "2008-05-01T00:00:00");
  CHECK(parsed("5/1/2008 8:30:52 pm") == "2008-05-01T20:30:52");
  CHECK(parsed("05/01/2008 14:57:32.8") == "2008-05-01T14:57:32.8");
  CHECK(parsed("1 May 2008 2:57:32.8 PM") == "2008-05-01T14:57:32.8");
  CHECK(parsed("May 1, 2008") == "2008-05-01T00:00:00");
  CHECK(parsed("16-Feb-2009") == "2009-02-16T00:00:00");
  CHECK(parsed("February 2009") == "2009-02-01T00:00:00");
  CHECK(parsed("2009/02/16") == "2009-02-16T00:00:00");
  CHECK(parsed("2/16/09") == "2009-02-16T00:00:00");
  CHECK(parsed("10:30") == "2026-11-25T10:30:00");
  CHECK(parsed("10 PM") == "2026-11-25T22:00:00");
  CHECK(parsed(" 2009-02-16 ") == "2009-02-16T00:00:00");
  CHECK(parsed("2009-02-16T24:00:00") == "2009-02-17T00:00:00");
  CHECK(parsed("16/02/2009") == "(none)");
  CHECK(parsed("2009-02-30") == "(none)");
  CHECK(parsed("2009-02-16T25:00:00") == "(none)");
  CHECK(parsed("2009-02-16T10:61:00") == "(none)");
  CHECK(parsed("0001-01-01T00:00:00+10:00") == "(none)");  // before the first tick
  CHECK(parsed("9999-12-31T23:59:59.99999999") == "(none)");
  CHECK(parsed("13:00 AM") == "(none)");
  CHECK(parsed("") == "(none)");
  CHECK(parsed("abc") == "(none)");
  CHECK(parsed("20090216") == "(none)");
  CHECK(parsed(std::string(100000, '1')) == "(none)");
  CHECK(parsed("2009-") == "(none)");
  CHECK(parsed("1/2/3/4") == "(none)");
}

// learn.microsoft.com/dotnet/api/system.datetime.parseexact
TEST_CASE("dates in an exact format") {
  CHECK(exact("06/15/2008", "d") == "2008-06-15T00:00:00");
  CHECK(exact("Sun 15 Jun 2008 8:30 AM -06:00", "ddd dd MMM yyyy h:mm tt zzz") ==
        "2008-06-15T14:30:00+00:00");
  CHECK(exact("2009-06-15T13:45:30.6175425Z", "o", DateStyles::kRoundtripKind) ==
        "2009-06-15T13:45:30.6175425Z");
  CHECK(exact("2009-06-15T13:45:30", "s") == "2009-06-15T13:45:30");
  CHECK(exact("Mon, 15 Jun 2009 13:45:30 GMT", "r") == "2009-06-15T13:45:30");
  CHECK(exact("20090615", "yyyyMMdd") == "2009-06-15T00:00:00");
  CHECK(exact("20090615134530", "yyyyMMddHHmmss") == "2009-06-15T13:45:30");
  CHECK(exact("15.6.09", "d.M.yy") == "2009-06-15T00:00:00");
  CHECK(exact("12:30:00.12", "HH:mm:ss.FFF") == "2026-11-25T12:30:00.12");
  CHECK(exact("12:30:00", "HH:mm:ss.FFF") == "2026-11-25T12:30:00");
  CHECK(exact("12 AM", "h tt") == "2026-11-25T00:00:00");
  CHECK(exact("2009-06-15", "yyyy-MM-dd HH:mm") == "(none)");
  CHECK(exact("2009-06-15x", "yyyy-MM-dd") == "(none)");
  CHECK(exact("2009-6-15", "yyyy-MM-dd") == "(none)");
  CHECK(exact(" 2009-06-15 ", "yyyy-MM-dd") == "(none)");
  CHECK(exact(" 2009-06-15 ", "yyyy-MM-dd",
              DateStyles::kLeadingWhite | DateStyles::kTrailingWhite) == "2009-06-15T00:00:00");
  CHECK(exact("at 7 o'clock", "'at 'H' o'\\''clock'") == "2026-11-25T07:00:00");
}

// learn.microsoft.com/dotnet/standard/base-types/standard-timespan-format-strings
TEST_CASE("time spans") {
  const std::int64_t positive = kTicksPerDay + 2 * kTicksPerHour + 3 * kTicksPerMinute +
                                4 * kTicksPerSecond + 5 * kTicksPerMillisecond;
  CHECK(span(0) == "00:00:00");
  CHECK(span(30 * kTicksPerMinute, "c") == "00:30:00");
  CHECK(span(positive, "c") == "1.02:03:04.0050000");
  CHECK(span(-positive) == "-1.02:03:04.0050000");
  CHECK(span(positive, "g") == "1:2:03:04.005");
  CHECK(span(3 * kTicksPerHour + 17 * kTicksPerMinute, "g") == "3:17:00");
  CHECK(span(positive, "G") == "1:02:03:04.0050000");
  CHECK(span(kTicksPerHour, "G") == "0:01:00:00.0000000");
  CHECK(span(std::numeric_limits<std::int64_t>::min()) == "-10675199.02:48:05.4775808");
  CHECK(span(positive, "hh\\:mm\\:ss") == "02:03:04");
  CHECK(span(positive, "d' days 'h' hours'") == "1 days 2 hours");
  CHECK(span(positive, "%d") == "1");
  CHECK(span(positive, "dddddddd") == "00000001");
  CHECK(span(positive, "ss\\.fff") == "04.005");
  CHECK(span(positive, "hh:mm") == "(none)");
  CHECK(span(positive, "x") == "(none)");
}

// learn.microsoft.com/dotnet/api/system.timespan.parse
TEST_CASE("time spans are parsed") {
  const auto read = [](std::string_view text) {
    SpanFault fault = SpanFault::None;
    const auto value = parse_time_span(text, fault);
    return value                          ? span(*value)
           : fault == SpanFault::Overflow ? std::string("overflow")
                                          : std::string("format");
  };
  CHECK(read("0") == "00:00:00");
  CHECK(read("14") == "14.00:00:00");
  CHECK(read("1:2:3") == "01:02:03");
  CHECK(read("0:0:0.250") == "00:00:00.2500000");
  CHECK(read("10.20:30:40.50") == "10.20:30:40.5000000");
  CHECK(read("99.23:59:59.9999999") == "99.23:59:59.9999999");
  CHECK(read("1:2") == "01:02:00");
  CHECK(read("6.12:14") == "6.12:14:00");
  CHECK(read("6:12:14:45") == "6.12:14:45");
  CHECK(read(" -00:00:01 ") == "-00:00:01");
  CHECK(read("0023:0059:0059.0099") == "23:59:59.0099000");
  CHECK(read("24:00:00") == "overflow");
  CHECK(read("23:60:00") == "overflow");
  CHECK(read("10675200") == "overflow");
  CHECK(read("99999999999999999999") == "overflow");
  CHECK(read("") == "format");
  CHECK(read("1.") == "format");
  CHECK(read("1.2") == "format");
  CHECK(read("1:2:3:4:5") == "format");
  CHECK(read("a") == "format");
  CHECK(read("10:") == "format");
  CHECK(read("-10675199.02:48:05.4775808") == "-10675199.02:48:05.4775808");
  CHECK(read("10675199.02:48:05.4775808") == "overflow");
}
