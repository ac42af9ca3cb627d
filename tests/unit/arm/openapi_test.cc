#include "arm/openapi.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "openapi_text.h"
#include "base/strings.h"

using namespace gateway;
using namespace gateway::openapi_text;

namespace {

// "GET /pets/{id} pet-get", one operation a line.
std::string listed(const arm::ImportedApi& api) {
  std::string out;
  for (const auto& operation : api.operations.GetArray()) {
    const auto& properties = operation["properties"];
    out += (out.empty() ? "" : "\n") + std::string(properties["method"].GetString()) + " " +
           properties["urlTemplate"].GetString() + " " + operation["id"].GetString();
  }
  return out;
}

// One member of the properties of the first operation, as JSON.
std::string first(const arm::ImportedApi& api, const char* member) {
  if (api.operations.Empty()) return "no operation";
  const auto& properties = api.operations[0]["properties"];
  const auto found = properties.FindMember(member);
  return found == properties.MemberEnd() ? "nothing" : compact(found->value);
}

bool says(const arm::ImportedApi& api, std::string_view text) {
  return std::any_of(api.notices.begin(), api.notices.end(),
                     [&](const std::string& notice) { return notice.find(text) != std::string::npos; });
}

std::string all(const arm::ImportedApi& api) { return join(api.notices, "\n"); }

}  // namespace

TEST_CASE("an OpenAPI 3 document says title, service URL, protocols and operations") {
  const auto api = imported(R"(
openapi: 3.1.0
info: {title: Pets, description: All of them, version: 1}
servers:
  - url: https://api.example:8443/v2/
  - url: http://old.example
paths:
  /pets:
    get: {operationId: listPets, summary: List, responses: {200: {description: All}}}
    post:
      operationId: addPet
      requestBody:
        description: The pet
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
          text/plain: {schema: {type: string}}
      responses: {'201': {description: Made}}
  /pets/{id}:
    parameters:
      - {name: id, in: path, required: true, description: Which, schema: {type: integer, format: int64}}
    delete: {responses: {default: {description: Gone}}}
components: {schemas: {Pet: {type: object}}}
)");
  CHECK(api.title == "Pets");
  CHECK(api.description == "All of them");
  CHECK(api.service_url == "https://api.example:8443/v2");
  CHECK(api.protocols == std::vector<std::string>{"https", "http"});
  CHECK(listed(api) == "GET /pets listPets\nPOST /pets addPet\nDELETE /pets/{id} delete-pets-id");
  CHECK(compact(api.operations[0]) ==
        R"({"id":"listPets","properties":{"displayName":"List","method":"GET","urlTemplate":"/pets",)"
        R"("templateParameters":[],"responses":[{"statusCode":200,"description":"All"}]}})");
  CHECK(compact(api.operations[1]["properties"]["request"]) ==
        R"({"description":"The pet","representations":[{"contentType":"application/json","typeName":"Pet"},)"
        R"({"contentType":"text/plain"}]})");
  CHECK(compact(api.operations[2]["properties"]["templateParameters"]) ==
        R"([{"name":"id","type":"integer","required":true,"description":"Which"}])");
  CHECK(says(api, "\"default\" and \"4XX\", are left out (1 time)"));
}

