#include <catch2/catch.hpp>

#include "library_result.h"

TEST_CASE("JSON that is read and written again") {
  CHECK_CASES({
      {R"(JObject.Parse("{\"a\":1,\"b\":[true,null,\"x\"]}").ToString(Formatting.None))",
       R"({"a":1,"b":[true,null,"x"]})"},
      {R"(JObject.Parse("{\"a\":1,\"b\":[1,{}],\"c\":{},\"d\":[]}").ToString())",
       "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    {}\n  ],\n  \"c\": {},\n  \"d\": []\n}"},
      {R"(JArray.Parse("[1.0,1.50,1e2,1E30,-0.0,0.1]").ToString(Formatting.None))",
       "[1.0,1.5,100.0,1E+30,-0.0,0.1]"},
      {R"(JArray.Parse("[9223372036854775807,18446744073709551615,123456789012345678901234567890]").ToString(Formatting.None))",
       "[9223372036854775807,18446744073709551615,123456789012345678901234567890]"},
      {R"(JObject.Parse("{'a':'it\\'s', b: 2, /* c */ 'c': 3, 'd': [1,2,],}").ToString(Formatting.None))",
       R"({"a":"it's","b":2,"c":3,"d":[1,2]})"},
      {R"(JArray.Parse("[0x1F,010,-5]").ToString(Formatting.None))", "[31,8,-5]"},
      {R"(JArray.Parse("[\"\\u00e9\\ud83d\\ude00\\n\\/\"]").ToString(Formatting.None))", "[\"é😀\\n/\"]"},
      {R"(new JValue("\u2028\u0001\"\\").ToString(Formatting.None))", R"("\u2028\u0001\"\\")"},
      {R"(JObject.Parse("{\"a\":1,\"b\":2,\"a\":3}").ToString(Formatting.None))", R"({"a":3,"b":2})"},
      {R"(JToken.Parse("\"x\"").ToString())", "x"},
      {R"(JToken.Parse(" 12 ").Type.ToString())", "Integer"},
      {R"(JToken.Parse("null").Type.ToString())", "Null"},
      {R"(JToken.Parse("[NaN, Infinity, -Infinity]").ToString(Formatting.None))",
       R"(["NaN","Infinity","-Infinity"])"},
  });
}

TEST_CASE("JSON dates are dates, and are written as they were") {
  CHECK_CASES({
      {R"(JObject.Parse("{\"d\":\"2024-05-01T10:20:30Z\"}")["d"].Type.ToString())", "Date"},
      {R"((string)JObject.Parse("{\"d\":\"2024-05-01T10:20:30Z\"}")["d"])", "05/01/2024 10:20:30"},
      {R"(JObject.Parse("{\"d\":\"2024-05-01T10:20:30.120+02:00\"}").ToString(Formatting.None))",
       R"({"d":"2024-05-01T10:20:30.120+02:00"})"},
      {R"(((DateTime)JObject.Parse("{\"d\":\"2024-05-01T10:20:30+02:00\"}")["d"]).ToString("HH:mm"))", "08:20"},
      {R"(JObject.Parse("{\"d\":\"2024-05-01\"}")["d"].Type.ToString())", "String"},
      {R"(JObject.Parse("{\"d\":\"2024-13-01T10:20:30Z\"}")["d"].Type.ToString())", "String"},
      {R"(new JObject(new JProperty("d", new DateTime(2024, 5, 1, 1, 2, 3))).ToString(Formatting.None))",
       R"({"d":"2024-05-01T01:02:03"})"},
  });
}

