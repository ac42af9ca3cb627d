#include <catch2/catch.hpp>

#include <string>

#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

using namespace gateway::expression;

TEST_CASE("lengths and units are UTF-16's") {
  CHECK(utf16_length("") == 0);
  CHECK(utf16_length("abc") == 3);
  CHECK(utf16_length("äöü") == 3);
  CHECK(utf16_length("€") == 1);
  CHECK(utf16_length("a😀b") == 4);
  CHECK(utf16_length("\xff\xc3") == 2);  // no UTF-8
  CHECK(utf16_at("a😀b", 0) == u'a');
  CHECK(utf16_at("a😀b", 1) == 0xD83D);
  CHECK(utf16_at("a😀b", 2) == 0xDE00);
  CHECK(utf16_at("a😀b", 3) == u'b');
  CHECK(utf16_at("\xff", 0) == 0xFFFD);
}

TEST_CASE("a substring may split a pair, and the halves make it again") {
  Arena arena;
  CHECK(utf16_substring("hello", 1, 3, arena) == "ell");
  CHECK(utf16_substring("äöü", 1, 1, arena) == "ö");
  const std::string high(utf16_substring("a😀b", 0, 2, arena));
  const std::string low(utf16_substring("a😀b", 2, 2, arena));
  CHECK(utf16_length(high) == 2);
  CHECK(utf16_length(low) == 2);
  std::pmr::string joined(high);
  append_unit(utf16_at(low, 0), joined);
  CHECK(joined == "a😀");
}

TEST_CASE("UTF-8 goes to UTF-16 and back") {
  std::pmr::string back;
  append_utf8(to_utf16("aß€😀", std::pmr::get_default_resource()), back);
  CHECK(back == "aß€😀");
}

TEST_CASE("characters as .NET classes them") {
  CHECK((is_letter(u'ä') && is_letter(u'Ω') && is_letter(u'漢') && !is_letter(u'1')));
  CHECK((is_digit(u'7') && is_digit(u'٣') && !is_digit(u'½') && is_number(u'½')));
  CHECK((is_white_space(0xA0) && is_white_space(0x3000) && !is_white_space(0x200B)));
  CHECK(category_of(u'Ā') == Category::UppercaseLetter);
  CHECK(category_of(u'ā') == Category::LowercaseLetter);
  CHECK(category_of(u'€') == Category::CurrencySymbol);
  CHECK(category_of(u'_') == Category::ConnectorPunctuation);
  CHECK(category_of(0xD83D) == Category::Surrogate);
}

TEST_CASE("invariant case changes one unit into one") {
  Arena arena;
  CHECK(to_upper("straße éàō я", arena) == "STRAßE ÉÀŌ Я");
  CHECK(to_lower("ÄÖÜ İ Σ", arena) == "äöü İ σ");
  CHECK(to_upper("ABC", arena) == "ABC");
  CHECK(equal_ignoring_case("Content-TYPE", "content-type"));
  CHECK(equal_ignoring_case("Ärger", "ÄRGER"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK(compare_ordinal("a", "B") > 0);
  CHECK(compare_ignoring_case("a", "B") < 0);
  CHECK(compare_ordinal("\uE000", "😀") > 0);  // surrogates come before
}
