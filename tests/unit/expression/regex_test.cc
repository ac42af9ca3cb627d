#include <catch2/catch.hpp>

#include "expression/library_result.h"

TEST_CASE("Regex: the members as .NET has them") {
  CHECK_CASES({
      {R"~(Regex.IsMatch("/api/v1", @"^/api/v\d+$"))~", "True"},
      {R"~(Regex.IsMatch("/API/v1", @"^/api", RegexOptions.IgnoreCase, TimeSpan.FromMilliseconds(100)))~", "True"},
      {R"~(Regex.IsMatch("ab", "B", RegexOptions.IgnoreCase | RegexOptions.Multiline))~", "True"},
      {R"~(new Regex("b").IsMatch("ab", 2))~", "False"},
      {R"~(Regex.Match("a12b", @"\d+").Value)~", "12"},
      {R"~(Regex.Match("a12b", @"\d+").Index)~", "1"},
      {"Regex.Match(\"\U0001F600b\", \"b\").Index", "2"},
      {"Regex.Match(\"\U0001F600b\", \".\").Length", "2"},
      {R"~(Regex.Match("ab", "c").Success)~", "False"},
      {R"~(Regex.Match("ab", "c").Value)~", ""},
      {R"~(Regex.Match("key=val", @"(?<k>\w+)=(?<v>\w+)").Groups["v"].Value)~", "val"},
      {R"~(Regex.Match("key=val", @"(\w+)=(\w+)").Groups[1].Value)~", "key"},
      {R"~(Regex.Match("key=val", @"(\w+)=(\w+)").Groups.Count)~", "3"},
      {R"~(Regex.Match("key", @"(\w+)").Groups["none"].Success)~", "False"},
      {R"~(Regex.Match("ab12", @"(?<l>[a-z]+)(?<d>\d+)").Result("${d}-${l}"))~", "12-ab"},
      {R"~(Regex.Match("a1b2", @"\d").NextMatch().Value)~", "2"},
      {R"~(Regex.Matches("a1b22", @"\d+").Count)~", "2"},
      {R"~(Regex.Matches("baac", "a*").Count)~", "4"},
      {R"~(Regex.Matches("a1b22", @"\d+")[1].Value)~", "22"},
      {R"~(string.Join(",", Regex.Matches("a1b22", @"\d+").Select(m => m.Value)))~", "1,22"},
      {R"~(Regex.Match("aab", "(a)+").Groups[1].Captures[0].Value)~", "a"},
      {R"~(Regex.Replace("a1b2", @"\d", "#"))~", "a#b#"},
      {R"~(Regex.Replace("John Smith", @"(\w+) (\w+)", "$2, $1"))~", "Smith, John"},
      {R"~(Regex.Replace("abc", "b", "[$&|$`|$'|$_|$$]"))~", "a[b|a|c|abc|$]c"},
      {R"~(Regex.Replace("ab", "(a)(b)?", "$+$9"))~", "b$9"},
      {R"~(Regex.Replace("abc", "x*", "-"))~", "-a-b-c-"},
      {R"~(Regex.Replace("a1b2", @"\d", m => "<" + m.Value + ">"))~", "a<1>b<2>"},
      {R"~(new Regex("a").Replace("aaa", "b", 2))~", "bba"},
      {R"~(new Regex("a").Replace("aaa", "b", -1, 1))~", "abb"},
      {R"~(string.Join("|", Regex.Split("a, b;c", @"[,;]\s*")))~", "a|b|c"},
      {R"~(string.Join("|", Regex.Split("a1b", @"(\d)")))~", "a|1|b"},
      {R"~(string.Join("|", new Regex(",").Split("a,b,c", 2)))~", "a|b,c"},
      {R"~(Regex.Escape("a.b*c (d)"))~", R"(a\.b\*c\ \(d\))"},
      {R"~(Regex.Unescape(@"a\.b\tc"))~", "a.b\tc"},
      {R"~(new Regex("a+").ToString())~", "a+"},
  });
}

TEST_CASE("Regex: what goes wrong can be caught") {
  CHECK_CASES({
      {R"~({ try { return Regex.IsMatch("a", "("); } catch (ArgumentException) { return "caught"; } })~", "caught"},
      {R"~({ try { return Regex.IsMatch(new string('a', 40) + "b", "^(a+)+$", RegexOptions.None, TimeSpan.FromMilliseconds(5)); }
           catch (RegexMatchTimeoutException) { return "caught"; } })~",
       "caught"},
  });
  CHECK(gateway::expression::result(R"(Regex.IsMatch(null, "a"))").substr(0, 22) == "!ArgumentNullException");
  CHECK(gateway::expression::result(R"(Regex.IsMatch("a", "a", RegexOptions.None, TimeSpan.Zero))").substr(0, 28) ==
        "!ArgumentOutOfRangeException");
}

TEST_CASE("Regex: many slow matches end with the budget of the evaluation") {
  CHECK(gateway::expression::result(
            R"({ int n = 0; while (true) { try { Regex.IsMatch(new string('a', 40) + "b", "^(a+)+$"); } catch (Exception) { n++; } } })")
            .substr(0, 2) == "!!");
}
