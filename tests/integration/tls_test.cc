#include <catch2/catch.hpp>

#include "../unit/http/client_support.h"
#include "../unit/tls/support.h"
#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

void add_host(SourceSnapshot& routes, const std::string& host, const Pem& pem,
              TlsVersion min = TlsVersion::Tls1_2) {
  Certificate certificate;
  certificate.id = "certificate of " + host;
  certificate.chain_pem = pem.chain;
  certificate.key_pem = pem.key;
  Hostname hostname;
  hostname.id = host;
  hostname.host = host;
  hostname.certificate = certificate.id;
  hostname.min_version = min;
  routes.set(certificate);
  routes.set(hostname);
}

TlsWish to_host(std::string name, std::uint16_t version = TLS1_3_VERSION) {
  TlsWish wish;
  wish.server_name = std::move(name);
  wish.max_version = version;
  return wish;
}

// A backend that speaks TLS with a certificate for `name`.
std::shared_ptr<const TlsTable> table_for(const std::string& name, const Pem& pem) {
  auto table = std::make_shared<TlsTable>();
  table->set_default(binding(name, pem));
  return table;
}

SourceSnapshot everything_by_tls_to(std::uint16_t port) {
  SourceSnapshot routes = everything_to({port});
  auto backend = backend_at("backend", {port});
  backend.protocol = BackendProtocol::Https;
  backend.tls_verify = false;
  routes.set(backend);
  return routes;
}

}  // namespace

TEST_CASE(
    "The certificate is chosen by name: exact, then one label of a wildcard, then the default") {
  const Pem fallback = make_pem("default.example");
  GatewayOptions options = test_options();
  options.default_chain_pem = fallback.chain;
  options.default_key_pem = fallback.key;
  SourceSnapshot routes = everything_to({});
  add_host(routes, "a.shop.example", make_pem("a.shop.example"));
  add_host(routes, "*.shop.example", make_pem("*.shop.example"));
  GatewayUnderTest gateway(routes, options);
  const std::pair<const char*, const char*> rows[] = {{"a.shop.example", "a.shop.example"},
                                                      {"A.Shop.Example", "a.shop.example"},
                                                      {"b.shop.example", "b.shop.example"},
                                                      {"c.b.shop.example", "default.example"},
                                                      {"shop.example", "default.example"},
                                                      {"other.example", "default.example"},
                                                      {"", "default.example"}};
  for (const auto& [asked, presented] : rows) {
    for (const std::uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      INFO("asked for '" << asked << "'");
      auto client = gateway.connect_tls(to_host(asked, version));
      REQUIRE(client->open());
      CHECK(client->presents(presented));
      CHECK(client->presents("b.shop.example") ==
            (std::string_view(presented) == "b.shop.example"));
      CHECK(client->protocol() == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
      client->send(kGet);
      CHECK(client->read_response().status() == 503);
      auto line = gateway.next_line();
      CHECK(line["sni"] == asked);
      CHECK(line["tls"] == client->protocol());
      CHECK(line["scheme"] == "https");
    }
  }
}

TEST_CASE("Without a configured default certificate there is one made at start") {
  GatewayUnderTest gateway(everything_to({}));
  auto client = gateway.connect_tls(to_host("x.example"));
  CHECK(client->open());
  CHECK(client->presents("gateway.invalid"));
}

TEST_CASE("Old versions of TLS are refused, and TLS 1.2 where a host asks for 1.3") {
  SourceSnapshot routes = everything_to({});
  add_host(routes, "new.example", make_pem("new.example"), TlsVersion::Tls1_3);
  GatewayUnderTest gateway(routes);
  CHECK_FALSE(gateway.connect_tls(to_host("x.example", TLS1_1_VERSION))->open());
  CHECK_FALSE(gateway.connect_tls(to_host("new.example", TLS1_2_VERSION))->open());
  CHECK(gateway.connect_tls(to_host("new.example", TLS1_3_VERSION))->open());
  CHECK(gateway.metric_becomes("gateway_tls_handshake_failures_total", 2));
}

TEST_CASE("A connection of TLS 1.2 does not reach a host that asks for 1.3 by another one's name") {
  SourceSnapshot routes = everything_to({});
  add_host(routes, "new.example", make_pem("new.example"), TlsVersion::Tls1_3);
  add_host(routes, "old.example", make_pem("old.example"));
  GatewayUnderTest gateway(routes);
  struct Row {
    std::uint16_t version;
    const char* host;
    int status;
  };
  constexpr Row kRows[] = {{TLS1_2_VERSION, "new.example", 421},
                           {TLS1_2_VERSION, "old.example", 503},
                           {TLS1_3_VERSION, "new.example", 503},
                           {TLS1_2_VERSION, "x.example", 503}};
  for (const auto& row : kRows) {
    INFO(row.host);
    auto client = gateway.connect_tls(to_host("old.example", row.version));
    client->send("GET / HTTP/1.1\r\nHost: " + std::string(row.host) + "\r\n\r\n");
    CHECK(client->read_response().status() == row.status);
    CHECK(gateway.next_line()["reason"] == (row.status == 421 ? "misdirected" : "no_endpoint"));
  }
}

TEST_CASE("ALPN speaks of http/1.1") {
  GatewayUnderTest gateway(everything_to({}));
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"http/1.1"}, "http/1.1"}, {{"h2", "http/1.1"}, "http/1.1"}, {{"h2"}, ""}, {{}, ""}};
  for (const auto& [offered, chosen] : rows) {
    TlsWish wish;
    wish.alpn = offered;
    auto client = gateway.connect_tls(wish);
    REQUIRE(client->open());
    CHECK(client->alpn() == chosen);
    client->send(kGet);
    CHECK(client->read_response().status() == 503);
  }
}

