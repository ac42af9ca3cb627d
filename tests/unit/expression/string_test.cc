#include <catch2/catch.hpp>

#include "library_result.h"

// learn.microsoft.com/dotnet/api/system.string
TEST_CASE("strings: search") {
  CHECK_CASES({
      {"\"hello\".IndexOf('l')", "2"},
      {"\"hello\".IndexOf(\"lo\")", "3"},
      {"\"hello\".IndexOf(\"L\", StringComparison.OrdinalIgnoreCase)", "2"},
      {"\"a😀b\".IndexOf(\"b\")", "3"},
      {"\"hello\".IndexOf('l', 3)", "3"},
      {"\"hello\".IndexOf('x')", "-1"},
      {"\"hello\".LastIndexOf('l')", "3"},
      {"\"hello hello\".LastIndexOf(\"hello\")", "6"},
      {"\"hello\".IndexOfAny(new[] {'x', 'o', 'e'})", "1"},
      {"\"hello\".Contains(\"ell\")", "True"},
      {"\"hello\".StartsWith(\"HE\", StringComparison.OrdinalIgnoreCase)", "True"},
      {"\"hello\".EndsWith(\"lo\")", "True"},
      {"\"hello\".IndexOf('l', 9)",
       "!ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than "
       "or equal to the size of the collection. (Parameter 'startIndex')"},
  });
}

TEST_CASE("strings: parts and changes") {
  CHECK_CASES({
      {"\"hello\".Substring(1, 3)", "ell"},
      {"\"äöü\".Substring(1)", "öü"},
      {"\"hello\".Substring(6)",
       "!ArgumentOutOfRangeException: startIndex cannot be larger than length of string. "
       "(Parameter 'startIndex')"},
      {"\"hello\".Substring(2, 9)",
       "!ArgumentOutOfRangeException: Index and length must refer to a location within the string. "
       "(Parameter 'length')"},
      {"\"hello\".Remove(2)", "he"},
      {"\"hello\".Remove(1, 3)", "ho"},
      {"\"ho\".Insert(1, \"ell\")", "hello"},
      {"\"a-b-c\".Replace('-', '+')", "a+b+c"},
      {"\"a-b-c\".Replace(\"-\", null)", "abc"},
      {"\"AbaB\".Replace(\"AB\", \"x\", StringComparison.OrdinalIgnoreCase)", "xx"},
      {"\"abc\".ToUpper() + \"ABC\".ToLowerInvariant()", "ABCabc"},
      {"\"  a \".Trim() + \"|\" + \"xxaxx\".Trim('x') + \"|\" + \"//a\".TrimStart('/')", "a|a|a"},
      {"\"7\".PadLeft(3, '0') + \"7\".PadRight(3) + \"|\"", "0077  |"},
      {"\"hello\"[1]", "e"},
      {"\"a😀b\".Length", "4"},
      {"new string('x', 3)", "xxx"},
      {"\"hello\"[5]", "!IndexOutOfRangeException: Index was outside the bounds of the array."},
  });
}

TEST_CASE("strings: split and join") {
  CHECK_CASES({
      {"string.Join(\"|\", \"a,b,,c\".Split(','))", "a|b||c"},
      {"string.Join(\"|\", \"a,b,,c\".Split(new[] {','}, StringSplitOptions.RemoveEmptyEntries))",
       "a|b|c"},
      {"string.Join(\"|\", \"a,b,c\".Split(new[] {','}, 2))", "a|b,c"},
      {"string.Join(\"|\", \"a b\\tc\".Split())", "a|b|c"},
      {"string.Join(\"|\", \"a--b--c\".Split(new[] {\"--\"}, StringSplitOptions.None))", "a|b|c"},
      {"string.Join(\"|\", \"a;b,c\".Split(',', ';'))", "a|b|c"},
      {"\"\".Split(',').Length", "1"},
      {"string.Join(\", \", 1, true, null, 'c')", "1, True, , c"},
      {"string.Concat(\"a\", 1, null)", "a1"},
  });
}

