#include <catch2/catch.hpp>

#include <string>

#include "model/document.h"
#include "policy/validation/api_schema.h"
#include "policy/validation/content_coding.h"
#include "policy/validation/json_schema.h"
#include "policy/validation/xml_schema.h"

using namespace gateway;
using namespace gateway::policy;

namespace {

// "" = it conforms; else "path: message"; "path? message" where nobody can tell.
std::string found(const std::string& schema, const std::string& instance, const SchemaOptions& options = {}) {
  const auto parsed = parse_json(schema, {}, "schema");
  const auto value = parse_json(instance, {}, "instance");
  REQUIRE(parsed.ok());
  REQUIRE(value.ok());
  const auto finding = find_violation(*value, *parsed, *parsed, options);
  if (!finding) return "";
  std::string out;
  for (const std::string& step : finding->path) out += "/" + step;
  return out + (finding->undecided ? "? " : ": ") + finding->message;
}

}  // namespace

TEST_CASE("What conforms to a schema, and what does not") {
  struct Row {
    const char *schema, *instance, *expected;
  };
  const Row table[] = {
      {R"({"type":"string"})", R"("a")", ""},
      {R"({"type":"string"})", "1", ": Invalid type. Expected String but got Integer."},
      {R"({"type":"integer"})", "1.0", ""},
      {R"({"type":"integer"})", "1.5", ": Invalid type. Expected Integer but got Number."},
      {R"({"type":"number"})", "1", ""},
      {R"({"type":["string","null"]})", "null", ""},
      {R"({"type":["string","null"]})", "1", ": Invalid type. Expected String, Null but got Integer."},
      {R"({"type":"string","nullable":true})", "null", ""},
      {R"({"enum":["a",1]})", "1", ""},
      {R"({"enum":["a",1]})", R"("b")", ": Value \"b\" is not defined in enum."},
      {R"({"const":{"a":1}})", R"({"a":1})", ""},
      {R"({"const":{"a":1}})", R"({"a":2})", ": Value {\"a\":2} does not match const."},
      {R"({"minLength":2})", R"("ä")", ": String 'ä' is less than minimum length of 2."},
      {R"({"maxLength":1})", R"("ä")", ""},
      {R"({"pattern":"^a+$"})", R"("aab")", ": String 'aab' does not match regex pattern '^a+$'."},
      {R"({"format":"date"})", R"("2024-02-30")", ": String '2024-02-30' does not validate against format 'date'."},
      {R"({"format":"date-time"})", R"("2024-02-29T23:59:60.5+01:00")", ""},
      {R"({"format":"ipv4"})", R"("256.1.1.1")", ": String '256.1.1.1' does not validate against format 'ipv4'."},
      {R"({"format":"ipv6"})", R"("::1")", ""},
      {R"({"format":"email"})", R"("a@b")", ""},
      {R"({"format":"byte"})", R"("YQ==")", ""},
      {R"({"format":"uri"})", R"("no uri")", ": String 'no uri' does not validate against format 'uri'."},
      {R"({"format":"unheard-of"})", R"("x")", ""},
      {R"({"minimum":5})", "4", ": Integer 4 is less than minimum value of 5."},
      {R"({"minimum":5,"exclusiveMinimum":true})", "5", ": Integer 5 equals minimum value of 5 and exclusive minimum is true."},
      {R"({"exclusiveMaximum":5})", "5", ": Integer 5 is not less than 5."},
      {R"({"maximum":9007199254740993})", "9007199254740994", ": Integer 9007199254740994 exceeds maximum value of 9007199254740993."},
      {R"({"multipleOf":0.1})", "0.3", ""},
      {R"({"multipleOf":2})", "3", ": Integer 3 is not a multiple of 2."},
      {R"({"type":"integer","format":"int32"})", "2147483648", ": Integer 2147483648 does not validate against format 'int32'."},
      {R"({"items":{"type":"integer"}})", R"([1,"b"])", "/1: Invalid type. Expected Integer but got String."},
      {R"({"minItems":2})", "[1]", ": Array item count 1 is less than minimum count of 2."},
      {R"({"uniqueItems":true})", "[1,2,1]", ": Non-unique array item at index 2."},
      {R"({"required":["a","b"]})", R"({"a":1})", ": Required properties are missing from object: b."},
      {R"({"properties":{"a":{"type":"string"}},"additionalProperties":{"type":"integer"}})", R"({"a":"x","b":"y"})",
       "/b: Invalid type. Expected Integer but got String."},
      {R"({"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false})", R"({"x-a":1,"b":1})",
       "/b: Property 'b' has not been defined and the schema does not allow additional properties."},
      {R"({"maxProperties":1})", R"({"a":1,"b":2})", ": Object property count 2 exceeds maximum count of 1."},
      {R"({"allOf":[{"required":["a"]},{"required":["b"]}]})", R"({"a":1})", ": Required properties are missing from object: b."},
      {R"({"anyOf":[{"type":"string"},{"type":"integer"}]})", "true", ": JSON does not match any schemas from 'anyOf'."},
      {R"({"oneOf":[{"type":"integer"},{"minimum":3}]})", "4",
       ": JSON is valid against more than one schema from 'oneOf'. Valid schema indexes: 0, 1."},
      {R"({"oneOf":[{"type":"integer"},{"minimum":3}]})", "1", ""},
      {R"({"not":{"type":"string"}})", R"("a")", ": JSON is valid against schema from 'not'."},
      {R"({"$ref":"#/d/a~1b","d":{"a/b":{"type":"string"}}})", "1", ": Invalid type. Expected String but got Integer."},
      {R"({"$ref":"#/gone"})", "1", "? The schema refers to \"#/gone\", which is not there."},
      {"true", "1", ""},
      {"false", "1", ": Schema always fails validation."},
      // Members of a wrong kind say nothing.
      {R"({"type":1,"enum":"x","required":{},"properties":[],"items":null,"minLength":"a","allOf":{}})", R"({"a":1})", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.schema, row.instance);
    CHECK(found(row.schema, row.instance) == row.expected);
  }
}

