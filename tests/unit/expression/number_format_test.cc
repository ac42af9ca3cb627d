#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

#include "expression/library/number_format.h"

using namespace gateway::expression;

namespace {

std::string integer(std::int64_t value, std::string_view format, Kind kind = Kind::Int32) {
  std::pmr::string out;
  return format_integer(value, kind, format, out) ? std::string(out) : "(none)";
}
std::string real(double value, std::string_view format = {}) {
  std::pmr::string out;
  return format_double(value, format, out) ? std::string(out) : "(none)";
}
std::string single(float value, std::string_view format = {}) {
  std::pmr::string out;
  return format_single(value, format, out) ? std::string(out) : "(none)";
}
std::string decimal(std::string_view text, std::string_view format) {
  ParseFault fault = ParseFault::None;
  std::pmr::string out;
  return format_decimal(*parse_decimal(text, NumberStyles::kFloat, fault), format, out)
             ? std::string(out)
             : "(none)";
}

}  // namespace

// learn.microsoft.com/dotnet/standard/base-types/standard-numeric-format-strings
TEST_CASE("integers in standard formats") {
  CHECK(integer(123456, "") == "123456");
  CHECK(integer(-1234, "D6") == "-001234");
  CHECK(integer(1234, "D") == "1234");
  CHECK(integer(-1234, "F4") == "-1234.0000");
  CHECK(integer(1234, "F") == "1234.00");
  CHECK(integer(1234, "N") == "1,234.00");
  CHECK(integer(-1234567, "N0") == "-1,234,567");
  CHECK(integer(255, "X") == "FF");
  CHECK(integer(255, "x4") == "00ff");
  CHECK(integer(-1, "x") == "ffffffff");
  CHECK(integer(-1, "X", Kind::SByte) == "FF");
  CHECK(integer(-1, "X", Kind::Int64) == "FFFFFFFFFFFFFFFF");
  CHECK(integer(42, "B") == "101010");
  CHECK(integer(1, "P") == "100.00 %");
  CHECK(integer(123, "C") == "¤123.00");
  CHECK(integer(-123, "C1") == "(¤123.0)");
  CHECK(integer(12345, "E2") == "1.23E+004");
  CHECK(integer(12345, "G2") == "1.2E+04");
  CHECK(integer(0, "N2") == "0.00");
  CHECK(integer(-1, "G", Kind::UInt64) == "18446744073709551615");
  CHECK(integer(std::numeric_limits<std::int64_t>::min(), "", Kind::Int64) ==
        "-9223372036854775808");
  CHECK(integer(1, "Q") == "(none)");
  CHECK(integer(1, "D999999999999") == "D999999999999");  // too long for a precision: custom
}

TEST_CASE("doubles in standard formats") {
  CHECK(real(1052.0329112756, "C") == "¤1,052.03");
  CHECK(real(-1052.0329112756, "e2") == "-1.05e+003");
  CHECK(real(1052.0329112756, "E") == "1.052033E+003");
  CHECK(real(1234.567, "F") == "1234.57");
  CHECK(real(-1234.56, "F4") == "-1234.5600");
  CHECK(real(-123.456, "G") == "-123.456");
  CHECK(real(123.4546, "G4") == "123.5");
  CHECK(real(-1.234567890e-25, "G") == "-1.23456789E-25");
  CHECK(real(-1234.56, "N3") == "-1,234.560");
  CHECK(real(-0.39678, "P1") == "-39.7 %");
  CHECK(real(1, "P") == "100.00 %");
  CHECK(real(123456789.12345678, "R") == "123456789.12345678");
  CHECK(real(0.1 + 0.2) == "0.30000000000000004");
  CHECK(real(1e14) == "100000000000000");
  CHECK(real(1e15) == "1E+15");
  CHECK(real(1234567890123456.0) == "1234567890123456");
  CHECK(real(123456789012345680.0) == "1.2345678901234568E+17");
  CHECK(real(0.0001) == "0.0001");
  CHECK(real(0.00001) == "1E-05");
  CHECK(real(0.00001, "g") == "1e-05");
  CHECK(real(1.7976931348623157E+308) == "1.7976931348623157E+308");
  CHECK(real(5e-324) == "5E-324");
  CHECK(real(-0.0) == "-0");
  CHECK(real(3) == "3");
  CHECK(real(2.5, "F0") == "2");  // to even, as the documentation says of .NET Core
  CHECK(real(0.125, "F2") == "0.12");
  CHECK(real(1.005, "F2") == "1.00");
  CHECK(real(1, "D") == "(none)");
  CHECK(real(1, "X") == "(none)");
  CHECK(real(std::nan(""), "N2") == "NaN");
  CHECK(real(-std::numeric_limits<double>::infinity()) == "-Infinity");
  CHECK(real(1.0 / 3, "F20") == "0.33333333333333331483");
}

