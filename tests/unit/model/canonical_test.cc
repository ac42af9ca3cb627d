#include "model/canonical.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

using namespace gateway;

namespace {

std::filesystem::path schema_path() {
  return std::filesystem::path(GATEWAY_SOURCE_DIR) / "lib/src/model/configuration.schema.json";
}

SourceSnapshot read(std::string_view json) {
  SourceSnapshot snapshot;
  auto document = parse_json(json, {}, "doc");
  REQUIRE(document.ok());
  read_configuration_document(*document, "doc", snapshot);
  return snapshot;
}

std::string inside(std::string_view members) {
  return R"({"apiVersion":"gateway/v1","kind":"Configuration",)" + std::string(members) + "}";
}

std::string canonical(const Api& api, CanonicalForm form) {
  std::string text;
  write_canonical(api, form, text);
  return text;
}

// One example a row: whether the reader takes all of it without a problem, and the schema agrees.
struct Example {
  const char* members;
  bool sound;
};
const Example kExamples[] = {
    {R"("apis":[])", true},
    {R"("$schema":"x","epoch":"e","revision":"7")", true},
    {R"("apis":[{"id":"a"}])", true},
    {R"("apis":[{"id":"a","host":"*.a.example","path":"/x","match":"exact","caseSensitive":false,
       "backend":"b","redirectToHttps":true,"changedAt":"2026-11-23T08:30:00Z","createdAt":5,
       "identity":"u","generation":3,"provenance":{"kind":"Api","space":"s","name":"n","revision":"r"},
       "defect":"d"}])", true},
    {R"("apis":[{"id":"a","changedAt":1795422600}])", true},
    {R"("backends":[{"id":"b","protocol":"https","endpoints":[{"address":"10.0.0.1","port":80}],
       "hostHeader":"h","pathPrefix":"/v1","tlsServerName":"n","tlsCa":"c","tlsVerify":false,
       "provenance":{}}])", true},
    {R"("certificates":[{"id":"c","chain":"x","key":"y","provenance":{},"defect":""}])", true},
    {R"("hostnames":[{"id":"h","host":"a.example","certificate":"c","minVersion":"1.3","http2":false,
       "changedAt":0,"createdAt":0,"identity":"","generation":0,"provenance":{},"defect":""}])", true},
    {R"("api":[])", false},
    {R"("apis":{})", false},
    {R"("apis":[1])", false},
    {R"("apis":[{}])", false},
    {R"("apis":[{"id":""}])", false},
    {R"("apis":[{"id":7}])", false},
    {R"("apis":[{"id":"a","hots":"x"}])", false},
    {R"("apis":[{"id":"a","match":"regex"}])", false},
    {R"("apis":[{"id":"a","changedAt":"yesterday"}])", false},
    {R"("apis":[{"id":"a","changedAt":-1}])", false},
    {R"("apis":[{"id":"a","changedAt":1.5}])", false},
    {R"("apis":[{"id":"a","generation":-1}])", false},
    {R"("apis":[{"id":"a","caseSensitive":"yes"}])", false},
    {R"("apis":[{"id":"a","provenance":{"namespace":"x"}}])", false},
    {R"("backends":[{"id":"b","endpoints":[{"address":"a"}]}])", false},
    {R"("backends":[{"id":"b","endpoints":[{"address":"a","port":0}]}])", false},
    {R"("backends":[{"id":"b","endpoints":[{"address":"a","port":65536}]}])", false},
    {R"("backends":[{"id":"b","endpoints":[{"address":"a","port":"80"}]}])", false},
    {R"("backends":[{"id":"b","endpoints":["a:80"]}])", false},
    {R"("backends":[{"id":"b","protocol":"h2c"}])", false},
    {R"("certificates":[{"chain":"x"}])", false},
    {R"("hostnames":[{"id":"h","minVersion":1.2}])", false},
    {R"("hostnames":[{"id":"h","minVersion":"0.9"}])", false},
    {R"("hostnames":[{"id":"h","minVersion":"1.1","negotiateClientCertificate":true,"clientCa":"x"}])", true},
    {R"("apis":[{"id":"a","path":"/a","versioning":"segment","versionParameter":"v","revisions":[{"id":"u;rev=2",
       "name":"u","version":"v1","revision":"2","current":false,"online":false,"protocols":["https"],
       "backend":"b","subscriptionRequired":true,"keyHeader":"K","keyQuery":"k","policy":"<policies/>",
       "operations":[{"id":"o","method":"GET","urlTemplate":"/","policy":"<policies/>","defect":"d"}]}]}])",
     true},
    {R"("backends":[{"id":"b","tlsSystemCas":true}])", true},
    {R"("products":[{"id":"p","subscriptionRequired":false,"apis":["u"],"policy":"x","provenance":{},
       "defect":"d"}])", true},
    {R"("subscriptions":[{"id":"s","scope":"product","target":"p","active":false,"primaryKey":"a",
       "secondaryKey":"b","provenance":{},"defect":"d"}])", true},
    {R"("policies":[{"id":"global","document":"x","provenance":{},"defect":"d"}])", true},
    {R"("apis":[{"id":"a","path":"/a","versioning":"path"}])", false},
    {R"("apis":[{"id":"a","path":"/a","revisions":[{}]}])", false},
    {R"("apis":[{"id":"a","path":"/a","revisions":[{"id":"u","protocols":["ws"]}]}])", false},
    {R"("apis":[{"id":"a","path":"/a","revisions":[{"id":"u","operations":[{"id":"o","method":"GET"}]}]}])", false},
    {R"("products":[{"id":"p","apis":[1]}])", false},
    {R"("products":[{"id":"p","apis":"u"}])", false},
    {R"("subscriptions":[{"id":"s","scope":"some"}])", false},
    {R"("policies":[{"id":"global"}])", false},
};

