#include <catch2/catch.hpp>

#include "library_result.h"

TEST_CASE("List<T>") {
  CHECK_CASES({
      {R"({ var l = new List<string> { "a", "b" }; l.Add("c"); l.Insert(0, "z"); l.Remove("b"); return string.Join(",", l); })",
       "z,a,c"},
      {R"({ var l = new List<int> { 3, 1, 2 }; l.Sort(); l.Reverse(); return string.Join(",", l) + l.Count; })",
       "3,2,13"},
      {R"({ var l = new List<int> { 3, 1, 2 }; l.Sort((a, b) => b - a); return string.Join(",", l); })", "3,2,1"},
      {R"({ var l = new List<int> { 1, 2, 3, 4 }; l.RemoveAll(x => x % 2 == 0); l.RemoveAt(0); return string.Join(",", l); })",
       "3"},
      {R"(new List<int> { 1, 2, 3 }.Find(x => x > 1))", "2"},
      {R"(new List<int> { 1, 2, 3 }.Find(x => x > 9))", "0"},
      {R"(new List<int> { 1, 2, 3 }.FindIndex(x => x > 9))", "-1"},
      {R"(new List<int> { 1, 2, 3 }.Exists(x => x == 3))", "True"},
      {R"(string.Join(",", new List<int> { 1, 2, 3, 4 }.GetRange(1, 2)))", "2,3"},
      {R"(new List<string>(new[] { "a", "b" }).IndexOf("b"))", "1"},
      {R"(new List<string> { "a" }.Contains("A"))", "False"},
      {R"(new List<int>()[0])",
       "!ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the "
       "collection. (Parameter 'index')"},
      {R"({ var l = new List<int> { 1, 2 }; foreach (var x in l) { l.Add(x); } return ""; })",
       "!InvalidOperationException: Collection was modified; enumeration operation may not execute."},
      {R"({ var s = 0; new List<int> { 1, 2, 3 }.ForEach(x => s += x); return s; })", "6"},
  });
}

TEST_CASE("Dictionary<K, V>") {
  CHECK_CASES({
      {R"({ var d = new Dictionary<string, int> { { "b", 1 }, { "a", 2 } }; d["c"] = 3; d.Remove("b"); return string.Join(",", d.Keys) + d.Count; })",
       "a,c2"},
      {R"(new Dictionary<string, string> { ["a"] = "x" }["a"])", "x"},
      {R"(new Dictionary<string, string>()["x"])",
       "!KeyNotFoundException: The given key 'x' was not present in the dictionary."},
      {R"({ var d = new Dictionary<string, int>(); d.Add("a", 1); d.Add("a", 2); return ""; })",
       "!ArgumentException: An item with the same key has already been added. Key: a"},
      {R"({ var d = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase); d["Key"] = 1; return d["KEY"]; })", "1"},
      {R"({ int v; var d = new Dictionary<string, int>(); return d.TryGetValue("a", out v) + " " + v; })", "False 0"},
      {R"(new Dictionary<string, string> { { "a", "x" } }.GetValueOrDefault("a", "d"))", "x"},
      {R"(new Dictionary<string, string> { { "a", "x" } }.GetValueOrDefault("b", "d"))", "d"},
      {R"(new Dictionary<string, int>().GetValueOrDefault("b"))", "0"},
      {R"({ var s = ""; foreach (var p in new Dictionary<string, int> { { "a", 1 }, { "b", 2 } }) { s += p.Key + p.Value; } return s; })",
       "a1b2"},
      {R"(new Dictionary<string, int> { { "a", 1 } }.First().ToString())", "[a, 1]"},
      {R"(new Dictionary<int, string> { { 1, "a" } }.ContainsKey(1))", "True"},
      {R"(new Dictionary<int, string> { { 1, "a" } }.ContainsValue("a"))", "True"},
      {R"({ string k = null; return new Dictionary<string, string>().ContainsKey(k); })",
       "!ArgumentNullException: Value cannot be null. (Parameter 'key')"},
      {R"({ var d = new Dictionary<int, int>(); for (var i = 0; i < 1000; i++) { d[i] = i; } for (var i = 0; i < 1000; i += 2) { d.Remove(i); } d[5000] = 1; return d.Count + " " + d.Keys.First() + " " + d.Keys.Last() + " " + d[999]; })",
       "501 1 5000 999"},
  });
}

TEST_CASE("HashSet<T>, Queue<T> and Stack<T>") {
  CHECK_CASES({
      {R"({ var s = new HashSet<string> { "a", "b", "a" }; return s.Count + " " + s.Add("b") + s.Add("c") + s.Contains("c"); })",
       "2 FalseTrueTrue"},
      {R"({ var s = new HashSet<int>(new[] { 1, 2, 3 }); s.IntersectWith(new[] { 2, 3, 4 }); s.UnionWith(new[] { 9 }); return string.Join(",", s); })",
       "2,3,9"},
      {R"(new HashSet<int> { 1 }.IsSubsetOf(new[] { 1, 2 }))", "True"},
      {R"(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "A" }.Contains("a"))", "True"},
      {R"({ var q = new Queue<int>(); q.Enqueue(1); q.Enqueue(2); return q.Dequeue() + " " + q.Peek() + " " + q.Count; })",
       "1 2 1"},
      {R"(new Queue<int>().Dequeue())", "!InvalidOperationException: Queue empty."},
      {R"({ var s = new Stack<int>(); s.Push(1); s.Push(2); return string.Join(",", s) + s.Pop() + s.Count; })", "2,121"},
      {R"(new Stack<int>().Pop())", "!InvalidOperationException: Stack empty."},
  });
}

TEST_CASE("a collection that grows without end is stopped") {
  CHECK_CASES({
      {R"({ var l = new List<string>(); while (true) { l.Add("x"); } })", "!!the time of an evaluation"},
      {R"({ var l = new List<int> { 1 }; for (var i = 0; i < 40; i++) { l.AddRange(l); } return ""; })",
       "!!the memory of an evaluation"},
  });
}

TEST_CASE("a byte[] is a list of a fixed size wherever it comes from") {
  CHECK_CASES({
      {R"({ IList<byte> b = System.Text.Encoding.UTF8.GetBytes("hi"); b[0] = 65; return b[0] + " " + b[1] + " " + b.IndexOf((byte)105) + " " + b.Contains((byte)9); })",
       "65 105 1 False"},
      {R"({ IReadOnlyList<byte> b = System.Text.Encoding.UTF8.GetBytes("hi"); return b[0] + " " + b.Count; })", "104 2"},
      {R"({ IList<byte> b = new byte[2]; return b[2]; })",
       "!IndexOutOfRangeException: Index was outside the bounds of the array."},
      {R"({ IList<byte> b = new byte[2]; b.Clear(); return ""; })",
       "!NotSupportedException: Collection was of a fixed size."},
      {R"(Convert.ToBase64String(new List<byte> { 104, 105 }.ToArray()))", "aGk="},
      {R"(Convert.ToBase64String(new Queue<byte>(new byte[] { 104, 105 }).ToArray()))", "aGk="},
      {R"(Convert.ToBase64String(new byte[] { 105, 104 }.Reverse().ToArray()))", "aGk="},
      {R"(Enumerable.Empty<byte>().Count())", "0"},
      {R"(Convert.ToBase64String(JArray.Parse("[104,105]").Values<byte>().ToArray()))", "aGk="},
      {R"(new byte[] { 1 }.ToLookup(x => "k", x => x)["none"].Count())", "0"},
      {R"({ var a = new KeyValuePair<string, int>[1]; return a[0].ToString(); })", "[, 0]"},
  });
}
