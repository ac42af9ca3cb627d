#include <catch2/catch.hpp>
#include <rapidjson/document.h>

#include "runtime/admin.h"
#include "runtime/monitor.h"

using namespace gateway;

namespace {

// A registry that answers with what a test put there.
class FakeRoutes final : public RoutesView {
 public:
  std::vector<SourceStatus> statuses;
  mutable RouteQuery asked;

  VersionStatus version() const override { return {"boot", 7, 1000, 3, 1, 2}; }
  std::vector<SourceStatus> sources() const override { return statuses; }
  std::string table_digest() const override { return "abc"; }
  std::string effective_json() const override { return "{\"apis\":[]}"; }
  Explanation explain(const RouteQuery& query) const override {
    asked = query;
    Explanation out;
    out.version = 7;
    out.outcome = "route";
    RouteCandidate candidate;
    candidate.source = "ingress";
    candidate.api = "gw/users";
    candidate.answers = true;
    candidate.stamp = 5;
    out.candidates = {candidate};
    return out;
  }
};

ControlServer::Response ask(const ControlServer::Handler& handler, std::string path, std::string_view query = {}) {
  return handler({"GET", std::move(path), HttpServer::parse_query(query)});
}

rapidjson::Document parse(const ControlServer::Response& response) {
  rapidjson::Document document;
  const std::string body = response.slow_body ? response.slow_body() : response.body;
  document.Parse(body.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

}  // namespace

TEST_CASE("explain takes a URL, or host, path and scheme") {
  const FakeRoutes routes;
  const auto admin = admin_handler(routes);
  struct Row {
    const char* query;
    const char* scheme;
    const char* host;
    const char* path;
  };
  for (const Row& row : {Row{"url=https%3A%2F%2Fa.example%3A8443%2Fusers%2F1%3Fx%3D1%23f", "https", "a.example:8443", "/users/1?x=1"},
                         Row{"url=HTTP://a.example", "http", "a.example", "/"}, Row{"url=http://a?b", "http", "a", "/?b"},
                         Row{"host=a.example&path=/x%20y&scheme=https", "https", "a.example", "/x y"}, Row{"", "http", "", "/"}}) {
    CAPTURE(row.query);
    CHECK(ask(admin, "/explain", row.query).status == 200);
    CHECK(routes.asked.scheme == row.scheme);
    CHECK(routes.asked.host == row.host);
    CHECK(routes.asked.path == row.path);
  }
  const auto answer = parse(ask(admin, "/explain"));
  CHECK(answer["candidates"][0]["answers"].GetBool());
  CHECK(answer["candidates"][0]["stamp"].GetInt64() == 5);
  CHECK(ask(admin, "/explain", "url=http://a/&method=PUT").status == 200);
  CHECK(routes.asked.method == "PUT");
}

TEST_CASE("explain refuses what is no URL, and says what is allowed") {
  const FakeRoutes routes;
  const auto admin = admin_handler(routes);
  for (const char* query : {"url=ftp://a/", "url=a.example/users", "scheme=ws"}) {
    CAPTURE(query);
    const auto response = ask(admin, "/explain", query);
    CHECK(response.status == 400);
    CHECK_THAT(std::string(parse(response)["error"].GetString()), Catch::Contains("expected"));
  }
}

TEST_CASE("status shows version, digest and every source with its errors") {
  FakeRoutes routes;
  SourceStatus source;
  source.name = "file";
  source.state = SyncState::Stale;
  source.errors = {{ErrorCode::InvalidArgument, "file", "no such type", "Ingress gw/a: spec", false}};
  source.degraded = Error{ErrorCode::Unavailable, "file", "gone", "/x", true};
  routes.statuses = {source};
  const auto status = parse(ask(admin_handler(routes), "/status"));
  CHECK(status["version"]["number"].GetUint64() == 7);
  CHECK(std::string(status["table_digest"].GetString()) == "abc");
  CHECK(std::string(status["sources"][0]["state"].GetString()) == "stale");
  CHECK(std::string(status["sources"][0]["errors"][0]["where"].GetString()) == "Ingress gw/a: spec");
  CHECK(std::string(status["sources"][0]["degraded"]["code"].GetString()) == "unavailable");
  CHECK(parse(ask(admin_handler(routes), "/config")).HasMember("apis"));
  CHECK(ask(admin_handler(routes), "/other").status == 404);
}

TEST_CASE("readiness names what it waits for; liveness does not depend on it") {
  FakeRoutes routes;
  SourceStatus source;
  source.name = "ingress";
  routes.statuses = {source};
  GatewayState state = GatewayState::Starting;
  const auto monitor = monitor_handler([&] { return state; }, [] { return std::string("metric 1\n"); }, routes);
  auto ready = ask(monitor, "/ready");
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, Catch::Contains("ingress"));
  CHECK(ask(monitor, "/live").status == 200);
  state = GatewayState::Ready;
  CHECK(ask(monitor, "/ready").status == 200);
  state = GatewayState::Draining;
  ready = ask(monitor, "/ready");
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, Catch::Contains("draining"));
  CHECK(ask(monitor, "/metrics").body == "metric 1\n");
  CHECK_THAT(ask(monitor, "/metrics").content_type, Catch::Contains("version=0.0.4"));
  CHECK(ask(monitor, "/status").status == 404);
}
