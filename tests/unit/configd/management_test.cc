#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "support.h"

using namespace configd;
using namespace configd::test;

namespace {

constexpr const char* kFull =
    "/subscriptions/s1/resourceGroups/g1/providers/Microsoft.ApiManagement/service/n1";

std::string with_users(Service& service) {
  REQUIRE(service.put("/apis/users", R"({"path":"users","displayName":"Users"})").status == 201);
  REQUIRE(service
              .put("/apis/users/operations/get",
                   R"({"displayName":"Get","method":"GET","urlTemplate":"/{id}"})")
              .status == 201);
  return "/apis/users";
}

// The targets of all details of an error, joined.
std::string targets(const Service::Answer& answer) {
  std::string all;
  for (int i = 0;; ++i) {
    const std::string target =
        answer.at(("/error/details/" + std::to_string(i) + "/target").c_str());
    if (target == "(none)") return all;
    all += (all.empty() ? "" : " ") + target;
  }
}

std::string names(const Service::Answer& list) {
  std::string all;
  for (int i = 0;; ++i) {
    const std::string name = list.at(("/value/" + std::to_string(i) + "/name").c_str());
    if (name == "(none)") return all;
    all += (all.empty() ? "" : " ") + name;
  }
}

}  // namespace

TEST_CASE("every request needs the admin token") {
  Service service;
  with_users(service);
  for (const char* token : {"", "admin-toke", "admin-token2", "ADMIN-TOKEN"}) {
    const auto answer = service.call("GET", "/apis/users", "", {}, token);
    CHECK(answer.status == 401);
    CHECK(answer.at("/error/code") == "AuthenticationFailed");
    CHECK(answer.header("WWW-Authenticate") == "Bearer");
  }
  CHECK(
      service.call("GET", "/apis/users", "", {{"authorization", "Basic admin-token"}}, "").status ==
      401);
  CHECK(service.call("GET", "/apis/users", "", {{"authorization", "bearer admin-token"}}, "")
            .status == 200);
  auto open = make_management(*service.store, "", service.environment);
  service.face = std::move(open);
  CHECK(service.call("GET", "/apis/users", "", {{"authorization", "Bearer "}}, "").status == 401);
}

TEST_CASE("what gateways ask for is not the management's") {
  Service service;
  gateway::HttpServer::Request request;
  request.path = "/v1/gateways/g/snapshot";
  CHECK_FALSE(service.face->take(request, nullptr));
}

TEST_CASE("the full and the short path lead to one resource") {
  Service service;
  const std::string full = std::string(kFull) + "/apis/users?api-version=2022-08-01";
  const auto made = service.put(full, R"({"path":"users","displayName":"Users"})");
  CHECK(made.status == 201);
  CHECK(made.at("/id") == std::string(kFull) + "/apis/users");
  CHECK(made.at("/type") == "Microsoft.ApiManagement/service/apis");
  CHECK(made.at("/name") == "users");
  CHECK(service.get("/apis/users").at("/id") == "/apis/users");
  CHECK(service.get("/APIS/users").status == 200);
  CHECK(service.get("/%61pis/use%72s").status == 200);

  CHECK(service
            .put(std::string(kFull) + "/products/p?api-version=2021-08-01-preview",
                 R"({"displayName":"P"})")
            .status == 201);
  const auto subscription =
      service.put(std::string(kFull) + "/subscriptions/s?api-version=2022-08-01",
                  R"({"displayName":"S","scope":")" + std::string(kFull) + "/products/p\"}");
  CHECK(subscription.status == 201);
  CHECK(subscription.at("/properties/scope") == std::string(kFull) + "/products/p");
  CHECK(service.get("/subscriptions/s").at("/properties/scope") == "/products/p");

  SECTION("the version of the API is asked for there") {
    CHECK(service.get(std::string(kFull) + "/apis/users").at("/error/code") ==
          "MissingApiVersionParameter");
    for (const char* bad : {"1", "2022-8-1", "2022-08-01preview", "latest"}) {
      const auto answer = service.get("/apis/users?api-version=" + std::string(bad));
      CHECK(answer.status == 400);
      CHECK(answer.at("/error/code") == "InvalidApiVersionParameter");
    }
  }
}

