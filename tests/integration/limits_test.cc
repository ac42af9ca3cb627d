#include <catch2/catch.hpp>
#include <thread>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr Milliseconds kShort{150};
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

GatewayOptions with(Milliseconds Timeouts::*which, Milliseconds value = kShort) {
  GatewayOptions options = test_options();
  options.timeouts.*which = value;
  return options;
}

}  // namespace

TEST_CASE("A request head that takes too long is a 408, however it drips in") {
  GatewayUnderTest gateway(everything_to({}), with(&Timeouts::client_header, Milliseconds(400)));
  for (const bool second : {false, true}) {
    INFO((second ? "the second request" : "the first request"));
    auto client = gateway.connect();
    if (second) {
      // In two parts, so that the head before had its time too.
      client.send(kGet.substr(0, 10));
      client.send(kGet.substr(10));
      CHECK(client.read_response().status() == 503);
      CHECK(gateway.next_line()["reason"] == "no_endpoint");
    }
    client.send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
    while (client.silent_for(std::chrono::milliseconds(40)) && client.send("a")) {
    }
    const auto response = client.read_response();
    CHECK(response.status() == 408);
    CHECK(response.field("Connection") == "close");
    CHECK(client.ended_by_peer());
    CHECK(gateway.next_line()["reason"].starts_with("header_timeout"));
  }
}

TEST_CASE("A connection that never says anything is closed after the time for a head") {
  GatewayUnderTest gateway(everything_to({}), with(&Timeouts::client_header));
  auto client = gateway.connect();
  CHECK(client.ended_by_peer());
}

TEST_CASE("A kept connection without a next request is closed") {
  GatewayUnderTest gateway(everything_to({}), with(&Timeouts::client_idle));
  auto client = gateway.connect();
  client.send(kGet);
  CHECK(client.read_response().status() == 503);
  CHECK(client.ended_by_peer());
}

TEST_CASE("A TLS handshake that does not come is given up") {
  GatewayUnderTest gateway(everything_to({}), with(&Timeouts::tls_handshake));
  auto client = Connection::to(gateway->port(1));
  client.send("\x16\x03\x01");
  CHECK(client.ended_by_peer());
}

TEST_CASE("A request body that stops coming is a 408, and ends its backend request") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::client_body));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  auto upstream = backend.accept();
  CHECK(upstream.read_through("half").ends_with("half"));
  const auto response = client.read_response();
  CHECK(response.status() == 408);
  CHECK(client.ended_by_peer());
  CHECK(upstream.ended_by_peer());
  CHECK(gateway.next_line()["reason"] == "body_timeout");
}

TEST_CASE("A client that is slow to send its body does not use up its backend's time") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::backend_header));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf");
  auto upstream = backend.accept();
  CHECK(upstream.read_through("half").ends_with("half"));
  CHECK(client.silent_for(3 * kShort));
  client.send("full");
  CHECK(upstream.read(4) == "full");
  upstream.send(kOk);
  CHECK(client.read_response().status() == 200);
}

TEST_CASE("A client that takes nothing of its response is given up") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::client_write));
  auto client = gateway.connect(16 * 1024);
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\n\r\n");
  const std::string piece(64 * 1024, 'p');
  while (upstream.send(piece)) {
  }
  CHECK(gateway.next_line()["reason"] == "write_timeout");
  (void)client.read_to_end();
  CHECK(client.ending() == Ending::Reset);
}

TEST_CASE("A client that takes little at a time is not given up") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}),
                           with(&Timeouts::client_write, Milliseconds(400)));
  auto client = gateway.connect(16 * 1024);
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  std::size_t given = upstream.send_until_stalled(std::string(20'000'000, 'p'));
  std::size_t taken = client.read_head().size();
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'500);
  while (std::chrono::steady_clock::now() < until) {
    taken += client.read(200'000).size();
    given += upstream.send_until_stalled(std::string(200'000, 'p'));
  }
  CHECK(taken > 200'000);
  CHECK(given > taken);
  CHECK(client.ending() == Ending::Open);
}

TEST_CASE("A backend that does not answer in time is a 504") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::backend_header));
  for (const char* begun : {"", "HTTP/1.1 200 OK\r\nContent-"}) {
    INFO(begun);
    auto client = gateway.connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(begun);
    CHECK(client.read_response().status() == 504);
    CHECK(upstream.ended_by_peer());
    CHECK(gateway.next_line()["reason"] == "backend_timeout");
  }
}

