#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;
using namespace std::string_view_literals;

namespace {

struct Row {
  const char* name;
  std::string_view wire;
};

constexpr Row kHeads[] = {
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"},
    {"a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na"},
    {"a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\na"},
    {"length and chunked",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
    {"bare CR in a value", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n"},
    {"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"},
    {"a folded field line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"},
    {"a NUL in a value", "HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n"sv},
    {"no status", "HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
    {"a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"},
    {"a status out of range", "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n"},
    {"another protocol", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"switching protocols unasked",
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"},
    {"no HTTP at all", "hello\r\n\r\n"},
    {"an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
};

constexpr Row kBodies[] = {
    {"a malformed chunk size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n"},
    {"a chunk longer than its size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"},
    {"bare LF after a chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n"},
    {"a folded trailer field",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n"},
};

}  // namespace

TEST_CASE("A response head that is ambiguous or malformed is a 502, and its connection is closed") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  for (const auto& row : kHeads) {
    INFO(row.name);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(row.wire);
    CHECK(client.read_response().status() == 502);
    CHECK(upstream.ended_by_peer());
  }
  for (const auto& row : kHeads) {
    INFO(row.name);
    CHECK(gateway.next_line()["reason"] == "backend_protocol");
  }
}

TEST_CASE("A response head over its limits is a 502") {
  ScriptedBackend backend;
  GatewayOptions options = test_options();
  options.limits.header_bytes = 1024;
  options.limits.header_count = 8;
  GatewayUnderTest gateway(everything_to({backend.port()}), options);
  auto client = gateway.connect();
  for (const std::string& fields :
       {std::string("A: ").append(1024, 'v'),
        std::string("A: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1")}) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send("HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\n");
    CHECK(client.read_response().status() == 502);
    CHECK(upstream.ended_by_peer());
  }
}

TEST_CASE("A fault after the head aborts the response, so that nobody takes it for whole") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  for (const char* version : {"1.1", "1.0"}) {
    for (const auto& row : kBodies) {
      INFO(row.name << " to HTTP/" << version);
      auto client = gateway.connect();
      client.send("GET / HTTP/" + std::string(version) + "\r\nHost: x\r\n\r\n");
      auto upstream = backend.accept();
      (void)upstream.read_request();
      const auto body = row.wire.find("\r\n\r\n") + 4;
      upstream.send(row.wire.substr(0, body + 8));
      CHECK(client.read_head().starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(client.read_through("abc").ends_with("abc"));
      upstream.send(row.wire.substr(body + 8));
      CHECK(client.read_to_end().find("0\r\n") == std::string::npos);
      CHECK(client.ending() == Ending::Reset);
      CHECK(upstream.ended_by_peer());
      auto line = gateway.next_line();
      CHECK(line["reason"] == "backend_protocol");
      CHECK(line["status"] == "200");
    }
  }
}

TEST_CASE("A backend that dies within its response aborts it") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  struct Case {
    const char* name;
    std::string_view wire;
    bool reset;
  };
  constexpr Case kCases[] = {
      {"short of its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false},
      {"before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
       false},
      {"by a reset, without any length", "HTTP/1.1 200 OK\r\n\r\nabc", true},
  };
  for (const auto& row : kCases) {
    INFO(row.name);
    auto client = gateway.connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(row.wire);
    CHECK(client.read_head().starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(client.read_through("abc").ends_with("abc"));
    if (row.reset) {
      upstream.reset();
    } else {
      upstream.close();
    }
    CHECK(client.read_to_end().find("0\r\n") == std::string::npos);
    CHECK(client.ending() == Ending::Reset);
    CHECK(gateway.next_line()["reason"] == "backend_reset");
  }
}

TEST_CASE("A backend that dies before its response is whole to the head is a 502") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  for (const char* wire :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
    INFO(wire);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(wire);
    upstream.close();
    auto response = client.read_response();
    if (response.status() == 103) response = client.read_response();
    CHECK(response.status() == 502);
    CHECK(gateway.next_line()["reason"] == "backend_reset");
  }
}

TEST_CASE("Bytes behind a response are not taken for the next one") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  auto first = backend.accept();
  (void)first.read_request();
  first.send(
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: "
      "5\r\n\r\nstray");
  CHECK(client.read_response().body == "1");
  CHECK(first.ended_by_peer());
  client.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  auto second = backend.accept();
  (void)second.read_request();
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
  CHECK(client.read_response().body == "2");
}

TEST_CASE("A backend that speaks unasked on a kept connection loses it") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  CHECK(client.read_response().body == "1");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray");
  CHECK(upstream.ended_by_peer());
}

TEST_CASE(
    "Bytes that a response without a body announces all the same do not poison the connection") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
  const auto response = client.read_response();
  CHECK(response.status() == 204);
  CHECK_FALSE(response.has("Content-Length"));
  CHECK(upstream.ended_by_peer());
}
