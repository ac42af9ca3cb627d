#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

ApiRevision revision(const std::string& name, const std::string& backend,
                     std::vector<std::pair<std::string, std::string>> operations) {
  ApiRevision made;
  made.id = made.name = name;
  made.backend = backend;
  for (auto& [method, url_template] : operations) {
    made.operations.push_back({method + url_template, method, url_template, "", ""});
  }
  return made;
}

Api api_of(const std::string& id, const std::string& path, std::vector<ApiRevision> revisions) {
  Api made;
  made.id = id;
  made.path = path;
  made.case_sensitive = false;
  made.revisions = std::move(revisions);
  return made;
}

gateway::Backend service(const std::string& id, std::uint16_t port, const std::string& prefix = "") {
  gateway::Backend made = backend_at(id, {port});
  made.path_prefix = prefix;
  made.host_header = id + ".example";
  return made;
}

// What the client is told, and what the backend saw: "200 /v1/1", or "404".
struct Told {
  int status = 0;
  std::string line;  // the request line and Host as the backend got it
  std::string body;
  std::string challenge;
  AccessLine log;
};

Told ask(GatewayUnderTest& gateway, ScriptedBackend& backend, const std::string& request_line,
         const std::string& fields = "", bool reaches = true) {
  auto client = gateway.connect();
  client.send(request_line + " HTTP/1.1\r\nHost: gw.example\r\nConnection: close\r\n" + fields + "\r\n");
  Told told;
  if (reaches) {
    auto upstream = backend.accept();
    const auto request = upstream.read_request();
    told.line = request.start_line().substr(0, request.start_line().rfind(' ')) + " at " + request.field("Host");
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  const auto response = client.read_response();
  told.status = response.status();
  told.body = response.body;
  told.challenge = response.field("WWW-Authenticate");
  told.log = gateway.next_line();
  return told;
}

}  // namespace

TEST_CASE("Operations are found by method and template; the API's path is not forwarded") {
  ScriptedBackend backend;
  SourceSnapshot routes;
  routes.set(service("users", backend.port(), "/base"));
  routes.set(service("root", backend.port()));
  routes.set(api_of("users", "/users",
                    {revision("users", "users", {{"GET", "/{id}"}, {"POST", "/"}, {"GET", "/list?page={p}"}})}));
  routes.set(api_of("root", "/", {revision("root", "root", {{"GET", "/*"}})}));
  GatewayUnderTest gateway(routes);
  struct Row {
    const char* request;
    const char* backend;  // "" = answered with 404
    const char* reason;
  };
  constexpr Row kRows[] = {
      {"GET /users/7", "GET /base/7 at users.example", ""},
      {"GET /USERS/7/", "GET /base/7/ at users.example", ""},
      {"GET /users/list?page=2&x=%20", "GET /base/list?page=2&x=%20 at users.example", ""},
      {"POST /users", "POST /base at users.example", ""},
      {"POST /users/", "POST /base/ at users.example", ""},
      {"DELETE /users/7", "", "no_operation"},
      {"GET /users/7/orders", "", "no_operation"},
      {"GET /users", "", "no_operation"},
      {"GET /users;rev=2/7", "", "no_revision"},
      {"GET /users;rev=1/7", "GET /base/7 at users.example", ""},
      {"GET /usersx/7", "GET /usersx/7 at root.example", ""},
      {"GET /", "GET / at root.example", ""},
      {"GET /a/b;rev=9/c", "GET /a/b;rev=9/c at root.example", ""},
      {"GET /;rev=1/a", "GET /a at root.example", ""},
  };
  for (const Row& row : kRows) {
    INFO(row.request);
    const bool reaches = *row.backend != 0;
    Told told = ask(gateway, backend, row.request, "", reaches);
    CHECK(told.line == row.backend);
    CHECK(told.status == (reaches ? 200 : 404));
    if (!reaches) CHECK(told.body == "{ \"statusCode\": 404, \"message\": \"Resource not found\" }");
    CHECK(told.log["reason"] == row.reason);
  }
}

