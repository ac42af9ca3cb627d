#include <catch2/catch.hpp>

#include "expression/library/guid.h"
#include "expression/library_result.h"

using gateway::expression::format_guid;
using gateway::expression::parse_guid;

TEST_CASE("Guid: every form is written and read") {
  const auto bytes = parse_guid("01020304-0506-0708-090a-0b0c0d0e0f10");
  REQUIRE(bytes);
  const struct {
    const char* format;
    const char* text;
  } rows[] = {
      {"", "01020304-0506-0708-090a-0b0c0d0e0f10"},
      {"N", "0102030405060708090a0b0c0d0e0f10"},
      {"d", "01020304-0506-0708-090a-0b0c0d0e0f10"},
      {"B", "{01020304-0506-0708-090a-0b0c0d0e0f10}"},
      {"P", "(01020304-0506-0708-090a-0b0c0d0e0f10)"},
      {"X", "{0x01020304,0x0506,0x0708,{0x09,0x0a,0x0b,0x0c,0x0d,0x0e,0x0f,0x10}}"},
  };
  for (const auto& row : rows) {
    CHECK(format_guid(*bytes, row.format) == row.text);
    CHECK(parse_guid(row.text) == bytes);
    CHECK(parse_guid("  " + std::string(row.text) + " ") == bytes);
  }
  CHECK(format_guid(*bytes, "Q").empty());
}

TEST_CASE("Guid: what is none") {
  for (const char* text : {"", "x", "01020304-0506-0708-090a-0b0c0d0e0f1", "{01020304-0506-0708-090a-0b0c0d0e0f10)",
                           "0102030405060708090a0b0c0d0e0f1g", "{0x1,0x2,0x3,{0x4}}", "01020304.0506-0708-090a-0b0c0d0e0f10"}) {
    INFO(text);
    CHECK_FALSE(parse_guid(text));
  }
}

TEST_CASE("Guid: the members") {
  CHECK_CASES({
      {R"(Guid.Empty.ToString())", "00000000-0000-0000-0000-000000000000"},
      {R"(Guid.Empty)", "00000000-0000-0000-0000-000000000000"},
      {R"(Guid.NewGuid().ToString("D").Length)", "36"},
      {R"(Guid.NewGuid() == Guid.NewGuid())", "False"},
      {R"(Guid.NewGuid().ToString()[14])", "4"},
      {R"(Guid.Parse("01020304-0506-0708-090A-0B0C0D0E0F10").ToString("N"))", "0102030405060708090a0b0c0d0e0f10"},
      {R"(BitConverter.ToString(Guid.Parse("01020304-0506-0708-090A-0B0C0D0E0F10").ToByteArray()))",
       "04-03-02-01-06-05-08-07-09-0A-0B-0C-0D-0E-0F-10"},
      {R"(new Guid(Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10").ToByteArray()))",
       "01020304-0506-0708-090a-0b0c0d0e0f10"},
      {R"(Guid.Parse("01020304-0506-0708-090A-0B0C0D0E0F10") == new Guid("{01020304-0506-0708-090a-0b0c0d0e0f10}"))", "True"},
      {R"(Guid.Parse("01020304-0506-0708-090A-0B0C0D0E0F10").Equals(Guid.Empty))", "False"},
      {R"({ Guid g; return Guid.TryParse("nonsense", out g) + " " + g; })",
       "False 00000000-0000-0000-0000-000000000000"},
      {R"({ return Guid.TryParse("01020304-0506-0708-090A-0B0C0D0E0F10", out var g) ? g.ToString("B") : "no"; })",
       "{01020304-0506-0708-090a-0b0c0d0e0f10}"},
      {R"(Guid.Parse("nonsense"))",
       "!FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."},
  });
}
