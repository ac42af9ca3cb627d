#include "imports.h"
#include "support.h"

using namespace configd;
using namespace configd::test;

namespace {

constexpr const char* kDocument =
    "openapi: 3.0.0\ninfo: {title: Users, version: '1'}\nservers: [{url: "
    "'http://users.example'}]\npaths:\n"
    "  /:\n    get: {operationId: list, responses: {'200': {description: ok}}}\n"
    "  /{id}:\n    get: {operationId: get, responses: {'200': {description: ok}}}\n";

std::map<std::string, std::string> folder() {
  return {
      {"apis/users/apiInformation.json",
       R"({"properties":{"path":"users","displayName":"Users","apiRevision":"2","isCurrent":true,"protocols":["http"]}})"},
      {"apis/users/specification.yaml", kDocument},
      {"apis/users/operations/get/policy.xml", "<policies><inbound><base/></inbound></policies>"},
      {"apis/users;rev=1/apiInformation.json",
       R"({"properties":{"path":"users","displayName":"Users","apiRevision":"1","isCurrent":false}})"},
      {"products/starter/productInformation.json",
       R"({"properties":{"displayName":"Starter","state":"published"}})"},
      {"products/starter/apis/users/productApiInformation.json", "{}"},
      {"subscriptions/one/subscriptionInformation.json",
       R"({"properties":{"displayName":"One","scope":"/products/starter","state":"active"}})"},
      {"gateways/edge/gatewayInformation.json",
       R"({"properties":{"locationData":{"name":"edge"}}})"},
      {"gateways/edge/apis/users/gatewayApiInformation.json", "{}"},
      {"policy.xml", "<policies/>"},
  };
}

}  // namespace

TEST_CASE(
    "an OpenAPI file is imported, assigned to gateways, and imported again without its path") {
  Service service;
  service.put("/gateways/edge", "{}");
  OpenApiImport import;
  import.api = "users";
  import.path = "users";
  import.text = kDocument;
  import.where = "users.yaml";
  import.gateways = {"edge"};
  const auto report = import_openapi(*service.store, service.environment, import);
  REQUIRE(report.ok());
  CHECK(report->revision == 2);
  CHECK(service.get("/apis/users").at("/properties/serviceUrl") == "http://users.example");
  CHECK(service.get("/apis/users/operations").at("/count") == "2");
  CHECK(service.get("/gateways/edge/apis/users").status == 200);
  import.path.clear();
  const auto again = import_openapi(*service.store, service.environment, import);
  REQUIRE(again.ok());
  CHECK(again->written == 0);
  CHECK(service.get("/apis/users").at("/properties/path") == "users");

  import.gateways = {"nowhere"};
  const auto refused = import_openapi(*service.store, service.environment, import);
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().to_string(),
             Catch::Contains("users.yaml") && Catch::Contains("/gateways/nowhere"));
}

TEST_CASE("a folder of artifacts is imported in one commit, and again without a change") {
  Service service;
  const std::string overrides =
      R"({"resources":[{"id":"/subscriptions/one","properties":{"primaryKey":"given-key"}}]})";
  const auto report =
      import_artifacts(*service.store, service.environment, folder(), overrides, "overrides.json");
  INFO((report.ok() ? "" : report.error().to_string()));
  REQUIRE(report.ok());
  CHECK(report->revision == 1);
  CHECK(service.get("/apis/users").at("/properties/apiRevision") == "2");
  CHECK(service.get("/apis/users;rev=1").at("/properties/isCurrent") == "false");
  CHECK(service.get("/apis/users/operations").at("/count") == "2");
  CHECK(service.get("/apis/users/operations/get/policies/policy").status == 200);
  CHECK(service.get("/gateways/edge/apis/users").status == 200);
  CHECK(service.get("/products/starter/apis/users").status == 200);
  CHECK(service.call("POST", "/subscriptions/one/listSecrets").at("/primaryKey") == "given-key");
  CHECK(service.call("POST", "/gateways/edge/listKeys").at("/primary").size() == 44);

  const auto again =
      import_artifacts(*service.store, service.environment, folder(), overrides, "overrides.json");
  REQUIRE(again.ok());
  CHECK(again->written == 0);

  auto less = folder();
  less.at("apis/users/specification.yaml") =
      "openapi: 3.0.0\ninfo: {title: Users, version: '1'}\npaths:\n  /{id}:\n    get: "
      "{operationId: get, responses: {'200': {description: ok}}}\n";
  REQUIRE(import_artifacts(*service.store, service.environment, less, overrides, "overrides.json")
              .ok());
  CHECK(service.get("/apis/users/operations").at("/count") == "1");
}

TEST_CASE("a folder with something wrong changes nothing, and all that is wrong is named") {
  Service service;
  auto files = folder();
  files.at("products/starter/productInformation.json") =
      R"({"properties":{"displayName":"Starter","state":"open"}})";
  files["products/starter/apis/nobody/productApiInformation.json"] = "{}";
  files["apis/twin/apiInformation.json"] =
      R"({"properties":{"path":"users","displayName":"Twin"}})";
  const auto report = import_artifacts(*service.store, service.environment, files, "", "");
  REQUIRE_FALSE(report.ok());
  for (const char* named :
       {"/products/starter properties.state", "/apis/nobody does not exist", "/apis/twin"}) {
    CHECK_THAT(report.error().message, Catch::Contains(named));
  }
  CHECK(service.store->revision() == 0);
}
