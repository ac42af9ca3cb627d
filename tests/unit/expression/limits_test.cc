#include <catch2/catch.hpp>

#include <string>

#include "library_result.h"

namespace gateway::expression {
namespace {

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST_CASE("Deep nesting is an error, not the end of the stack") {
  const std::string table[] = {
      repeated("(", 100'000) + "1" + repeated(")", 100'000),
      repeated("!", 100'000) + "true",
      repeated("-", 3) + repeated("(", 5'000) + "1" + repeated(")", 5'000),
      "1" + repeated("+1", 60'000),
      "\"\"" + repeated(".Trim()", 20'000),
      repeated("true ? 1 : ", 20'000) + "2",
      repeated("x => ", 10'000) + "1",
      repeated("(string)", 20'000) + "null",
      "new " + repeated("List<", 20'000) + "int" + repeated(">", 20'000) + "()",
      "null" + repeated(" ?? null", 20'000),
      "\"\"" + repeated("?.Trim()", 20'000),
      repeated("$\"{", 10'000) + "1" + repeated("}\"", 10'000),
      repeated("new[] {", 20'000) + "1" + repeated("}", 20'000),
  };
  for (const auto& source : table) {
    CAPTURE(source.substr(0, 40));
    CHECK(result(source).substr(0, 1) == "?");
  }
  CHECK(result("{" + repeated("{", 50'000) + repeated("}", 50'000) + "return 1; }").substr(0, 1) == "?");
  CHECK(result("{" + repeated("if (true) ", 20'000) + "return 1; return 2; }").substr(0, 1) == "?");
}

TEST_CASE("Lambdas in lambdas that fit nothing are given up") {
  std::string source = "nope";
  for (int i = 0; i < 24; ++i) source = "\"ab\".Select(a" + std::to_string(i) + " => { return " + source + "; })";
  CHECK(result(source).find("this is too much to compile") != std::string::npos);
}

TEST_CASE("What is as deep as people write works") {
  CHECK(result("1" + repeated("+1", 300)) == "301");
  CHECK(result(repeated("(", 150) + "1" + repeated(")", 150)) == "1");
  CHECK(result("\"a\"" + repeated(".Trim()", 150)) == "a");
  CHECK(result("{ string s = \"\";" + repeated(" s = s + \"x\" + 1;", 2000) + " return s.Length; }") == "4000");
}

TEST_CASE("An evaluation ends within its budget, and no handler of its own sees that") {
  CHECK_CASES({
      {"{ while (true) { } }", "!!the time of an evaluation"},
      {"{ int n = 0; for (;;) { n++; } }", "!!the time of an evaluation"},
      {"{ while (true) { try { while (true) { } } catch { } finally { } } }", "!!the time of an evaluation"},
      {"{ var s = \"x\"; while (true) s += s; }", "!!the time of an evaluation"},
      {"{ int f(int n) => f(n + 1); return f(0); }", "!!the depth of calls"},
      {"{ int f(int n) { try { return f(n + 1); } catch (Exception) { return 1; } finally { n = 2; } } return f(0); }", "!!the depth of calls"},
      {"{ Func<int, int> f = null; f = x => f(x) + 1; return f(1); }", "!!the depth of calls"},
      {"{ IEnumerable<int> q = new[] { 1 }; for (int i = 0; i < 1000; i++) q = q.Select(x => x + 1); return q.First(); }", "!!the length of a chain of sequences"},
      {"{ object t = 1; for (int i = 0; i < 5000; i++) t = Tuple.Create(t, 1); return t.ToString(); }", "!!the depth of calls"},
      {"new int[2000000000].Length", "!!the memory of an evaluation"},
      {"{ int f(int n) => n == 0 ? 0 : 1 + f(n - 1); return f(150); }", "150"},
      {"Enumerable.Range(0, 100000000).Sum()", "!!the time of an evaluation"},
  });
}

}  // namespace
}  // namespace gateway::expression
