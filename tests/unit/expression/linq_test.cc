#include <catch2/catch.hpp>

#include "library_result.h"

TEST_CASE("LINQ: sequences of sequences") {
  CHECK_CASES({
      {R"(string.Join(",", new[] { 1, 2, 3 }.Select(x => x * 2)))", "2,4,6"},
      {R"(string.Join(",", new[] { "a", "b" }.Select((x, i) => x + i)))", "a0,b1"},
      {R"(string.Join(",", new[] { 1, 2, 3 }.Where(x => x > 1)))", "2,3"},
      {R"(string.Join(",", new[] { "ab", "c" }.SelectMany(x => x.ToCharArray())))", "a,b,c"},
      {R"(string.Join(",", Enumerable.Range(1, 5).Skip(1).Take(3)))", "2,3,4"},
      {R"(string.Join(",", new[] { 1, 2, 3, 1 }.SkipWhile(x => x < 3)))", "3,1"},
      {R"(string.Join(",", new[] { 1, 2, 3, 1 }.TakeWhile(x => x < 3)))", "1,2"},
      {R"(string.Join(",", new[] { 1, 2 }.Concat(new[] { 2, 3 })))", "1,2,2,3"},
      {R"(string.Join(",", new[] { 1, 2 }.Append(3).Prepend(0)))", "0,1,2,3"},
      {R"(string.Join(",", new[] { 1, 2, 3 }.Reverse()))", "3,2,1"},
      {R"(string.Join(",", new[] { 1, 2, 3 }.Zip(new[] { "a", "b" }, (n, s) => n + s)))", "1a,2b"},
      {R"(string.Join(",", new[] { 1, 2, 1 }.Distinct()))", "1,2"},
      {R"(string.Join(",", new[] { "a", "A" }.Distinct(StringComparer.OrdinalIgnoreCase)))", "a"},
      {R"(string.Join(",", new[] { 1, 2 }.Union(new[] { 2, 3 })))", "1,2,3"},
      {R"(string.Join(",", new[] { 1, 2, 2 }.Intersect(new[] { 2, 3 })))", "2"},
      {R"(string.Join(",", new[] { 1, 2, 1 }.Except(new[] { 2 })))", "1"},
      {R"(string.Join(",", new int[0].DefaultIfEmpty(7)))", "7"},
      {R"(string.Join(",", new object[] { "a", 1, "b" }.OfType<string>()))", "a,b"},
      {R"(string.Join(",", new object[] { "a", "b" }.Cast<string>().Select(s => s.Length)))", "1,1"},
      {R"(string.Concat(Enumerable.Repeat("ab", 3)))", "ababab"},
      {R"(Enumerable.Empty<string>().Count())", "0"},
  });
}

TEST_CASE("LINQ: order is stable and by several keys") {
  CHECK_CASES({
      {R"(string.Join(",", new[] { "bb", "a", "cc", "d" }.OrderBy(x => x.Length)))", "a,d,bb,cc"},
      {R"(string.Join(",", new[] { 3, 1, 2 }.OrderByDescending(x => x)))", "3,2,1"},
      {R"(string.Join(",", new[] { "b2", "a1", "b1", "a2" }.OrderBy(x => x[0]).ThenByDescending(x => x[1])))",
       "a2,a1,b2,b1"},
      {R"(string.Join(",", new[] { "b", "A" }.OrderBy(x => x, StringComparer.OrdinalIgnoreCase)))", "A,b"},
  });
}