TEST_CASE("A ticket of one worker resumes on every other") {
  GatewayOptions options = test_options();
  options.workers = 2;
  GatewayUnderTest gateway(everything_to({}), options);
  for (const std::uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto first = gateway.connect_tls(to_host("x.example", version));
    CHECK_FALSE(first->resumed());
    first->send(kGet);
    CHECK(first->read_response().status() == 503);
    const auto ticket = first->ticket();
    REQUIRE(ticket);
    TlsWish wish = to_host("x.example", version);
    wish.resume = ticket.get();
    // The kernel spreads connections over both workers.
    for (int i = 0; i < 24; ++i) {
      auto client = gateway.connect_tls(wish);
      REQUIRE(client->open());
      CHECK(client->resumed());
      client->send(kGet);
      CHECK(client->read_response().status() == 503);
    }
  }
  CHECK(gateway.metric("gateway_tls_handshakes_resumed_total") == 48);
}

TEST_CASE("A replaced certificate is what new handshakes see; open connections live on") {
  const Pem before = make_pem("shop.example");
  const Pem after = make_pem("shop.example");
  ScriptedBackend backend;
  SourceSnapshot routes = everything_to({backend.port()});
  add_host(routes, "shop.example", before);
  GatewayUnderTest gateway(routes);
  auto open = gateway.connect_tls(to_host("shop.example"));
  CHECK(open->certificate_pem() == before.chain);
  open->send(kGet);
  auto upstream = backend.accept();
  (void)upstream.read_request();

  add_host(routes, "shop.example", after);
  gateway.publish(routes);
  auto fresh = gateway.connect_tls(to_host("shop.example"));
  CHECK(fresh->certificate_pem() == after.chain);
  for (int i = 0; i < 2; ++i) {
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(open->read_response().status() == 200);
    open->send(kGet);
    CHECK(upstream.read_request().whole);
  }

  add_host(routes, "shop.example", Pem{"broken", "broken"});  // its last good form serves on
  gateway.publish(routes);
  CHECK(gateway.connect_tls(to_host("shop.example"))->certificate_pem() == after.chain);
}