TEST_CASE("A backend that takes nothing of a request's body is a 504") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::backend_header));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
  auto upstream = backend.accept();
  (void)client.send_until_stalled(std::string(100'000'000, 'b'));
  CHECK(client.read_response().status() == 504);
  CHECK(gateway.next_line()["reason"] == "backend_timeout");
}

TEST_CASE("A response that stops coming is aborted") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::backend_body));
  auto client = gateway.connect();
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  CHECK(client.read_through("half").ends_with("half"));
  CHECK(client.read_to_end() == "");
  CHECK(client.ending() == Ending::Reset);
  CHECK(upstream.ended_by_peer());
  CHECK(gateway.next_line()["reason"] == "backend_timeout");
}

TEST_CASE("A client that is slow to take its response does not use up its backend's time") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::backend_body));
  auto client = gateway.connect(16 * 1024);
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  const std::string body(16'000'000, 'p');
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 16000000\r\n\r\n");
  const std::size_t sent =
      upstream.send_until_stalled(body);  // it stalls for longer than the time-out
  REQUIRE(sent < body.size());
  // From here on the backend is never the one that is waited for.
  std::thread rest([&] { upstream.send(std::string_view(body).substr(sent)); });
  const std::size_t head = client.read_head().size();
  CHECK(head + client.read(body.size()).size() == head + body.size());
  rest.join();
}

TEST_CASE("A kept backend connection is closed after its time") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::backend_idle));
  auto client = gateway.connect();
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send(kOk);
  CHECK(client.read_response().status() == 200);
  CHECK(upstream.ended_by_peer());
  CHECK(gateway.metric_becomes("gateway_upstream_connections_idle", 0));
}

TEST_CASE("An endpoint that does not take connections in time is a 504") {
  // A listener whose queue is full drops further handshakes.
  ScriptedBackend backend;
  backend.fill_queue();
  GatewayUnderTest gateway(everything_to({backend.port()}), with(&Timeouts::connect));
  auto client = gateway.connect();
  client.send(kGet);
  CHECK(client.read_response().status() == 504);
  CHECK(gateway.next_line()["reason"] == "connect_timeout");
}

TEST_CASE("Connections over the limit are closed at once, and there is room again when one ends") {
  GatewayOptions options = test_options();
  options.limits.connections = 3;
  options.workers = 2;
  GatewayUnderTest gateway(everything_to({}), options);
  std::vector<Connection> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send(kGet);
    CHECK(clients.back().read_response().status() == 503);
  }
  auto refused = gateway.connect();
  CHECK(refused.ended_by_peer());
  CHECK(gateway.metric("gateway_connections_refused_total") == 1);
  clients.pop_back();
  REQUIRE(gateway.metric_becomes("gateway_connections_active", 2));
  auto next = gateway.connect();
  next.send(kGet);
  CHECK(next.read_response().status() == 503);
}

TEST_CASE("A gateway without free descriptors turns new clients away, and serves those it has") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto kept = gateway.connect();
  kept.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send(kOk);
  CHECK(kept.read_response().status() == 200);
  kept.send(kGet);
  (void)upstream.read_request();  // in use, so that nothing can be closed to make room
  std::vector<Connection> more(8);
  for (auto& client : more) client = Connection::unconnected();
  {
    const FewDescriptors few(2);
    for (auto& client : more) CHECK(client.connect_to(gateway->port(0)));
    std::size_t turned_away = 0;
    for (auto& client : more) {
      client.send(kGet);
      if (!client.silent_for(kQuiet)) ++turned_away;
    }
    CHECK(turned_away > 0);
    upstream.send(kOk);
    CHECK(kept.read_response().status() == 200);
  }
  more.clear();
  auto next = gateway.connect();
  next.send(kGet);
  CHECK(upstream.read_request().whole);
  upstream.send(kOk);
  CHECK(next.read_response().status() == 200);
}
