#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "expression/library/regex_cache.h"

namespace {

using gateway::expression::cached_regex;
using gateway::expression::compile_regex;
using gateway::expression::CompiledRegex;
using gateway::expression::RegexOptions;

// "[begin,end)" of the match and of each group, "none", "timed out", or why the pattern is refused.
std::string found(std::string_view pattern, std::string_view text, std::int32_t options = 0) {
  const auto regex = compile_regex(pattern, options);
  if (!regex) return regex.error().message;
  switch ((*regex)->match(text, 0, CompiledRegex::kLongestNs)) {
    case CompiledRegex::Outcome::NoMatch: return "none";
    case CompiledRegex::Outcome::TimedOut: return "timed out";
    case CompiledRegex::Outcome::Match: break;
  }
  std::string out;
  const auto spans = (*regex)->spans();
  for (std::size_t i = 0; i < spans.size(); i += 2) {
    const auto& name = (*regex)->groups()[i / 2].name;
    if (i > 0) out += " " + name + "=";
    if (spans[i] == CompiledRegex::kUnset) out += "-";
    else out += std::string(text.substr(spans[i], spans[i + 1] - spans[i]));
  }
  return out;
}

bool refused(std::string_view pattern, std::int32_t options = 0) { return !compile_regex(pattern, options); }

}  // namespace

TEST_CASE("regex: what .NET means by a pattern") {
  struct Row {
    const char* pattern;
    const char* text;
    std::int32_t options;
    const char* expected;
  };
  const Row rows[] = {
      {"b+", "abbc", 0, "bb"},
      {"B", "abc", RegexOptions::kIgnoreCase, "b"},
      {"^b", "a\nb", 0, "none"},
      {"^b", "a\nb", RegexOptions::kMultiline, "b"},
      {"a$", "a\n", 0, "a"},
      {"a\\z", "a\n", 0, "none"},
      {"a.b", "a\nb", 0, "none"},
      {"a.b", "a\nb", RegexOptions::kSingleline, "a\nb"},
      {"a.b", "a\rb", 0, "a\rb"},
      {" a b # comment ( [\n c", "abc", RegexOptions::kIgnorePatternWhitespace, "abc"},
      {"(a)(?<n>b)(c)", "abc", 0, "abc 1=a 2=c n=b"},
      {"(?'n'b)(c)", "abc", 0, "bc 1=c n=b"},
      {"(a)(?<n>b)", "ab", RegexOptions::kExplicitCapture, "ab n=b"},
      {"(?n)(a)(?<n>b)", "ab", 0, "ab n=b"},
      {"(?<n>a)|(?<n>b)", "b", 0, "b n=b"},
      {"(?<7>a)(b)", "ab", 0, "ab 1=b 7=a"},
      {"(a)\\1", "aa", 0, "aa 1=a"},
      {"(?<n>a)\\k<n>", "aa", 0, "aa n=a"},
      {"(?<q>['\"]).*?\\k<q>", "x 'a\"b' y", 0, "'a\"b' q='"},
      {"(a)?(?(1)b|c)", "c", 0, "c 1=-"},
      {"(?<n>a)?(?(n)b|c)", "ab", 0, "ab n=a"},
      {"\\d+", "x\u0663\u0664", 0, "\u0663\u0664"},
      {"\\d+", "x\u0663", RegexOptions::kEcmaScript, "none"},
      {"\\w+", "-\u00e9t\u00e9-", 0, "\u00e9t\u00e9"},
      {"[\\w-.]+", " a-b.c ", 0, "a-b.c"},
      {"[a-z-[aeiou]]+", "aeixyz", 0, "xyz"},
      {"[[]", "[", 0, "["},
      {"[]a]+", "]a", 0, "]a"},
      {"[^\\s,]+", " ab,c", 0, "ab"},
      {"\\x41\\u0042", "AB", 0, "AB"},
      {"\\ud83d\\ude00", "\U0001F600", 0, "\U0001F600"},
      {"a{,2}", "a{,2}", 0, "a{,2}"},
      {"a{2}", "aaa", 0, "aa"},
      {"\\v", "\v", 0, "\v"},
      {"\\v", "\n", 0, "none"},
      {"(?i:A)b", "ab", 0, "ab"},
      {"(?i)A(?-i)b", "aB", 0, "none"},
      {"(?<=\\$)\\d+", "x$12", 0, "12"},
      {"(?<!a)b", "ab b", 0, "b"},
      {"(?>a+)b", "aab", 0, "aab"},
      {"(?#comment)a", "a", 0, "a"},
      {"\\p{Lu}\\P{Lu}", "aAb", 0, "Ab"},
      {"\\p{IsCyrillic}+", "a\u0416\u0417", 0, "\u0416\u0417"},
      {"\\/api\\/\\-", "/api/-", 0, "/api/-"},
      {"^/api/(v\\d+)/", "/api/v2/x", 0, "/api/v2/ 1=v2"},
  };
  for (const Row& row : rows) {
    INFO(row.pattern << " on " << row.text);
    CHECK(found(row.pattern, row.text, row.options) == row.expected);
  }
}

