#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;
using namespace std::string_view_literals;

namespace {

struct Refused {
  const char* name;
  std::string_view wire;
  int status;
};

// What follows a fault on its connection is never taken for a request.
constexpr std::string_view kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

constexpr Refused kHeads[] = {
    {"two equal lengths",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
    {"conflicting lengths",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na", 400},
    {"a signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400},
    {"a length over 63 bits",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\na", 400},
    {"length and chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked and length",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "5\r\n\r\n0\r\n\r\n",
     400},
    {"gzip, chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
    {"identity", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", 400},
    {"xchunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked twice",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked in HTTP/1.0",
     "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
    {"space before Transfer-Encoding's colon",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
    {"vertical tab before chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
    {"bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
    {"bare LF as the blank line", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
    {"bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
    {"a folded field line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
    {"a NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"sv, 400},
    {"a control byte in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", 400},
    {"DEL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n", 400},
    {"no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"a Host with user information", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", 400},
    {"a Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
    {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"two spaces before the target", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a byte over 0x7f in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a relative target", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"HTTP/0.9", "GET /\r\n\r\n", 400},
    {"another protocol", "GET / RTSP/1.0\r\nHost: x\r\n\r\n", 400},
    {"TLS on a plain-text port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, 400},
    {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
    {"CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n", 501},
};

constexpr Refused kChunkedBodies[] = {
    {"a size that is no number", "g\r\nabc\r\n0\r\n\r\n", 400},
    {"a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n", 400},
    {"a signed size", "+3\r\nabc\r\n0\r\n\r\n", 400},
    {"a size over 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n", 400},
    {"junk after a size", "3 x\r\nabc\r\n0\r\n\r\n", 400},
    {"space after a size", "3 \r\nabc\r\n0\r\n\r\n", 400},
    {"no size", "\r\nabc\r\n0\r\n\r\n", 400},
    {"data longer than its size", "2\r\nabc\r\n0\r\n\r\n", 400},
    {"data shorter than its size", "5\r\nabc\r\n0\r\n\r\n", 400},
    {"no CRLF after data", "3\r\nabc0\r\n\r\n", 400},
    {"bare LF after a size", "3\nabc\r\n0\r\n\r\n", 400},
    {"bare LF after data", "3\r\nabc\n0\r\n\r\n", 400},
    {"bare CR after a size", "3\rabc\r\n0\r\n\r\n", 400},
    {"bare LF in an extension", "3;a\nabc\r\n0\r\n\r\n", 400},
    {"a control byte in an extension", "3;a\x01\r\nabc\r\n0\r\n\r\n", 400},
    {"bare LF at the end", "0\r\n\n", 400},
    {"a folded trailer field", "0\r\nA: b\r\n c\r\n\r\n", 400},
    {"space before a trailer field's colon", "0\r\nA : b\r\n\r\n", 400},
    {"too many trailer fields",
     "0\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", 431},
};

GatewayOptions with_limits(std::size_t bytes, std::size_t count) {
  GatewayOptions options = test_options();
  options.limits.header_bytes = bytes;
  options.limits.header_count = count;
  return options;
}

}  // namespace

TEST_CASE(
    "A request head that is ambiguous or malformed is refused, and nothing of it is forwarded") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  for (const auto& row : kHeads) {
    INFO(row.name);
    auto client = gateway.connect();
    client.send(std::string(row.wire) + std::string(kSmuggled));
    const auto response = client.read_response();
    CHECK(response.status() == row.status);
    CHECK(response.field("Connection") == "close");
    CHECK(client.ended_by_peer());
  }
  CHECK(backend.untouched());
  for (const auto& row : kHeads) {
    INFO(row.name);
    auto line = gateway.next_line();
    CHECK(line["status"] == std::to_string(row.status));
    CHECK(line["backend"] == "");
    CHECK(line["reason"] != "");
  }
}

TEST_CASE("The fault of a chunked body ends its exchange, and the backend sees no whole request") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with_limits(1024, 8));
  for (const auto& row : kChunkedBodies) {
    INFO(row.name);
    auto client = gateway.connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n");
    auto upstream = backend.accept();
    CHECK(upstream.read_through("4\r\ngood\r\n").ends_with("4\r\ngood\r\n"));
    client.send(std::string(row.wire) + std::string(kSmuggled));
    const auto response = client.read_response();
    CHECK(response.status() == row.status);
    CHECK(response.field("Connection") == "close");
    CHECK(client.ended_by_peer());
    const auto rest = upstream.read_to_end();
    CHECK(rest.find("0\r\n") == std::string::npos);
    CHECK(rest.find("smuggled") == std::string::npos);
    CHECK(upstream.ending() != Ending::TimedOut);
  }
  CHECK(backend.untouched());
}

TEST_CASE("A request body that ends too early is not made whole") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  for (const char* fields : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
    INFO(fields);
    auto client = gateway.connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n\r\n4\r\n12");
    auto upstream = backend.accept();
    client.finish();
    CHECK_FALSE(upstream.read_request().whole);
    CHECK(upstream.ending() != Ending::TimedOut);
    CHECK(gateway.next_line()["reason"] == "client_gone");
  }
}

TEST_CASE("A head over its limits is refused by what is too large, however it arrives") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with_limits(1024, 8));
  const std::string longest(1024, 'v');
  struct Row {
    const char* name;
    std::string wire;
    int status;
    const char* reason;
  };
  const Row rows[] = {
      {"a long field", "GET / HTTP/1.1\r\nHost: x\r\nA: " + longest + "\r\n\r\n", 431,
       "header_too_large"},
      {"a field without an end", "GET / HTTP/1.1\r\nHost: x\r\nA: " + longest, 431,
       "header_too_large"},
      {"a long target", "GET /" + longest + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long"},
      {"a target without an end", "GET /" + longest, 414, "uri_too_long"},
      {"too many fields",
       "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: "
       "1\r\n\r\n",
       431, "header_too_large"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    auto client = gateway.connect();
    const std::size_t half = row.wire.size() / 2;
    client.send(row.wire.substr(0, half));
    client.send(row.wire.substr(half));
    CHECK(client.read_response().status() == row.status);
    CHECK(client.ended_by_peer());
    CHECK(gateway.next_line()["reason"].starts_with(row.reason));
  }
  CHECK(backend.untouched());
}

TEST_CASE("A head of exactly the limits goes through") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with_limits(1024, 8));
  std::string wire =
      "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: ";
  wire.append(1024 - 4 - wire.size(), 'g').append("\r\n\r\n");
  auto client = gateway.connect();
  client.send(wire);
  auto upstream = backend.accept();
  CHECK(upstream.read_request().has("G"));
  upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client.read_response().status() == 204);
}

TEST_CASE("Sound requests before a fault are answered first, in their order") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("GET /sound HTTP/1.1\r\nHost: x\r\n\r\nGET /faulty HTTP/1.1\r\nHost : x\r\n\r\n" +
              std::string(kSmuggled));
  auto upstream = backend.accept();
  CHECK(upstream.read_request().start_line() == "GET /sound HTTP/1.1");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound");
  CHECK(client.read_response().body == "sound");
  CHECK(client.read_response().status() == 400);
  CHECK(client.ended_by_peer());
  CHECK(upstream.silent_for(kQuiet));
}
