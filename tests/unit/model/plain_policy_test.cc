#include <catch2/catch.hpp>

#include "model/plain_policy.h"

using namespace gateway;

TEST_CASE("A document of base, forward-request and comments counts as none") {
  for (const char* document : {
           "<policies/>",
           "<policies></policies>",
           "<policies><inbound><base/></inbound><backend><base /></backend>"
           "<outbound><base/></outbound><on-error><base/></on-error></policies>",
           "\xEF\xBB\xBF <!-- a > b --> <policies>\r\n<inbound/>\n"
           "<backend>\t<forward-request></forward-request><!-- <set-header/> --></backend></policies>\n",
           "<policies><inbound></inbound></policies>",
       }) {
    INFO(document);
    CHECK(beyond_forwarding(document).empty());
  }
}

TEST_CASE("Any other document says why it is more") {
  struct Row {
    const char* document;
    const char* why;
  };
  constexpr Row kRows[] = {
      {"<policies><inbound><set-header name=\"a\"/></inbound></policies>", "\"set-header\" in <inbound>"},
      {"<policies><backend><forward-request timeout=\"1\"/></backend></policies>", "forward-request"},
      {"<policies><inbound><forward-request/></inbound></policies>", "\"forward-request\" in <inbound>"},
      {"<policies><backend></backend></policies>", "without <base/>"},
      {"<policies><backend/></policies>", "without <base/>"},
      {"<policies><backend><!-- <base/> --></backend></policies>", "without <base/>"},
      {"<policies><inbound/><inbound/></policies>", "can be read only"},
      {"<policies><inbound>text</inbound></policies>", "can be read only"},
      {"<policies><inbound><base></inbound></policies>", "can be read only"},
      {"<policies><inbound><base/>", "can be read only"},
      {"<policies></policies><policies/>", "can be read only"},
      {"<!DOCTYPE a [<!ENTITY b \"c\">]><policies/>", "can be read only"},
      {"<policies><inbound><base/></outbound></policies>", "can be read only"},
      {"<policies><!-- never ended</policies>", "can be read only"},
      {"<fragment/>", "can be read only"},
      {"@(1)", "can be read only"},
      {"", "can be read only"},
  };
  for (const Row& row : kRows) {
    INFO(row.document);
    CHECK_THAT(beyond_forwarding(row.document), Catch::Contains(row.why));
  }
}
