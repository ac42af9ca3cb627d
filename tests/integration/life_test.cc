#include <catch2/catch.hpp>

#include <thread>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kStatus = "GET /status-0123456789abcdef HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Drains on a thread of its own.
class Drain {
 public:
  explicit Drain(GatewayUnderTest& gateway)
      : thread_([this, &gateway] { clean_ = gateway->drain(); }) {}
  ~Drain() { (void)clean(); }
  // What drain() returned.
  bool clean() {
    if (thread_.joinable()) thread_.join();
    return clean_;
  }

 private:
  bool clean_ = false;
  std::thread thread_;
};

bool refuses(GatewayUnderTest& gateway) {
  return eventually([&] { return !gateway.connect(); });
}

}  // namespace

TEST_CASE("Until its sources are synced a gateway answers 503, and says when to come back") {
  ScriptedBackend backend;
  GatewayUnderTest gateway{GatewayUnderTest::Unsynced{}};
  auto client = gateway.connect();
  client.send(kGet);
  const auto starting = client.read_response();
  CHECK(starting.status() == 503);
  CHECK(starting.has("Retry-After"));
  CHECK(gateway.next_line()["reason"] == "starting");
  client.send(kStatus);
  CHECK(client.read_response().status() == 503);
  gateway.set_default_route({backend.port()});
  REQUIRE(gateway->wait_ready());
  client.send(kStatus);
  CHECK(client.read_response().status() == 200);
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send(kOk);
  CHECK(client.read_response().status() == 200);
}

TEST_CASE("A gateway that is ready serves its routes to whoever comes first") {
  for (int round = 0; round < 50; ++round) {
    ClosedPort nobody;
    GatewayUnderTest gateway(everything_to({nobody.port()}));
    auto client = gateway.connect();
    client.send(kGet);
    REQUIRE(client.read_response().status() == 502);
  }
}

TEST_CASE(
    "The status path is answered above every route, on plain text and TLS, with and without a "
    "query") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send(kStatus);
  CHECK(client.read_response().status() == 200);
  client.send("GET /status-0123456789abcdef?x HTTP/1.1\r\nHost: nobody.example\r\n\r\n");
  CHECK(client.read_response().status() == 200);
  auto tls = gateway.connect_tls();
  tls->send(kStatus);
  CHECK(tls->read_response().status() == 200);
  CHECK(backend.untouched());
}

TEST_CASE("A drain fails readiness first, goes on accepting, lets exchanges end, and closes") {
  ScriptedBackend backend;
  GatewayOptions options = test_options();
  options.drain_delay = Milliseconds(1'500);
  GatewayUnderTest gateway(everything_to({backend.port()}), options);
  auto in_flight = gateway.connect();
  in_flight.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  auto watcher = gateway.connect();
  watcher.send(kStatus);
  CHECK(watcher.read_response().status() == 200);

  Drain drain(gateway);
  REQUIRE(eventually([&] { return gateway->state() == GatewayState::Draining; }));
  watcher.send(kStatus);
  const auto status = watcher.read_response();
  CHECK(status.status() == 503);
  CHECK(status.field("Connection") == "close");
  auto late = gateway.connect();
  REQUIRE(late);
  late.send(kGet);
  auto late_upstream = backend.accept();
  (void)late_upstream.read_request();
  late_upstream.send(kOk);
  const auto answer = late.read_response();
  CHECK(answer.status() == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(late.ended_by_peer());

  CHECK(refuses(gateway));
  CHECK(in_flight.silent_for(std::chrono::milliseconds(50)));
  upstream.send(kOk);
  const auto response = in_flight.read_response();
  CHECK(response.status() == 200);
  CHECK(response.body == "ok");
  CHECK(response.field("Connection") == "close");
  CHECK(in_flight.ended_by_peer());
  for (auto* client : {&in_flight, &late, &watcher}) client->close();
  CHECK(drain.clean());
  CHECK(gateway->state() == GatewayState::Stopped);
}

TEST_CASE("A response that began before the drain is sent to its end") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send(std::string(kGet) + std::string(kGet));
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
  CHECK(client.read_through("half").ends_with("half"));
  Drain drain(gateway);
  CHECK(refuses(gateway));
  upstream.send("full");
  CHECK(client.read(4) == "full");
  // The next one was sent before anybody said that the connection would close.
  CHECK(upstream.read_request().whole);
  upstream.send(kOk);
  const auto next = client.read_response();
  CHECK(next.status() == 200);
  CHECK(next.field("Connection") == "close");
  CHECK(client.ended_by_peer());
  client.close();
  CHECK(drain.clean());
}

TEST_CASE(
    "Requests that were sent before the drain are answered, even if nobody has accepted them yet") {
  GatewayUnderTest gateway(everything_to({}));
  std::vector<Connection> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send(kGet);
  }
  Drain drain(gateway);
  for (auto& client : clients) {
    REQUIRE(client.read_response().status() == 503);
    client.close();
  }
  CHECK(drain.clean());
}