bool has_defects(const SourceSnapshot& snapshot) {
  bool any = false;
  snapshot.apis.for_each([&](auto, const auto& api) { any = any || api->defect.starts_with("doc: "); });
  snapshot.hostnames.for_each([&](auto, const auto& host) { any = any || host->defect.starts_with("doc: "); });
  snapshot.certificates.for_each([&](auto, const auto& c) { any = any || c->defect.starts_with("doc: "); });
  snapshot.products.for_each([&](auto, const auto& p) { any = any || p->defect.starts_with("doc: "); });
  snapshot.subscriptions.for_each([&](auto, const auto& s) { any = any || s->defect.starts_with("doc: "); });
  snapshot.policies.for_each([&](auto, const auto& p) { any = any || p->defect.starts_with("doc: "); });
  return any;
}

}  // namespace

TEST_CASE("SHA-256 in hexadecimal") {
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("the canonical form is sorted, compact and without defaults") {
  Api api;
  api.id = "users";
  CHECK(canonical(api, CanonicalForm::Full) == R"({"id":"users"})");
  api.host = "a.example";
  api.path = "/users";
  api.match = MatchType::Exact;
  api.case_sensitive = false;
  api.backend = "b";
  api.redirect_to_https = true;
  const std::string content =
      R"({"backend":"b","caseSensitive":false,"host":"a.example","id":"users","match":"exact",)"
      R"("path":"/users","redirectToHttps":true})";
  CHECK(canonical(api, CanonicalForm::Full) == content);
  const Digest digest = content_digest(api);
  CHECK(hex(digest) == hex(sha256(content)));

  api.witness = {7, 5, "uid", 3};
  api.provenance = {"Ingress", "gw", "users", "42"};
  CHECK(canonical(api, CanonicalForm::Content) == content);
  CHECK(content_digest(api) == digest);
  CHECK(canonical(api, CanonicalForm::Full) ==
        R"({"backend":"b","caseSensitive":false,"changedAt":7,"createdAt":5,"generation":3,)"
        R"("host":"a.example","id":"users","identity":"uid","match":"exact","path":"/users",)"
        R"("provenance":{"kind":"Ingress","name":"users","revision":"42","space":"gw"},"redirectToHttps":true})");
  api.path = "/Users";
  CHECK(content_digest(api) != digest);
}

TEST_CASE("the content form of a certificate has no key in it") {
  Certificate certificate{"c", "CHAIN", "SECRETMARKER", {}, ""};
  std::string content;
  write_canonical(certificate, CanonicalForm::Content, content);
  CHECK(content.find("SECRETMARKER") == std::string::npos);
  CHECK(content.find(hex(sha256("SECRETMARKER"))) != std::string::npos);
  std::string full;
  write_canonical(certificate, CanonicalForm::Full, full);
  CHECK(full == R"({"chain":"CHAIN","id":"c","key":"SECRETMARKER"})");
}

TEST_CASE("a snapshot survives being written and read") {
  SourceSnapshot snapshot;
  snapshot.epoch = "e1";
  snapshot.revision = "9";
  Api exact;
  exact.id = "a1";
  exact.host = "*.a.example";
  exact.path = "/x";
  exact.match = MatchType::Exact;
  exact.case_sensitive = false;
  exact.backend = "b";
  exact.redirect_to_https = true;
  exact.witness = {1795422600, 5, "uid", 2};
  exact.provenance = {"Api", "s", "a1", "r"};
  exact.defect = "broken \"so\"\n";
  snapshot.set(exact);
  Api versioned;
  versioned.id = "a2";
  versioned.path = "/v";
  versioned.versioning = Versioning::Header;
  versioned.version_parameter = "X-Version";
  versioned.revisions = {
      {"u;rev=2", "u", "v1", "2", false, false, false, true, "b", true, "K", "k",
       {{"get", "GET", "/{id}", "<policies/>", "broken"}, {"put", "PUT", "/", "", ""}}, "<policies />"},
      {"w", "w", "", "1", true, true, true, true, "b", false, "Ocp-Apim-Subscription-Key", "subscription-key",
       {}, ""}};
  snapshot.set(versioned);
  Api plain;
  plain.id = "a0";
  snapshot.set(std::move(plain));
  snapshot.set(Backend{"b", BackendProtocol::Https, {{"10.0.0.1", 80}, {"::1", 81}}, "h", "/p", "sni",
                       "CA", true, false,
                       CircuitBreaker{3, 0, 10, {{500, 599}}, {"Timeout"}, 20, true}, {}, "",
                       {"Service", "s", "b", ""}});
  Backend pool;
  pool.id = "pool";
  pool.pool = {{"b", 2, 5}};
  pool.affinity_cookie = "AT";
  snapshot.set(pool);
  snapshot.set(Certificate{"c", "CHAIN", "KEY", {}, ""});
  Hostname hostname;
  hostname.id = "h";
  hostname.host = "a.example";
  hostname.certificate = "c";
  hostname.min_version = TlsVersion::Tls1_0;
  hostname.negotiate_client_certificate = true;
  hostname.client_ca_pem = "CA";
  hostname.http2 = false;
  hostname.witness.changed_at = 7;
  snapshot.set(hostname);
  Product product;
  product.id = "p";
  product.subscription_required = false;
  product.apis = {"u", "w"};
  product.policy = "<policies/>";
  product.display_name = "The P";
  product.published = false;
  product.approval_required = true;
  product.subscriptions_limit = 3;
  product.groups = {{"developers", "Developers"}, {"guests", ""}};
  product.provenance = {"Product", "", "p", ""};
  product.defect = "broken";
  snapshot.set(product);
  Subscription of_all;
  of_all.id = "s1";
  of_all.primary_key = "k1";
  of_all.secondary_key = "k2";
  of_all.display_name = "First";
  of_all.user = "ada";
  of_all.created = "2026-01-02T03:04:05Z";
  of_all.start = "2026-02-01T00:00:00Z";
  of_all.end = "2027-02-01T00:00:00Z";
  snapshot.set(of_all);
  Subscription of_product;
  of_product.id = "s2";
  of_product.scope = Subscription::Scope::Product;
  of_product.target = "p";
  of_product.active = false;
  of_product.primary_key = "k3";
  of_product.defect = "broken";
  snapshot.set(of_product);
  User user;
  user.id = "ada";
  user.email = "ada@example.com";
  user.first_name = "Ada";
  user.last_name = "L";
  user.note = "n";
  user.registered = "2026-01-01T00:00:00Z";
  user.groups = {{"developers", "Developers"}};
  user.identities = {{"Basic", "ada@example.com"}};
  snapshot.set(user);
  NamedValue value;
  value.id = "v";
  value.display_name = "The.Value";
  value.value = "x";
  value.secret = true;
  snapshot.set(value);
  PolicyFragment fragment;
  fragment.id = "f";
  fragment.document = "<fragment/>";
  snapshot.set(fragment);
  EventHubLogger logger;
  logger.id = "l";
  logger.name = "hub";
  logger.connection_string = "Endpoint=sb://example/";
  snapshot.set(logger);
  snapshot.set(Policy{"global", "<policies/>", {"Policy", "", "policy", ""}, ""});

  const std::string text = write_configuration_document(snapshot);
  const SourceSnapshot again = read(text);
  CHECK(again.rejected.empty());
  CHECK(again.epoch == "e1");
  CHECK(again.revision == "9");
  REQUIRE(again.apis.size() == 3);
  CHECK(*again.apis.find("a2") == *snapshot.apis.find("a2"));
  CHECK(*again.users.find("ada") == user);
  CHECK(*again.named_values.find("v") == value);
  CHECK(*again.fragments.find("f") == fragment);
  CHECK(*again.loggers.find("l") == logger);
  CHECK(*again.products.find("p") == *snapshot.products.find("p"));
  CHECK(*again.subscriptions.find("s1") == *snapshot.subscriptions.find("s1"));
  CHECK(*again.subscriptions.find("s2") == *snapshot.subscriptions.find("s2"));
  CHECK(*again.policies.find("global") == *snapshot.policies.find("global"));
  CHECK(*again.apis.find("a0") == *snapshot.apis.find("a0"));
  CHECK(*again.apis.find("a1") == *snapshot.apis.find("a1"));
  CHECK(*again.backends.find("b") == *snapshot.backends.find("b"));
  CHECK(*again.certificates.find("c") == *snapshot.certificates.find("c"));
  CHECK(*again.hostnames.find("h") == *snapshot.hostnames.find("h"));
  CHECK(write_configuration_document(again) == text);
}

TEST_CASE("the reader and the JSON schema agree on every example") {
  std::ifstream file(schema_path());
  std::stringstream schema_text;
  schema_text << file.rdbuf();
  auto schema_document = parse_json(schema_text.str(), {}, "configuration.schema.json");
  REQUIRE(schema_document.ok());
  const rapidjson::SchemaDocument schema(*schema_document);
  for (const Example& example : kExamples) {
    CAPTURE(example.members);
    const std::string text = inside(example.members);
    const SourceSnapshot snapshot = read(text);
    std::string problems;
    for (const Error& error : snapshot.rejected) problems += error.to_string() + "\n";
    CAPTURE(problems);
    CHECK((snapshot.rejected.empty() && !has_defects(snapshot)) == example.sound);
    auto document = parse_json(text, {}, "doc");
    rapidjson::SchemaValidator validator(schema);
    CHECK(document->Accept(validator) == example.sound);
  }
}

TEST_CASE("every problem of a document is reported with its member path") {
  const SourceSnapshot snapshot = read(inside(
      R"("apis":[{"id":"good"},{"host":"x"},{"id":"good"}],"backends":[{"id":"b","port":1,
         "endpoints":[{"address":1,"port":"x"}]}],"hosts":[])"));
  std::vector<std::string> problems;
  for (const Error& error : snapshot.rejected) problems.push_back(error.to_string());
  CHECK(problems ==
        std::vector<std::string>{
            "configuration: doc: apis[1].id: is missing",
            "configuration: doc: apis[2]: the id \"good\" is taken by an earlier element; it must be unique",
            "configuration: doc: backends[0].endpoints[0].address: must be a string",
            "configuration: doc: backends[0].endpoints[0].port: must be an integer between 1 and 65535",
            "configuration: doc: backends[0].port: is not known; allowed are affinityCookie, circuitBreaker, endpoints, "
            "hostHeader, id, pathPrefix, pool, protocol, provenance, tlsCa, tlsServerName, tlsSystemCas, tlsVerify",
            "configuration: doc: hosts: is not known; allowed are $schema, apiVersion, apis, backends, "
            "certificates, epoch, fragments, hostnames, kind, loggers, namedValues, policies, products, "
            "revision, subscriptions, users"});
  CHECK(snapshot.apis.size() == 1);
  CHECK(snapshot.backends.empty());
}