TEST_CASE("paths that mean nothing") {
  Service service;
  with_users(service);
  for (const char* path :
       {"/", "/nothings", "/nothings/x", "/apis/users/nothings/x", "/apis/users/operations/get/x/y",
        "/apis/nobody", "/apis/nobody/operations", "/apis/nobody/operations/get", "//",
        "/apis/users/revisions/2"}) {
    INFO(path);
    const auto answer = service.get(path);
    CHECK(answer.status == 404);
    CHECK(answer.at("/error/code") == "ResourceNotFound");
  }
  for (const char* path : {"/apis/a%2Fb", "/apis/a%zz", "/apis/a%00b", "/apis/%3Cx%3E", "/apis/",
                           "/apis//operations/x"}) {
    INFO(path);
    const int status = service.put(path, R"({"path":"a","displayName":"A"})").status;
    CHECK((status == 400 || status == 404 || status == 405));
  }
  CHECK(service.call("POST", "/apis/users").header("Allow") == "GET, HEAD, PUT, PATCH, DELETE");
  CHECK(service.call("PUT", "/apis").status == 405);
  CHECK(service.call("GET", "/gateways/g/listKeys").status == 405);
}

TEST_CASE("entity tags guard what is written") {
  Service service;
  with_users(service);
  const std::string body = R"({"properties":{"path":"users","displayName":"More"}})";
  const auto read = service.get("/apis/users");
  const std::string etag = read.header("ETag");
  REQUIRE(etag.size() > 4);
  const auto head = service.call("HEAD", "/apis/users");
  CHECK(head.header("ETag") == etag);
  CHECK(head.body.empty());
  CHECK(service.call("GET", "/apis/users", "", {{"if-none-match", etag}}).status == 304);

  CHECK(service.call("PUT", "/apis/users", body, {{"if-match", "\"other\""}}).status == 412);
  CHECK(service.call("PUT", "/apis/users", body, {{"if-none-match", "*"}}).status == 412);
  CHECK(service.call("PUT", "/apis/new", body, {{"if-match", "*"}}).status == 412);
  CHECK(service.get("/apis/users").header("ETag") == etag);
  const auto put = service.call("PUT", "/apis/users", body, {{"if-match", "\"x\", " + etag}});
  CHECK(put.status == 200);
  CHECK(put.header("ETag") != etag);

  CHECK(service.call("PATCH", "/apis/users", body).status == 428);
  CHECK(service.call("PATCH", "/apis/users", body, {{"if-match", etag}}).status == 412);
  CHECK(service.call("PATCH", "/apis/users", body, {{"if-match", "*"}}).status == 200);
  CHECK(service.call("PATCH", "/apis/nobody", body, {{"if-match", "*"}}).status == 404);
  CHECK(service.call("DELETE", "/apis/users").status == 428);
  CHECK(service.call("DELETE", "/apis/users", "", {{"if-match", etag}}).status == 412);
  CHECK(service.call("DELETE", "/apis/users", "", {{"if-match", put.header("ETag")}}).status ==
        200);
  CHECK(service.call("DELETE", "/apis/users").status == 204);
  CHECK(service.get("/apis/users").status == 404);
}