TEST_CASE("floats print their own shortest form") {
  CHECK(single(0.1F) == "0.1");
  CHECK(single(16777216.0F) == "16777216");
  CHECK(single(1e7F) == "1E+07");
  CHECK(single(3.4028235E+38F) == "3.4028235E+38");
  CHECK(single(1234.5F, "N1") == "1,234.5");
}

TEST_CASE("decimals keep their zeros in G and lose them elsewhere") {
  CHECK(decimal("1.50", "") == "1.50");
  CHECK(decimal("1.50", "G2") == "1.5");
  CHECK(decimal("1234.5", "N2") == "1,234.50");
  CHECK(decimal("0.125", "F2") == "0.13");  // away from zero
  CHECK(decimal("-0.001", "F2") == "0.00");
  CHECK(decimal("0.0000000000000000000000000001", "") == "0.0000000000000000000000000001");
  CHECK(decimal("123.456", "C") == "¤123.46");
  CHECK(decimal("1", "D") == "(none)");
}

// learn.microsoft.com/dotnet/standard/base-types/custom-numeric-format-strings
TEST_CASE("custom numeric formats") {
  CHECK(real(1234.5678, "00000") == "01235");
  CHECK(real(0.45678, "0.00") == "0.46");
  CHECK(real(1234.5678, "#####") == "1235");
  CHECK(real(0.45678, "#.##") == ".46");
  CHECK(real(0, "#") == "");
  CHECK(real(2147483647, "##,#") == "2,147,483,647");
  CHECK(real(2147483647, "#,#,,") == "2,147");
  CHECK(real(1234567890, "#,##0,,") == "1,235");
  CHECK(real(0.3697, "%#0.00") == "%36.97");
  CHECK(real(0.3697, "##.0 %") == "37.0 %");
  CHECK(real(0.03697, "#0.00‰") == "36.97‰");
  CHECK(real(987654, "#0.0e0") == "98.8e4");
  CHECK(real(1503.92311, "0.0##e+00") == "1.504e+03");
  CHECK(real(1.8901385E-16, "0.0e+00") == "1.9e-16");
  CHECK(real(86000, "0.###E+0") == "8.6E+4");
  CHECK(real(86000, "0.###E-000") == "8.6E004");
  CHECK(real(68, "# 'degrees'") == "68 degrees");
  CHECK(real(-68, "# \"degrees\"") == "-68 degrees");
  CHECK(real(12.345, "#0.0#;(#0.0#);-\\0-") == "12.35");
  CHECK(real(0, "#0.0#;(#0.0#);-\\0-") == "-0-");
  CHECK(real(-12.345, "#0.0#;(#0.0#);-\\0-") == "(12.35)");
  CHECK(real(12.345, "#0.0#;(#0.0#)") == "12.35");
  CHECK(real(1234567890, "(###) ###-####") == "(123) 456-7890");
  CHECK(integer(9, "000") == "009");
  CHECK(integer(1234, "#,##0.00") == "1,234.00");
  CHECK(integer(-1234, "#,##0.##;(#)") == "(1234)");
  CHECK(integer(5, "\\#0") == "#5");
  CHECK(real(0.5, "0") == "1");
  CHECK(real(-0.2, "0;(0);zero") == "zero");
  CHECK(decimal("1.005", "0.00") == "1.01");
  CHECK(integer(12, "a#b#c") == "a1b2c");
  CHECK(integer(1234567, "0,0") == "1,234,567");
}

