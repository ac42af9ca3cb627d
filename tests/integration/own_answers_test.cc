#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

TEST_CASE(
    "Every answer of the gateway itself has its reason in the access log and in the metrics") {
  ClosedPort nobody;
  SourceSnapshot routes;
  routes.set(backend_at("empty", {}));
  routes.set(backend_at("closed", {nobody.port()}));
  routes.set(api_for("empty", "a.example", "/empty", "empty"));
  routes.set(api_for("closed", "a.example", "/closed", "closed"));
  routes.set(api_for("lost", "a.example", "/lost", "no such backend"));
  auto secure = api_for("secure", "a.example", "/secure", "closed");
  secure.redirect_to_https = true;
  routes.set(secure);
  Hostname tls;
  tls.id = tls.host = "a.example";
  routes.set(tls);
  GatewayUnderTest gateway(routes);
  struct Row {
    const char* target;
    const char* host;
    int status;
    const char* reason;
    const char* route;
  };
  constexpr Row kRows[] = {
      {"/", "unknown.example", 404, "no_host", ""},
      {"/elsewhere", "a.example", 404, "no_path", ""},
      {"/lost", "a.example", 503, "tombstone", "lost@memory"},
      {"/empty", "a.example", 503, "no_endpoint", "empty@memory"},
      {"/closed", "a.example", 502, "connect_failed", "closed@memory"},
      {"/secure", "a.example", 308, "redirect", "secure@memory"},
      {"/a%2Fb", "a.example", 400, "bad_path", ""},
      {"/status-0123456789abcdef", "a.example", 200, "status", ""},
      {"#", "a.example", 400, "client_protocol", ""},
  };
  for (const auto& row : kRows) {
    INFO(row.target);
    auto client = gateway.connect();
    client.send("GET " + std::string(row.target) + " HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n");
    const auto response = client.read_response();
    CHECK(response.status() == row.status);
    CHECK(response.whole);
    const bool spoken = row.status != 200 && row.status != 308;
    CHECK(response.field("Content-Type") == (spoken ? "application/json" : ""));
    CHECK(response.field("X-Request-Id").size() == 32);
    auto line = gateway.next_line();
    CHECK(line["status"] == std::to_string(row.status));
    CHECK(line["reason"].substr(0, line["reason"].find(':')) == row.reason);
    CHECK(line["route"] == row.route);
    CHECK(line["request_id"] == response.field("X-Request-Id"));
    CHECK(gateway.metric("gateway_own_answers_total{reason=\"" + std::string(row.reason) + "\"}") ==
          1);
  }
}

TEST_CASE("The line of an exchange tells what happened, and nothing of queries and fields") {
  ScriptedBackend backend;
  SourceSnapshot routes;
  routes.set(backend_at("users", {backend.port()}));
  routes.set(api_for("users-api", "a.example", "/users", "users"));
  GatewayUnderTest gateway(routes);
  auto client = gateway.connect();
  client.send(
      "POST /users/./1?subscription-key=marker HTTP/1.1\r\nHost: A.Example:80\r\nAuthorization: "
      "marker\r\n"
      "Content-Length: 5\r\n\r\nhello");
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\ncreated");
  const auto response = client.read_response();
  AccessLine line = gateway.next_line();
  CHECK(std::stoll(line["duration_us"]) > 0);
  CHECK(std::stoll(line["backend_us"]) > 0);
  CHECK(std::stoll(line["connect_us"]) > 0);
  CHECK(line["time"].size() == 24);
  for (const char* varying : {"duration_us", "backend_us", "connect_us", "time"})
    line.erase(varying);
  CHECK(line == AccessLine{{"request_id", response.field("X-Request-Id")},
                           {"client", "127.0.0.1"},
                           {"scheme", "http"},
                           {"protocol", "HTTP/1.1"},
                           {"method", "POST"},
                           {"host", "a.example"},
                           {"path", "/users/1"},
                           {"status", "201"},
                           {"reason", ""},
                           {"route", "users-api@memory"},
                           {"source", "memory"},
                          {"revision", ""},
                          {"operation", ""},
                          {"product", ""},
                          {"subscription", ""},
                           {"version", std::to_string(gateway->routes().version().number)},
                           {"backend", "users@memory"},
                           {"endpoint", "127.0.0.1:" + std::to_string(backend.port())},
                           {"backend_status", "201"},
                           {"bytes_in", "5"},
                           {"bytes_out", "7"},
                           {"attempts", "1"},
                           {"tls", ""},
                           {"sni", ""}});
}

TEST_CASE("Nothing is proxied to the gateway's own admin listener, by whatever name") {
  ScriptedBackend backend;
  for (const char* bound : {"127.0.0.1", "0.0.0.0", "::"}) {
    GatewayOptions options = test_options();
    options.admin.enabled = true;
    options.admin.address = bound;
    GatewayUnderTest gateway(everything_to({}), options);
    const std::uint16_t admin = gateway->admin_port();
    for (const char* address : {"127.0.0.1", "::ffff:127.0.0.1", "localhost"}) {
      INFO(address << " to an admin listener on " << bound);
      SourceSnapshot routes = everything_to({});
      gateway::Backend forbidden = backend_at("backend", {});
      forbidden.endpoints = {{address, admin}};
      routes.set(forbidden);
      gateway.publish(routes);
      auto client = gateway.connect();
      client.send("GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n");
      CHECK(client.read_response().status() == 502);
      CHECK(gateway.next_line()["reason"] == "endpoint_forbidden");

      forbidden.endpoints.push_back({"127.0.0.1", backend.port()});  // another one may take it
      routes.set(forbidden);
      gateway.publish(routes);
      client.send("GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n");
      auto upstream = backend.accept();
      CHECK(upstream.read_request().whole);
      upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      CHECK(client.read_response().status() == 200);
      (void)gateway.next_line();
    }
  }
}

TEST_CASE("Nothing is proxied to a link-local address") {
  for (const char* address : {"169.254.169.254", "::ffff:169.254.169.254", "fe80::1"}) {
    INFO(address);
    SourceSnapshot routes = everything_to({});
    gateway::Backend metadata = backend_at("backend", {});
    metadata.endpoints = {{address, 80}};
    routes.set(metadata);
    GatewayUnderTest gateway(routes);
    auto client = gateway.connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_response().status() == 503);
    CHECK(gateway.next_line()["reason"].find("link-local") != std::string::npos);
  }
}

TEST_CASE("A name that does not resolve is a failed connection") {
  SourceSnapshot routes = everything_to({});
  gateway::Backend unknown = backend_at("backend", {});
  unknown.endpoints = {{"no-such-name.invalid", 80}};
  routes.set(unknown);
  GatewayUnderTest gateway(routes);
  auto client = gateway.connect();
  for (int i = 0; i < 2; ++i) {  // asked and remembered
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_response().status() == 502);
    CHECK(gateway.next_line()["reason"] == "connect_failed");
  }
}

TEST_CASE("A name is resolved once for many requests") {
  ScriptedBackend backend;
  SourceSnapshot routes = everything_to({});
  gateway::Backend named = backend_at("backend", {});
  named.endpoints = {{"localhost", backend.port()}};
  routes.set(named);
  GatewayUnderTest gateway(routes);
  for (int i = 0; i < 2; ++i) {
    auto client = gateway.connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK(client.read_response().status() == 200);
    CHECK(gateway.next_line()["endpoint"] == "localhost:" + std::to_string(backend.port()));
  }
}
