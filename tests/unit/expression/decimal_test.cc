#include <catch2/catch.hpp>

#include <string>

#include "expression/library/decimal.h"
#include "expression/library/number_format.h"

using namespace gateway::expression;

namespace {

Decimal dec(std::string_view text) {
  ParseFault fault = ParseFault::None;
  const auto value = parse_decimal(text, NumberStyles::kFloat, fault);
  REQUIRE(value);
  return *value;
}
std::string text(const std::optional<Decimal>& value) { return value ? value->text() : "(none)"; }

constexpr const char* kMost = "79228162514264337593543950335";

}  // namespace

// learn.microsoft.com/dotnet/api/system.decimal: scale is kept, 28 to 29 digits
TEST_CASE("decimal arithmetic keeps the scale") {
  CHECK(text(dec("1.10").plus(dec("2.2"))) == "3.30");
  CHECK(text(dec("1.0").minus(dec("1"))) == "0.0");
  CHECK(text(dec("0.1").plus(dec("0.2"))) == "0.3");
  CHECK(text(dec("1.5").times(dec("-2.25"))) == "-3.375");
  CHECK(text(dec("2.0").times(dec("3.00"))) == "6.000");
  CHECK(text(dec("-5").minus(dec("-7"))) == "2");
}

TEST_CASE("decimal division") {
  CHECK(text(dec("1").divided_by(dec("3"))) == "0.3333333333333333333333333333");
  CHECK(text(dec("2").divided_by(dec("3"))) == "0.6666666666666666666666666667");
  CHECK(text(dec("100").divided_by(dec("3"))) == "33.333333333333333333333333333");
  CHECK(text(dec("1").divided_by(dec("4"))) == "0.25");
  CHECK(text(dec("1.00").divided_by(dec("2"))) == "0.50");
  CHECK(text(dec("10").divided_by(dec("0.05"))) == "200");
  CHECK(text(dec(kMost).divided_by(dec("0.1"))) == "(none)");
  CHECK(text(dec("1").divided_by(dec("0"))) == "(none)");
  CHECK(text(dec("0").divided_by(dec("0.0005"))) == "0");
  CHECK(text(dec("1").divided_by(dec(kMost))) == "0.0000000000000000000000000000");
}

TEST_CASE("decimal remainder has the sign of the dividend") {
  CHECK(text(dec("5").remainder(dec("3"))) == "2");
  CHECK(text(dec("-5.5").remainder(dec("2"))) == "-1.5");
  CHECK(text(dec("5").remainder(dec("0.3"))) == "0.2");
  CHECK(text(dec("0.3").remainder(dec("5"))) == "0.3");
  CHECK(text(dec(kMost).remainder(dec("0.0000000000000000000000000007"))) ==
        "0.0000000000000000000000000000");
}

TEST_CASE("what a decimal cannot hold") {
  CHECK(text(dec(kMost).plus(dec("1"))) == "(none)");
  CHECK(text(dec(kMost).plus(dec("0.1"))) == kMost);
  CHECK(text(dec(kMost).times(dec("2"))) == "(none)");
  CHECK(text(dec(kMost).times(dec("0.1"))) == "7922816251426433759354395033.5");
  CHECK(text(dec("-79228162514264337593543950335")) == "-79228162514264337593543950335");
  ParseFault fault = ParseFault::None;
  CHECK_FALSE(parse_decimal("79228162514264337593543950336", NumberStyles::kNumber, fault));
  CHECK(fault == ParseFault::Overflow);
  CHECK_FALSE(parse_decimal("1e3", NumberStyles::kNumber, fault));
  CHECK(fault == ParseFault::Format);
  CHECK(text(dec("1e-29")) == "0.0000000000000000000000000000");
  CHECK(text(dec("0.00000000000000000000000000015")) == "0.0000000000000000000000000002");
  CHECK(text(dec("1e-999999999")) == "0.0000000000000000000000000000");
  CHECK(text(dec("0.12345678901234567890123456789012345678901234567890123456789012345")) ==
        "0.1234567890123456789012345679");
}

// learn.microsoft.com/dotnet/api/system.midpointrounding
TEST_CASE("decimal rounding") {
  CHECK(dec("2.5").rounded(0, Midpoint::ToEven).text() == "2");
  CHECK(dec("3.5").rounded(0, Midpoint::ToEven).text() == "4");
  CHECK(dec("2.5").rounded(0, Midpoint::AwayFromZero).text() == "3");
  CHECK(dec("-2.5").rounded(0, Midpoint::AwayFromZero).text() == "-3");
  CHECK(dec("3.45").rounded(1, Midpoint::ToEven).text() == "3.4");
  CHECK(dec("3.4500001").rounded(1, Midpoint::ToEven).text() == "3.5");
  CHECK(dec("-2.7").rounded(0, Midpoint::ToZero).text() == "-2");
  CHECK(dec("-2.1").rounded(0, Midpoint::ToNegativeInfinity).text() == "-3");
  CHECK(dec("2.1").rounded(0, Midpoint::ToPositiveInfinity).text() == "3");
  CHECK(dec("1.5").rounded(5, Midpoint::ToEven).text() == "1.5");
}

TEST_CASE("decimals compare by value") {
  CHECK((dec("1.0").compare(dec("1.00")) == 0));
  CHECK((dec("-1").compare(dec("1")) < 0));
  CHECK((dec("-2").compare(dec("-1.5")) < 0));
  CHECK((dec("0").compare(dec("-0.0")) == 0));
  CHECK((dec(kMost).compare(dec("0.0000000000000000000000000001")) > 0));
}

// learn.microsoft.com/dotnet/api/system.decimal.op_explicit: 15 digits of a double, 7 of a float
TEST_CASE("decimals and other numbers") {
  CHECK(text(Decimal::of(0.1)) == "0.1");
  CHECK(text(Decimal::of(0.1 + 0.2)) == "0.3");
  CHECK(text(Decimal::of(123456789.123456789)) == "123456789.123457");
  CHECK(text(Decimal::of(1e28)) == "10000000000000000000000000000");
  CHECK(text(Decimal::of(1e29)) == "(none)");
  CHECK(text(Decimal::of(1e-30)) == "0");
  CHECK(text(Decimal::of(1.1F)) == "1.1");
  CHECK(text(Decimal::of(std::int64_t{-9223372036854775807} - 1)) == "-9223372036854775808");
  CHECK(dec("-1.9").to_int64() == -1);
  CHECK_FALSE(dec("9223372036854775808").to_int64());
  CHECK(dec("18446744073709551615").to_uint64() == 18446744073709551615U);
  CHECK(dec("0.1").to_double() == 0.1);
}