TEST_CASE("JSON that is none is refused in Newtonsoft's words") {
  CHECK_CASES({
      {R"(JObject.Parse("<html>"))",
       "!JsonReaderException: Unexpected character encountered while parsing value: <. Path '', line 0, position 0."},
      {R"(JObject.Parse(""))",
       "!JsonReaderException: Error reading JObject from JsonReader. Path '', line 0, position 0."},
      {R"(JObject.Parse("[1]"))",
       "!JsonReaderException: Error reading JObject from JsonReader. Current JsonReader item is not an object: "
       "StartArray. Path '', line 1, position 1."},
      {R"(JObject.Parse("{\"a\": x}"))",
       "!JsonReaderException: Unexpected character encountered while parsing value: x. Path 'a', line 1, position 6."},
      {R"(JObject.Parse("{\"a\":1 \"b\":2}"))",
       "!JsonReaderException: After parsing a value an unexpected character was encountered: \". Path 'a', line 1, "
       "position 7."},
      {R"(JObject.Parse("{\"a\":[1,\n2,x]}"))",
       "!JsonReaderException: Unexpected character encountered while parsing value: x. Path 'a[1]', line 2, position 2."},
      {R"(JObject.Parse("{\"a\":1"))",
       "!JsonReaderException: Unexpected end of content while loading JObject. Path 'a', line 1, position 6."},
      {R"(JArray.Parse("[1] x"))",
       "!JsonReaderException: Additional text encountered after finished reading JSON content: x. Path '', line 1, "
       "position 4."},
      {R"(JObject.Parse("{\"a\":\"b"))",
       "!JsonReaderException: Unterminated string. Expected delimiter: \". Path 'a', line 1, position 7."},
      {R"(JToken.Parse(new string('[', 65)))",
       "!JsonReaderException: The reader's MaxDepth of 64 has been exceeded. Path '[0][0][0][0][0][0][0][0][0][0][0][0]"
       "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
       "[0][0][0][0][0][0][0][0][0][0][0][0][0]', line 1, position 65."},
      {R"(JToken.Parse("truer"))",
       "!JsonReaderException: Error parsing boolean value. Path '', line 1, position 4."},
      {R"(JToken.Parse("1.2.3"))",
       "!JsonReaderException: Input string '1.2.3' is not a valid number. Path '', line 1, position 5."},
  });
}

TEST_CASE("tokens become values by casts") {
  CHECK_CASES({
      {R"((string)JObject.Parse("{\"a\":true}")["a"])", "True"},
      {R"((string)JObject.Parse("{\"a\":1.0}")["a"])", "1"},
      {R"((string)JObject.Parse("{\"a\":null}")["a"] == null)", "True"},
      {R"((string)JObject.Parse("{}")["a"] == null)", "True"},
      {R"((int)JObject.Parse("{\"a\":\"12\"}")["a"] + 1)", "13"},
      {R"((int)JObject.Parse("{\"a\":2.5}")["a"])", "2"},
      {R"((bool)JObject.Parse("{\"a\":\"true\"}")["a"])", "True"},
      {R"((bool)JObject.Parse("{\"a\":1}")["a"])", "True"},
      {R"((int?)JObject.Parse("{\"a\":null}")["a"] == null)", "True"},
      {R"((double)JObject.Parse("{\"a\":1}")["a"] / 2)", "0.5"},
      {R"((decimal)JObject.Parse("{\"a\":1.10}")["a"])", "1.1"},
      {R"(((Guid)JObject.Parse("{\"a\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"}")["a"]).ToString())",
       "0f8fad5b-d9cb-469f-a165-70867728950e"},
      {R"(((TimeSpan)JObject.Parse("{\"a\":\"01:02:03\"}")["a"]).TotalSeconds)", "3723"},
      {R"((string)JObject.Parse("{\"a\":{}}")["a"])", "!ArgumentException: Can not convert Object to String."},
      {R"((int)JObject.Parse("{\"a\":[]}")["a"])", "!ArgumentException: Can not convert Array to Int32."},
      {R"((int)JObject.Parse("{\"a\":null}")["a"])", "!ArgumentException: Can not convert Null to Int32."},
      {R"((int)JObject.Parse("{}")["a"])",
       "!ArgumentNullException: Value cannot be null. (Parameter 'value')"},
      {R"((int)JObject.Parse("{\"a\":\"x\"}")["a"])",
       "!FormatException: Input string was not in a correct format."},
      {R"(JObject.Parse("{\"a\":\"5\"}").Value<int>("a"))", "5"},
      {R"(JObject.Parse("{\"a\":5}").Value<string>("a"))", "5"},
      {R"(JObject.Parse("{}").Value<string>("a") ?? "none")", "none"},
      {R"(JObject.Parse("{}").Value<int>("a"))", "0"},
      {R"(JObject.Parse("{\"a\":[1,2]}").Value<JArray>("a").Count)", "2"},
      {R"(JObject.Parse("{\"a\":1}")["a"].Value<int>() + 1)", "2"},
      {R"(JArray.Parse("[1,2,3]").ToObject<List<int>>().Sum())", "6"},
      {R"(JObject.Parse("{\"a\":\"x\"}").ToObject<Dictionary<string, string>>()["a"])", "x"},
  });
}