TEST_CASE("Additional properties and the case of names by option") {
  const char* schema = R"({"properties":{"Name":{"type":"string"}},"required":["Name"],"additionalProperties":true})";
  SchemaOptions refuse;
  refuse.additional_properties = false;
  CHECK(found(schema, R"({"Name":"a","b":1})").empty());
  CHECK(found(schema, R"({"Name":"a","b":1})", refuse) ==
        "/b: Property 'b' has not been defined and the schema does not allow additional properties.");
  // A schema of parts: the properties of all of them count, and for the members as well.
  const char* parts = R"({"allOf":[{"$ref":"#/d"},{"properties":{"b":{"type":"integer"}}}],"properties":{"c":{}},
                          "d":{"properties":{"a":{"$ref":"#/d"}}}})";
  CHECK(found(parts, R"({"a":{"a":{}},"b":1,"c":2})", refuse).empty());
  CHECK(found(parts, R"({"a":{},"x":1})", refuse) ==
        "/x: Property 'x' has not been defined and the schema does not allow additional properties.");
  CHECK(found(parts, R"({"a":{"b":1}})", refuse) ==
        "/a/b: Property 'b' has not been defined and the schema does not allow additional properties.");
  CHECK(found(R"({"allOf":[{"items":{"properties":{"a":{}}}}]})", R"([{"a":1},{"b":1}])", refuse) ==
        "/1/b: Property 'b' has not been defined and the schema does not allow additional properties.");
  const char* either = R"({"oneOf":[{"properties":{"a":{}},"additionalProperties":false},
                                    {"properties":{"b":{}},"additionalProperties":false}]})";
  CHECK(found(either, R"({"a":1})", refuse).empty());
  CHECK(found(R"({"type":"object","additionalProperties":{"type":"integer"}})", R"({"a":1})", refuse).empty());
  SchemaOptions any_case;
  any_case.ignore_case_of_properties = true;
  CHECK(found(schema, R"({"name":1})", any_case) == "/name: Invalid type. Expected String but got Integer.");
}