TEST_CASE("a Swagger 2 document says the same in its own way") {
  const auto api = imported(R"({
    "swagger": "2.0", "info": {"title": "Pets", "version": "1"},
    "host": "api.example", "basePath": "/v2", "schemes": ["http", "https", "ws"],
    "consumes": ["application/xml"], "produces": ["application/json"],
    "paths": {"/pets/{id}": {"put": {
      "operationId": "putPet", "consumes": ["application/json", "text/yaml"],
      "parameters": [
        {"name": "id", "in": "path", "required": true, "type": "string"},
        {"name": "sort", "in": "query", "type": "string", "enum": ["up", "down", 1], "default": "up"},
        {"name": "X-Trace", "in": "header", "required": true, "type": "boolean", "default": true},
        {"name": "pet", "in": "body", "description": "The pet", "schema": {"$ref": "#/definitions/Pet"}}],
      "responses": {"200": {"description": "Done", "schema": {"$ref": "#/definitions/Pet"},
                            "headers": {"X-Left": {"type": "integer"}}},
                    "204": {"description": "Nothing"}}}}},
    "definitions": {"Pet": {"type": "object"}}})");
  CHECK(api.service_url == "https://api.example/v2");
  CHECK(api.protocols == std::vector<std::string>{"http", "https"});
  CHECK(listed(api) == "PUT /pets/{id} putPet");
  CHECK(first(api, "request") ==
        R"({"description":"The pet","representations":[{"contentType":"application/json","typeName":"Pet"},)"
        R"({"contentType":"text/yaml","typeName":"Pet"}],)"
        R"("queryParameters":[{"name":"sort","type":"string","required":false,"defaultValue":"up","values":["up","down","1"]}],)"
        R"("headers":[{"name":"X-Trace","type":"boolean","required":true,"defaultValue":"true"}]})");
  CHECK(first(api, "responses") ==
        R"([{"statusCode":200,"description":"Done","headers":[{"name":"X-Left","type":"integer","required":false}],)"
        R"("representations":[{"contentType":"application/json","typeName":"Pet"}]},)"
        R"({"statusCode":204,"description":"Nothing"}])");
  CHECK(says(api, "schemes other than http and https"));
}

TEST_CASE("JSON and YAML of one document are imported alike") {
  const auto json = imported(openapi(R"("paths":{"/a/{b}":{"get":{"summary":"A","responses":{"200":{"description":"x"}}}}})"));
  const auto yaml = imported(
      "# a comment\nopenapi: 3.0.3\ninfo: {title: T}\nservers: [{url: 'https://a.example'}]\n"
      "paths:\n  /a/{b}:\n    get:\n      summary: A\n      responses:\n        200: {description: x}\n");
  CHECK(compact(json.operations) == compact(yaml.operations));
  CHECK(json.service_url == yaml.service_url);
  CHECK(json.notices == yaml.notices);
  CHECK(imported("\xEF\xBB\xBF" + path("/a")).operations.Size() == 1);
  CHECK(imported("\xEF\xBB\xBFswagger: 2.0\npaths: {}\n").operations.Empty());
}

