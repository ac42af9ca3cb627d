#include "base/strings.h"

#include <catch2/catch.hpp>

using namespace gateway;

TEST_CASE("dates in RFC 3339 become seconds and come back in UTC") {
  struct Row {
    const char* text;
    std::int64_t seconds;
  };
  for (const Row& row : {Row{"1970-01-01T00:00:00Z", 0}, Row{"2026-11-23T08:30:00Z", 1795422600},
                         Row{"2000-02-29T23:59:59Z", 951868799}, Row{"1969-12-31T23:59:59Z", -1}}) {
    CAPTURE(row.text);
    CHECK(parse_rfc3339(row.text) == row.seconds);
    CHECK(format_rfc3339(row.seconds) == row.text);
  }
  CHECK(parse_rfc3339("2026-11-23T08:30:00.987654Z") == 1795422600);
  CHECK(parse_rfc3339("2026-11-23T10:30:00+02:00") == 1795422600);
  CHECK(parse_rfc3339("2026-11-23t03:00:00-05:30") == 1795422600);
}

TEST_CASE("what is no RFC 3339 date is refused") {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23T08:30:00", "2026-02-29T08:30:00Z", "2026-13-01T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T08:60:00Z", "2026-11-23T08:30:00.Z", "2026-11-23T08:30Z",
        "2026-11-23T08:30:00+2:00", "2026-11-23T08:30:00Z ", "+026-11-23T08:30:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("decimal numbers are digits only and bounded") {
  CHECK(parse_decimal("0") == 0u);
  CHECK(parse_decimal("65535", 65535) == 65535u);
  CHECK(parse_decimal("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x10", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text));
  }
  CHECK_FALSE(parse_decimal("65536", 65535));
}

TEST_CASE("UTF-8 is checked byte for byte") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"));
  for (const char* text : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xC3", "\xE2\x82"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("a quoted text shows control and broken bytes and has an end") {
  CHECK(quote("a\nb\x7F\xFF") == "\"a\\x0Ab\\x7F\\xFF\"");
  CHECK(quote("gr\xC3\xBC\xC3\x9F") == "\"gr\xC3\xBC\xC3\x9F\"");
  CHECK(quote(std::string(100, 'a'), 10) == "\"aaaaaaaaaa…\"");
}

TEST_CASE("text is trimmed, split, joined and compared") {
  CHECK(trim(" \t a b \r\n") == "a b");
  CHECK(trim("  ").empty());
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',').size() == 1);
  CHECK(join({"a", "b"}, ", ") == "a, b");
  CHECK(equals_ignoring_case("Host", "hOST"));
  CHECK_FALSE(equals_ignoring_case("Host", "Hosts"));
  CHECK(to_lower("AbC-1") == "abc-1");
}