TEST_CASE("LINQ: one of many") {
  CHECK_CASES({
      {R"(new[] { 1, 2, 3 }.First(x => x > 1))", "2"},
      {R"(new int[0].First())", "!InvalidOperationException: Sequence contains no elements"},
      {R"(new[] { 1 }.First(x => x > 1))", "!InvalidOperationException: Sequence contains no matching element"},
      {R"(new int[0].FirstOrDefault())", "0"},
      {R"(new string[0].FirstOrDefault())", "null"},
      {R"("a b c".Split(' ').Last())", "c"},
      {R"(new[] { 1, 2 }.LastOrDefault(x => x < 2))", "1"},
      {R"(new[] { 1 }.Single())", "1"},
      {R"(new[] { 1, 2 }.Single())", "!InvalidOperationException: Sequence contains more than one element"},
      {R"(new[] { 1, 2 }.SingleOrDefault(x => x > 2))", "0"},
      {R"(new[] { 1, 2 }.ElementAt(1))", "2"},
      {R"(new[] { 1, 2 }.ElementAtOrDefault(5))", "0"},
      {R"(new[] { 1, 2 }.Any(x => x == 2))", "True"},
      {R"(new int[0].Any())", "False"},
      {R"(new int[0].All(x => x > 0))", "True"},
      {R"(new[] { "a" }.Contains("a"))", "True"},
      {R"(new[] { "a" }.Contains("A", StringComparer.OrdinalIgnoreCase))", "True"},
      {R"(new[] { 1, 2 }.SequenceEqual(new List<int> { 1, 2 }))", "True"},
      {R"("hello".Count(c => c == 'l'))", "2"},
  });
}

TEST_CASE("LINQ: numbers") {
  CHECK_CASES({
      {R"(new[] { 1, 2, 3 }.Sum())", "6"},
      {R"(new[] { "a", "bcd" }.Sum(x => x.Length))", "4"},
      {R"(new[] { 1.5, 2.5 }.Sum())", "4"},
      {R"(new[] { 1.5m, 2.50m }.Sum())", "4.00"},
      {R"(new[] { 2147483647, 1 }.Sum())", "!OverflowException: Arithmetic operation resulted in an overflow."},
      {R"(new[] { 1, 2 }.Average())", "1.5"},
      {R"(new[] { "a", "bb" }.Average(x => x.Length))", "1.5"},
      {R"(new int[0].Average())", "!InvalidOperationException: Sequence contains no elements"},
      {R"(new[] { 3, 1, 2 }.Min() + "-" + new[] { 3, 1, 2 }.Max())", "1-3"},
      {R"(new int[0].Max())", "!InvalidOperationException: Sequence contains no elements"},
      {R"(new[] { "a", "ccc" }.Max(x => x.Length))", "3"},
      {R"(new[] { 1, 2, 3 }.Aggregate((a, b) => a * 10 + b))", "123"},
      {R"(new[] { "a", "b" }.Aggregate("", (a, b) => a + b))", "ab"},
  });
}

TEST_CASE("LINQ: groups, joins and results") {
  CHECK_CASES({
      {R"(string.Join(",", new[] { "a1", "b1", "a2" }.GroupBy(x => x[0]).Select(g => g.Key + ":" + g.Count())))",
       "a:2,b:1"},
      {R"(string.Join(",", new[] { "a1", "b1", "a2" }.GroupBy(x => x[0], x => x[1]).Select(g => g.Key + string.Join("", g))))",
       "a12,b1"},
      {R"(new[] { "a1", "a2" }.ToLookup(x => x[0])['a'].Count())", "2"},
      {R"(new[] { "a", "bb" }.ToDictionary(x => x, x => x.Length)["bb"])", "2"},
      {R"(new[] { "a", "a" }.ToDictionary(x => x))",
       "!ArgumentException: An item with the same key has already been added. Key: a"},
      {R"(string.Join(",", new[] { 1, 2 }.Join(new[] { "1x", "2y" }, n => n.ToString(), s => s.Substring(0, 1), (n, s) => n + s)))",
       "11x,22y"},
      {R"(new[] { 1, 1 }.ToHashSet().Count)", "1"},
      {R"(new[] { 1, 2 }.ToList().ToArray().Length)", "2"},
  });
}

TEST_CASE("LINQ is lazy where .NET is, and asks no more than it needs") {
  CHECK_CASES({
      {R"({ var n = 0; var q = new[] { 1, 2, 3 }.Select(x => { n++; return x; }); var before = n; q.First(); return before + " " + n; })",
       "0 1"},
      {R"({ var l = new List<int> { 1 }; var q = l.Where(x => x > 0); l.Add(2); return q.Count(); })", "2"},
      {R"(Enumerable.Range(0, 2147483647).Take(2).Count())", "2"},
      {R"(Enumerable.Range(0, 2147483647).Count())", "!!the time of an evaluation"},
      {R"({ var q = Enumerable.Range(0, 1); for (var i = 0; i < 10000; i++) { q = q.Where(x => true); } return q.Count(); })",
       "!!the length of a chain of sequences"},
  });
}
