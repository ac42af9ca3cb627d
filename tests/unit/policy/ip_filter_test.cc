#include <catch2/catch.hpp>

#include "support/scripted_host.h"

using namespace gateway::policy;

TEST_CASE("ip-filter compares addresses as numbers, IPv4 and IPv6 apart") {
  struct Row {
    const char* filter;
    const char* caller;
    const char* reason;  // "" = it may pass
  };
  constexpr const char* kAllowRange =
      "<ip-filter action='allow'><address-range from='10.0.0.9' to='10.0.1.1'/></ip-filter>";
  constexpr const char* kAllowV6 =
      "<ip-filter action='allow'><address-range from='2001:db8::9' to='2001:db8::ff'/></ip-filter>";
  constexpr const char* kForbid =
      "<ip-filter "
      "action='forbid'><address>10.1.1.1</address><address>2001:DB8:0::1</address></ip-filter>";
  constexpr Row kRows[] = {
      {kAllowRange, "10.0.0.8", "CallerIpNotAllowed"},
      {kAllowRange, "10.0.0.9", ""},
      {kAllowRange, "10.0.0.10", ""},
      {kAllowRange, "10.0.0.255", ""},
      {kAllowRange, "10.0.1.1", ""},
      {kAllowRange, "10.0.1.2", "CallerIpNotAllowed"},
      {kAllowRange, "9.255.255.255", "CallerIpNotAllowed"},
      {kAllowRange, "::ffff:10.0.0.10", ""},
      {kAllowRange, "2001:db8::10", "CallerIpNotAllowed"},
      {kAllowRange, "", "FailedToParseCallerIP"},
      {kAllowRange, "10.0.0", "FailedToParseCallerIP"},
      {kAllowRange, "unix:/run/x", "FailedToParseCallerIP"},
      {kAllowV6, "2001:db8::8", "CallerIpNotAllowed"},
      {kAllowV6, "2001:db8::9", ""},
      {kAllowV6, "2001:0db8:0:0::a", ""},
      {kAllowV6, "2001:db8::ff", ""},
      {kAllowV6, "2001:db8::100", "CallerIpNotAllowed"},
      {kAllowV6, "10.0.0.10", "CallerIpNotAllowed"},
      {kForbid, "10.1.1.1", "CallerIpBlocked"},
      {kForbid, "10.1.1.2", ""},
      {kForbid, "2001:db8::1", "CallerIpBlocked"},
      {kForbid, "2001:db8::2", ""},
      {kForbid, "not an address", ""},
  };
  ScriptedHost host;
  for (const Row& row : kRows) {
    INFO(row.filter << " of " << row.caller);
    REQUIRE(host.compile_section("inbound", row.filter) == "");
    host.address = row.caller;
    host.answers = {{}};
    host.send("GET", "/");
    const LastError* error = host.run().last_error();
    CHECK((error ? std::string(error->reason) : "") == row.reason);
    CHECK(host.run().response.status == (*row.reason ? 403 : 200));
    CHECK(host.forwarded.size() == (*row.reason ? 0 : 1));
  }
}