TEST_CASE("Versions are told by element, query or field, revisions by ;rev=, protocols by the listener") {
  ScriptedBackend backend;
  SourceSnapshot routes;
  for (const char* name : {"original", "v1", "v2", "draft"}) routes.set(service(name, backend.port()));
  const auto versions = [](bool original) {
    std::vector<ApiRevision> all;
    for (const char* name : {"original", "v1", "v2"}) {
      if (!original && std::string(name) == "original") continue;
      ApiRevision one = revision(name, name, {{"GET", "/x"}});
      one.version = std::string(name) == "original" ? "" : name;
      all.push_back(one);
    }
    ApiRevision draft = revision("v1;rev=2", "draft", {{"GET", "/x"}, {"GET", "/new"}});
    draft.name = draft.version = "v1";
    draft.revision = "2";
    draft.current = false;
    all.push_back(draft);
    ApiRevision hidden = draft;
    hidden.id = "v1;rev=3";
    hidden.revision = "3";
    hidden.online = false;
    all.push_back(hidden);
    return all;
  };
  Api segment = api_of("segment", "/segment", versions(true));
  segment.versioning = Versioning::Segment;
  Api query = api_of("query", "/query", versions(false));
  query.versioning = Versioning::Query;
  query.version_parameter = "api-version";
  Api header = api_of("header", "/header", versions(true));
  header.versioning = Versioning::Header;
  header.version_parameter = "X-Version";
  Api tls_only = api_of("secure", "/secure", versions(true));
  tls_only.versioning = Versioning::Header;
  tls_only.version_parameter = "X-Version";
  for (ApiRevision& one : tls_only.revisions) one.http = false;
  for (const Api& api : {segment, query, header, tls_only}) routes.set(api);
  GatewayUnderTest gateway(routes);
  struct Row {
    const char* request;
    const char* field;
    const char* backend;  // "" = answered with 404
    const char* reason;
  };
  constexpr Row kRows[] = {
      {"GET /segment/x", "", "GET /x at original.example", ""},
      {"GET /segment/v1/x", "", "GET /x at v1.example", ""},
      {"GET /segment/V2/x", "", "GET /x at v2.example", ""},
      {"GET /segment/v3/x", "", "", "no_operation"},
      {"GET /segment/v1;rev=2/new", "", "GET /new at draft.example", ""},
      {"GET /segment;rev=2/v1/new", "", "GET /new at draft.example", ""},
      {"GET /segment/v1;rev=3/new", "", "", "no_revision"},
      {"GET /segment/v1/new", "", "", "no_operation"},
      {"GET /segment/v2;rev=2/x", "", "", "no_revision"},
      {"GET /query/x?api-version=v2", "", "GET /x?api-version=v2 at v2.example", ""},
      {"GET /query/x", "", "", "no_version"},
      {"GET /query/x?api-version=v9", "", "", "no_version"},
      {"GET /query;rev=2/new?api-version=v1", "", "GET /new?api-version=v1 at draft.example", ""},
      {"GET /header/x", "", "GET /x at original.example", ""},
      {"GET /header/x", "x-version: v1\r\n", "GET /x at v1.example", ""},
      {"GET /header/x", "X-Version: nine\r\n", "", "no_version"},
      {"GET /secure/x", "", "", "no_protocol"},
  };
  for (const Row& row : kRows) {
    INFO(row.request << " " << row.field);
    const bool reaches = *row.backend != 0;
    Told told = ask(gateway, backend, row.request, row.field, reaches);
    CHECK(told.line == row.backend);
    CHECK(told.status == (reaches ? 200 : 404));
    CHECK(told.log["reason"] == row.reason);
  }
}

