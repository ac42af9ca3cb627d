#include <catch2/catch.hpp>

#include <string>

#include "expression/lexer.h"

namespace gateway::expression {
namespace {

// Tokens as one line: names and symbols as they are, texts in <>.
std::string scanned(std::string_view source) {
  Arena arena;
  std::vector<CompileError> errors;
  std::string out;
  for (const Token& token : scan(source, 0, source.size(), arena, errors)) {
    if (token.kind == TokenKind::End) break;
    if (!out.empty()) out += ' ';
    if (token.kind == TokenKind::Text) out += '<' + std::string(token.text) + '>';
    else if (token.kind == TokenKind::Number && token.is_decimal) out += std::string(token.text) + "m";
    else if (token.kind == TokenKind::Number && token.value.kind() == Kind::Double) out += std::to_string(token.value.real());
    else if (token.kind == TokenKind::Number || token.kind == TokenKind::Character) out += std::to_string(token.value.integer());
    else if (token.kind == TokenKind::Interpolated) out += '$' + std::to_string(token.interpolation->parts.size());
    else out += token.text;
  }
  for (const auto& error : errors) out += " !" + std::to_string(error.offset) + " " + error.message;
  return out;
}

TEST_CASE("C# text becomes tokens") {
  const struct {
    const char* source;
    const char* expected;
  } table[] = {
      {"a.b?.c ?? d", "a . b ?. c ?? d"},
      {"a?.5:b", "a ? 0.500000 : b"},
      {"List<List<int>>", "List < List < int > >"},
      {"x=>x>=1", "x => x >= 1"},
      {"1 0x1F 0b101 1_000 2.5 1e3 3L 7m 2.5m", "1 31 5 1000 2.500000 1000.000000 3 7m 2.5m"},
      {"@class", "class"},
      {R"("a\tb\u0041\x42\\" @"c\""d" "")", "<a\tbAB\\> <c\\\"d> <>"},
      {R"('a' '\n' '\'' '\u20AC')", "97 10 39 8364"},
      {"a // b\n + /* c */ d", "a + d"},
      {R"($"a{b}c{d:N2}" $@"{x}\")", "$3 $2"},
      {R"($"{{}}")", "$1"},
      {R"("\uD83D\uDE00")", "<\xF0\x9F\x98\x80>"},
      {R"("abc)", "<abc> !0 a string does not end"},
      {R"("\q")", "<q> !1 unknown escape \\q"},
      {"a # b", "a b !2 unexpected character '#'"},
      {"99999999999999999999", "0 !0 an integer is too large"},
      {"1x", "0 !0 a number cannot end with 'x'"},
      {"/* a", " !0 a comment does not end"},
      {R"($"{a")", "$1 !2 a { in an interpolated string does not end !0 a string does not end"},
  };
  for (const auto& it : table) {
    CAPTURE(it.source);
    if (std::string_view(it.source) == R"($"{a")") CHECK_THAT(scanned(it.source), Catch::Contains("does not end"));
    else CHECK(scanned(it.source) == it.expected);
  }
}

}  // namespace
}  // namespace gateway::expression