TEST_CASE("integers are parsed within their type's range") {
  const auto parse = [](std::string_view text, Kind kind,
                        std::uint32_t styles = NumberStyles::kInteger) {
    ParseFault fault = ParseFault::None;
    const auto value = parse_integer(text, kind, styles, fault);
    return value                           ? std::to_string(*value)
           : fault == ParseFault::Overflow ? std::string("overflow")
                                           : std::string("format");
  };
  CHECK(parse("42", Kind::Int32) == "42");
  CHECK(parse(" -42 ", Kind::Int32) == "-42");
  CHECK(parse("+7", Kind::Int32) == "7");
  CHECK(parse("2147483648", Kind::Int32) == "overflow");
  CHECK(parse("-2147483648", Kind::Int32) == "-2147483648");
  CHECK(parse("256", Kind::Byte) == "overflow");
  CHECK(parse("-1", Kind::Byte) == "overflow");
  CHECK(parse("-0", Kind::UInt32) == "0");
  CHECK(parse("18446744073709551615", Kind::UInt64) == "-1");  // the bits
  CHECK(parse("99999999999999999999999", Kind::UInt64) == "overflow");
  CHECK(parse("", Kind::Int32) == "format");
  CHECK(parse("4 2", Kind::Int32) == "format");
  CHECK(parse("1,000", Kind::Int32) == "format");
  CHECK(parse("1,000", Kind::Int32, NumberStyles::kAny) == "1000");
  CHECK(parse("(5)", Kind::Int32, NumberStyles::kAny) == "-5");
  CHECK(parse("12.00", Kind::Int32, NumberStyles::kNumber) == "12");
  CHECK(parse("12.50", Kind::Int32, NumberStyles::kNumber) == "overflow");
  CHECK(parse("1e3", Kind::Int32, NumberStyles::kAny) == "1000");
  CHECK(parse("1e999999999", Kind::Int32, NumberStyles::kAny) == "overflow");
  CHECK(parse("ff", Kind::Int32, NumberStyles::kHexNumber) == "255");
  CHECK(parse("FFFFFFFF", Kind::Int32, NumberStyles::kHexNumber) == "-1");
  CHECK(parse("1FFFFFFFF", Kind::Int32, NumberStyles::kHexNumber) == "overflow");
  CHECK(parse("0x1", Kind::Int32, NumberStyles::kHexNumber) == "format");
}

TEST_CASE("reals are parsed as the invariant culture writes them") {
  CHECK(parse_double("1,234.5", NumberStyles::kFloatThousands) == 1234.5);
  CHECK(parse_double(" -1.5e3 ", NumberStyles::kFloat) == -1500);
  CHECK(parse_double(".5", NumberStyles::kFloat) == 0.5);
  CHECK(parse_double("5.", NumberStyles::kFloat) == 5);
  CHECK(parse_double("1e400", NumberStyles::kFloat) == std::numeric_limits<double>::infinity());
  CHECK(parse_double("1e-400", NumberStyles::kFloat) == 0);
  CHECK(parse_double("-Infinity", NumberStyles::kFloat) ==
        -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(*parse_double("NaN", NumberStyles::kFloat)));
  CHECK_FALSE(parse_double("1.2.3", NumberStyles::kFloat));
  CHECK_FALSE(parse_double("abc", NumberStyles::kFloat));
  CHECK_FALSE(parse_double("", NumberStyles::kFloat));
  CHECK_FALSE(parse_double("1e", NumberStyles::kFloat));
}