TEST_CASE("servers become one service URL, or none with a notice") {
  const struct {
    const char* servers;
    const char* url;
    const char* protocols;
    const char* notice;
  } kTable[] = {
      {R"([{"url":"https://a.example/"}])", "https://a.example", "https", ""},
      {R"([{"url":"HTTP://A.example:8080/v1//"}])", "http://A.example:8080/v1", "http", ""},
      {R"([{"url":"https://[::1]:8443/v1"}])", "https://[::1]:8443/v1", "https", ""},
      {R"([{"url":"https://{r}.example:{p}/{b}","variables":{"r":{"default":"eu"},"p":{"default":8443},"b":{"default":""}}}])",
       "https://eu.example:8443", "https", ""},
      {R"([{"url":"{s}://a.example","variables":{"s":{"default":"http","enum":["http","https"]}}}])",
       "http://a.example", "http", ""},
      {R"([{"url":"https://a.example"},{"url":"http://b.example"},{"url":"/c"}])", "https://a.example",
       "https,http", "servers after the first are left out: an API has one service URL (2 times)"},
      {R"([{"url":"/v1"}])", "", "", "servers[0].url is relative to where the document came from"},
      {R"([{"url":""}])", "", "", "servers[0].url is relative"},
      {R"([])", "", "", "no servers are named"},
      {R"([{"url":"wss://a.example"}])", "", "", "allowed are http and https"},
      {R"([{"url":"https://{r}.example"}])", "", "https", "the variable \"r\" without a default"},
      {R"([{"url":"https://{r}.example","variables":{"r":{}}}])", "", "https", "the variable \"r\" without a default"},
      {R"([{"url":"https://{r.example"}])", "", "https", "has a '{' without a '}'"},
      {R"([{"url":"https://user:marker@a.example"}])", "", "https", "user name or password"},
      {R"([{"url":"https://a.example/?q=1"}])", "", "https", "must not have a query"},
      {R"([{"url":"https://a.example/#f"}])", "", "https", "must not have a fragment"},
      {R"([{"url":"https://a.example:99999"}])", "", "https", "port between 1 and 65535"},
      {R"([{"url":"https:///v1"}])", "", "https", "servers[0].url must be http"},
      {R"([{"url":"https://a b.example"}])", "", "https", "servers[0].url has a host"},
  };
  for (const auto& row : kTable) {
    INFO(row.servers);
    const auto api = imported(R"({"openapi":"3.0.0","info":{"title":"T"},"paths":{},"servers":)" +
                              std::string(row.servers) + "}");
    CHECK(api.service_url == row.url);
    CHECK(join(api.protocols, ",") == row.protocols);
    INFO(all(api));
    CHECK((*row.notice == '\0' ? api.notices.empty() : says(api, row.notice)));
    CHECK(!says(api, "marker"));
  }
  CHECK(says(imported(R"({"openapi":"3.0.0","paths":{},"servers":[{"url":")" + std::string(3000, 'a') + R"("}]})"),
             "longer than 2000 bytes"));
  CHECK(says(imported(R"({"openapi":"3.0.0","paths":{},"servers":[{"url":"https://{a}","variables":{"a":{"default":")" +
                      std::string(3000, 'a') + R"("}}}]})"),
             "becomes longer than 2000 bytes"));
}

TEST_CASE("host, basePath and schemes become one service URL, or none with a notice") {
  const struct {
    const char* members;
    const char* url;
    const char* protocols;
    const char* notice;
  } kTable[] = {
      {R"("host":"a.example","schemes":["https"])", "https://a.example", "https", ""},
      {R"("host":"a.example:8080","basePath":"/v1/","schemes":["http"])", "http://a.example:8080/v1", "http", ""},
      {R"("host":"a.example","basePath":"/","schemes":["HTTPS","http","https"])", "https://a.example", "https,http", ""},
      {R"("host":"a.example")", "https://a.example", "", "taken to be https"},
      {R"("basePath":"/v1","schemes":["https"])", "", "https", "no host is named"},
      {R"("host":"a.example","basePath":"v1","schemes":["https"])", "", "https", "basePath must start with '/'"},
      {R"("host":"a.example/v1","schemes":["https"])", "", "https", "must be a host name or an IP address"},
      {R"("host":"https://a.example","schemes":["https"])", "", "https", "host with basePath"},
      {R"("host":"u:marker@a.example","schemes":["https"])", "", "https", "user name or password"},
      {R"("host":"","schemes":["https"])", "", "https", "host with basePath"},
  };
  for (const auto& row : kTable) {
    INFO(row.members);
    const auto api = imported(R"({"swagger":"2.0","info":{"title":"T"},"paths":{},)" + std::string(row.members) + "}");
    CHECK(api.service_url == row.url);
    CHECK(join(api.protocols, ",") == row.protocols);
    INFO(all(api));
    CHECK((*row.notice == '\0' ? api.notices.empty() : says(api, row.notice)));
    CHECK(!says(api, "marker"));
  }
}

TEST_CASE("paths become URL templates; others are left out with a notice that says why") {
  const struct {
    const char* path;
    const char* notice;  // "" = taken as it is
  } kTable[] = {
      {"/", ""},
      {"/pets", ""},
      {"/pets/", ""},
      {"/pets/{id}", ""},
      {"/pets/{pet-id}/x/{owner.name}", ""},
      {"/files/{name}.json", ""},
      {"/files/v{major}/x", ""},
      {"/all/*", ""},
      {"/all/{*rest}", ""},
      {"/f/{größe}", ""},
      {"/pets:search", ""},
      {"pets", "must start with '/'"},
      {"", "must start with '/'"},
      {"https://a.example/pets", "must start with '/'"},
      {"/pets?id={id}", "must be a path alone"},
      {"/pets#first", "must be a path alone"},
      {"/{+path}", "not \"{+path}\""},
      {"/{path*}", "in each '{name}'"},
      {"/{path+}", "in each '{name}'"},
      {"/a{?q,r}", "must be a path alone"},
      {"/a{;x}", "in each '{name}'"},
      {"/a{.ext}", "in each '{name}'"},
      {"/{id:[0-9]+}", "in each '{name}'"},
      {"/v1/{name=projects/*}", "in each '{name}'"},
      {"/{a}-{b}", "may have one parameter in an element"},
      {"/{id", "has a '{' without a '}'"},
      {"/id}", "has a '}' without a '{'"},
      {"/{}", "must have a name"},
      {"/{{id}}", "in each '{name}'"},
      {"/a//b", "must not contain '//'"},
      {"/a/../b", "must not contain the elements"},
      {"/*/a", "'*' as its last element"},
      {"/{id}/x/{id}", "twice"},
      {"/a b", "without spaces"},
  };
  for (const auto& row : kTable) {
    INFO(row.path);
    const auto api = imported(path(row.path));
    INFO(all(api));
    if (*row.notice == '\0') {
      REQUIRE(api.operations.Size() == 1);
      CHECK(first(api, "urlTemplate") == "\"" + std::string(row.path) + "\"");
      CHECK(!says(api, "left out"));
    } else {
      CHECK(api.operations.Empty());
      CHECK(says(api, row.notice));
      CHECK(says(api, "its operations are left out"));
    }
  }
}

TEST_CASE("a broken path costs no other") {
  const auto api = imported(openapi(R"("paths":{"/{+a}":{"get":{}},"/b":{"get":{}},"x-c":{"get":3},"/d":{"x-e":1,"get":{}}})"));
  CHECK(listed(api) == "GET /b get-b\nGET /d get-d");
  CHECK(api.notices.size() == 1);
}

TEST_CASE("methods are those of the version; other members are told of") {
  const auto three = imported(openapi(
      R"("paths":{"/a":{"summary":"s","description":"d","x-a":1,"servers":[],"trace":{},"get":{"servers":[]},"GET":{},"query":{}}})"));
  CHECK(listed(three) == "TRACE /a trace-a\nGET /a get-a");
  CHECK(says(three, "paths.\"/a\" has servers of its own"));
  CHECK(says(three, "GET \"/a\" has servers of its own"));
  CHECK(says(three, "paths.\"/a\".\"GET\" is left out; allowed are the methods get, put"));
  CHECK(says(three, "paths.\"/a\".\"query\" is left out"));
  const auto two = imported(swagger(R"("paths":{"/a":{"trace":{},"patch":{}}})"));
  CHECK(listed(two) == "PATCH /a patch-a");
}

TEST_CASE("operations that match the same requests are there once: the first") {
  const struct {
    const char* other;
    bool same;
  } kTable[] = {
      {"/pets/{name}", true}, {"/Pets/{id}", true},  {"/pets/{id}/", true},     {"/pets/{id}.json", false},
      {"/pets/x", false},     {"/pets/*", false},    {"/pets/{id}/{x}", false},
  };
  for (const auto& row : kTable) {
    INFO(row.other);
    const auto api = imported(openapi(R"("paths":{"/pets/{id}":{"get":{}},")" + std::string(row.other) +
                                      R"(":{"get":{},"put":{}}})"));
    CHECK(api.operations.Size() == (row.same ? 2u : 3u));
    CHECK(says(api, "GET \"" + std::string(row.other) + "\" matches what an operation before it matches") == row.same);
  }
}

TEST_CASE("names of operations are fit for ids and unique") {
  const struct {
    const char* operation_id;
    const char* name;
  } kTable[] = {
      {"getPet", "getPet"},
      {"pets/get", "pets-get"},
      {"Pets#get:one", "Pets-get-one"},
      {"/pets/", "pets"},
      {"get  a pet", "get-a-pet"},
      {"größe", "größe"},
      {"a.b_c~d-e", "a.b_c~d-e"},
      {"..", "get-a"},
      {".", "get-a"},
      {"", "get-a"},
      {"///", "get-a"},
      {"a\\u0000b\\nc", "a-b-c"},
  };
  for (const auto& row : kTable) {
    INFO(row.operation_id);
    const auto api = imported(openapi(R"("paths":{"/a":{"get":{"operationId":")" + std::string(row.operation_id) + R"("}}})"));
    CHECK(listed(api) == "GET /a " + std::string(row.name));
  }
  CHECK(listed(imported(openapi(R"("paths":{"/a":{"get":{"operationId":"x"},"put":{"operationId":"X"},"post":{"operationId":"x-1"},"patch":{"operationId":"x"}}})"))) ==
        "GET /a x\nPUT /a X-1\nPOST /a x-1-1\nPATCH /a x-2");
  CHECK(listed(imported(openapi(R"("paths":{"/Pets/{petId}.json":{"get":{}},"/":{"get":{"operationId":7}}})"))) ==
        "GET /Pets/{petId}.json get-pets-petid-json\nGET / get");
  const auto longest = imported(openapi(R"("paths":{"/a":{"get":{"operationId":")" + std::string(5000, 'n') + R"("}}})"));
  CHECK(std::string_view(longest.operations[0]["id"].GetString()).size() <= 256);
}

TEST_CASE("the parameters of a path hold for its operations, whose own go first") {
  const auto api = imported(openapi(R"("paths":{"/a/{id}":{
    "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}},
                  {"name":"q","in":"query","schema":{"type":["null","number"]}},
                  {"name":"q","in":"header","schema":{"$ref":"#/components/schemas/S"}}],
    "get":{"parameters":[{"name":"q","in":"query","required":true,"content":{"application/json":{}}},
                         {"$ref":"#/components/parameters/limit"},
                         {"name":"session","in":"cookie"},
                         {"name":"Authorization","in":"header"}]}}},
    "components":{"parameters":{"limit":{"name":"limit","in":"query","schema":{"type":"integer","default":10}}},
                  "schemas":{"S":{"type":"boolean","enum":[true,false,null]}}})"));
  CHECK(first(api, "request") ==
        R"({"queryParameters":[{"name":"q","type":"string","required":true},)"
        R"({"name":"limit","type":"integer","required":false,"defaultValue":"10"}],)"
        R"("headers":[{"name":"q","type":"boolean","required":false,"values":["true","false"]}]})");
  CHECK(all(api) == "cookie parameters are left out: an operation has no place for them (1 time)");
}

TEST_CASE("the template says which path parameters there are") {
  const auto api = imported(openapi(R"("paths":{"/a/{b}/{c}":{"get":{"parameters":[
    {"name":"c","in":"path","schema":{"type":"integer"}},{"name":"d","in":"path"}]}}})"));
  CHECK(first(api, "templateParameters") ==
        R"([{"name":"b","type":"string","required":true},{"name":"c","type":"integer","required":true}])");
  CHECK(says(api, "GET \"/a/{b}/{c}\": the template's parameter \"b\" is not declared; it is taken as a string"));
  CHECK(says(api, "path parameters that are not in the template are left out"));
}

TEST_CASE("odd parameters are left out with a notice") {
  const struct {
    const char* parameter;
    const char* notice;
  } kTable[] = {
      {R"({"in":"query"})", "a parameter must have a name of 1 to 256 bytes and an \"in\""},
      {R"({"name":"a"})", "a parameter must have a name of 1 to 256 bytes and an \"in\""},
      {R"({"name":7,"in":"query"})", "a parameter must have a name"},
      {R"({"name":"a","in":"matrix"})", "the parameter \"a\" is in \"matrix\" and left out; allowed are path, query, header and cookie"},
      {R"({"name":"a","in":"body"})", "is in \"body\" and left out"},
      {R"({"name":"q","in":"query"})", "the query parameter \"q\" is there twice; the first counts"},
      {R"({"$ref":"#/components/parameters/none"})", "the reference \"#/components/parameters/none\" leads to nothing in this document"},
  };
  for (const auto& row : kTable) {
    INFO(row.parameter);
    const auto api = imported(openapi(R"("paths":{"/a":{"get":{"parameters":[{"name":"q","in":"query"},)" +
                                      std::string(row.parameter) + "]}}}"));
    INFO(all(api));
    CHECK(first(api, "request") == R"({"queryParameters":[{"name":"q","type":"string","required":false}]})");
    CHECK(says(api, row.notice));
  }
}

TEST_CASE("references are followed where they lead; where they lead nowhere a notice says so") {
  const std::string tail = R"(,"components":{"parameters":{
      "one":{"$ref":"#/components/parameters/two"},"two":{"$ref":"#/components/parameters/q"},
      "q":{"name":"q","in":"query"},"a/b ~c":{"name":"odd","in":"query"},
      "self":{"$ref":"#/components/parameters/self"},
      "ping":{"$ref":"#/components/parameters/pong"},"pong":{"$ref":"#/components/parameters/ping"}},
    "list":[{"name":"l","in":"query"}],"nodes":{"n":{"n":{"$ref":"#/components/nodes"}}}})";
  const struct {
    const char* reference;
    const char* result;  // the name of the parameter, or a part of the notice
  } kTable[] = {
      {"#/components/parameters/q", "q"},
      {"#/components/parameters/one", "q"},
      {"#/components/parameters/a~1b%20~0c", "odd"},
      {"#/components/list/0", "l"},
      {"#/components/list/1", "leads to nothing in this document"},
      {"#/components/list/-", "leads to nothing in this document"},
      {"#/components/parameters/q/name/x", "leads to nothing in this document"},
      {"#/components/parameters/self", "leads in a circle, or over more than 16 others"},
      {"#/components/parameters/ping", "leads in a circle, or over more than 16 others"},
      {"#anchor", "is no JSON pointer"},
      {"#/~2", "is no JSON pointer"},
      {"#/%zz", "is no JSON pointer"},
      {"other.yaml#/q", "is in another document, which is not fetched"},
      {"https://a.example/p.json", "is in another document, which is not fetched"},
      {"file:///etc/passwd", "is in another document, which is not fetched"},
  };
  for (const auto& row : kTable) {
    INFO(row.reference);
    const auto api = imported(openapi(R"("paths":{"/a":{"get":{"parameters":[{"$ref":")" +
                                      std::string(row.reference) + R"("}]}}})" + tail));
    INFO(all(api));
    if (std::string_view(row.result).find(' ') == std::string_view::npos) {
      CHECK(first(api, "request").starts_with(R"({"queryParameters":[{"name":")" + std::string(row.result) + "\""));
    } else {
      CHECK(first(api, "request") == "nothing");
      CHECK(says(api, "GET \"/a\": the reference " + quote(row.reference) + " " + row.result));
    }
  }
  CHECK(says(imported(openapi(R"("paths":{"/a":{"get":{"parameters":[{"$ref":"#/)" + std::string(2000, 'a') + R"("}]}}})")),
             "is longer than 1000 bytes"));
}

TEST_CASE("path items, bodies, responses and headers may be references") {
  const auto api = imported(R"({"openapi":"3.1.0","info":{"title":"T"},"servers":[{"url":"https://a.example"}],
    "paths":{"/a":{"$ref":"#/components/pathItems/A"},"/b":{"$ref":"b.yaml"},"/c":{"$ref":"#/paths/~1c"}},
    "components":{
      "pathItems":{"A":{"post":{"requestBody":{"$ref":"#/components/requestBodies/B"},
                                "responses":{"200":{"$ref":"#/components/responses/R"},"404":{"$ref":"#/x"}}}}},
      "requestBodies":{"B":{"content":{"text/plain":{}}}},
      "responses":{"R":{"description":"r","headers":{"X-A":{"$ref":"#/components/headers/H"},"X-B":3}}},
      "headers":{"H":{"required":true,"schema":{"type":"integer"}}}}})");
  CHECK(first(api, "request") == R"({"representations":[{"contentType":"text/plain"}]})");
  CHECK(first(api, "responses") ==
        R"([{"statusCode":200,"description":"r","headers":[{"name":"X-A","type":"integer","required":true}]}])");
  CHECK(says(api, "POST \"/a\": the response 404: the reference \"#/x\" leads to nothing"));
  CHECK(says(api, "POST \"/a\": the header \"X-B\" must be an object; it is left out"));
  CHECK(says(api, "paths.\"/b\": the reference \"b.yaml\" is in another document"));
  CHECK(says(api, "paths.\"/c\": the reference \"#/paths/~1c\" leads in a circle"));
}

