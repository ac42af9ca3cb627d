#include <catch2/catch.hpp>

#include "library_result.h"

TEST_CASE("Operators have C#'s precedence and promotion") {
  CHECK_CASES({
      {"1 + 2 * 3", "7"},
      {"(1 + 2) * 3", "9"},
      {"7 / 2", "3"},
      {"-7 % 3", "-1"},
      {"7 / 2.0", "3.5"},
      {"1 << 3 | 1", "9"},
      {"-1 >> 1", "-1"},
      {"5 & 6 ^ 1", "5"},
      {"~5", "-6"},
      {"2147483647 + 1 == 0", "?the constant overflows"},
      {"{ int x = 2147483647; return x + 1; }", "-2147483648"},
      {"{ int x = 2147483647; return checked(x + 1); }", "!OverflowException: Arithmetic operation resulted in an overflow."},
      {"{ int x = 0; return 1 / x; }", "!DivideByZeroException: Attempted to divide by zero."},
      {"{ double x = 0; return 1 / x > 5; }", "True"},
      {"1 + 2L", "3"},
      {"(1 + 2L).GetType().Name", "Int64"},
      {"('a' + 1).GetType().Name", "Int32"},
      {"(byte)300", "44"},
      {"(int)3.99", "3"},
      {"(int)'a'", "97"},
      {"(char)98", "b"},
      {"-2147483648", "-2147483648"},
      {"0xFF + 0b11", "258"},
      {"1 < 2 && 2 < 3 || false", "True"},
      {"!true", "False"},
      {"1 == 1.0", "True"},
      {"1 < 2 ? \"a\" : \"b\"", "a"},
      {"true ? 1 : 2.5", "1"},
      {"1.5m + 2", "3.5"},
      {"(decimal)1.25 * 2", "2.50"},
      {"10 - 2 - 3", "5"},
      {"\"a\" == \"a\" && \"a\" != \"A\"", "True"},
      {"1u + 1", "2"},
      {"{ byte b = 250; b += 10; return b; }", "4"},
      {"{ int i = 1; i <<= 3; i |= 1; i ^= 8; return i; }", "1"},
      {"{ int i = 16; i >>= 2; return i; }", "4"},
      {"{ int i = 5; return i++ + ++i; }", "12"},
      {"{ int i = 5; return i-- - --i; }", "2"},
  });
}

TEST_CASE("Anything adds to a string") {
  CHECK_CASES({
      {"\"a\" + 1 + 2", "a12"},
      {"1 + 2 + \"a\"", "3a"},
      {"\"a\" + null + true + 'c' + 1.5", "aTruec1.5"},
      {"\"a\" + (1 + 2)", "a3"},
      {"{ string s = null; s += \"x\"; s += 1; return s; }", "x1"},
      {"{ object o = 5; return \"n=\" + o; }", "n=5"},
      {"{ var s = \"\"; for (int i = 0; i < 5; i++) s += i; return s; }", "01234"},
  });
}

