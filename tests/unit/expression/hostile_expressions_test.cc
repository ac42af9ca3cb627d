// Ten thousand expressions that are made to last, to grow or to nest: each ends in time, with bounded memory.
#include <catch2/catch.hpp>

#include <ctime>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "library_result.h"

namespace gateway::expression {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kCount = 1'000;
constexpr double kMostSeconds = 3.0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kCount = 1'000;
constexpr double kMostSeconds = 3.0;
#else
constexpr int kCount = 10'000;
constexpr double kMostSeconds = 0.3;
#endif
#else
constexpr int kCount = 10'000;
constexpr double kMostSeconds = 0.3;  // thirty times the budget of an evaluation: machines differ
#endif
constexpr std::size_t kMostResident = std::size_t{512} << 20;  // bytes that the process may grow by

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

class Generator {
 public:
  std::string next() {
    switch (pick(24)) {
      case 0: return "{ while (true) { " + statement() + " } }";
      case 1: return "{ for (int i = 0; ; i++) { for (int j = 0; j < i; j++) { " + statement() + " } } }";
      case 2: return "{ var s = \"" + text() + "\"; while (true) s " + one_of({"+= s;", "= s.PadLeft(s.Length * 2 + 1);", "= string.Concat(s, s);", "= s.Replace(\"a\", s);", "= s + s.ToUpper();", "= string.Join(s, new[] { s, s, s });", "= string.Format(\"{0}{0}\", s);"}) + " }";
      case 3: return "new string('x', " + huge() + ")." + one_of({"Length", "ToUpper()", "Trim()", "Replace(\"x\", \"yy\")", "Split('x').Length", "IndexOf(\"y\")", "Substring(1)"});
      case 4: return "\"a\".PadLeft(" + huge() + ").Length";
      case 5: return "Enumerable.Range(0, " + huge() + ")" + query();
      case 6: return "Enumerable.Range(0, 3000).SelectMany(x => Enumerable.Range(0, 3000))" + query();
      case 7: return "Enumerable.Repeat(\"" + text() + "\", " + huge() + ")" + query();
      case 8: return "Regex." + one_of({"IsMatch", "Match", "Matches"}) + "(new string('a', " + std::to_string(1000 + pick(100'000)) + ") + \"!\", @\"" + pattern() + "\")";
      case 9: return "Regex.Replace(new string('a', " + std::to_string(pick(50'000)) + "), @\"" + pattern() + "\", \"" + text() + "$0$0\").Length";
      case 10: return "{ Func<int, int> f = null; f = n => " + one_of({"f(n) + 1", "f(f(n + 1))", "n > 0 ? f(n + 1) : f(n - 1)"}) + "; return f(1); }";
      case 11: return "{ int f(int a, int b) => " + one_of({"b == 0 ? a + 1 : f(f(a, b - 1), b)", "f(b, a)", "a == 0 ? b : f(a - 1, f(a, b))"}) + "; return f(" + std::to_string(pick(100)) + ", " + std::to_string(pick(100)) + "); }";
      case 12: return "JObject.Parse(\"" + repeated("{\\\"a\\\":", depth()) + "1" + repeated("}", depth()) + "\").ToString()";
      case 13: return "JArray.Parse(\"[\" + string.Join(\",\", Enumerable.Repeat(\"[1,2,3]\", " + std::to_string(pick(200'000)) + ")) + \"]\").ToString().Length";
      case 14: return "{ var o = new JObject(); while (true) { o[\"k\" + o.Count] = o.DeepClone(); } }";
      case 15: return "{ var l = new List<string>(); while (true) { l.AddRange(l); l.Add(\"" + text() + "\"); } }";
      case 16: return "string.Format(\"{0," + huge() + "}\", 1).Length";
      case 17: return "(" + number() + ").ToString(\"" + one_of({"N", "F", "E", "D", "P", "C", "X"}) + std::to_string(pick(1'000'000'000)) + "\").Length";
      case 18: return "XElement.Parse(\"" + repeated("<a>", depth()) + repeated("</a>", depth()) + "\").Descendants().Count()";
      case 19: return repeated("(", depth()) + number() + repeated(")", depth());
      case 20: return number() + repeated(one_of({"+1", "*2", "-3", " ?? 1"}), depth());
      case 21: return "Enumerable.Range(0, 100000).OrderBy(x => Guid.NewGuid())" + query();
      case 22: return "Convert." + one_of({"ToBase64String(new byte[" + huge() + "])", "FromBase64String(new string('A', " + huge() + "))"}) + ".Length";
      default: return "{ object o = " + number() + "; for (int i = 0; i < " + huge() + "; i++) o = " + one_of({"Tuple.Create(o, o)", "new object[] { o, o }", "o.ToString() + o"}) + "; return o.ToString().Length; }";
    }
  }

 private:
  std::uint32_t pick(std::uint32_t below) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 33) % below;
  }
  std::string one_of(std::vector<std::string> all) { return all[pick(static_cast<std::uint32_t>(all.size()))]; }
  std::string huge() { return one_of({"1000", "100000", "10000000", "500000000", "2147483647"}); }
  std::string number() { return one_of({"1", "1.5", "1m", "int.MaxValue", "double.MaxValue", "decimal.MaxValue", "-7L"}); }
  std::string text() { return std::string(1 + pick(40), "ab \xC3\xA4"[pick(3)]); }
  std::size_t depth() { return std::size_t{1} << pick(15); }
  static std::string repeated(const std::string& what, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += what;
    return out;
  }
  std::string statement() {
    return one_of({"", "try { throw new Exception(\"x\"); } catch { }", "var x = new string('a', 1000);", "var x = Guid.NewGuid().ToString();",
                   "var x = JObject.Parse(\"{\\\"a\\\":[1,2,3]}\");", "var x = Regex.Match(\"aaaaaaaaaaaaaaaaaaaa!\", \"(a+)+$\");",
                   "var x = Enumerable.Range(0, 1000).Sum();", "var x = DateTime.UtcNow.AddTicks(1).ToString(\"o\");", "var x = 1.5m / 7m;",
                   "var x = \"a,b,c\".Split(',').OrderBy(y => y).ToList();"});
  }
  std::string query() {
    return one_of({".Sum()", ".Count()", ".ToList().Count", ".Last()", ".OrderBy(x => x).First()", ".Distinct().Count()", ".ToArray().Length",
                   ".Aggregate((a, b) => b)", ".GroupBy(x => x).Count()", ".Where(x => false).Any()", ".Reverse().First()",
                   ".ToDictionary(x => x, x => x).Count", ".Select(x => x.ToString()).Last()", ".Zip(Enumerable.Range(0, 2000000000), (a, b) => b).Last()"});
  }
  std::string pattern() {
    return one_of({"^(a+)+$", "(a|aa)+$", "(a*)*b", "^(?:a?){30}a{30}$", "(?=(a+))\\1+$", "(.*)(.*)(.*)(.*)(.*)x", "((a{1,100}){1,100}){1,100}b",
                   "(a+)\\1+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?<!a+)b", "a{0,65535}a{0,65535}b", "(?:(?:a|b)*c)*d", "[a-z]*[a-z]*[a-z]*[0-9]"});
  }

  std::uint64_t state_ = 0x9e3779b97f4a7c15ULL;
};

}  // namespace

TEST_CASE("Hostile expressions end, each in time and all in bounded memory") {
  Generator generator;
  const std::size_t before = resident_bytes();
  struct Slow {
    double seconds;
    std::string source;
  };
  std::vector<Slow> slow;
  std::size_t refused = 0, over_budget = 0, raised = 0;
  for (int i = 0; i < kCount; ++i) {
    const std::string source = generator.next();
    const double start = cpu_seconds();
    const std::string outcome = result(source);
    const double seconds = cpu_seconds() - start;
    refused += outcome.starts_with("?");
    over_budget += outcome.starts_with("!!");
    raised += outcome.starts_with("!") && !outcome.starts_with("!!");
    slow.push_back({seconds, source.substr(0, 150)});
    if (seconds > kMostSeconds) {
      CAPTURE(source.substr(0, 300), outcome.substr(0, 100));
      CHECK(seconds <= kMostSeconds);
    }
  }
  const std::size_t after = resident_bytes();
  CHECK(after - std::min(before, after) < kMostResident);
  // It is hostile indeed, and most of it is understood.
  CHECK(over_budget > static_cast<std::size_t>(kCount) / 4);
  CHECK(refused < static_cast<std::size_t>(kCount) / 2);
  if (!std::getenv("GATEWAY_SHOW_SLOWEST")) return;
  std::sort(slow.begin(), slow.end(), [](const Slow& a, const Slow& b) { return a.seconds > b.seconds; });
  std::printf("%d expressions: %zu over the budget, %zu raised, %zu refused; %zu MiB more resident\n", kCount, over_budget,
              raised, refused, (after - std::min(before, after)) >> 20);
  for (std::size_t i = 0; i < 10; ++i) std::printf("%6.1f ms  %s\n", slow[i].seconds * 1e3, slow[i].source.c_str());
}

}  // namespace gateway::expression