TEST_CASE("schemas that contain themselves are no matter: their names alone are taken") {
  const auto api = imported(openapi(R"("paths":{"/a":{"post":{
      "parameters":[{"name":"q","in":"query","schema":{"$ref":"#/components/schemas/Loop"}}],
      "requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Tree"}}}}}}},
    "components":{"schemas":{"Tree":{"properties":{"left":{"$ref":"#/components/schemas/Tree"}}},
                             "Loop":{"$ref":"#/components/schemas/Loop"}}})"));
  CHECK(first(api, "request") ==
        R"({"representations":[{"contentType":"application/json","typeName":"Tree"}],)"
        R"("queryParameters":[{"name":"q","type":"string","required":false}]})");
}

TEST_CASE("what only describes may be of a wrong type: it is left out") {
  const char* kTable[] = {
      R"("summary":7)", R"("summary":{})", R"("description":[])", R"("operationId":{})", R"("tags":9)",
      R"("requestBody":"x")", R"("requestBody":{"content":[]})", R"("requestBody":{"content":{"a/b":4}})",
      R"("requestBody":{"content":{"a/b":{"schema":7}}})", R"("responses":[])", R"("responses":"x")",
      R"("responses":{"200":null})", R"("responses":{"200":{"headers":7,"content":[],"description":{}}})",
      R"("responses":{"200":{"headers":{"X":{"schema":[],"required":"yes"}}}})", R"("responses":{"99":{},"600":{},"2000":{},"-20":{}})",
      R"("parameters":[{"name":"q","in":"query","required":"yes","schema":{"type":{},"enum":{},"default":[]}}])",
      R"("parameters":[{"name":"q","in":"query","schema":[]}])", R"("servers":4)", R"("callbacks":4,"security":4,"deprecated":4)",
  };
  for (const char* member : kTable) {
    INFO(member);
    const auto api = imported(openapi(R"("paths":{"/a":{"post":{)" + std::string(member) + "}}}"));
    CHECK(listed(api) == "POST /a post-a");
    CHECK(first(api, "displayName") == "\"POST /a\"");
  }
  const auto odd = imported(R"({"openapi":"3.0.0","info":{"title":3,"description":[]},"paths":{}})");
  CHECK(odd.title == "");
  CHECK(says(odd, "info.title must be a string"));
}