TEST_CASE("Strings: verbatim, interpolated, escaped") {
  CHECK_CASES({
      {R"($"a{1 + 1}b")", "a2b"},
      {R"($"{1,5}|{2,-3}|")", "    1|2  |"},
      {R"($"{3.14159:F2}")", "3.14"},
      {R"($"{{x}} {"q"}")", "{x} q"},
      {R"($"{(true ? "y" : "n")}")", "y"},
      {R"($@"c:\{"x"}""")", "c:\\x\""},
      {R"(@$"\{1}")", "\\1"},
      {R"(@"a\b""c")", "a\\b\"c"},
      {R"("\u0041\t|")", "A\t|"},
      {R"($"{$"{1}"}2")", "12"},
      {R"({ var d = new Dictionary<string, string> { { "k", "v" } }; return $"{d["k"]}"; })", "v"},
      {R"($"{null}")", ""},
  });
}

TEST_CASE("Null: ??, ?., ?[ and nullable types") {
  CHECK_CASES({
      {"{ string s = null; return s ?? \"d\"; }", "d"},
      {"{ string s = null; return s?.Length == null; }", "True"},
      {"{ string s = \"abc\"; return s?.ToUpper().Length; }", "3"},
      {"{ string s = null; return s?.ToUpper().Length ?? -1; }", "-1"},
      {"{ string[] a = null; return a?[0] ?? \"none\"; }", "none"},
      {"{ string[] a = { \"x\" }; return a?[0]; }", "x"},
      {"{ int? x = null; return x == null; }", "True"},
      {"{ int? x = 3; return x + 1; }", "4"},
      {"{ int? x = null; return x + 1; }", "null"},
      {"{ int? x = null; return x < 5; }", "False"},
      {"{ int? x = 3; return x.HasValue && x.Value == 3; }", "True"},
      {"{ int? x = null; return x.GetValueOrDefault(7); }", "7"},
      {"{ int? x = null; return x.GetValueOrDefault(); }", "0"},
      {"{ int? x = null; return (int)x; }", "!NullReferenceException: Object reference not set to an instance of an object."},
      {"{ string s = null; return s.Length; }", "!NullReferenceException: Object reference not set to an instance of an object."},
      {"{ decimal? d = null; return d == 1m; }", "False"},
      {"{ decimal? d = 2m; return d > 1m; }", "True"},
      {"{ string s = null; return s ?? throw new ArgumentException(\"no\"); }", "!ArgumentException: no"},
  });
}

TEST_CASE("Casts, is and as") {
  CHECK_CASES({
      {"(string)(object)\"a\"", "a"},
      {"{ object o = 5; return (int)o + 1; }", "6"},
      {"{ object o = \"a\"; return (int)o; }",
       "!InvalidCastException: Unable to cast object of type 'System.String' to type 'System.Int32'."},
      {"{ object o = 5L; return (int)o; }",
       "!InvalidCastException: Unable to cast object of type 'System.Int64' to type 'System.Int32'."},
      {"{ object o = \"abc\"; return o is string s ? s.Length : 0; }", "3"},
      {"{ object o = 1; return o is string; }", "False"},
      {"{ object o = null; return o is null; }", "True"},
      {"{ object o = 3; return o is 3; }", "True"},
      {"{ object o = 1; return (o as string) == null; }", "True"},
      {"{ object o = 1; return o as int? ?? 9; }", "1"},
      {"{ object o = \"s\"; if (!(o is string t)) return 0; return t.Length; }", "1"},
      {"{ var i = 7; var a = new[] { 1, 2, 3, 4, 5, 6, 7, 8 }; return a[(Int32)i]; }", "8"},
      {"{ var x = 5; return (x)-1; }", "4"},
      {"(int)-1.5", "-1"},
      {"(DayOfWeek)1", "Monday"},
      {"(int)DayOfWeek.Friday", "5"},
      {"{ object o = DayOfWeek.Friday; return o is DayOfWeek d && d == DayOfWeek.Friday; }", "True"},
      {"default(int) + default(string)", "0"},
      {"typeof(string).Name + typeof(int?).Name", "StringNullable`1"},
      {"nameof(DateTime.UtcNow)", "UtcNow"},
      {"new List<string>() is IEnumerable<object>", "True"},
      {"((IEnumerable<object>)new List<string> { \"a\" }).Count()", "1"},
  });
}

TEST_CASE("Statements") {
  CHECK_CASES({
      {"{ if (1 > 2) { return \"a\"; } else if (2 > 1) return \"b\"; else return \"c\"; }", "b"},
      {"{ int n = 0; for (int i = 0, j = 10; i < j; i++, j--) n += j - i; return n; }", "30"},
      {"{ int n = 0; while (true) { if (++n > 5) break; } return n; }", "6"},
      {"{ int n = 0; do { n++; if (n == 2) continue; } while (n < 4); return n; }", "4"},
      {"{ var s = \"\"; foreach (var c in \"abc\") { if (c == 'b') continue; s += c; } return s; }", "ac"},
      {"{ foreach (var x in new[] { 1, 2, 3 }) { if (x == 2) return x; } return 0; }", "2"},
      {"{ foreach (object x in new[] { \"a\" }) return x; return 0; }", "a"},
      {"{ switch (3) { case 1: return \"a\"; case 2: case 3: return \"b\"; default: return \"c\"; } }", "b"},
      {"{ var r = \"\"; switch (\"x\") { case \"y\": r = \"1\"; break; default: r = \"2\"; break; } return r; }", "2"},
      {"{ object o = \"abc\"; switch (o) { case int i: return i; case string s when s.Length > 2: return s + 1; default: return null; } }", "abc1"},
      {"{ switch (DayOfWeek.Monday) { case DayOfWeek.Monday: return 1; } return 2; }", "1"},
      {"{ foreach (var x in new[] { 1, 2 }) { switch (x) { case 1: continue; default: break; } return x; } return 0; }", "2"},
      {"{ const string k = \"a\"; const int n = 2; return k + n * 3; }", "a6"},
      {"{ int a, b; a = b = 4; return a + b; }", "8"},
      {"{ { int x = 1; } { int x = 2; return x; } }", "2"},
      {"{ ; ; return 1; }", "1"},
      {"{ if (int.TryParse(\"12\", out var n)) return n; return -1; }", "12"},
      {"{ int n; return int.TryParse(\"x\", out n) ? 1 : n; }", "0"},
      {"{ int.TryParse(\"5\", out int n); return n; }", "5"},
      {"{ while (true) { return 1; } }", "1"},
      {"{ var a = new int[3]; a[1] = 5; a[1] += 2; a[2]++; return a[0] + a[1] * 10 + a[2] * 100; }", "170"},
      {"{ var a = new byte[] { 1, 2 }; a[0] = 255; a[0]++; return a[0] + a.Length; }", "2"},
      {"{ var a = new int[2]; return a[2]; }", "!IndexOutOfRangeException: Index was outside the bounds of the array."},
      {"{ var a = new[] { new[] { 1 }, new[] { 2, 3 } }; return a[1][1]; }", "3"},
      {"{ using (var r = new StringReader(\"ab\")) { return r.ReadToEnd(); } }", "ab"},
  });
}

TEST_CASE("Exceptions are thrown and caught") {
  CHECK_CASES({
      {"{ try { return int.Parse(\"x\"); } catch (FormatException e) { return \"F\" + e.GetType().Name; } }", "FFormatException"},
      {"{ try { return int.Parse(\"x\"); } catch { return -1; } }", "-1"},
      {"{ try { throw new InvalidOperationException(\"m\"); } catch (ArgumentException) { return 1; } catch (Exception e) { return e.Message; } }", "m"},
      {"{ var s = \"\"; try { s += \"a\"; } finally { s += \"b\"; } return s; }", "ab"},
      {"{ var s = \"\"; try { try { throw new Exception(\"x\"); } finally { s += \"f\"; } } catch (Exception e) { s += e.Message; } return s; }", "fx"},
      {"{ var s = \"a\"; try { return s; } finally { s = \"b\"; } }", "a"},
      {"{ try { throw new Exception(\"a\", new FormatException(\"in\")); } catch (Exception e) when (e.Message == \"a\") { return e.InnerException.Message; } }", "in"},
      {"{ try { throw new Exception(\"a\"); } catch (Exception e) when (e.Message == \"b\") { return 1; } }", "!Exception: a"},
      {"{ try { try { throw new FormatException(\"q\"); } catch (Exception) { throw; } } catch (FormatException e) { return e.Message; } }", "q"},
      {"{ foreach (var x in new[] { 0, 1 }) { try { return 5 / x; } catch (DivideByZeroException) { continue; } } return 0; }", "5"},
      {"new ArgumentNullException(\"p\").Message", "Value cannot be null. (Parameter 'p')"},
      {"new FormatException(\"m\").ToString()", "System.FormatException: m"},
      {"{ throw new KeyNotFoundException(\"k\"); }", "!KeyNotFoundException: k"},
      {"{ Exception e = null; throw e; }", "!NullReferenceException: Object reference not set to an instance of an object."},
  });
}

TEST_CASE("Lambdas capture variables, not values") {
  CHECK_CASES({
      {"{ Func<int, int> f = x => x * 2; return f(4); }", "8"},
      {"{ Func<int> f = () => 3; return f() + f.Invoke(); }", "6"},
      {"{ int n = 1; Func<int> f = () => n; n = 5; return f(); }", "5"},
      {"{ int n = 1; Action f = () => n++; f(); f(); return n; }", "3"},
      {"{ var l = new List<Func<int>>(); foreach (var x in new[] { 1, 2, 3 }) { l.Add(() => x); } return l[0]() + l[2]() * 10; }", "31"},
      {"{ var l = new List<Func<int>>(); for (int i = 0; i < 3; i++) { int c = i; l.Add(() => c); } return l[0]() + l[1]() * 10 + l[2]() * 100; }", "210"},
      {"{ var l = new List<Func<int>>(); for (int i = 0; i < 3; i++) { l.Add(() => i); } return l[0](); }", "3"},
      {"{ Func<int, Func<int, int>> add = a => b => a + b; return add(2)(3); }", "5"},
      {"{ Func<int, int, int> f = (int a, int b) => { var c = a; return c - b; }; return f(5, 3); }", "2"},
      {"new[] { 1, 2, 3, 4 }.Where(x => x % 2 == 0).Select(x => x * 10).Sum()", "60"},
      {"string.Join(\",\", new[] { \"b\", \"a\" }.OrderBy(x => x).Select((x, i) => x + i))", "a0,b1"},
      {"string.Join(\",\", \"1 2\".Split(' ').Select(int.Parse).Select(x => x + 1))", "2,3"},
      {"Array.Exists(\"a,b\".Split(','), x => x == \"b\")", "True"},
      {"new[] { 1, 2 }.Any(x => { if (x > 1) return true; return false; })", "True"},
      {"new[] { 3, 1 }.Select(x => new { n = x, s = \"v\" + x }).OrderBy(x => x.n).First().s", "v1"},
      {"new Dictionary<string, int> { { \"a\", 1 }, { \"b\", 2 } }.Where(p => p.Value > 1).Select(p => p.Key).First()", "b"},
      {"{ var q = new[] { 1, 2, 3 }.Select(x => x / 0.5); return q.Last(); }", "6"},
      {"new[] { \"a\", \"bb\" }.ToDictionary(x => x, x => x.Length)[\"bb\"]", "2"},
      {"new[] { 1, 2, 3 }.Aggregate((a, b) => a + b)", "6"},
      {"new[] { 1, 2 }.SelectMany(x => new[] { x, x * 10 }).Count()", "4"},
      {"\"hello\".Where(c => c == 'l').Count()", "2"},
      {"new[] { 1.5, 2.5 }.Max(x => x)", "2.5"},
  });
}

TEST_CASE("Local functions") {
  CHECK_CASES({
      {"{ int f(int n) => n < 2 ? 1 : n * f(n - 1); return f(5); }", "120"},
      {"{ return g(2); int g(int x) { return h(x) + 1; } int h(int y) { return y * 10; } }", "21"},
      {"{ int total = 0; void add(int x) { total += x; } add(2); add(3); return total; }", "5"},
      {"{ string Twice(string s) { return s + s; } return string.Join(\",\", new[] { \"a\" }.Select(Twice)); }", "aa"},
  });
}

TEST_CASE("Objects are made") {
  CHECK_CASES({
      {"new string('x', 3)", "xxx"},
      {"new List<int> { 1, 2, 3 }.Count", "3"},
      {"new Dictionary<string, int> { { \"a\", 1 }, { \"b\", 2 } }[\"b\"]", "2"},
      {"new Dictionary<string, int> { [\"a\"] = 1 }[\"a\"]", "1"},
      {"new { a = 1, b = \"x\" }.ToString()", "{ a = 1, b = x }"},
      {"{ var s = \"q\"; return new { s, s.Length }.Length; }", "1"},
      {"new { a = 1 }.Equals(new { a = 1 })", "True"},
      {"new[] { 1, 2.5 }[0].GetType().Name", "Double"},
      {"new System.Text.StringBuilder().Append(\"a\").Append(1).ToString()", "a1"},
      {"Tuple.Create(1, \"a\").Item2", "a"},
      {"new Tuple<int, string>(1, \"a\").ToString()", "(1, a)"},
      {"new Exception().Message", "Exception of type 'System.Exception' was thrown."},
      {"System.Text.Encoding.UTF8.GetBytes(\"abc\").Length", "3"},
      {"new Newtonsoft.Json.Linq.JObject(new JProperty(\"a\", 1))[\"a\"].ToString()", "1"},
  });
}

TEST_CASE("Calls: named and optional arguments, params, generics") {
  CHECK_CASES({
      {"string.Join(\"-\", 1, \"a\", true)", "1-a-True"},
      {"string.Format(\"{0}{1}\", 1, 2)", "12"},
      {"string.Concat(\"a\", \"b\", \"c\", \"d\", \"e\")", "abcde"},
      {"\"abc\".Substring(length: 1, startIndex: 1)", "b"},
      {"Math.Max(1, 2.5)", "2.5"},
      {"Math.Max(1, 2)", "2"},
      {"Convert.ToInt32(\"12\") + 1", "13"},
      {"\"a,b\".Split(',')[1]", "b"},
      {"\"abc\"[1]", "b"},
      {"((string)\"x\").Equals(\"x\")", "True"},
      {"Enum.Parse(typeof(DayOfWeek), \"Friday\").ToString()", "Friday"},
      {"Array.IndexOf(new[] { 1, 2 }, 2)", "1"},
      {"{ var a = new[] { 3, 1, 2 }; Array.Sort(a); Array.Reverse(a); return string.Join(\"\", a); }", "321"},
      {"Array.ConvertAll(new[] { 1, 2 }, x => \"n\" + x)[1]", "n2"},
      {"new[] { \"a\" }.Contains(\"a\")", "True"},
      {"5.ToString() + 1.5.ToString()", "51.5"},
      {"JObject.Parse(\"{\\\"a\\\":{\\\"b\\\":[1,2]}}\")[\"a\"][\"b\"][1].Value<int>() + 1", "3"},
      {"(string)JObject.Parse(\"{\\\"a\\\":\\\"x\\\"}\")[\"a\"]", "x"},
      {"{ var o = new JObject(); o[\"a\"] = 1; o[\"b\"] = \"x\"; return o.ToString(Newtonsoft.Json.Formatting.None); }", "{\"a\":1,\"b\":\"x\"}"},
      {"JArray.Parse(\"[1,2,3]\").Select(x => (int)x).Sum()", "6"},
      {"JArray.Parse(\"[{\\\"n\\\":1}]\").First(x => (int)x[\"n\"] == 1)[\"n\"].ToString()", "1"},
      {"{ dynamic d = JObject.Parse(\"{\\\"a\\\":1}\"); return d[\"a\"].ToString(); }", "1"},
      {"{ dynamic s = \"abc\"; return s.Length + 1; }", "4"},
      {"{ dynamic s = \"abc\"; return s.Nope; }", "!RuntimeBinderException: 'string' does not contain a definition for 'Nope'"},
      {"DateTime.UtcNow > new DateTime(2020, 1, 1)", "True"},
      {"(new DateTime(2020, 1, 2) - new DateTime(2020, 1, 1)).TotalHours", "24"},
      {"Regex.IsMatch(\"/A/b\", @\"^/a/\\w$\", RegexOptions.IgnoreCase, TimeSpan.FromMilliseconds(100))", "True"},
      {"RegexOptions.IgnoreCase | RegexOptions.Multiline", "IgnoreCase, Multiline"},
  });
}
