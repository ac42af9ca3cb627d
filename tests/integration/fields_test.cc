#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

TEST_CASE("Fields of one hop stay on it, and those of the gateway are its own") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send(
      "GET /x?q=1 HTTP/1.1\r\nHost: Shop.Example:8080\r\nConnection: close, X-Hop, Cookie, "
      "Host\r\nX-Hop: 1\r\nx-hop: 2\r\n"
      "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: "
      "h2c\r\nProxy-Authorization: x\r\n"
      "Cookie: a=b\r\nAccept: */*\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: "
      "https\r\nX-Forwarded-Host: evil\r\n"
      "Forwarded: for=1.2.3.4\r\nX-Request-Id: chosen\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n");
  auto upstream = backend.accept();
  const auto request = upstream.read_request();
  const std::string id = request.field("X-Request-Id");
  CHECK(id.size() == 32);
  CHECK(request.head ==
        "GET /x?q=1 HTTP/1.1\r\nHost: Shop.Example:8080\r\nCookie: a=b\r\nAccept: */*\r\nX-Twice: "
        "1\r\nX-Twice: 2\r\n"
        "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
        "Shop.Example:8080\r\n"
        "X-Request-Id: " +
            id + "\r\n\r\n");
  upstream.send(
      "HTTP/1.1 200 Fine\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: "
      "timeout=5\r\nProxy-Authenticate: x\r\n"
      "Upgrade: h2c\r\nServer: theirs\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Request-Id: "
      "theirs\r\nSet-Cookie: a=1\r\n"
      "Set-Cookie: b=2\r\nContent-Length: 0\r\n\r\n");
  CHECK(client.read_response().head ==
        "HTTP/1.1 200 Fine\r\nServer: theirs\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nSet-Cookie: "
        "a=1\r\nSet-Cookie: b=2\r\n"
        "X-Request-Id: " +
            id + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_CASE("Server and Date are added where the backend gives none") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const auto response = client.read_response();
  CHECK(response.field("Server") == "libgateway");
  CHECK(response.field("Date").ends_with(" GMT"));
  CHECK(response.field("Date").size() == 29);
}

TEST_CASE("X-Forwarded-Proto tells of TLS") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect_tls();
  client->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  CHECK(upstream.read_request().field("X-Forwarded-Proto") == "https");
}

TEST_CASE("The backend's Host is the client's, the one configured, or the endpoint") {
  ScriptedBackend backend;
  SourceSnapshot routes = everything_to({backend.port()});
  auto named = backend_at("named", {backend.port()});
  named.host_header = "inner.example";
  named.path_prefix = "/base";
  routes.set(named);
  routes.set(api_for("named", "", "/named", "named"));
  GatewayUnderTest gateway(routes);
  struct Row {
    const char* request;
    std::string line;
    std::string host;
    std::string forwarded_host;
  };
  const Row rows[] = {
      {"GET /a HTTP/1.1\r\nHost: Outer.example:80\r\n\r\n", "GET /a HTTP/1.1", "Outer.example:80",
       "Outer.example:80"},
      {"GET http://other.example/a?b HTTP/1.1\r\nHost: ignored\r\n\r\n", "GET /a?b HTTP/1.1",
       "other.example", "other.example"},
      {"GET /named/a HTTP/1.1\r\nHost: outer.example\r\n\r\n", "GET /base/named/a HTTP/1.1",
       "inner.example", "outer.example"},
      {"GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.1", "127.0.0.1:" + std::to_string(backend.port()),
       ""},
  };
  Connection upstream;
  for (const auto& row : rows) {
    INFO(row.request);
    auto client = gateway.connect();
    client.send(row.request);
    if (!upstream) upstream = backend.accept();
    const auto request = upstream.read_request();
    CHECK(request.start_line() == row.line);
    CHECK(request.field("Host") == row.host);
    CHECK(request.field("X-Forwarded-Host") == row.forwarded_host);
    CHECK(request.has("X-Forwarded-Host") == !row.forwarded_host.empty());
    upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(client.read_response().status() == 204);
  }
}

TEST_CASE("What is matched is what is forwarded: one normal form of every path") {
  ScriptedBackend inner, outer;
  SourceSnapshot routes;
  routes.set(backend_at("inner", {inner.port()}));
  routes.set(backend_at("outer", {outer.port()}));
  routes.set(api_for("inner", "", "/inner", "inner"));
  routes.set(api_for("outer", "", "/", "outer"));
  GatewayUnderTest gateway(routes);
  struct Row {
    const char* path;
    const char* forwarded;
    bool to_inner;
  };
  constexpr Row kRows[] = {
      {"/inner/a", "/inner/a", true},
      {"/./inner/a", "/inner/a", true},
      {"/x/../inner", "/inner", true},
      {"/x/%2e%2e/inner/a", "/inner/a", true},
      {"/x/%2E./inner", "/inner", true},
      {"//inner//a", "/inner/a", true},
      {"/%69nner/%61", "/inner/a", true},
      {"/../../inner", "/inner", true},
      {"/inner/../outer", "/outer", false},
      {"/inner/%2e%2e/outer", "/outer", false},
      {"/inner/..", "/", false},
      {"/innermost", "/innermost", false},
      {"/Inner", "/Inner", false},
      {"/a%c3%a9", "/a%C3%A9", false},
      {"/a;b=%3b", "/a;b=%3B", false},
      {"/a/.hidden/..b", "/a/.hidden/..b", false},
      {"/a/?x=/../%2e", "/a/?x=/../%2e", false},
  };
  auto client = gateway.connect();
  Connection to_inner, to_outer;
  for (const auto& row : kRows) {
    INFO(row.path);
    client.send("GET " + std::string(row.path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    auto& upstream = row.to_inner ? to_inner : to_outer;
    if (!upstream) upstream = (row.to_inner ? inner : outer).accept();
    CHECK(upstream.read_request().start_line() ==
          "GET " + std::string(row.forwarded) + " HTTP/1.1");
    upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(client.read_response().status() == 204);
  }
  constexpr const char* kRefused[] = {"/a%2fb", "/a%2Fb", "/a%5cb", "/a%00b", "/a%zz",
                                      "/a%2",   "/a\\b",  "/a|b",   "/a\"b"};
  for (const char* path : kRefused) {
    INFO(path);
    client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_response().status() == 400);
  }
  CHECK(inner.untouched());
  CHECK(outer.untouched());
  CHECK(to_outer.silent_for(std::chrono::milliseconds(20)));
}

TEST_CASE("Encoded slashes go through where they are allowed") {
  ScriptedBackend backend;
  GatewayOptions options = test_options();
  options.allow_encoded_slash = true;
  GatewayUnderTest gateway(everything_to({backend.port()}), options);
  auto client = gateway.connect();
  client.send("GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  CHECK(upstream.read_request().start_line() == "GET /a%2Fb HTTP/1.1");
}

TEST_CASE("OPTIONS of the whole server is no route's") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_response().status() == 404);
  CHECK(backend.untouched());
}
