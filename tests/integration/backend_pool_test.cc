#include <catch2/catch.hpp>

#include <map>

#include "support/canned_server.h"
#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

std::string answer(int status, const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

SourceSnapshot pool_of(std::vector<std::pair<gateway::Backend, PoolMember>> members, const std::string& cookie = "") {
  SourceSnapshot out;
  gateway::Backend pool;
  pool.id = "pool";
  pool.affinity_cookie = cookie;
  for (auto& [backend, member] : members) {
    member.backend = backend.id;
    pool.pool.push_back(member);
    out.set(backend);
  }
  out.set(pool);
  out.set(api_for("all", "", "/", "pool"));
  return out;
}

CircuitBreaker opens_after(std::uint32_t failures) {
  CircuitBreaker rule;
  rule.failure_count = failures;
  rule.statuses = {{500, 599}};
  rule.error_reasons = {"BackendConnectionFailure"};
  return rule;
}

Message get(GatewayUnderTest& gateway, const std::string& fields = "") {
  auto client = gateway.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
  return client.read_response();
}

}  // namespace

TEST_CASE("Members of a pool take requests by their weights") {
  CannedServer a, b;
  a.start({answer(200, "a")});
  b.start({answer(200, "b")});
  GatewayUnderTest gateway(pool_of({{backend_at("a", {a.port()}), {"", 1, 3}}, {backend_at("b", {b.port()}), {"", 1, 1}}}));
  std::map<std::string, int> seen;
  for (int i = 0; i < 40; ++i) ++seen[get(gateway).body];
  CHECK(seen["a"] == 30);
  CHECK(seen["b"] == 10);
}

TEST_CASE("A member that refuses leaves its requests to the others; those of a higher priority number wait") {
  ClosedPort refuses;
  CannedServer b, spare;
  b.start({answer(200, "b")});
  spare.start({answer(200, "spare")});
  auto first = backend_at("first", {refuses.port()});
  first.circuit_breaker = opens_after(1);
  GatewayUnderTest gateway(pool_of({{first, {"", 1, 1}}, {backend_at("b", {b.port()}), {"", 1, 1}},
                                    {backend_at("spare", {spare.port()}), {"", 2, 1}}}));
  for (int i = 0; i < 10; ++i) CHECK(get(gateway).body == "b");
  CHECK(spare.requests().empty());
}

TEST_CASE("When every member of a priority has tripped, the next one serves; when all have, 503 says when to come again") {
  CannedServer a, b;
  a.start({answer(500, "a")});
  b.start({answer(500, "b")});
  auto first = backend_at("a", {a.port()}), second = backend_at("b", {b.port()});
  first.circuit_breaker = opens_after(2);
  second.circuit_breaker = opens_after(1);
  second.circuit_breaker->trip_seconds = 30;
  GatewayUnderTest gateway(pool_of({{first, {"", 1, 1}}, {second, {"", 2, 1}}}));
  CHECK(get(gateway).body == "a");
  CHECK(get(gateway).body == "a");
  CHECK(get(gateway).body == "b");
  const Message refused = get(gateway);
  CHECK(refused.status() == 503);
  const int later = std::stoi(refused.field("Retry-After"));
  CHECK(later >= 29);
  CHECK(later <= 30);
  CHECK(a.requests().size() == 2);
  CHECK(b.requests().size() == 1);
}