TEST_CASE("A subscription key opens what its scope says, by field or query, and goes on to the backend") {
  ScriptedBackend backend;
  SourceSnapshot routes;
  routes.set(service("users", backend.port()));
  ApiRevision closed = revision("users", "users", {{"GET", "/x"}});
  closed.subscription_required = true;
  routes.set(api_of("users", "/users", {closed}));
  ApiRevision named = revision("named", "users", {{"GET", "/x"}});
  named.subscription_required = true;
  named.key_header = "X-Key";
  named.key_query = "k";
  routes.set(api_of("named", "/named", {named}));
  Product gold;
  gold.id = "gold";
  gold.apis = {"named", "users"};
  routes.set(gold);
  Subscription subscription;
  subscription.id = "alice";
  subscription.scope = Subscription::Scope::Product;
  subscription.target = "gold";
  subscription.primary_key = "marker-primary";
  subscription.secondary_key = "marker+secondary";
  routes.set(subscription);
  GatewayUnderTest gateway(routes);

  const std::string missing =
      "{ \"statusCode\": 401, \"message\": \"Access denied due to missing subscription key. Make sure to "
      "include subscription key when making requests to an API.\" }";
  const std::string invalid =
      "{ \"statusCode\": 401, \"message\": \"Access denied due to invalid subscription key. Make sure to "
      "provide a valid key for an active subscription.\" }";
  CHECK(missing.size() == 152);
  CHECK(invalid.size() == 143);
  Told none = ask(gateway, backend, "GET /users/x", "", false);
  CHECK(none.status == 401);
  CHECK(none.body == missing);
  CHECK(none.challenge ==
        "AzureApiManagementKey realm=\"https://gw.example/users\",name=\"Ocp-Apim-Subscription-Key\","
        "type=\"header\"");
  CHECK(none.log["reason"] == "key_missing");
  Told wrong = ask(gateway, backend, "GET /named/x?k=marker-other", "", false);
  CHECK(wrong.body == invalid);
  CHECK(wrong.challenge == "AzureApiManagementKey realm=\"https://gw.example/named\",name=\"X-Key\",type=\"header\"");
  CHECK(wrong.log["reason"] == "key_invalid");
  // The query is looked at only where the field is absent.
  CHECK(ask(gateway, backend, "GET /named/x?k=marker-primary", "X-Key: no\r\n", false).status == 401);
  CHECK(ask(gateway, backend, "GET /users/x?k=marker-primary", "X-Key: marker-primary\r\n", false).status == 401);

  Told right = ask(gateway, backend, "GET /users/x", "ocp-apim-subscription-key: marker-primary\r\n");
  CHECK(right.status == 200);
  CHECK(right.log["product"] == "gold");
  CHECK(right.log["subscription"] == "alice");
  CHECK(right.log["operation"] == "GET/x");
  CHECK(ask(gateway, backend, "GET /users/x?subscription-key=marker%2Bsecondary").line ==
        "GET /x?subscription-key=marker%2Bsecondary at users.example");
  CHECK(ask(gateway, backend, "GET /named/x", "X-Key: marker-primary\r\n").status == 200);

  subscription.active = false;
  routes.set(subscription);
  gateway.publish(routes);
  CHECK(ask(gateway, backend, "GET /users/x", "Ocp-Apim-Subscription-Key: marker-primary\r\n", false).body == invalid);
  gold.subscription_required = false;
  routes.set(gold);
  gateway.publish(routes);
  CHECK(ask(gateway, backend, "GET /users/x").log["product"] == "gold");
  CHECK(gateway->routes().effective_json().find("marker") == std::string::npos);
}

TEST_CASE("What a policy covers that cannot be run is not served without it") {
  ScriptedBackend backend;
  const std::string plain = "<policies><inbound><base/></inbound><backend><forward-request/></backend></policies>";
  const std::string more = "<policies><inbound><set-header name=\"marker\"/></inbound></policies>";
  SourceSnapshot routes;
  routes.set(service("users", backend.port()));
  ApiRevision users = revision("users", "users", {{"GET", "/x"}, {"GET", "/y"}});
  users.policy = plain;
  users.operations[0].policy = plain;
  users.operations[1].policy = more;
  routes.set(api_of("users", "/users", {users}));
  Policy global;
  global.id = "global";
  global.document = plain;
  routes.set(global);
  GatewayUnderTest gateway(routes);
  CHECK(ask(gateway, backend, "GET /users/x").status == 200);
  Told operation = ask(gateway, backend, "GET /users/y", "", false);
  CHECK(operation.status == 503);
  CHECK(operation.log["reason"].substr(0, 7) == "blocked");

  // An API's document: the last good form serves on; without one it is a tombstone.
  ApiRevision broken = users;
  broken.policy = more;
  routes.set(api_of("users", "/users", {broken}));
  routes.set(api_of("other", "/other", {[&] {
                      ApiRevision other = broken;
                      other.id = other.name = "other";
                      return other;
                    }()}));
  gateway.publish(routes);
  CHECK(ask(gateway, backend, "GET /users/x").status == 200);
  Told tombstone = ask(gateway, backend, "GET /other/x", "", false);
  CHECK(tombstone.status == 503);
  CHECK(tombstone.log["reason"].substr(0, 9) == "tombstone");

  // A product's, and the global one.
  SourceSnapshot covered;
  covered.set(service("users", backend.port()));
  covered.set(api_of("users", "/users", {users}));
  Product open;
  open.id = "open";
  open.subscription_required = false;
  open.apis = {"users"};
  open.policy = more;
  covered.set(open);
  GatewayUnderTest by_product(covered);
  CHECK(ask(by_product, backend, "GET /users/x", "", false).log["reason"].substr(0, 7) == "blocked");
  covered.products.erase("open");
  global.document = more;
  covered.set(global);
  GatewayUnderTest by_global(covered);
  CHECK(ask(by_global, backend, "GET /users/x", "", false).status == 503);
  global.document = plain;
  covered.set(global);
  by_global.publish(covered);
  CHECK(ask(by_global, backend, "GET /users/x").status == 200);
}
