#include <catch2/catch.hpp>

#include <thread>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kBody = 32 * kMiB;
// What the kernel may hold of one direction: the send and the receive buffer of both hops.
constexpr std::size_t kMostInFlight = 24 * kMiB;

// Bytes that tell where they belong.
std::string pattern(std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = i * 0x9e3779b97f4a7c15ULL;
    for (std::size_t b = 0; b < 8 && i + b < size; ++b)
      body[i + b] = static_cast<char>(word >> (8 * b));
  }
  return body;
}

}  // namespace

TEST_CASE("A client that reads slowly holds its backend back, and gets everything") {
  const std::string body = pattern(kBody);
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect(64 * 1024);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n");
  const std::size_t sent = upstream.send_until_stalled(body);
  CHECK(sent < kMostInFlight);
  std::thread rest([&] { upstream.send(std::string_view(body).substr(sent)); });
  const auto response = client.read_response();
  rest.join();
  CHECK(response.whole);
  CHECK((response.body == body));
}

TEST_CASE("A backend that reads slowly holds its client back, and gets everything") {
  const std::string body = pattern(kBody);
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBody) +
              "\r\n\r\n");
  auto upstream = backend.accept();
  const std::size_t sent = client.send_until_stalled(body);
  CHECK(sent < kMostInFlight);
  std::thread rest([&] { client.send(std::string_view(body).substr(sent)); });
  const auto request = upstream.read_request();
  rest.join();
  CHECK(request.whole);
  CHECK((request.body == body));
  upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client.read_response().status() == 204);
}

TEST_CASE("Large bodies go both ways at once, chunked and over TLS") {
  const std::string body = pattern(4 * kMiB);
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  std::thread echo([&] {
    auto upstream = backend.accept();
    (void)upstream.read_head();
    upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (;;) {
      const auto line = upstream.read_through("\r\n");
      const std::size_t size = std::stoul(line, nullptr, 16);
      const auto data = upstream.read(size + 2);
      upstream.send(line + data);
      if (size == 0) break;
    }
  });
  auto client = gateway.connect_tls();
  REQUIRE(client->open());
  client->send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::size_t received = 0;
  std::string back;
  CHECK(client->read_head().starts_with("HTTP/1.1 200 OK\r\n"));
  // Piece by piece, so that one thread can be both ends of the client.
  constexpr std::size_t kPiece = 64 * 1024;
  for (std::size_t at = 0; at < body.size(); at += kPiece) {
    client->send("10000\r\n" + body.substr(at, kPiece) + "\r\n");
    while (received < at + kPiece) {
      const std::size_t size = std::stoul(client->read_through("\r\n"), nullptr, 16);
      back += client->read(size);
      received += size;
      REQUIRE(client->read(2) == "\r\n");
    }
  }
  client->send("0\r\n\r\n");
  CHECK(client->read_through("0\r\n\r\n") == "0\r\n\r\n");
  echo.join();
  CHECK((back == body));
}

TEST_CASE("A client that pipelines requests and reads no answer is asked nothing more") {
  GatewayUnderTest gateway{SourceSnapshot{}};
  auto client = gateway.connect(64 * 1024);
  std::string many;
  constexpr std::size_t kCount = 400'000;
  const std::string one = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  many.reserve(kCount * one.size());
  for (std::size_t i = 0; i < kCount; ++i) many += one;
  const std::size_t sent = client.send_until_stalled(many);
  CHECK(sent < many.size());
  const std::uint64_t answered = gateway.metric("gateway_own_answers_total{reason=\"no_host\"}");
  CHECK(answered < kCount / 2);
  // What was sent is answered once there is room, in full.
  client.finish();
  std::size_t answers = 0;
  for (; client.read_response().status() == 404; ++answers) {
  }
  CHECK(answers >= answered);
}

TEST_CASE("The last answer of a connection reaches a client that is slow to take it") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  // Of bodies of all these sizes, some are with the gateway wholly and with the kernel only in
  // part.
  constexpr std::size_t kStep = 128 * 1024;
  std::vector<Connection> clients, upstreams;
  std::vector<std::size_t> sent;
  // Until one is so large that its backend keeps a part.
  for (std::size_t i = 1; sent.empty() || sent.back() == (i - 1) * kStep; ++i) {
    clients.push_back(gateway.connect(16 * 1024));
    clients.back().send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    upstreams.push_back(backend.accept());
    (void)upstreams.back().read_request();
    upstreams.back().send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                          std::to_string(i * kStep) + "\r\n\r\n");
    sent.push_back(upstreams.back().send_until_stalled(pattern(i * kStep)));
  }
  // Longer than a connection lingers after its last byte was sent.
  const auto closed = [&] { return gateway.metric("gateway_connections_active") == 0; };
  CHECK_FALSE(eventually_within(std::chrono::milliseconds(2'500), closed));
  const std::uint64_t unfinished = gateway.metric("gateway_requests_active");
  CHECK(gateway.metric("gateway_connections_active") > unfinished);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    INFO(i * kStep);
    clients[i - 1].set_receive_buffer(1024 * 1024);  // fast from here on
    const auto response = clients[i - 1].read_response();
    CHECK(response.whole);
    CHECK((response.body == pattern(i * kStep)));
  }
}