TEST_CASE("A connection that was accepted before the drain gets its first request answered") {
  GatewayUnderTest gateway(everything_to({}));
  auto plain = gateway.connect();
  auto tls = gateway.connect_tls();
  REQUIRE(gateway.metric_becomes("gateway_connections_active", 2));
  REQUIRE(gateway.metric_becomes("gateway_tls_handshakes_total", 1));
  Drain drain(gateway);
  CHECK(refuses(gateway));
  for (Connection* client : {&plain, static_cast<Connection*>(tls.get())}) {
    client->send(kGet);
    const auto response = client->read_response();
    CHECK(response.status() == 503);
    CHECK(response.field("Connection") == "close");
    CHECK(client->ended_by_peer());
    client->close();
  }
  CHECK(drain.clean());
}

TEST_CASE("Connections on which nothing happens are closed by a drain") {
  GatewayUnderTest gateway(everything_to({}));
  auto kept = gateway.connect();
  kept.send(kGet);
  CHECK(kept.read_response().status() == 503);
  auto silent = gateway.connect();
  REQUIRE(gateway.metric_becomes("gateway_connections_active", 2));
  Drain drain(gateway);
  CHECK(kept.ended_by_peer());
  CHECK(silent.ended_by_peer());
  kept.close();
  silent.close();
  CHECK(drain.clean());
}

TEST_CASE("What has not ended after the drain's time is cut") {
  ScriptedBackend backend;
  GatewayOptions options = test_options();
  options.drain_timeout = Milliseconds(300);
  GatewayUnderTest gateway(everything_to({backend.port()}), options);
  auto waiting = gateway.connect();
  waiting.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  auto streaming = gateway.connect();
  streaming.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  auto stream = backend.accept();
  (void)stream.read_request();
  stream.send("HTTP/1.1 200 OK\r\n\r\nhalf");
  CHECK(streaming.read_through("half").ends_with("half"));
  Drain drain(gateway);
  CHECK_FALSE(drain.clean());
  CHECK(waiting.ended_by_peer());
  CHECK(upstream.ended_by_peer());
  // Not to be taken for a whole response, which an orderly end would make of it.
  CHECK(streaming.read_to_end() == "");
  CHECK(streaming.ending() == Ending::Reset);
  CHECK(gateway.next_line()["reason"] == "stopped");
}

TEST_CASE("A gateway that is destroyed at once leaves nobody hanging") {
  ScriptedBackend backend;
  Connection waiting, idle, half;
  Connection upstream;
  {
    GatewayUnderTest gateway(everything_to({backend.port()}));
    waiting = gateway.connect();
    waiting.send(kGet);
    upstream = backend.accept();
    (void)upstream.read_request();
    idle = gateway.connect();
    half = gateway.connect();
    half.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Le");
    REQUIRE(gateway.metric_becomes("gateway_connections_active", 3));
  }
  for (auto* end : {&waiting, &idle, &half, &upstream}) CHECK(end->ended_by_peer());
}
