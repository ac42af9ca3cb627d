#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "../unit/http/client_support.h"
#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Tells in every path which publish it was served from.
SourceSnapshot numbered(std::uint16_t port, unsigned number) {
  SourceSnapshot routes = everything_to({port});
  auto backend = backend_at("backend", {port});
  backend.path_prefix = "/" + std::to_string(number);
  routes.set(backend);
  return routes;
}

// Answers with the first element of the path.
void answer_with_number(Peer& peer, int) {
  while (const auto head = peer.read_head()) {
    const auto start = head->find(" /") + 2;
    peer.answer(200, std::string_view(*head).substr(start, head->find('/', start) - start));
  }
}

}  // namespace

TEST_CASE("Two gateways in one process serve their own routes") {
  ScriptedBackend one, two;
  SourceSnapshot first, second;
  first.set(backend_at("b", {one.port()}));
  first.set(api_for("a", "", "/one", "b"));
  second.set(backend_at("b", {two.port()}));
  second.set(api_for("a", "", "/two", "b"));
  GatewayUnderTest a(first), b(second);
  struct Row {
    GatewayUnderTest& gateway;
    ScriptedBackend& backend;
    const char* own;
    const char* others;
  };
  const Row rows[] = {{a, one, "/one", "/two"}, {b, two, "/two", "/one"}};
  for (const auto& row : rows) {
    auto client = row.gateway.connect();
    client.send("GET " + std::string(row.others) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_response().status() == 404);
    client.send("GET " + std::string(row.own) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = row.backend.accept();
    (void)upstream.read_request();
    upstream.send(kOk);
    CHECK(client.read_response().status() == 200);
  }
  CHECK(a.metric("gateway_connections_accepted_total") == 1);
  CHECK(a->drain());
  auto client = b.connect();  // the other one goes on
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_response().status() == 404);
}

TEST_CASE("A published version serves every request that begins after it, on every worker") {
  TestServer backend(answer_with_number);
  GatewayOptions options = test_options();
  options.workers = 2;
  GatewayUnderTest gateway(numbered(backend.port(), 0), options);
  std::vector<Connection> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(gateway.connect());
  for (unsigned number = 1; number <= 100; ++number) {
    gateway.publish(numbered(backend.port(), number));
    for (auto& client : clients) client.send(kGet);
    for (auto& client : clients) REQUIRE(client.read_response().body == std::to_string(number));
  }
}

TEST_CASE(
    "No request fails, and none goes back in time, while versions are published one after the "
    "other") {
  constexpr unsigned kVersions = 500;
  TestServer backend(answer_with_number);
  GatewayOptions options = test_options();
  options.workers = 2;
  options.access_log = false;
  GatewayUnderTest gateway(numbered(backend.port(), 0), options);
  std::atomic<unsigned> published{0};
  struct Outcome {
    unsigned answered = 0;
    std::string problem;
  };
  std::vector<Outcome> outcomes(4);
  std::vector<std::thread> threads;
  for (auto& outcome : outcomes) {
    threads.emplace_back([&] {
      auto client = gateway.connect();
      unsigned last = 0;
      while (outcome.problem.empty() && last < kVersions) {
        const unsigned before = published.load();
        client.send(kGet);
        const auto response = client.read_response();
        if (response.status() != 200) {
          outcome.problem = "answered '" + response.head + "'";
          break;
        }
        const unsigned number = static_cast<unsigned>(std::stoul(response.body));
        if (number < before || number < last)
          outcome.problem =
              "served from " + response.body + " after " + std::to_string(std::max(before, last));
        last = number;
        ++outcome.answered;
      }
    });
  }
  for (unsigned number = 1; number <= kVersions; ++number) {
    gateway.publish(numbered(backend.port(), number));
    published.store(number);
  }
  for (auto& thread : threads) thread.join();
  for (const auto& outcome : outcomes) {
    CHECK(outcome.problem == "");
    CHECK(outcome.answered > 0);
  }
}

TEST_CASE("An exchange is served to its end from the version it began with") {
  ScriptedBackend old, next;
  GatewayUnderTest gateway(everything_to({old.port()}));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf");
  auto upstream = old.accept();
  CHECK(upstream.read_through("half").ends_with("half"));
  const std::uint64_t before = gateway->routes().version().number;
  std::uint64_t after = before;
  for (int i = 0; i < 5; ++i) after = gateway.publish(everything_to({next.port()}));
  client.send("full");
  CHECK(upstream.read(4) == "full");
  upstream.send(kOk);
  CHECK(client.read_response().status() == 200);
  auto line = gateway.next_line();
  CHECK(line["version"] == std::to_string(before));
  CHECK(line["endpoint"] == "127.0.0.1:" + std::to_string(old.port()));
  client.send(kGet);
  auto fresh = next.accept();
  (void)fresh.read_request();
  fresh.send(kOk);
  CHECK(client.read_response().status() == 200);
  CHECK(gateway.next_line()["version"] == std::to_string(after));
}

TEST_CASE("A route that leaves is gone for the next request, and comes back with its source") {
  ScriptedBackend backend;
  const auto routes = everything_to({backend.port()});
  GatewayUnderTest gateway(routes);
  auto client = gateway.connect();
  gateway.publish({});
  client.send(kGet);
  CHECK(client.read_response().status() == 404);
  gateway.publish(routes);
  client.send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send(kOk);
  CHECK(client.read_response().status() == 200);
}