TEST_CASE("A hostile schema ends") {
  CHECK(found(R"({"$ref":"#"})", "1") == "? The value or its schema is too deep.");
  CHECK(found(R"({"$ref":"#/a","a":{"$ref":"#/b"},"b":{"$ref":"#/a"}})", "1") == "? The value or its schema is too deep.");
  CHECK(found(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})", "1") == "? The value or its schema is too deep.");
  std::string doubled = R"({"allOf":[{"$ref":"#/d0"},{"$ref":"#/d0"}])";  // twice the work at each of 30 levels
  for (int i = 0; i < 30; ++i) {
    const std::string next = R"({"$ref":"#/d)" + std::to_string(i + 1) + "\"}";
    doubled += ",\"d" + std::to_string(i) + R"(":{"allOf":[)" + next + "," + next + "]}";
  }
  CHECK(found(doubled + R"(,"d30":true})", "1") == "? The validation takes too long.");
  CHECK(found(R"({"pattern":"^(a+)+$"})", "\"" + std::string(50'000, 'a') + "!\"").starts_with("? "));
}

TEST_CASE("What cannot be told is not taken for conforming") {
  const char* const schemas[] = {
      R"({"pattern":"("})",
      R"({"not":{"pattern":"("}})",
      R"({"not":{"$ref":"#/gone"}})",
      R"({"anyOf":[{"$ref":"#/gone"},{"type":"string"}]})",
      R"({"oneOf":[{"type":"string"},{"pattern":"("}]})",
  };
  for (const char* schema : schemas) {
    CAPTURE(schema);
    CHECK(found(schema, R"("a")").starts_with("? "));
  }
  CHECK(found(R"({"patternProperties":{"(":true}})", R"({"a":1})").starts_with("/a? "));
}

TEST_CASE("Unique items are compared by value, in a time that follows their size") {
  const char* schema = R"({"uniqueItems":true})";
  CHECK(found(schema, R"([{"a":1,"b":[2]},{"b":[2],"a":1.0}])") == ": Non-unique array item at index 1.");
  CHECK(found(schema, R"(["1",1,true,null,[],{},"",["a","b"],["a,b"],[1,[2]],[[1],2]])").empty());
  // Objects that differ in their last member alone.
  std::string alike;
  for (int i = 0; i < 200; ++i) alike += "\"m" + std::to_string(i) + "\":0,";
  std::string many = "[";
  for (int i = 0; i < 2000; ++i) many += (i > 0 ? ",{" : "{") + alike + "\"last\":" + std::to_string(i) + "}";
  CHECK(found(schema, many + "]").empty());
}

TEST_CASE("A finding has a place in the text") {
  const std::string text = "{\n  \"a\": [1,\n    {\"b\": \"x\"}]\n}";
  CHECK(place_of(text, {"a", "1", "b"}).line == 3);
  CHECK(place_of(text, {"a", "1", "b"}).column == 13);
  CHECK(place_of(text, {}).column == 1);
}

TEST_CASE("Swagger 2 is read as well") {
  std::string problem;
  const auto schema = ApiSchema::parse(
      R"({"swagger":"2.0","consumes":["application/json"],"definitions":{"Pet":{"type":"object"}},
          "paths":{"/pets":{"post":{"parameters":[{"name":"body","in":"body","schema":{"$ref":"#/definitions/Pet"}},
          {"name":"tag","in":"query","type":"array","items":{"type":"string"},"collectionFormat":"multi"}],
          "responses":{"200":{"schema":{"$ref":"#/definitions/Pet"}},"default":{}}}}}})", problem);
  REQUIRE(schema);
  OperationFacts facts;
  facts.method = "POST";
  facts.url_template = "/pets?tag={tag}";
  const ApiSchema::Operation* operation = schema->operation(facts);
  REQUIRE(operation);
  REQUIRE(operation->request.size() == 1);
  CHECK(operation->request[0].type == "application/json");
  CHECK(operation->request[0].definition == "Pet");
  REQUIRE(operation->parameters.size() == 1);
  CHECK(operation->parameters[0].exploded);
  CHECK(operation->response(200)->contents.size() == 1);
  CHECK(operation->response(500)->contents.empty());
  CHECK_FALSE(ApiSchema::parse("[]", problem));
  CHECK(ApiSchema::parse(R"({"paths":[1],"components":7})", problem));
}

TEST_CASE("Bodies without their coding") {
  std::string out;
  const unsigned char gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b,
                                0x04, 0x00, 0x43, 0xbe, 0xb7, 0xe8, 0x01, 0x00, 0x00, 0x00};
  const std::string_view body(reinterpret_cast<const char*>(gzip), sizeof gzip);
  CHECK(decode_content("gzip", body, 10, out) == Decoding::Done);
  CHECK(out == "a");
  out.clear();
  CHECK(decode_content("gzip", body, 0, out) == Decoding::TooLarge);
  CHECK(decode_content("gzip", body.substr(0, 12), 10, out) == Decoding::Failed);
  CHECK(decode_content("gzip", "plain", 10, out) == Decoding::Failed);
  CHECK(decode_content("br", "x", 10, out) == Decoding::Failed);
}

TEST_CASE("An XML schema loads nothing") {
  std::string problem;
  CHECK_FALSE(XmlSchema::compile(
      R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="/etc/passwd"/></xs:schema>)", problem));
  CHECK(problem == "It takes in other schemas by their location, which are not loaded.");
  CHECK_FALSE(XmlSchema::compile("<no", problem));
  const auto schema = XmlSchema::compile(
      R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:int"/></xs:schema>)", problem);
  REQUIRE(schema);
  CHECK_FALSE(schema->find_violation("<a>1</a>", false));
  CHECK(schema->find_violation("\n<a>x</a>", false)->line == 2);
  CHECK(schema->find_violation("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>1</a>", false)->message ==
        "A document type declaration is not allowed.");
}

TEST_CASE("A finding in XML has a place in the text") {
  std::string problem;
  const auto schema = XmlSchema::compile(
      R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:a" targetNamespace="urn:a" elementFormDefault="qualified">
         <xs:element name="list"><xs:complexType><xs:sequence><xs:element name="n" maxOccurs="unbounded"><xs:complexType>
         <xs:simpleContent><xs:extension base="xs:int"><xs:attribute name="of" type="xs:int"/></xs:extension></xs:simpleContent>
         </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>)", problem);
  CAPTURE(problem);
  REQUIRE(schema);
  struct Row {
    const char* xml;
    std::size_t line, column;
  };
  const Row table[] = {
      {"<list xmlns='urn:a'><n>1</n><n>x</n></list>", 1, 30},
      {"<a:list xmlns:a='urn:a'>\n  <a:n>1</a:n><a:n of='x'>1</a:n>\n</a:list>", 2, 16},
      {"<list xmlns='urn:a'>\n<n>1</n>\n  <other/></list>", 3, 4},
      {"<list xmlns='urn:a'>\n<n>1</m></list>", 2, 9},
  };
  for (const Row& row : table) {
    CAPTURE(row.xml);
    const auto found = schema->find_violation(row.xml, false);
    REQUIRE(found);
    CAPTURE(found->message);
    CHECK(found->line == row.line);
    CHECK(found->column == row.column);
  }
}

TEST_CASE("A type of content is found by the narrowest range") {
  const std::vector<ApiSchema::Content> all = {{"*/*", nullptr, "any", nullptr},
                                               {"text/*", nullptr, "text", nullptr},
                                               {"text/xml", nullptr, "xml", nullptr}};
  CHECK(content_of(all, "TEXT/XML")->definition == "xml");
  CHECK(content_of(all, "text/plain")->definition == "text");
  CHECK(content_of(all, "application/json")->definition == "any");
  CHECK_FALSE(content_of(all, ""));
  CHECK_FALSE(content_of({all[1]}, "textual/plain"));
}