TEST_CASE("A host with TLS sends plain-text requests to https, by setting") {
  SourceSnapshot routes = everything_to({});
  routes.set(api_for("shop", "shop.example", "/", "backend"));
  add_host(routes, "shop.example", make_pem("shop.example"));
  for (const bool on : {true, false}) {
    GatewayOptions options = test_options();
    options.redirect_to_https = on;
    GatewayUnderTest gateway(routes, options);
    const std::string port = std::to_string(gateway->port(1));
    struct Row {
      std::string host;
      std::string location;
    };
    const Row rows[] = {{"shop.example:80", "https://shop.example:" + port + "/a/b?q=1"},
                        {"Shop.Example", "https://shop.example/a/b?q=1"},
                        {"other.example", ""}};
    for (const auto& row : rows) {
      INFO(row.host << (on ? ", on" : ", off"));
      auto client = gateway.connect();
      client.send("GET /x/../a//b?q=1 HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n");
      const auto response = client.read_response();
      const bool redirected = on && !row.location.empty();
      CHECK(response.status() == (redirected ? 308 : 503));
      CHECK(response.field("Location") == (redirected ? row.location : ""));
      CHECK(gateway.next_line()["reason"] == (redirected ? "redirect" : "no_endpoint"));
      auto tls = gateway.connect_tls(to_host("shop.example"));
      tls->send("GET / HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n");
      CHECK(tls->read_response().status() == 503);
      (void)gateway.next_line();
    }
  }
}

TEST_CASE(
    "A request that comes with the end of the handshake goes to a kept TLS backend, and nothing "
    "else does") {
  // What the gateway still has to say to the client (its Finished) must not go to the backend.
  TestServer backend(
      [](Peer& peer, int) {
        while (peer.read_head()) peer.answer(200, "ok");
      },
      table_for("backend.example", make_pem("backend.example")));
  GatewayUnderTest gateway(everything_by_tls_to(backend.port()));
  for (const std::uint16_t version :
       {TLS1_2_VERSION, TLS1_3_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO("version " << version);
    TlsWish wish;
    wish.max_version = version;
    wish.alpn = {"http/1.1"};
    wish.first_bytes = kGet;
    auto client = gateway.connect_tls(wish);
    const auto response = client->read_response();
    CHECK(response.status() == 200);
    CHECK(response.body == "ok");
    CHECK(client->ticket());
  }
  CHECK(gateway.metric("gateway_upstream_connects_total") == 1);
}

TEST_CASE("A TLS backend is checked against its CA and its name") {
  const Pem pem = make_pem("backend.example");
  TestServer server(
      [](Peer& peer, int) {
        while (peer.read_head()) peer.answer(200, "ok");
      },
      table_for("backend.example", pem));
  struct Row {
    const char* name;
    const char* server_name;
    std::string ca;
    bool verify;
    int status;
  };
  const Row rows[] = {
      {"the right name", "backend.example", pem.chain, true, 200},
      {"another name", "other.example", pem.chain, true, 502},
      {"the endpoint's address", "", pem.chain, true, 502},
      {"another CA", "backend.example", make_pem("backend.example").chain, true, 502},
      {"unchecked", "other.example", "", false, 200}};
  for (const auto& row : rows) {
    INFO(row.name);
    SourceSnapshot routes = everything_to({server.port()});
    auto backend = backend_at("backend", {server.port()});
    backend.protocol = BackendProtocol::Https;
    backend.tls_server_name = row.server_name;
    backend.tls_ca_pem = row.ca;
    backend.tls_verify = row.verify;
    routes.set(backend);
    GatewayUnderTest gateway(routes);
    auto client = gateway.connect();
    client.send(kGet);
    CHECK(client.read_response().status() == row.status);
    CHECK(gateway.next_line()["reason"] == (row.status == 200 ? "" : "connect_failed"));
  }
}

TEST_CASE("A response of a TLS backend that ends without close_notify is not whole") {
  TestServer backend(
      [](Peer& peer, int) {
        (void)peer.read_head();
        peer.write("HTTP/1.1 200 OK\r\n\r\nhalf");
      },
      table_for("backend.example", make_pem("backend.example")));
  GatewayUnderTest gateway(everything_by_tls_to(backend.port()));
  auto client = gateway.connect_tls();
  client->send(kGet);
  CHECK_FALSE(client->read_response().whole);
  CHECK_FALSE(client->closed_by_tls());
  auto line = gateway.next_line();
  CHECK(line["reason"] == "backend_reset");
  CHECK(line["scheme"] == "https");
  CHECK(line["tls"] == "TLSv1.3");
}

TEST_CASE("A TLS connection is ended by close_notify") {
  GatewayUnderTest gateway(everything_to({}));
  auto client = gateway.connect_tls();
  client->send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(client->read_response().status() == 503);
  CHECK(client->ended_by_peer());
  CHECK(client->closed_by_tls());
}

TEST_CASE("A host may ask for a certificate: none is let in, one that leads nowhere is not") {
  SourceSnapshot routes = everything_to({});
  const Pem trusted = make_pem("trusted.example"), stranger = make_pem("stranger.example");
  const auto identity = [](const Pem& pem) {
    return make_tls_identity(pem.chain, pem.key, "client").value();
  };
  add_host(routes, "plain.example", make_pem("plain.example"));
  add_host(routes, "any.example", make_pem("any.example"));
  add_host(routes, "own.example", make_pem("own.example"));
  Hostname any = *routes.hostnames.find("any.example");
  any.negotiate_client_certificate = true;
  routes.set(any);
  Hostname own = *routes.hostnames.find("own.example");
  own.negotiate_client_certificate = true;
  own.client_ca_pem = trusted.chain;
  routes.set(own);
  GatewayUnderTest gateway(routes);
  struct Row {
    const char* name;
    const Pem* sends;
    bool asked;
    const char* host;
    int status;  // 0: the handshake failed
  };
  const Row rows[] = {
      {"plain.example", &trusted, false, "plain.example", 503},
      {"any.example", nullptr, true, "any.example", 503},
      {"any.example", &stranger, true, "any.example", 503},
      {"own.example", nullptr, true, "own.example", 503},
      {"own.example", &trusted, true, "own.example", 503},
      {"own.example", &stranger, true, "own.example", 0},
      // What one host did not ask for, another's requests do not get by its connection.
      {"plain.example", nullptr, false, "any.example", 421},
      {"any.example", &trusted, true, "own.example", 421},
      {"own.example", &trusted, true, "any.example", 421},
      {"own.example", &trusted, true, "plain.example", 503},
  };
  for (const std::uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Row& row : rows) {
      INFO(row.name << " for " << row.host << (version == TLS1_3_VERSION ? " by 1.3" : " by 1.2"));
      TlsWish wish = to_host(row.name, version);
      if (row.sends) wish.identity = identity(*row.sends);
      auto client = gateway.connect_tls(wish);
      CHECK(client->was_asked() == row.asked);
      if (row.status == 0) {
        client->send("GET / HTTP/1.1\r\nHost: own.example\r\n\r\n");
        CHECK(client->read_response().status() == 0);
        continue;
      }
      REQUIRE(client->open());
      client->send("GET / HTTP/1.1\r\nHost: " + std::string(row.host) + "\r\n\r\n");
      CHECK(client->read_response().status() == row.status);
    }
  }
}

