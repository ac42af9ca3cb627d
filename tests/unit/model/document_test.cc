#include "model/document.h"

#include <catch2/catch.hpp>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

using namespace gateway;

namespace {

std::string compact(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string json(std::string_view text, DocumentLimits limits = {}) {
  auto parsed = parse_json(text, limits, "a.json");
  return parsed ? compact(*parsed) : parsed.error().where + ": " + parsed.error().message;
}

std::string yaml(std::string_view text, DocumentLimits limits = {}) {
  auto parsed = parse_yaml(text, limits, "a.yaml");
  if (!parsed) return parsed.error().where + ": " + parsed.error().message;
  std::string all;
  for (const auto& document : *parsed) all += (all.empty() ? "" : " | ") + compact(document);
  return all;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("JSON is read whole, with a byte order mark or without") {
  CHECK(json(R"({"a":[1,-2,2.5,true,null,"x\n\u00fc"]})") == "{\"a\":[1,-2,2.5,true,null,\"x\\nü\"]}");
  CHECK(json("\xEF\xBB\xBF{}") == "{}");
  CHECK(json(" 1 ") == "1");
  CHECK(json("[0e76,0.0,-0e-9]") == "[0.0,0.0,-0.0]");
}

TEST_CASE("broken JSON is refused with its line and column") {
  CHECK(json("{\n  \"a\": 1,\n  b\n}") ==
        "a.json, line 3, column 3: not JSON: Missing a name for object member.");
  CHECK(json("") == "a.json, line 1, column 1: not JSON: The document is empty.");
  CHECK(json("{} x").starts_with("a.json, line 1, column 4: not JSON: "));
  CHECK(json(std::string_view("{}\0x", 4)) == "a.json, line 1, column 3: not JSON: a NUL byte");
  CHECK(json("{\"a\":1}\n{\"a\":1}").starts_with("a.json, line 2, column 1: not JSON: "));
}

TEST_CASE("a JSON member that is there twice is refused, in whatever spelling") {
  CHECK(json(R"({"a":1,"b":{"a":2},"c":[{"a":3}]})").starts_with("{"));
  CHECK(json(R"({"a":1,"b":2,"a":3})") ==
        "a.json, line 1, column 19: the member \"a\" is there twice in one object; each may be there once");
  CHECK(json(R"({"x":{"a":1,"\u0061":3}})").find("\"a\" is there twice") != std::string::npos);
}

TEST_CASE("JSON strings must be UTF-8, after their escapes too") {
  CHECK(json("\"\xFF\"").find("a string is not UTF-8") != std::string::npos);
  CHECK(json(R"("\udc00")").find("a string is not UTF-8") != std::string::npos);
  CHECK(json(R"({"\udc00":1})").find("a string is not UTF-8") != std::string::npos);
  CHECK(json(R"("\ud83d\ude00")") == "\"\xF0\x9F\x98\x80\"");
}

TEST_CASE("JSON that is too large or too deep is refused") {
  DocumentLimits limits;
  limits.max_depth = 3;
  limits.max_bytes = 20;
  CHECK(json("[[[1]]]", limits) == "[[[1]]]");
  CHECK(json("[[[[1]]]]", limits).find("nested deeper than 3 levels") != std::string::npos);
  CHECK(json("[1,2,3,4,5,6,7,8,9,10]", limits) == "a.json: larger than 20 bytes");
  CHECK(json(repeated("[", 1'000'000)).find("nested deeper than 64 levels") != std::string::npos);
}

TEST_CASE("YAML scalars follow the core schema") {
  struct Row {
    const char* yaml;
    const char* json;
  };
  for (const Row& row : {
           Row{"~", ""}, Row{"a: ~", R"({"a":null})"}, Row{"a:", R"({"a":null})"},
           Row{"[true, False, yes, on]", R"([true,false,"yes","on"])"},
           Row{"[1, -17, +3, 0o17, 0x1F, 010]", "[1,-17,3,15,31,10]"},
           Row{"[18446744073709551615, -9223372036854775808]", "[18446744073709551615,-9223372036854775808]"},
           Row{"[1.5, -.5, 1e3, 3., 1e, 1.2.3]", R"([1.5,-0.5,1000.0,3.0,"1e","1.2.3"])"},
           Row{"['1', \"true\", '~', \"\"]", R"(["1","true","~",""])"},
           Row{"[!!str 1, !!int 7, !!bool true, !!float 2, !!null ~]", R"(["1",7,true,2.0,null])"},
           Row{"a: |\n  x\n  y\nb: >\n  x\n  y\n", R"({"a":"x\ny\n","b":"x y\n"})"},
           Row{"- 2026-11-23\n- 08:30\n- -\n- 0x\n- '<<'", R"(["2026-11-23","08:30",[null],"0x","<<"])"},
       }) {
    CAPTURE(row.yaml);
    CHECK(yaml(row.yaml) == row.json);
  }
}

TEST_CASE("a YAML stream gives one document for each that is not empty") {
  CHECK(yaml("").empty());
  CHECK(yaml("# nothing\n").empty());
  CHECK(yaml("---\na: 1\n---\n# empty\n---\nb: 2\n...\n---\n[c]\n") == R"({"a":1} | {"b":2} | ["c"])");
  CHECK(yaml("\xEF\xBB\xBF---\r\na: ü\r\n---\r\nb: 2\r\n") == "{\"a\":\"ü\"} | {\"b\":2}");
  CHECK(yaml("%YAML 1.2\n---\na: 1\n") == R"({"a":1})");
  CHECK(yaml("{\"a\": [1, {\"b\": \"c\"}]}") == R"({"a":[1,{"b":"c"}]})");
}

TEST_CASE("broken YAML is refused with its line and column") {
  CHECK(yaml("a: 1\n b: 2\n").starts_with("a.yaml, line 2, column 3: not YAML: "));
  CHECK(yaml("a: [1, 2\n").starts_with("a.yaml, line 1, column 8: "));
  CHECK(yaml("a: {b: 2\n").find("not YAML: ") != std::string::npos);
  CHECK(yaml("a: 1\n}\n").find("a.yaml, line 2") == 0);
  CHECK(yaml("[a]\n[b]\n") == "a.yaml, line 2, column 1: a further document must begin with ---");
  CHECK(yaml("a: \xFF") == "a.yaml: not UTF-8");
  CHECK(yaml("a: 1\nb: \x04") == "a.yaml, line 2, column 4: a control byte");
  CHECK(yaml("a: *none\n").find("not YAML: ") != std::string::npos);
}

TEST_CASE("YAML that JSON cannot express is refused") {
  CHECK(yaml("a: .nan").find("is not finite") != std::string::npos);
  CHECK(yaml("a: -.inf").find("is not finite") != std::string::npos);
  CHECK(yaml("a: !!binary aGk=").find("has no meaning here") != std::string::npos);
  CHECK(yaml("a: !custom x").find("has no meaning here") != std::string::npos);
  CHECK(yaml("!!set {a: ~}").find("has no meaning here") != std::string::npos);
  CHECK(yaml("a: !!int x").find("has no meaning here") != std::string::npos);
  CHECK(yaml("\"\\ϑ\"") == "a.yaml, line 1, column 4: not YAML: \"unknown escape character: \\xCF\"");
  CHECK(yaml("1: x").find("a key must be a string; quote it") != std::string::npos);
  CHECK(yaml("? [a]\n: x").find("a key must be a string, not a list or a mapping") != std::string::npos);
  CHECK(yaml("a: 1\nb: 2\na: 3") ==
        "a.yaml, line 3, column 1: the key \"a\" is there twice in one mapping; each may be there once");
  CHECK(yaml("a: &x {b: 1}\nc:\n  <<: *x").find("merge keys") != std::string::npos);
}

TEST_CASE("YAML keys that are no strings are taken by their text where a format allows them") {
  DocumentLimits limits;
  limits.yaml_keys_as_text = true;
  CHECK(yaml("200: 1\n0x1F: true\ntrue: 200\n2.0: ~", limits) == R"({"200":1,"0x1F":true,"true":200,"2.0":null})");
  CHECK(yaml("~: x", limits).find("a key must be a string; quote it") != std::string::npos);
  CHECK(yaml("{1: {2: [3, {4: 5}]}}", limits) == R"({"1":{"2":[3,{"4":5}]}})");
  CHECK(yaml("200: a\n'200': b", limits).find("the key \"200\" is there twice") != std::string::npos);
  CHECK(yaml("!!int 1: x", limits).find("a key must be a string; quote it") != std::string::npos);
  CHECK(yaml("? [a]\n: x", limits).find("a key must be a string, not a list or a mapping") != std::string::npos);
}

TEST_CASE("YAML aliases are expanded within bounds and never make cycles") {
  CHECK(yaml("a: &x [1, 2]\nb: *x\nc: &y z\nd: *y") == R"({"a":[1,2],"b":[1,2],"c":"z","d":"z"})");
  CHECK(yaml("&k a: 1\nb: *k") == R"({"a":1,"b":"a"})");
  CHECK(yaml("a: &x [*x]").find("an alias inside of what it stands for") != std::string::npos);
  CHECK(yaml("&a a: &a b\nc: *a\n---\nd: *a").find("not YAML") != std::string::npos);
  CHECK(yaml("a: &x 1\nb: [" + repeated("*x, ", 101) + "]").find("more than 100 aliases") != std::string::npos);

  std::string bomb = "a: &a [" + repeated("lol, ", 9) + "]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string inner = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [" + repeated(inner + ", ", 9) + "]\n";
  }
  DocumentLimits limits;
  limits.max_bytes = 1 << 20;
  CHECK(yaml(bomb, limits).find("anchors and aliases expand to more than") != std::string::npos);
}

TEST_CASE("YAML that is too large or too deep is refused, through aliases too") {
  DocumentLimits limits;
  limits.max_depth = 3;
  CHECK(yaml("[[[1]]]", limits) == "[[[1]]]");
  CHECK(yaml("[[[[1]]]]", limits).find("nested deeper than 3 levels") != std::string::npos);
  CHECK(yaml("- &x [[1]]\n- *x", limits) == "[[[1]],[[1]]]");
  CHECK(yaml("- &x [[1]]\n- [*x]", limits).find("nested deeper than 3 levels") != std::string::npos);
  CHECK(yaml(repeated("[", 100'000)).starts_with("a.yaml, line 1, column "));
  CHECK(yaml(repeated("- ", 100'000)).find("nested deeper than 64 levels") != std::string::npos);
  limits.max_bytes = 3;
  CHECK(yaml("abcd", limits) == "a.yaml: larger than 3 bytes");
}
