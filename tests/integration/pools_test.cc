#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// One exchange, so that the gateway keeps a connection to the backend.
Connection kept_connection(GatewayUnderTest& gateway, ScriptedBackend& backend,
                           Connection& client) {
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send(kOk);
  REQUIRE(client.read_response().status() == 200);
  REQUIRE(gateway.metric_becomes("gateway_upstream_connections_idle", 1));
  return upstream;
}

}  // namespace

TEST_CASE("A backend connection is kept and used again, by other clients too") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto first = gateway.connect();
  auto upstream = kept_connection(gateway, backend, first);
  auto second = gateway.connect();
  for (auto* client : {&second, &first, &second}) {
    client->send(kGet);
    CHECK(upstream.read_request().start_line() == "GET / HTTP/1.1");
    upstream.send(kOk);
    CHECK(client->read_response().status() == 200);
  }
  CHECK(backend.untouched());
  CHECK(gateway.metric("gateway_upstream_reused_total") == 3);
}

TEST_CASE(
    "A connection is not kept when its response says so, or when it is unclear where it stands") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  for (const char* response : {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                               "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore"}) {
    INFO(response);
    client.send(kGet);
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(response);
    CHECK(client.read_response().status() == 200);
    CHECK(upstream.ended_by_peer());
  }
}

TEST_CASE("A request on a kept connection that died is sent once more where that is safe") {
  struct Row {
    const char* name;
    const char* request;
    const char* answered;  // by the kept connection, before it dies
    bool again;
  };
  constexpr Row kRows[] = {
      {"GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", true},
      {"HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "", true},
      {"OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", "", true},
      {"DELETE", "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "", true},
      {"PUT of nothing", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "", true},
      {"PUT", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", "", false},
      {"GET with a chunked body",
       "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", false},
      {"POST", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "", false},
      {"PATCH", "PATCH / HTTP/1.1\r\nHost: x\r\n\r\n", "", false},
      {"a method of their own", "PURGE / HTTP/1.1\r\nHost: x\r\n\r\n", "", false},
      {"GET after a byte of the response", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "H", false},
      {"GET after an informational response", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
       "HTTP/1.1 102 Processing\r\n\r\n", false},
  };
  for (const auto& row : kRows) {
    INFO(row.name);
    ScriptedBackend backend;
    GatewayUnderTest gateway(everything_to({backend.port()}));
    auto client = gateway.connect();
    auto upstream = kept_connection(gateway, backend, client);
    CHECK(gateway.next_line()["attempts"] == "1");
    client.send(row.request);
    const auto first = upstream.read_request();
    upstream.send(row.answered);
    upstream.close();
    if (row.again) {
      auto fresh = backend.accept();
      const auto second = fresh.read_request();
      CHECK(second.head == first.head);  // the request id too
      fresh.send(first.start_line().starts_with("HEAD") ? "HTTP/1.1 200 OK\r\n\r\n" : kOk);
      CHECK(client.read_response(first.start_line().starts_with("HEAD")).status() == 200);
      CHECK(gateway.next_line()["attempts"] == "2");
    } else {
      auto response = client.read_response();
      if (response.status() == 102) response = client.read_response();
      CHECK(response.status() == 502);
      CHECK(backend.untouched());
      CHECK(gateway.next_line()["reason"] == "backend_reset");
    }
  }
}

TEST_CASE("A request is sent once more once only, and not after a fresh connection died") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  auto upstream = kept_connection(gateway, backend, client);
  client.send(kGet);
  (void)upstream.read_request();
  upstream.close();
  auto fresh = backend.accept();
  (void)fresh.read_request();
  fresh.close();
  CHECK(client.read_response().status() == 502);
  CHECK(backend.untouched());
}

TEST_CASE("Endpoints take turns; one that refuses is passed over") {
  ScriptedBackend a, b;
  ClosedPort refusing;
  GatewayUnderTest gateway(everything_to({a.port(), refusing.port(), b.port()}));
  auto client = gateway.connect();
  Connection to_a, to_b;
  for (int round = 0; round < 3; ++round) {
    for (auto* turn : {&to_a, &to_b, &to_b}) {  // the second turn is the refusing one's
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
      if (!*turn) *turn = (turn == &to_a ? a : b).accept();
      CHECK(turn->read_request().body == "body");
      turn->send(kOk);
      CHECK(client.read_response().status() == 200);
    }
  }
}

TEST_CASE("Whoever meets a refusing endpoint goes on to another one, however many others do") {
  ScriptedBackend alive;
  ClosedPort refusing;
  GatewayUnderTest gateway(everything_to({refusing.port(), alive.port()}));
  std::vector<Connection> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(gateway.connect());
  for (auto& client : clients) client.send(kGet);
  std::vector<Connection> upstreams;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    upstreams.push_back(alive.accept());
    (void)upstreams.back().read_request();
  }
  for (auto& upstream : upstreams) upstream.send(kOk);
  for (auto& client : clients) CHECK(client.read_response().status() == 200);
}

TEST_CASE("Where every endpoint refuses, the answer is 502") {
  ClosedPort one, two;
  GatewayUnderTest gateway(everything_to({one.port(), two.port()}));
  auto client = gateway.connect();
  client.send(kGet);
  CHECK(client.read_response().status() == 502);
  auto line = gateway.next_line();
  CHECK(line["reason"] == "connect_failed");
  CHECK(line["attempts"] == "2");
}

TEST_CASE("A backend without endpoints is a 503 that says when to come back") {
  GatewayUnderTest gateway(everything_to({}));
  auto client = gateway.connect();
  client.send(kGet);
  const auto response = client.read_response();
  CHECK(response.status() == 503);
  CHECK(response.has("Retry-After"));
  CHECK(gateway.next_line()["reason"] == "no_endpoint");
}

TEST_CASE("A kept connection that the backend ends is forgotten") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  auto upstream = kept_connection(gateway, backend, client);
  upstream.close();
  CHECK(gateway.metric_becomes("gateway_upstream_connections_idle", 0));
}