TEST_CASE("tokens are made and changed") {
  CHECK_CASES({
      {R"(new JObject(new JProperty("a", "v"), new JProperty("n", 1), new JProperty("x", null)).ToString(Formatting.None))",
       R"({"a":"v","n":1,"x":null})"},
      {R"(new JArray(1, "b", true, 1.0, 1.5m).ToString(Formatting.None))", R"([1,"b",true,1.0,1.5])"},
      {R"(new JProperty("a", new[] { "x", "y" }).ToString(Formatting.None))", R"("a":["x","y"])"},
      {R"(new JProperty("a", 1, 2).ToString(Formatting.None))", R"("a":[1,2])"},
      {R"({ var o = new JObject(); o["a"] = 1; o["b"] = "t"; o["a"] = new JArray(1, 2); return o.ToString(Formatting.None); })",
       R"({"a":[1,2],"b":"t"})"},
      {R"({ var o = JObject.Parse("{\"a\":1,\"b\":2}"); o.Remove("a"); o.Add("c", 3); o.AddFirst(new JProperty("z", 0)); return o.ToString(Formatting.None); })",
       R"({"z":0,"b":2,"c":3})"},
      {R"({ var o = JObject.Parse("{\"a\":{\"b\":1}}"); o["a"]["b"].Replace(new JValue("x")); return o.ToString(Formatting.None); })",
       R"({"a":{"b":"x"}})"},
      {R"({ var o = JObject.Parse("{\"a\":1,\"b\":2}"); o.Property("a").Remove(); return o.ToString(Formatting.None); })",
       R"({"b":2})"},
      {R"({ var o = JObject.Parse("{\"a\":1}"); o.Property("a").AddAfterSelf(new JProperty("b", 2)); return o.ToString(Formatting.None); })",
       R"({"a":1,"b":2})"},
      {R"({ var o = JObject.Parse("{\"a\":1}"); o.Add("a", 2); return ""; })",
       "!ArgumentException: Can not add property a to Newtonsoft.Json.Linq.JObject. Property with the same name "
       "already exists on object."},
      {R"({ var a = JArray.Parse("[1,2,3]"); a.Insert(0, 0); a.RemoveAt(1); a.Add(9); a[0] = "x"; return a.ToString(Formatting.None); })",
       R"(["x",2,3,9])"},
      {R"({ var a = JArray.Parse("[1,2]"); foreach (var x in a) { a.RemoveAt(0); } return ""; })",
       "!InvalidOperationException: Collection was modified; enumeration operation may not execute."},
      {R"({ var o = JObject.Parse("{'a':1,'b':2}"); foreach (var p in o.Properties()) { p.Remove(); } return o.Count; })",
       "0"},
      {R"({ var a = JArray.Parse("[1,2,3]"); return a.IndexOf(a[2]) + " " + a.Count + " " + a.Contains(a[0]); })",
       "2 3 True"},
      {R"(JArray.Parse("[1]")[1])",
       "!ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the "
       "collection. (Parameter 'index')"},
      {R"({ var o = JObject.Parse("{\"a\":{\"x\":1,\"l\":[1]}}"); o.Merge(JObject.Parse("{\"a\":{\"y\":2,\"l\":[2]},\"b\":null}")); return o.ToString(Formatting.None); })",
       R"({"a":{"x":1,"l":[1,2],"y":2},"b":null})"},
      {R"({ var o = JObject.Parse("{\"a\":{\"b\":1}}"); var c = (JObject)o.DeepClone(); c["a"]["b"] = 2; return o["a"]["b"].ToString() + JToken.DeepEquals(o, c); })",
       "1False"},
      {R"({ var o = JObject.Parse("{\"a\":{}}"); o["b"] = o["a"]; o["b"]["x"] = 1; return o.ToString(Formatting.None); })",
       R"({"a":{},"b":{"x":1}})"},
  });
}