TEST_CASE("A ticket is good only for the demand on the client that it was made under") {
  SourceSnapshot routes = everything_to({});
  add_host(routes, "plain.example", make_pem("plain.example"));
  add_host(routes, "asks.example", make_pem("asks.example"));
  Hostname asks = *routes.hostnames.find("asks.example");
  asks.negotiate_client_certificate = true;
  routes.set(asks);
  GatewayUnderTest gateway(routes);
  auto first = gateway.connect_tls(to_host("plain.example"));
  first->send("GET / HTTP/1.1\r\nHost: plain.example\r\n\r\n");
  CHECK(first->read_response().status() == 503);
  const auto ticket = first->ticket();
  REQUIRE(ticket);
  TlsWish wish = to_host("asks.example");
  wish.resume = ticket.get();
  auto second = gateway.connect_tls(wish);
  REQUIRE(second->open());
  CHECK_FALSE(second->resumed());
  CHECK(second->was_asked());
}

TEST_CASE("TLS 1.0 and 1.1 are spoken where a host says so, and the strictest claimant counts") {
  SourceSnapshot routes = everything_to({});
  add_host(routes, "oldest.example", make_pem("oldest.example"), TlsVersion::Tls1_0);
  add_host(routes, "older.example", make_pem("older.example"), TlsVersion::Tls1_1);
  GatewayUnderTest gateway(routes);
  CHECK(gateway.connect_tls(to_host("oldest.example", TLS1_VERSION))->open());
  CHECK_FALSE(gateway.connect_tls(to_host("older.example", TLS1_VERSION))->open());
  CHECK(gateway.connect_tls(to_host("older.example", TLS1_1_VERSION))->open());
}