TEST_CASE("what decides what is served must be of its type") {
  const struct {
    std::string document;
    const char* error;
  } kTable[] = {
      {"", "api: has 0 YAML documents; there must be one"},
      {"{}", "api: is no OpenAPI document: it must have \"openapi\""},
      {"[]", "api: is no OpenAPI document: it must be an object"},
      {"hello", "api: is no OpenAPI document: it must be an object"},
      {"openapi: 3.0.0\n---\nopenapi: 3.0.0\n", "api: has 2 YAML documents; there must be one"},
      {"{\"openapi\":\"3.0.0\"", "api, line 1, column 19: not JSON"},
      {"a: [", "api, line 1, column 1: not YAML"},
      {R"({"swagger":"1.2"})", "api: swagger: must be \"2.0\""},
      {R"({"swagger":2})", "api: swagger: must be \"2.0\""},
      {R"({"openapi":"2.0"})", "api: openapi: must be \"3.0.x\" or \"3.1.x\""},
      {R"({"openapi":"3.2.0"})", "api: openapi: must be \"3.0.x\" or \"3.1.x\""},
      {R"({"openapi":"3.10"})", "api: openapi: must be \"3.0.x\" or \"3.1.x\""},
      {R"({"openapi":{}})", "api: openapi: must be \"3.0.x\" or \"3.1.x\""},
      {R"({"openapi":"3.0.0","info":[]})", "api: info: must be an object"},
      {R"({"openapi":"3.0.0","servers":{}})", "api: servers: must be a list of objects"},
      {R"({"openapi":"3.0.0","servers":["https://a.example"]})", "api: servers[0]: must be an object"},
      {R"({"openapi":"3.0.0","servers":[{}]})", "api: servers[0].url: must be there and be a string"},
      {R"({"openapi":"3.0.0","servers":[{"url":7}]})", "api: servers[0].url: must be there and be a string"},
      {R"({"swagger":"2.0","host":7})", "api: host: must be a string"},
      {R"({"swagger":"2.0","basePath":7})", "api: basePath: must be a string"},
      {R"({"swagger":"2.0","schemes":"https"})", "api: schemes: must be a list of strings: http, https, ws, wss"},
      {R"({"swagger":"2.0","schemes":[7]})", "api: schemes: must be a list of strings"},
      {openapi(R"("paths":[])"), "api: paths: must be an object"},
      {openapi(R"("paths":null)"), "api: paths: must be an object"},
      {openapi(R"("paths":{"/a":[]})"), "api: paths.\"/a\": must be an object"},
      {openapi(R"("paths":{"/a":{"$ref":"#/info/title"}})"), "api: paths.\"/a\": must be an object"},
      {openapi(R"("paths":{"/a":{"get":[]}})"), "api: paths.\"/a\".get: must be an object"},
      {openapi(R"("paths":{"/a":{"get":null}})"), "api: paths.\"/a\".get: must be an object"},
      {openapi(R"("paths":{"/a":{"parameters":{}}})"), "api: paths.\"/a\".parameters: must be a list of objects"},
      {openapi(R"("paths":{"/a":{"parameters":[7],"get":{}}})"), "api: paths.\"/a\".parameters[0]: must be an object"},
      {openapi(R"("paths":{"/a":{"get":{"parameters":{}}}})"), "api: paths.\"/a\".get.parameters: must be a list of objects"},
      {openapi(R"("paths":{"/a":{"get":{"parameters":[[]]}}})"), "api: paths.\"/a\".get.parameters[0]: must be an object"},
  };
  for (const auto& row : kTable) {
    INFO(row.document);
    const std::string error = refused(row.document);
    INFO(error);
    CHECK(error.starts_with(row.error));
  }
}

TEST_CASE("a document without paths has no operations, and says so") {
  const auto api = imported(R"({"openapi":"3.1.0","info":{"title":"T"},"webhooks":{"a":{"post":{}}}})");
  CHECK(api.operations.IsArray());
  CHECK(api.operations.Empty());
  CHECK(says(api, "no paths"));
  CHECK(says(api, "webhooks are left out"));
}

TEST_CASE("long texts are cut between characters") {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "ü";
  const auto api = imported(openapi(R"("paths":{"/a":{"get":{"summary":")" + text + R"(","description":")" + text + R"("}}})"));
  const std::string title = api.operations[0]["properties"]["displayName"].GetString();
  const std::string description = api.operations[0]["properties"]["description"].GetString();
  CHECK(title.size() == 300);
  CHECK(description.size() == 1000);
  CHECK(is_utf8(title));
  CHECK(is_utf8(description));
  CHECK(all(api) == "descriptions are cut after 1000 bytes (1 time)");
}