TEST_CASE("tokens are looked at") {
  CHECK_CASES({
      {R"(JObject.Parse("{\"a\":[{\"b c\":1}]}")["a"][0]["b c"].Path)", "a[0]['b c']"},
      {R"(JObject.Parse("{\"Name\":1}").GetValue("name", StringComparison.OrdinalIgnoreCase).ToString())", "1"},
      {R"(JObject.Parse("{\"Name\":1}").GetValue("name") == null)", "True"},
      {R"({ JToken t; return JObject.Parse("{\"a\":1}").TryGetValue("a", out t) + t.ToString(); })", "True1"},
      {R"(JObject.Parse("{\"a\":1}").ContainsKey("b"))", "False"},
      {R"(string.Join(",", JObject.Parse("{\"a\":1,\"b\":2}").Properties().Select(p => p.Name)))", "a,b"},
      {R"(string.Join(",", JArray.Parse("[{\"n\":\"x\"},{\"n\":\"y\"}]").Select(x => (string)x["n"])))", "x,y"},
      {R"({ var s = ""; foreach (var p in JObject.Parse("{\"a\":1,\"b\":2}")) { s += p.Key + "=" + p.Value + ";"; } return s; })",
       "a=1;b=2;"},
      {R"({ var s = ""; foreach (var x in JArray.Parse("[1,\"t\"]")) { s += x.Type + " "; } return s; })",
       "Integer String "},
      {R"(JObject.Parse("{\"a\":{\"b\":[1,2]}}").Descendants().Count())", "6"},
      {R"(JObject.Parse("{\"a\":{\"b\":1}}")["a"]["b"].Root.ToString(Formatting.None))", R"({"a":{"b":1}})"},
      {R"(JObject.Parse("{\"a\":1}")["a"].Parent.Type.ToString())", "Property"},
      {R"(JArray.Parse("[1,2,3]").First.Next.ToString())", "2"},
      {R"(JArray.Parse("[1,2,3]").Last.ToString())", "3"},
      {R"(JObject.Parse("{\"a\":{}}")["a"].HasValues)", "False"},
      {R"(JToken.Parse("5")["a"])",
       "!InvalidOperationException: Cannot access child value on Newtonsoft.Json.Linq.JValue."},
      {R"(JArray.Parse("[{\"a\":1},{\"a\":2}]").Values<int>("a").Sum())", "3"},
      {R"(JArray.Parse("[1,2]").Values<int>().Max())", "2"},
  });
}

TEST_CASE("JsonConvert writes and reads values") {
  CHECK_CASES({
      {R"(JsonConvert.SerializeObject(new { a = 1, b = "x", c = new[] { 1, 2 } }))", R"({"a":1,"b":"x","c":[1,2]})"},
      {R"(JsonConvert.SerializeObject(new Dictionary<string, string> { { "a", "1" } }))", R"({"a":"1"})"},
      {R"(JsonConvert.SerializeObject(new List<string> { "a", null }))", R"(["a",null])"},
      {R"(JsonConvert.SerializeObject("q\"x"))", R"("q\"x")"},
      {R"(JsonConvert.SerializeObject(1.0))", "1.0"},
      {R"(JsonConvert.SerializeObject(null))", "null"},
      {R"(JsonConvert.SerializeObject(1.50m))", "1.50"},
      {R"(JsonConvert.SerializeObject(new DateTime(2024, 5, 1, 0, 0, 0, DateTimeKind.Utc)))",
       R"("2024-05-01T00:00:00Z")"},
      {R"(JsonConvert.SerializeObject(TimeSpan.FromSeconds(90)))", R"("00:01:30")"},
      {R"(JsonConvert.SerializeObject(System.Text.Encoding.UTF8.GetBytes("hi")))", R"("aGk=")"},
      {R"(JsonConvert.SerializeObject(JObject.Parse("{\"a\":1}"), Formatting.Indented))", "{\n  \"a\": 1\n}"},
      {R"(JsonConvert.DeserializeObject<Dictionary<string, string>>("{\"a\":\"b\",\"c\":1}")["c"])", "1"},
      {R"(JsonConvert.DeserializeObject<List<string>>("[\"a\",\"b\"]").Count)", "2"},
      {R"(JsonConvert.DeserializeObject<string>("\"x\""))", "x"},
      {R"(JsonConvert.DeserializeObject<JObject>("{\"a\":1}")["a"].ToString())", "1"},
      {R"(JsonConvert.DeserializeObject<int[]>("[1,2]").Sum())", "3"},
      {R"(((JObject)JsonConvert.DeserializeObject("{\"a\":1}"))["a"].ToString())", "1"},
      {R"(JsonConvert.DeserializeObject<JObject>("") == null)", "True"},
      {R"(JsonConvert.DeserializeObject<List<string>>("{}"))",
       "!JsonSerializationException: Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) into type "
       "'List<string>' because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly. Path ''."},
  });
}

TEST_CASE("JSON of an expression's making ends within its budget") {
  CHECK(gateway::expression::result(
            "{ var t = new JArray(); for (var i = 0; i < 100000; i++) { t = new JArray((object)t); } return t.ToString(); }")
            .starts_with("!"));
  CHECK(gateway::expression::result(
            "{ var o = new JObject(); for (var i = 0; i < 1000000; i++) { o[\"k\" + i] = i; } return \"\"; }")
            .starts_with("!!"));
}