TEST_CASE(
    "The connections to a backend that has left the configuration are closed once nobody uses it") {
  ScriptedBackend old, next;
  GatewayOptions options = test_options();
  options.workers = 2;  // each with pools of its own
  GatewayUnderTest gateway(everything_to({old.port()}), options);
  std::vector<Connection> clients, upstreams;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send(kGet);
    upstreams.push_back(old.accept());
    (void)upstreams.back().read_request();
  }
  for (auto& upstream : upstreams) upstream.send(kOk);
  for (auto& client : clients) CHECK(client.read_response().status() == 200);
  REQUIRE(gateway.metric_becomes("gateway_upstream_connections_idle", 16));
  clients[0].send(kGet);
  std::size_t in_use = 0;
  REQUIRE(eventually([&] {
    for (in_use = 0; in_use < upstreams.size(); ++in_use) {
      if (!upstreams[in_use].silent_for(std::chrono::milliseconds(1))) return true;
    }
    return false;
  }));
  gateway.set_default_route({next.port()});
  CHECK(upstreams[in_use].read_request().whole);
  upstreams[in_use].send(kOk);
  CHECK(clients[0].read_response().status() == 200);
  for (auto& upstream : upstreams) CHECK(upstream.ended_by_peer());
  CHECK(old.untouched());
}

TEST_CASE("A pool keeps no more idle connections than it may") {
  ScriptedBackend backend;
  GatewayOptions options = test_options();
  options.limits.pool_idle_per_endpoint = 2;
  GatewayUnderTest gateway(everything_to({backend.port()}), options);
  std::vector<Connection> clients, upstreams;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send(kGet);
    upstreams.push_back(backend.accept());
    (void)upstreams.back().read_request();
  }
  for (auto& upstream : upstreams) upstream.send(kOk);
  for (auto& client : clients) CHECK(client.read_response().status() == 200);
  CHECK(gateway.metric_becomes("gateway_upstream_connections_active", 0));
  CHECK(gateway.metric("gateway_upstream_connections_idle") == 2);
}