TEST_CASE("A circuit closes after its time, and counts anew") {
  CannedServer server;
  server.start({answer(500, "no"), answer(200, "yes")});
  auto backend = backend_at("one", {server.port()});
  backend.circuit_breaker = opens_after(1);
  backend.circuit_breaker->trip_seconds = 1;
  SourceSnapshot routes;
  routes.set(backend);
  routes.set(api_for("all", "", "/", "one"));
  GatewayUnderTest gateway(routes);
  CHECK(get(gateway).status() == 500);
  CHECK(get(gateway).status() == 503);
  CHECK(eventually([&] { return get(gateway).status() == 200; }));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("Retry-After of the backend says how long its circuit is open, where the rule takes it") {
  CannedServer server;
  server.start({answer(503, "", "Retry-After: 100\r\n")});
  auto backend = backend_at("one", {server.port()});
  backend.circuit_breaker = opens_after(1);
  backend.circuit_breaker->accept_retry_after = true;
  SourceSnapshot routes;
  routes.set(backend);
  routes.set(api_for("all", "", "/", "one"));
  GatewayUnderTest gateway(routes);
  CHECK(get(gateway).status() == 503);
  const Message refused = get(gateway);
  CHECK(refused.body.find("Service unavailable") != std::string::npos);
  CHECK(std::stoi(refused.field("Retry-After")) > 95);
}

TEST_CASE("A circuit that is open stays so when something else is published") {
  CannedServer server;
  server.start({answer(500, "no"), answer(200, "yes")});
  auto backend = backend_at("one", {server.port()});
  backend.circuit_breaker = opens_after(1);
  SourceSnapshot routes;
  routes.set(backend);
  routes.set(api_for("all", "", "/", "one"));
  GatewayUnderTest gateway(routes);
  CHECK(get(gateway).status() == 500);
  routes.set(backend_at("other", {server.port()}));
  routes.set(api_for("more", "", "/more", "other"));
  gateway.publish(routes);
  CHECK(get(gateway).status() == 503);
  backend.circuit_breaker->trip_seconds = 7;  // another rule
  routes.set(backend);
  gateway.publish(routes);
  CHECK(get(gateway).status() == 200);
}

TEST_CASE("A cookie keeps a client at one member, as long as that one may serve") {
  CannedServer a, b;
  a.start({answer(200, "a")});
  b.start({answer(200, "b")});
  auto first = backend_at("a", {a.port()}), second = backend_at("b", {b.port()});
  GatewayUnderTest gateway(pool_of({{first, {"", 1, 1}}, {second, {"", 1, 1}}}, "AT"));
  const Message start = get(gateway);
  const std::string said = start.field("Set-Cookie");
  REQUIRE(said.starts_with("AT="));
  CHECK(said.ends_with("; Path=/; HttpOnly"));
  const std::string cookie = "Cookie: x=1; " + said.substr(0, said.find(';')) + "\r\n";
  for (int i = 0; i < 6; ++i) {
    const Message response = get(gateway, cookie);
    CHECK(response.body == start.body);
    CHECK_FALSE(response.has("Set-Cookie"));
  }
  CHECK(get(gateway, "Cookie: AT=nonsense\r\n").has("Set-Cookie"));
}

TEST_CASE("A changed member of a pool takes over at once; a missing one leaves the pool as it was") {
  CannedServer a, b;
  a.start({answer(200, "a")});
  b.start({answer(200, "b")});
  SourceSnapshot routes = pool_of({{backend_at("m", {a.port()}), {"", 1, 1}}});
  GatewayUnderTest gateway(routes);
  CHECK(get(gateway).body == "a");
  routes.set(backend_at("m", {b.port()}));
  gateway.publish(routes);
  CHECK(get(gateway).body == "b");
  routes.backends.erase("m");
  gateway.publish(routes);
  CHECK(get(gateway).body == "b");
}

TEST_CASE("Under policies an open circuit is an error that on-error hears of") {
  CannedServer server;
  server.start({answer(500, "no")});
  auto backend = backend_at("one", {server.port()});
  backend.circuit_breaker = opens_after(1);
  SourceSnapshot routes;
  routes.set(backend);
  Api api = api_for("all", "", "/", "");
  ApiRevision revision;
  revision.id = revision.name = "all";
  revision.backend = "one";
  revision.policy = R"(<policies><on-error><set-header name="X-Why"><value>@(context.LastError.Reason)</value></set-header></on-error></policies>)";
  revision.operations = {{"get", "GET", "/", "", "", ""}};
  api.revisions = {revision};
  routes.set(api);
  GatewayUnderTest gateway(routes);
  CHECK(get(gateway).status() == 500);
  const Message refused = get(gateway);
  CHECK(refused.status() == 503);
  CHECK(refused.field("X-Why") == "CircuitBreakerOpen");
}