TEST_CASE("strings: equality and order") {
  CHECK_CASES({
      {"string.IsNullOrEmpty(\"\") && string.IsNullOrWhiteSpace(\" \\t\") && "
       "!string.IsNullOrEmpty(\" \")",
       "True"},
      {"string.Equals(\"A\", \"a\", StringComparison.OrdinalIgnoreCase)", "True"},
      {"\"a\".Equals(\"A\")", "False"},
      {"string.Compare(\"a\", \"B\") < 0 && string.Compare(\"a\", \"A\") < 0 && "
       "string.Compare(null, \"\") < 0",
       "True"},
      {"string.CompareOrdinal(\"a\", \"B\") > 0", "True"},
      {"string.Compare(\"ABC\", \"abc\", true)", "0"},
      {"StringComparer.OrdinalIgnoreCase.Equals(\"x\", \"X\")", "True"},
      {"\"abc\".GetHashCode() == (\"ab\" + \"c\").GetHashCode()", "True"},
  });
}

// learn.microsoft.com/dotnet/standard/base-types/composite-formatting
TEST_CASE("composite formats") {
  CHECK_CASES({
      {"string.Format(\"{0}-{1}-{0}\", 1, \"a\")", "1-a-1"},
      {"string.Format(\"|{0,5}|{0,-5}|\", 12)", "|   12|12   |"},
      {"string.Format(\"{{{0:X4}}}\", 255)", "{00FF}"},
      {"string.Format(\"{0:0.00} {1:N0}\", 1.005m, 1234567)", "1.01 1,234,567"},
      {"string.Format(\"{0}\", (object)null) + \"|\"", "|"},
      {"string.Format(\"{1}\", 1)",
       "!FormatException: Index (zero based) must be greater than or equal to zero and less than "
       "the size of the argument list."},
      {"string.Format(\"{0\", 1)", "!FormatException: Input string was not in a correct format."},
      {"string.Format(\"}\", 1)", "!FormatException: Input string was not in a correct format."},
      {"$\"{1 + 1:D3}|{\"a\",3}\"", "002|  a"},
      {"string.Format(\"{0:D}|{0}\", DayOfWeek.Friday)", "5|Friday"},
  });
}

// learn.microsoft.com/dotnet/api/system.text.stringbuilder
TEST_CASE("StringBuilder, StringReader and StringWriter") {
  CHECK_CASES({
      {"{ var s = new StringBuilder(); "
       "s.Append(\"a\").Append(1).Append('b').AppendLine().AppendFormat(\"{0:D2}\", 7); return "
       "s.ToString(); }",
       "a1b\n07"},
      {"{ var s = new StringBuilder(\"hello\"); s.Insert(0, \">\").Remove(1, 1).Replace(\"l\", "
       "\"L\"); return s.ToString(); }",
       ">eLLo"},
      {"{ var s = new StringBuilder(\"hello\"); s.Length = 2; return s.ToString() + s.Length; }",
       "he2"},
      {"{ var r = new System.IO.StringReader(\"a\\r\\nb\"); return r.ReadLine() + \"|\" + "
       "r.ReadLine() + \"|\" + (r.ReadLine() == null); }",
       "a|b|True"},
      {"{ var w = new System.IO.StringWriter(); w.Write(1); w.WriteLine(\"a\"); return "
       "w.ToString(); }",
       "1a\n"},
  });
}

TEST_CASE("char") {
  CHECK_CASES({
      {"char.IsDigit('5') && char.IsLetter('ä') && char.IsUpper('A') && !char.IsLetterOrDigit('-')",
       "True"},
      {"char.ToUpper('ä')", "Ä"},
      {"char.IsWhiteSpace(\"a b\", 1)", "True"},
  });
}

TEST_CASE("strings that would be too large end the evaluation") {
  CHECK(gateway::expression::result("new string('x', 2000000000).Length").starts_with("!!"));
  CHECK(gateway::expression::result("\"\".PadLeft(2000000000).Length").starts_with("!!"));
  CHECK(gateway::expression::result("1.ToString(\"D999999999\").Length").starts_with("!!"));
}
