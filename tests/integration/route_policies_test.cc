#include <catch2/catch.hpp>

#include "support/canned_server.h"
#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

// A gateway with routes of the kind that Ingress gives, and a cloud beside it.
class Hybrid {
 public:
  explicit Hybrid(const std::string& routes_source, SourceSnapshot routes, bool cloud_is_known = true) {
    GatewayOptions options = test_options();
    options.policies.routes_source = routes_source;
    options.start_serves_partial = true;
    options.start_timeout = std::chrono::milliseconds(200);
    auto made = Gateway::create(std::move(options));
    REQUIRE(made);
    gateway_ = std::move(made).value();
    auto ingress = MemorySource::create();
    auto cloud = MemorySource::create(cloud_is_known);
    ingress_ = ingress.get();
    cloud_ = cloud.get();
    ingress_->replace(std::move(routes));
    if (cloud_is_known) cloud_->replace(cloud_now);
    REQUIRE(gateway_->add_source({"ingress", "ingress", ""}, std::move(ingress)));
    REQUIRE(gateway_->add_source({"cloud", "cloud", ""}, std::move(cloud)));
    REQUIRE(gateway_->start());
    (void)gateway_->wait_ready();
  }

  Message get(const std::string& target = "/", const std::string& fields = "") {
    auto client = Connection::to(gateway_->port(0));
    client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    return client.read_response();
  }
  void publish_cloud() { cloud_->replace(cloud_now); }

  SourceSnapshot cloud_now;

 private:
  std::unique_ptr<Gateway> gateway_;
  MemorySource* ingress_ = nullptr;
  MemorySource* cloud_ = nullptr;
};

SourceSnapshot route_to(std::uint16_t port, const std::string& fragment = "") {
  SourceSnapshot out = everything_to({port});
  Api api = api_for("route", "", "/", out.backends.sorted_names().empty() ? "" : std::string(out.backends.sorted_names()[0]));
  out.apis = {};
  api.policy_fragment = fragment;
  out.set(api);
  return out;
}
std::string header(const std::string& name, const std::string& value) {
  return "<set-header name=\"" + name + "\"><value>" + value + "</value></set-header>";
}
Policy global(const std::string& inbound) {
  Policy policy;
  policy.id = "global";
  policy.document = "<policies><inbound>" + inbound + "</inbound><backend><forward-request /></backend></policies>";
  return policy;
}
PolicyFragment fragment(const std::string& id, const std::string& content) {
  PolicyFragment out;
  out.id = id;
  out.document = "<fragment>" + content + "</fragment>";
  return out;
}
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("The global document of the named source runs on Ingress routes, and follows its changes") {
  CannedServer backend;
  backend.start({kOk});
  Hybrid hybrid("cloud", route_to(backend.port()));
  CHECK(hybrid.get().status() == 200);
  hybrid.cloud_now.set(global(header("X-Global", "@(context.Api.Id)")));
  hybrid.publish_cloud();
  CHECK(eventually([&] { return hybrid.get().status() == 200 && backend.requests().back().field("X-Global") == "route"; }));
}

TEST_CASE("Ingress routes wait for the policies of a source that is not known yet, and answer 503 meanwhile") {
  CannedServer backend;
  backend.start({kOk});
  Hybrid hybrid("cloud", route_to(backend.port()), false);
  CHECK(hybrid.get().status() == 503);
  CHECK(backend.requests().empty());
  hybrid.publish_cloud();
  CHECK(eventually([&] { return hybrid.get().status() == 200; }));
}

TEST_CASE("Without a source of policies Ingress routes run none") {
  CannedServer backend;
  backend.start({kOk});
  Hybrid hybrid("", route_to(backend.port()), false);
  CHECK(hybrid.get().status() == 200);
}

TEST_CASE("A route runs the fragment that it names, and none without it") {
  CannedServer backend;
  backend.start({kOk});
  Hybrid hybrid("cloud", route_to(backend.port(), "stamp"));
  hybrid.cloud_now.set(global(header("X-Global", "g")));
  hybrid.publish_cloud();
  CHECK(hybrid.get().status() == 503);  // the fragment is not there
  CHECK(backend.requests().empty());
  hybrid.cloud_now.set(fragment("stamp", header("X-Fragment", "@(context.Request.Headers.GetValueOrDefault(\"X-Global\"))")));
  hybrid.publish_cloud();
  REQUIRE(eventually([&] { return hybrid.get().status() == 200; }));
  CHECK(backend.requests().back().field("X-Global") == "g");
  CHECK(backend.requests().back().field("X-Fragment") == "g");
  hybrid.cloud_now.set(fragment("stamp", header("X-Fragment", "changed")));
  hybrid.publish_cloud();
  CHECK(eventually([&] { return hybrid.get().status() == 200 && backend.requests().back().field("X-Fragment") == "changed"; }));
  hybrid.cloud_now.set(fragment("stamp", "<no-such-policy />"));
  hybrid.publish_cloud();
  CHECK(eventually([&] { return hybrid.get().status() == 503; }));
}

TEST_CASE("Subscription keys do not reach the backend of an Ingress route; all else does") {
  CannedServer backend;
  backend.start({kOk});
  for (const bool with_policies : {false, true}) {
    Hybrid hybrid("cloud", route_to(backend.port()));
    if (with_policies) {
      hybrid.cloud_now.set(global(header("X-Global", "g")));
      hybrid.publish_cloud();
      REQUIRE(eventually([&] { return hybrid.get().status() == 200 && backend.requests().back().has("X-Global"); }));
    }
    CHECK(hybrid.get("/a?x=%41&subscription-key=secret&y", "ocp-apim-subscription-key: secret\r\nX-Other: 1\r\n").status() == 200);
    const Message seen = backend.requests().back();
    CHECK(seen.start_line() == "GET /a?x=%41&y HTTP/1.1");
    CHECK(seen.head.find("secret") == std::string::npos);
    CHECK(seen.field("X-Other") == "1");
    CHECK(hybrid.get("/a?subscription-key=secret").status() == 200);
    CHECK(backend.requests().back().start_line() == "GET /a HTTP/1.1");
  }
}