TEST_CASE("regex: what is no .NET pattern is refused, also where PCRE2 would take it") {
  for (const char* pattern :
       {"(", ")", "[a", "a**", "a++", "*a", "(*UTF)a", "(*COMMIT)a", "(?R)", "(?1)", "(?P<n>a)", "(?C1)", "(?|a)",
        "\\h", "\\Qa", "\\K", "\\g{1}", "\\", "\\2", "\\k<none>", "(?<a-b>x)", "(?<0>a)", "[z-a]", "\\p{Greek}",
        "\\x4", "\\u12", "(?<=a+)b", "[a-\\d]"}) {
    INFO(pattern);
    CHECK(refused(pattern));
  }
  CHECK(refused("a", RegexOptions::kRightToLeft));
  CHECK(refused(std::string(20'000, 'a')));
  CHECK(refused(std::string(1'000, '(') + std::string(1'000, ')')));
}

TEST_CASE("regex: catastrophic patterns end in time") {
  struct Row {
    const char* pattern;
    std::string text;
  };
  const Row rows[] = {
      {"^(a+)+$", std::string(40, 'a') + "b"},
      {"^(a|aa)+$", std::string(60, 'a') + "b"},
      {"(x+x+)+[yz]", std::string(200, 'x')},
      {"^(([a-z])+.)+[A-Z]([a-z])+$", std::string(60, 'a')},
      {"\\w*\\w*\\w*\\w*[;:]", std::string(3'000, 'a')},
      {"(?:.*?[,;]){25}[PQ]", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"},
      {"a*[^x]*[xy]", std::string(1'000'000, 'a')},
      {"(?:[^x]*x|a)*!", std::string(1'000'000, 'a')},
      {"\\w*(?=.*[;:])", std::string(1'000'000, 'a')},
      {"[a-z]+[0-9]", std::string(1'000'000, 'a')},
  };
  for (const Row& row : rows) {
    INFO(row.pattern);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(found(row.pattern, row.text) == "timed out");
    // Ten are meant; a machine that is busy with other work takes longer.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(200));
  }
}

TEST_CASE("regex: long texts are no trouble for sound patterns") {
  CHECK(found("b$", std::string(2'000'000, 'a') + "b") == "b");
  CHECK(found("^(?:a|b)*c", std::string(20'000, 'a') + "c").size() == 20'001);
}

TEST_CASE("regex: the patterns last used stay compiled") {
  bool compiled = false;
  const auto first = cached_regex("cache-[a-z]+", 0, compiled);
  REQUIRE(first);
  CHECK(compiled);
  for (int i = 0; i < 255; ++i) REQUIRE(cached_regex("cache-" + std::to_string(i), 0, compiled));
  CHECK(*cached_regex("cache-[a-z]+", 0, compiled) == *first);
  CHECK_FALSE(compiled);
  // Other options are another regex; and the one not used for longest has to go.
  CHECK(*cached_regex("cache-[a-z]+", 1, compiled) != *first);
  CHECK(compiled);
  for (int i = 0; i < 256; ++i) REQUIRE(cached_regex("other-" + std::to_string(i), 0, compiled));
  REQUIRE(cached_regex("cache-[a-z]+", 0, compiled));
  CHECK(compiled);
}
