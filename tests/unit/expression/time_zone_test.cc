#include <catch2/catch.hpp>

#include <string>

#include "expression/library/calendar.h"
#include "expression/library/time_zone.h"

using namespace gateway::expression;

namespace {

std::int64_t unix_time(int year, int month, int day, int hour, int minute = 0) {
  return (DateParts{year, month, day, hour, minute}.ticks() - kUnixEpochTicks) / kTicksPerSecond;
}

}  // namespace

TEST_CASE("zones by IANA and by Windows id") {
  const auto paris = ZoneRules::load("Europe/Paris");
  const auto romance = ZoneRules::load("Romance Standard Time");
  REQUIRE((paris && romance));
  for (const auto& zone : {*paris, *romance}) {
    CHECK(zone.standard_offset() == 3600);
    CHECK(zone.has_daylight());
    CHECK(zone.at_utc(unix_time(2024, 1, 1, 0)).seconds == 3600);
    CHECK(zone.at_utc(unix_time(2024, 7, 1, 0)).seconds == 7200);
    CHECK(zone.at_utc(unix_time(2024, 3, 31, 0, 59)).seconds == 3600);
    CHECK(zone.at_utc(unix_time(2024, 3, 31, 1)).seconds == 7200);
    CHECK(zone.at_utc(unix_time(2099, 7, 1, 0)).seconds == 7200);  // by the rule at the file's end
  }
  CHECK(ZoneRules::load("india standard time")->standard_offset() == 19800);
  CHECK(ZoneRules::load("Pacific Standard Time")->standard_offset() == -28800);
  CHECK(ZoneRules::load("AUS Eastern Standard Time")->at_utc(unix_time(2060, 1, 1, 0)).seconds ==
        39600);
  CHECK(ZoneRules::load("UTC")->standard_offset() == 0);
}

TEST_CASE("clock times that are there twice or never") {
  const auto berlin = ZoneRules::load("W. Europe Standard Time");
  REQUIRE(berlin);
  CHECK(berlin->at_local(unix_time(2024, 3, 31, 2, 30)).invalid);
  CHECK(berlin->at_local(unix_time(2024, 3, 31, 3)).offset.seconds == 7200);
  CHECK(berlin->at_local(unix_time(2024, 3, 31, 1, 59)).offset.seconds == 3600);
  CHECK(berlin->at_local(unix_time(2024, 10, 27, 2, 30)).ambiguous);
  CHECK(berlin->at_local(unix_time(2024, 10, 27, 2, 30)).offset.seconds == 3600);
  CHECK(berlin->at_local(unix_time(2024, 10, 27, 1, 59)).offset.seconds == 7200);
}

TEST_CASE("what is no zone") {
  for (const char* id : {"", "Nowhere/City", "../../../etc/passwd", "/etc/passwd", "Europe",
                         "zone.tab", "Europe/Paris\n"}) {
    CAPTURE(id);
    CHECK_FALSE(ZoneRules::load(id));
  }
  CHECK_FALSE(ZoneRules::parse("TZif2"));
  const std::string header = std::string("TZif2") + std::string(15, '\0') + std::string(24, '\xff');
  CHECK_FALSE(ZoneRules::parse(header));
}