TEST_CASE("PATCH merges, PUT replaces, equal content changes nothing") {
  Service service;
  service.put(
      "/apis/users",
      R"({"path":"users","displayName":"Users","description":"old","x-newer":{"a":1,"b":2}})");
  const auto patched = service.patch(
      "/apis/users", R"({"description":null,"serviceUrl":"http://b","x-newer":{"a":3}})");
  CHECK(patched.at("/properties/description") == "(none)");
  CHECK(patched.at("/properties/serviceUrl") == "http://b");
  CHECK(patched.at("/properties/x-newer") == R"({"a":3,"b":2})");
  CHECK(patched.at("/properties/path") == "users");
  const auto revision = service.store->revision();
  CHECK(service.patch("/apis/users", R"({"serviceUrl":"http://b"})").header("ETag") ==
        patched.header("ETag"));
  CHECK(service.store->revision() == revision);
  const auto put = service.put("/apis/users", R"({"path":"users"})");
  CHECK(put.at("/properties/serviceUrl") == "(none)");
  CHECK(put.at("/properties/isCurrent") == "true");
}

TEST_CASE("every problem of a document is named, and no value of it") {
  Service service;
  with_users(service);
  struct Row {
    const char* path;
    const char* properties;
    const char* problems;
  };
  const Row rows[] = {
      {"/apis/a", R"({})", "properties.path"},
      {"/apis/a",
       R"({"path":1,"displayName":"","protocols":["ftp"],"subscriptionRequired":"yes","type":"carrier"})",
       "properties.path properties.displayName properties.protocols properties.type "
       "properties.subscriptionRequired"},
      {"/apis/a",
       R"({"path":"a","apiVersionSetId":"/products/x","subscriptionKeyParameterNames":{"header":7}})",
       "properties.subscriptionKeyParameterNames.header properties.apiVersionSetId"},
      {"/apis/a", R"({"path":"a","apiVersionSetId":"/apiVersionSets/none"})",
       "properties.apiVersionSetId"},
      {"/apis/users", R"({"path":"users","isCurrent":1})", "properties.isCurrent"},
      {"/apis/a", R"({"path":"a","serviceUrl":"ftp://x"})", "properties.serviceUrl"},
      {"/apis/a", R"({"path":"a b/../c?d"})", "properties.path"},
      {"/apis/users/operations/o", R"({"displayName":"o","method":"GET","urlTemplate":"/{a"})",
       "properties.urlTemplate"},
      {"/apis/users/operations/o",
       R"({"urlTemplate":"x","templateParameters":[{"name":"a"}],"responses":[{"statusCode":99}]})",
       "properties.displayName properties.method properties.templateParameters[0].type "
       "properties.responses[0].statusCode"},
      {"/apis/users/operations/o", R"({"displayName":"o","method":"get","urlTemplate":"/{other}"})",
       "properties.urlTemplate"},
      {"/apis/users/operations/o", R"({"displayName":"o","method":"G T","urlTemplate":"/"})",
       "properties.method"},
      {"/apiVersionSets/v", R"({"displayName":"v","versioningScheme":"Header"})",
       "properties.versionHeaderName"},
      {"/apiVersionSets/v", R"({"displayName":"v","versioningScheme":"Cookie"})",
       "properties.versioningScheme"},
      {"/products/p", R"({"displayName":"p","state":"open","subscriptionsLimit":-1})",
       "properties.state properties.subscriptionsLimit"},
      {"/subscriptions/s", R"({"displayName":"s","scope":"/backends/b","primaryKey":5})",
       "properties.primaryKey properties.scope"},
      {"/subscriptions/s", R"({"displayName":"s","scope":"/products/none"})", "properties.scope"},
      {"/subscriptions/s", R"({"displayName":"s","scope":"/apis","expirationDate":"tomorrow"})",
       "properties.expirationDate"},
      {"/backends/b", R"({"proxy":{}})", "properties.proxy.url properties.url properties.protocol"},
      {"/backends/b",
       R"({"url":"http://x","protocol":"http","circuitBreaker":{"rules":[{"tripDuration":"1m","failureCondition":{"count":0}}]}})",
       "properties.circuitBreaker.rules[0].tripDuration "
       "properties.circuitBreaker.rules[0].failureCondition.count"},
      {"/backends/b", R"({"type":"Pool","pool":{"services":[{"id":"/backends/none"}]}})",
       "properties.pool.services[0].id"},
      {"/backends/b", R"({"type":"Pool"})", "properties.pool"},
      {"/namedValues/n", R"({"displayName":"a b"})", "properties.value properties.displayName"},
      {"/certificates/c", R"({})", "properties.data"},
      {"/certificates/c", R"({"data":"***"})", "properties.data"},
      {"/certificates/c", R"({"data":"aGVsbG8=","password":"p"})", "properties.data"},
      {"/policies/policy", R"({"format":"xml-link","value":"http://x"})",
       "properties.format properties.value"},
      {"/policyFragments/f", R"({"format":"xml"})", "properties.value"},
      {"/gateways/g", R"({"locationData":{"city":"x"}})", "properties.locationData.name"},
  };
  for (const Row& row : rows) {
    INFO(row.path << ' ' << row.properties);
    const auto answer = service.put(row.path, row.properties);
    CHECK(answer.status == 400);
    CHECK(answer.at("/error/code") == "ValidationError");
    CHECK(targets(answer) == row.problems);
  }
  CHECK(service.store->revision() == 2);
}

TEST_CASE("bodies that are no document") {
  Service service;
  for (const char* body :
       {"", "x", "[]", "{}", R"({"properties":[]})", R"({"properties":{"path":"a"})",
        R"({"properties":{"path":"a","path":"b"}})"}) {
    INFO(body);
    const auto answer = service.call("PUT", "/apis/a", body);
    CHECK(answer.status == 400);
    CHECK(answer.at("/error/code") == "ValidationError");
  }
  CHECK(service.call("PUT", "/apis/a", R"({"properties":)" + std::string(100'000, '[')).status ==
        400);
  CHECK(service
            .put("/policies/policy",
                 R"({"value":"<policies>)" + std::string(512 * 1024, ' ') + "</policies>\"}")
            .status == 400);
  CHECK(service.put("/policies/policy", R"({"value":"<policies/>"})").status == 201);
}

TEST_CASE("words get the contract's spelling and references their short form") {
  Service service;
  service.put("/apiVersionSets/v", R"({"displayName":"v","versioningScheme":"segment"})");
  CHECK(service.get("/apiVersionSets/v").at("/properties/versioningScheme") == "Segment");
  const auto api = service.put(
      "/apis/a", R"({"path":"/a/","protocols":["HTTPS"],"apiVersion":"v1","apiVersionSetId":")" +
                     std::string(kFull) + "/apiversionsets/v\"}");
  CHECK(api.at("/properties/protocols/0") == "https");
  CHECK(api.at("/properties/apiVersionSetId") == "/apiVersionSets/v");
  CHECK(api.at("/properties/path") == "a");
}

TEST_CASE("a URL with a named value in it is the gateway's to judge") {
  Service service;
  CHECK(service.put("/apis/a", R"({"path":"a","serviceUrl":"{{backend}}/x"})").status == 201);
  CHECK(service.put("/apis/b", R"({"path":"","serviceUrl":""})").status == 201);
}

TEST_CASE("lists come in pages") {
  Service service;
  for (char name = 'a'; name < 'h'; ++name) {
    const std::string text(1, name);
    REQUIRE(
        service
            .put("/apis/" + text, R"({"path":")" + text + R"(","displayName":"Api )" + text + "\"}")
            .status == 201);
    REQUIRE(service
                .put("/apis/a/operations/" + text,
                     R"({"displayName":"o","method":"GET","urlTemplate":"/)" + text + "\"}")
                .status == 201);
  }
  const auto all = service.get("/apis");
  CHECK(names(all) == "a b c d e f g");
  CHECK(all.at("/count") == "7");
  CHECK(all.at("/nextLink") == "(none)");
  const auto first = service.get("/apis?$top=3");
  CHECK(names(first) == "a b c");
  CHECK(first.at("/count") == "7");
  CHECK(first.at("/nextLink") == "http://configd.test/apis?$top=3&$skip=3");
  CHECK(names(service.get("/apis?$top=3&$skip=3")) == "d e f");
  const auto last = service.get("/apis?$top=3&$skip=6");
  CHECK(names(last) == "g");
  CHECK(last.at("/nextLink") == "(none)");
  CHECK(names(service.get("/apis/a/operations")) == "a b c d e f g");
  CHECK(names(service.get("/apis/b/operations")).empty());
  CHECK(names(service.get("/apis?$filter=name%20eq%20'c'")) == "c");
  CHECK(names(service.get("/apis?$filter=properties/displayName+eq+'Api+d'")) == "d");
  for (const char* bad :
       {"$top=0", "$top=1001", "$top=x", "$skip=-1", "$filter=name", "$filter=name%20eq%20c"}) {
    INFO(bad);
    CHECK(service.get("/apis?" + std::string(bad)).status == 400);
  }
}

TEST_CASE("a subscription's keys are made, kept, listed and made anew, and never read") {
  Service service;
  const auto made = service.put("/subscriptions/s", R"({"displayName":"S","scope":"/apis"})");
  CHECK(made.status == 201);
  CHECK(made.at("/properties/state") == "active");
  CHECK(made.at("/properties/primaryKey") == "(none)");
  const auto secrets = service.call("POST", "/subscriptions/s/listSecrets");
  const std::string primary = secrets.at("/primaryKey"), secondary = secrets.at("/secondaryKey");
  CHECK(primary.size() == 32);
  CHECK(primary != secondary);
  CHECK(secrets.header("Cache-Control") == "no-store");
  service.put("/subscriptions/s", R"({"displayName":"S2","scope":"/apis"})");
  CHECK(service.call("POST", "/subscriptions/s/listSecrets").at("/primaryKey") == primary);
  CHECK(service.call("POST", "/subscriptions/s/regeneratePrimaryKey").status == 204);
  const auto after = service.call("POST", "/subscriptions/s/listSecrets");
  CHECK(after.at("/primaryKey") != primary);
  CHECK(after.at("/secondaryKey") == secondary);
  service.patch("/subscriptions/s", R"({"secondaryKey":"mine"})");
  CHECK(service.call("POST", "/subscriptions/s/listSecrets").at("/secondaryKey") == "mine");
  CHECK_THAT(service.get("/subscriptions/s").body + service.get("/subscriptions").body,
             !Catch::Contains("mine"));
  CHECK(service.call("POST", "/subscriptions/none/listSecrets").status == 404);
  CHECK(service.call("POST", "/subscriptions/s/listEverything").status == 404);
}

TEST_CASE("a secret named value is given out by its action alone") {
  Service service;
  service.put("/namedValues/open", R"({"displayName":"open","value":"plain"})");
  CHECK(service.get("/namedValues/open").at("/properties/value") == "plain");
  const auto made = service.put("/namedValues/key",
                                R"({"displayName":"key","value":"marker-secret","secret":true})");
  CHECK(made.status == 201);
  CHECK_THAT(made.body, !Catch::Contains("marker-secret"));
  CHECK_THAT(service.get("/namedValues").body, !Catch::Contains("marker-secret"));
  CHECK(service.call("POST", "/namedValues/key/listValue").at("/value") == "marker-secret");
  // Written back as it was read.
  CHECK(service.put("/namedValues/key", R"({"displayName":"key","secret":true})").status == 200);
  CHECK(service.call("POST", "/namedValues/key/listSecrets").at("/value") == "marker-secret");
  CHECK(targets(service.put("/namedValues/other", R"({"displayName":"key","value":"x"})")) ==
        "properties.displayName");
  CHECK_THAT(service
                 .put("/namedValues/key",
                      R"({"displayName":"key!","value":"marker-secret","secret":"marker-secret"})")
                 .body,
             !Catch::Contains("marker-secret"));
}

TEST_CASE("a gateway has keys and tokens, hostnames and authorities") {
  Service service;
  with_users(service);
  REQUIRE(service.put("/gateways/g", R"({"locationData":{"name":"here"}})").status == 201);
  const auto keys = service.call("POST", "/gateways/g/listKeys");
  CHECK(keys.at("/primary").size() == 44);
  const std::string secondary = keys.at("/secondary");

  const auto token = service.call("POST", "/gateways/g/generateToken",
                                  R"({"keyType":"primary","expiry":"2027-01-20T00:00:30Z"})");
  CHECK(token.status == 200);
  CHECK_THAT(token.at("/value"), Catch::StartsWith("GatewayKey g&202701200000&"));
  for (const char* body : {"", "[]", R"({"keyType":"primary"})",
                           R"({"keyType":"third","expiry":"2027-01-20T00:00:00Z"})",
                           R"({"keyType":"primary","expiry":"2027-01-15T08:00:00Z"})",
                           R"({"keyType":"primary","expiry":"2027-02-14T08:01:00Z"})"}) {
    INFO(body);
    CHECK(service.call("POST", "/gateways/g/generateToken", body).status == 400);
  }
  CHECK(service.call("POST", "/gateways/g/regenerateKey", R"({"keyType":"secondary"})").status ==
        204);
  CHECK(service.call("POST", "/gateways/g/listKeys").at("/secondary") != secondary);
  CHECK(service.call("POST", "/gateways/g/listKeys").at("/primary") == keys.at("/primary"));

  CHECK(service.call("PUT", "/gateways/g/apis/users").status == 201);
  CHECK(service.call("PUT", "/gateways/g/apis/users").status == 200);
  CHECK(service
            .call("PUT", "/gateways/g/apis/users",
                  R"({"properties":{"provisioningState":"created"}})")
            .status == 200);
  CHECK(service.get("/gateways/g/apis/users").at("/properties/provisioningState") == "created");
  CHECK(service.call("PUT", "/gateways/g/apis/nobody").status == 400);
  CHECK(service.call("PUT", "/gateways/none/apis/users").status == 404);
  CHECK(targets(service.put("/gateways/g/hostnameConfigurations/h",
                            R"({"hostname":"a.example","certificateId":"/certificates/none"})")) ==
        "properties.certificateId");
  CHECK(targets(service.put("/gateways/g/hostnameConfigurations/h", R"({"hostname":"a b"})")) ==
        "properties.hostname");
  CHECK(service.put("/gateways/g/certificateAuthorities/none", R"({"isTrusted":true})").status ==
        400);
  CHECK(service.remove("/gateways/g").status == 200);
  CHECK(service.get("/gateways/g/apis/users").status == 404);
  CHECK_FALSE(service.store->secret("gateways/g/primary"));
}

TEST_CASE("two current APIs share no path but as versions of one set") {
  Service service;
  service.put("/apiVersionSets/v", R"({"displayName":"v","versioningScheme":"Segment"})");
  const auto api = [&](const std::string& id, const std::string& more) {
    return service.put("/apis/" + id, R"({"path":"Users")" + more + "}").status;
  };
  CHECK(api("a", "") == 201);
  CHECK(service.put("/apis/b", R"({"path":"users"})").status == 400);
  CHECK(targets(service.put("/apis/b", R"({"path":"/USERS/"})")) == "properties.path");
  CHECK(api("a", R"(,"apiVersionSetId":"/apiVersionSets/v")") == 200);
  CHECK(api("b", R"(,"apiVersionSetId":"/apiVersionSets/v","apiVersion":"v2")") == 201);
  CHECK(api("c", R"(,"apiVersionSetId":"/apiVersionSets/v","apiVersion":"V2")") == 400);
  CHECK(service.patch("/apis/a", R"({"apiVersion":"v2"})").status == 400);
  CHECK(service.remove("/apiVersionSets/v").status == 409);
  CHECK(service.patch("/apis/a", R"({"path":"elsewhere","apiVersionSetId":null})").status == 200);
  CHECK(service.remove("/apis/b").status == 200);
  CHECK(service.remove("/apiVersionSets/v").status == 200);
  CHECK(service.put("/apis/d", R"({"path":"users"})").status == 201);
}

TEST_CASE("an API goes with its operations, links and subscriptions in one commit") {
  Service service;
  with_users(service);
  service.put("/apis/other", R"({"path":"other"})");
  service.put("/products/p", R"({"displayName":"P"})");
  service.call("PUT", "/products/p/apis/users");
  service.call("PUT", "/products/p/apis/other");
  service.put("/gateways/g", "{}");
  service.call("PUT", "/gateways/g/apis/users");
  service.put("/subscriptions/u", R"({"displayName":"u","scope":"/apis/users"})");
  service.put("/subscriptions/p", R"({"displayName":"p","scope":"/products/p"})");
  const auto revision = service.store->revision();
  CHECK(service.remove("/apis/users").status == 200);
  CHECK(service.store->revision() == revision + 1);
  for (const char* gone : {"/apis/users", "/apis/users/operations/get", "/products/p/apis/users",
                           "/gateways/g/apis/users", "/subscriptions/u"}) {
    CHECK(service.get(gone).status == 404);
  }
  CHECK(service.get("/products/p/apis/other").status == 200);
  CHECK(service.remove("/products/p").status == 409);
  CHECK(service.remove("/products/p?deleteSubscriptions=true").status == 200);
  CHECK(service.get("/subscriptions/p").status == 404);
}

TEST_CASE("the story of a revision") {
  Service service;
  with_users(service);
  service.put("/apis/users/policies/policy", R"({"value":"<policies/>"})");
  service.put("/apis/users/operations/get/policies/policy", R"({"value":"<policies/>"})");
  CHECK(service.put("/apis/nobody;rev=2", R"({"path":"n"})").status == 400);
  for (const char* name :
       {"users;rev=x", "users;rev=", "users;rev=02", "users;rev=2;rev=3", ";rev=2", "a;b"}) {
    INFO(name);
    CHECK(service.put("/apis/" + std::string(name), R"({"sourceApiId":"/apis/users"})").status ==
          400);
  }
  CHECK(service.put("/apis/users;rev=2", R"({"sourceApiId":"/apis/nobody"})").status == 400);

  const auto made = service.put("/apis/users;rev=2",
                                R"({"sourceApiId":"/apis/users","apiRevisionDescription":"next"})");
  CHECK(made.status == 201);
  CHECK(made.at("/name") == "users;rev=2");
  CHECK(made.at("/properties/path") == "users");
  CHECK(made.at("/properties/apiRevision") == "2");
  CHECK(made.at("/properties/isCurrent") == "false");
  CHECK(made.at("/properties/sourceApiId") == "(none)");
  CHECK(service.get("/apis/users;rev=2/operations/get/policies/policy").status == 200);
  CHECK(service.get("/apis/users;rev=2/policies/policy").status == 200);
  service.put("/apis/users;rev=2/operations/new",
              R"({"displayName":"New","method":"POST","urlTemplate":"/"})");
  CHECK(names(service.get("/apis/users/operations")) == "get");
  CHECK(service.remove("/apis/users").status == 409);

  const auto before = service.store->revision();
  CHECK(service.put("/apis/users/releases/r1", R"({"apiId":"/apis/other;rev=2"})").status == 400);
  CHECK(service.put("/apis/users/releases/r1", R"({"apiId":"/apis/users;rev=2","notes":"go"})")
            .status == 201);
  CHECK(service.store->revision() == before + 1);
  CHECK(service.get("/apis/users").at("/properties/apiRevision") == "2");
  CHECK(service.get("/apis/users").at("/id") == "/apis/users");
  CHECK(names(service.get("/apis/users/operations")) == "get new");
  CHECK(service.get("/apis/users;rev=1").at("/properties/isCurrent") == "false");
  CHECK(names(service.get("/apis/users;rev=1/operations")) == "get");
  CHECK(names(service.get("/apis")) == "users;rev=1 users");
  const auto list = service.get("/apis/users/revisions");
  CHECK(list.at("/count") == "2");
  CHECK(list.at("/value/0/apiId") == "/apis/users;rev=1");
  CHECK(list.at("/value/0/isCurrent") == "false");
  CHECK(list.at("/value/1/isCurrent") == "true");
  CHECK(list.at("/value/1/description") == "next");
  CHECK(service.get("/apis/users/releases/r1").at("/properties/apiId") == "/apis/users;rev=2");

  // Writing the release again is no release.
  service.put("/apis/users/releases/r2", R"({"apiId":"/apis/users;rev=1"})");
  CHECK(service.get("/apis/users").at("/properties/apiRevision") == "1");
  service.put("/apis/users/releases/r1", R"({"apiId":"/apis/users;rev=2","notes":"again"})");
  CHECK(service.get("/apis/users").at("/properties/apiRevision") == "1");

  // All revisions have one path.
  service.patch("/apis/users", R"({"path":"people"})");
  CHECK(service.get("/apis/users;rev=2").at("/properties/path") == "people");
  CHECK(service.remove("/apis/users;rev=1").status == 409);
  CHECK(service.remove("/apis/users;rev=2").status == 200);
  CHECK(service.remove("/apis/users").status == 200);
  CHECK(service.get("/apis").at("/count") == "0");
  CHECK(service.store->find("/apis/users/releases/r1") == nullptr);
}

TEST_CASE(
    "a certificate is read when it comes, told of, never given back, and kept while it is in use") {
  Service service;
  const std::string p12 = service.folder.file("c.p12");
  const std::string key = service.folder.file("k.pem"), chain = service.folder.file("c.pem");
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=shop.example "
      "-days 30 -keyout " +
      key + " -out " + chain + " 2>/dev/null && openssl pkcs12 -export -inkey " + key + " -in " +
      chain + " -passout pass:marker-password -out " + p12 + " 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  std::ostringstream bytes;
  bytes << std::ifstream(p12, std::ios::binary).rdbuf();
  const std::string data = gateway::encode_base64(bytes.str());

  const auto wrong =
      service.put("/certificates/shop", R"({"data":")" + data + R"(","password":"marker-other"})");
  CHECK(wrong.status == 400);
  CHECK(targets(wrong) == "properties.data");
  CHECK_THAT(wrong.body, !Catch::Contains("marker"));
  const auto made = service.put("/certificates/shop",
                                R"({"data":")" + data + R"(","password":"marker-password"})");
  REQUIRE(made.status == 201);
  CHECK_THAT(made.at("/properties/subject"), Catch::Contains("CN=shop.example"));
  CHECK(made.at("/properties/thumbprint").size() == 40);
  CHECK(made.at("/properties/expirationDate").size() == 20);
  CHECK(made.at("/properties/data") == "(none)");
  CHECK_THAT(made.body + service.get("/certificates").body, !Catch::Contains("marker-password"));
  // Written back as it was read.
  CHECK(service.put("/certificates/shop", R"({"subject":"someone else"})").header("ETag") ==
        made.header("ETag"));

  service.put("/gateways/g", "{}");
  CHECK(service
            .put("/gateways/g/hostnameConfigurations/h",
                 R"({"hostname":"shop.example","certificateId":"/certificates/shop"})")
            .status == 201);
  CHECK(service.put("/gateways/g/certificateAuthorities/shop", R"({"isTrusted":true})").status ==
        201);
  CHECK(service.remove("/certificates/shop").status == 409);
  CHECK(service.remove("/gateways/g/hostnameConfigurations/h").status == 200);
  CHECK(service.remove("/certificates/shop").status == 409);
  CHECK(service.remove("/gateways/g/certificateAuthorities/shop").status == 200);
  CHECK(service.remove("/certificates/shop").status == 200);
}

TEST_CASE("no two subscriptions have one key") {
  Service service;
  const auto put = [&](const std::string& name, const std::string& keys) {
    return service.put("/subscriptions/" + name,
                       R"({"displayName":"S","scope":"/apis",)" + keys + "}");
  };
  CHECK(put("a", R"("primaryKey":"one","secondaryKey":"two")").status == 201);
  const auto refused = put("b", R"("primaryKey":"three","secondaryKey":"one")");
  CHECK(refused.status == 400);
  CHECK(targets(refused) == "properties.secondaryKey");
  CHECK_THAT(refused.body, !Catch::Contains("one\""));
  CHECK(put("a", R"("primaryKey":"two","secondaryKey":"one")").status == 200);
  CHECK(service.call("POST", "/subscriptions/a/regenerateSecondaryKey").status == 204);
  CHECK(put("b", R"("primaryKey":"three","secondaryKey":"one")").status == 201);
  CHECK(service.remove("/subscriptions/b").status == 200);
  CHECK(put("c", R"("primaryKey":"three","secondaryKey":"one")").status == 201);
}

TEST_CASE("an API begins as another one") {
  Service service;
  with_users(service);
  CHECK(service.put("/apis/copy", R"({"sourceApiId":"/apis/users"})").status == 400);
  CHECK(service.put("/apis/copy", R"({"sourceApiId":"/apis/users","path":"copy"})").status == 201);
  CHECK(service.get("/apis/copy").at("/properties/displayName") == "Users");
  CHECK(service.get("/apis/copy/operations/get").status == 200);
}

TEST_CASE("an OpenAPI document becomes an API and its operations, and again") {
  Service service;
  const std::string one =
      R"("{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"Pets\",\"version\":\"1\"},\"servers\":[{\"url\":\"http://pets.example/v1\"}],)"
      R"(\"paths\":{\"/pets\":{\"get\":{\"operationId\":\"list\",\"responses\":{\"200\":{\"description\":\"ok\"}}}},)"
      R"(\"/pets/{id}\":{\"get\":{\"operationId\":\"show\",\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],\"responses\":{\"200\":{\"description\":\"ok\"}}}}}}")";
  const auto made =
      service.put("/apis/pets", R"({"path":"pets","format":"openapi+json","value":)" + one + "}");
  CHECK(made.status == 201);
  CHECK(made.at("/properties/displayName") == "Pets");
  CHECK(made.at("/properties/serviceUrl") == "http://pets.example/v1");
  CHECK(made.at("/properties/value") == "(none)");
  CHECK(made.at("/properties/format") == "(none)");
  CHECK(service.store->revision() == 1);
  CHECK(names(service.get("/apis/pets/operations")) == "list show");
  CHECK(service.get("/apis/pets/operations/show").at("/properties/urlTemplate") == "/pets/{id}");
  service.put("/apis/pets/operations/list/policies/policy", R"({"value":"<policies/>"})");

  const std::string less =
      R"("swagger: '2.0'\ninfo: {title: Pets, version: '2'}\npaths:\n  /pets:\n    get:\n      operationId: list\n      responses: {'200': {description: ok}}\n")";
  CHECK(service.patch("/apis/pets", R"({"format":"openapi","value":)" + less + "}").status == 200);
  CHECK(names(service.get("/apis/pets/operations")) == "list");
  CHECK(service.get("/apis/pets/operations/list/policies/policy").status == 200);

  CHECK(targets(service.put(
            "/apis/x", R"({"path":"x","format":"openapi-link","value":"http://elsewhere"})")) ==
        "properties.format");
  CHECK(targets(service.put("/apis/x", R"({"path":"x","format":"openapi"})")) ==
        "properties.value");
  CHECK(targets(service.put("/apis/x", R"({"path":"x","value":"x"})")) == "properties.format");
  CHECK(targets(service.put("/apis/x", R"({"path":"x","format":"openapi","value":"hello"})")) ==
        "properties.value");
}