TEST_CASE("an element whose place is known is taken with its defect, others are rejected") {
  const SourceSnapshot snapshot = read(inside(
      R"("apis":[{"id":"kept","path":"/x","caseSensitive":1,"more":2},{"id":"lost","path":7}])"));
  REQUIRE(snapshot.apis.find("kept") != nullptr);
  CHECK(snapshot.apis.find("kept")->path == "/x");
  CHECK(snapshot.apis.find("kept")->defect.starts_with(
      "doc: apis[0].caseSensitive must be true or false; doc: apis[0].more is not known; allowed are "));
  CHECK(snapshot.apis.find("lost") == nullptr);
  REQUIRE(snapshot.rejected.size() == 1);
  CHECK(snapshot.rejected[0].where == "doc: apis[1].path");
}

TEST_CASE("a document of another version or shape says what is allowed") {
  SourceSnapshot snapshot = read("[]");
  REQUIRE(snapshot.rejected.size() == 1);
  CHECK(snapshot.rejected[0].message == "must be an object with apiVersion, kind and what is configured");
  snapshot = read(R"({"apiVersion":"gateway/v2","kind":"Configuration"})");
  REQUIRE(snapshot.rejected.size() == 1);
  CHECK(snapshot.rejected[0].to_string() == "configuration: doc: apiVersion: must be \"gateway/v1\"");
}
