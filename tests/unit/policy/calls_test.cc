#include "policy/calls.h"

#include <catch2/catch.hpp>
#include <poll.h>

#include <atomic>
#include <optional>

#include "../http/client_support.h"
#include "base/base64.h"
#include "policy/dynamic_backends.h"
#include "policy/event_hub.h"
#include "policy/state/concurrency.h"
#include "tls/openssl.h"

using namespace gateway;
using namespace gateway::policy;
using namespace gateway::test;

namespace {

struct Told final : Reporter {
  std::vector<std::string> warnings;
  void trace(std::string_view, std::string_view, std::string_view,
             const std::vector<std::pair<std::string_view, std::string_view>>&, std::string_view) noexcept override {}
  void metric(std::string_view, std::string_view, double,
              const std::vector<std::pair<std::string_view, std::string_view>>&) noexcept override {}
  void warn(std::string_view what) noexcept override { warnings.emplace_back(what); }
};

// A worker's loop, pools and calls.
struct World {
  GatewayOptions options;
  ForbiddenAddresses forbidden;
  LoopRunner runner;
  Told told;
  std::unique_ptr<WorkerContext> worker;
  std::unique_ptr<Pools> pools;
  std::unique_ptr<HttpCalls> calls;

  World() {
    options.environment = Environment::system();
    worker = std::make_unique<WorkerContext>(static_cast<uv_loop_t*>(runner.native_loop()), options, forbidden);
    pools = std::make_unique<Pools>(*worker);
    calls = make_http_calls(*worker, *pools, &told);
  }
  ~World() {
    calls.reset();
    pools.reset();
    runner.turn();
  }
  bool until(const std::function<bool()>& reached) {
    return runner.until([&] {
      worker->timers.advance(worker->now());
      pools->bury();
      return reached();
    });
  }
  CallResult call(OutgoingCall what) {
    std::optional<CallResult> result;
    const auto pending = calls->start(std::move(what), [&](CallResult& it) { result = std::move(it); });
    CHECK_FALSE(result);  // never from within
    REQUIRE(until([&] { return result.has_value(); }));
    return std::move(*result);
  }
};

OutgoingCall get(const std::string& url) {
  OutgoingCall call;
  call.url = url;
  return call;
}

std::string at(const TestServer& server, const std::string& target = "/") {
  return "http://127.0.0.1:" + std::to_string(server.port()) + target;
}

// Keeps the heads it was sent, under a lock.
class Heads {
 public:
  void add(std::string head) {
    const std::lock_guard lock(mutex_);
    heads_.push_back(std::move(head));
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heads_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string pem_of(const TlsIdentity& identity) {
  std::string out;
  for (const auto& one : identity.chain) {
    const std::string der(reinterpret_cast<const char*>(CRYPTO_BUFFER_data(one.get())), CRYPTO_BUFFER_len(one.get()));
    out += "-----BEGIN CERTIFICATE-----\n" + encode_base64(der) + "\n-----END CERTIFICATE-----\n";
  }
  return out;
}
std::string key_pem_of(const TlsIdentity& identity) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr));
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  REQUIRE(BIO_mem_contents(bio.get(), &data, &size));
  return {reinterpret_cast<const char*>(data), size};
}

std::shared_ptr<const TlsTable> table_of(const std::shared_ptr<const TlsIdentity>& identity, bool ask_client = false) {
  auto table = std::make_shared<TlsTable>();
  auto binding = std::make_shared<TlsBinding>();
  binding->identity = identity;
  binding->negotiate_client_certificate = ask_client;
  binding->client_demand = ask_client ? "asked" : "";
  table->set_default(binding);
  return table;
}

// A proxy with one tunnel, wherever CONNECT asks for, to a port of this machine.
class Relay {
 public:
  explicit Relay(std::uint16_t to) : to_(to) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Relay() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  static bool pass(int from, int to) {
    char buffer[4096];
    const ssize_t count = ::recv(from, buffer, sizeof buffer, 0);
    return count > 0 && ::send(to, buffer, static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
  }
  void serve() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(client, &byte, 1, 0) == 1) head += byte;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(to_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      constexpr std::string_view kOpen = "HTTP/1.1 200 Connection established\r\n\r\n";
      (void)::send(client, kOpen.data(), kOpen.size(), MSG_NOSIGNAL);
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      bool open = true;
      while (open && ::poll(both, 2, 10'000) > 0) {
        if (both[0].revents != 0) open = pass(client, server);
        if (open && both[1].revents != 0) open = pass(server, client);
      }
    }
    ::close(server);
    ::close(client);
  }

  std::uint16_t to_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("A call brings status, fields and body back, whatever the framing of the response") {
  Heads heads;
  TestServer server([&](Peer& peer, int) {
    while (auto head = peer.read_head()) {
      const bool chunked = has(*head, "/chunked");
      if (has(*head, "POST")) (void)peer.read_body(5);
      heads.add(*head);
      if (chunked) {
        peer.write("HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nX-One: 1\r\n\r\n");
        peer.chunk("hel");
        peer.chunk("lo");
        peer.write("0\r\n\r\n");
      } else if (has(*head, "/close")) {
        peer.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        return;
      } else {
        peer.answer(404, "no such thing", "X-One: 2\r\n");
      }
    }
  });
  World world;
  OutgoingCall post = get(at(server, "/chunked?a=b c"));
  post.method = "POST";
  post.body = "12345";
  post.fields = {{"X-Mine", "yes"}, {"X-Forwarded-For", "1.2.3.4"}, {"Connection", "close"}};
  const CallResult made = world.call(post);
  CHECK(made.ok);
  CHECK(made.status == 201);
  CHECK(made.status_reason == "Made");
  CHECK(made.body == "hello");
  CHECK(made.fields == std::vector<std::pair<std::string, std::string>>{{"X-One", "1"}});
  const CallResult lacking = world.call(get(at(server)));
  CHECK(lacking.ok);
  CHECK(lacking.status == 404);
  CHECK(lacking.body == "no such thing");
  CHECK(world.call(get(at(server, "/close"))).body == "until the end");
  const auto seen = heads.all();
  REQUIRE(seen.size() == 3);
  CHECK(has(seen[0], "POST /chunked?a=b%20c HTTP/1.1\r\n"));
  CHECK(has(seen[0], "Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  CHECK(has(seen[0], "Content-Length: 5\r\n"));
  CHECK(has(seen[0], "X-Mine: yes\r\n"));
  CHECK(has(seen[0], "X-Forwarded-For: 1.2.3.4\r\n"));
  CHECK_FALSE(has(seen[0], "Connection:"));
  CHECK_FALSE(has(seen[1], "X-Forwarded"));
  CHECK_FALSE(has(seen[1], "X-Request-Id"));
  CHECK(world.worker->metrics.upstream_connects.get() == 1);  // kept, and taken again
}

TEST_CASE("What is no whole response has a reason and says why") {
  std::atomic<bool> ended{false};
  TestServer server([&](Peer& peer, int) {
    const auto head = peer.read_head();
    if (!head) return;
    if (has(*head, "/silent") || has(*head, "/slow")) {
      if (has(*head, "/slow")) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
      (void)peer.wait_closed();
    } else if (has(*head, "/large")) {
      peer.answer(200, std::string(2000, 'x'));
      (void)peer.wait_closed();
    } else if (has(*head, "/short")) {
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    } else {
      peer.write("nonsense\r\n\r\n");
    }
  });
  World world;
  world.forbidden.add_listener("127.0.0.1", 9);
  struct Row {
    std::string url;
    std::string_view reason, message;
  };
  const Row rows[] = {
      {at(server, "/silent"), "Timeout", "no whole response"},
      {at(server, "/slow"), "Timeout", "no whole response"},
      {at(server, "/large"), "BackendConnectionFailure", "larger than 1000 bytes"},
      {at(server, "/short"), "BackendConnectionFailure", "ended before the response"},
      {at(server, "/nonsense"), "BackendConnectionFailure", "breaks HTTP"},
      {"http://127.0.0.1:9/", "BackendConnectionFailure", "never calls"},
      {"http://169.254.169.254/", "BackendConnectionFailure", "link-local"},
      {"http://no-such-name.invalid/", "BackendConnectionFailure", "no connection to no-such-name.invalid"},
      {"ftp://a/", "BackendConnectionFailure", "must begin with http:// or https://"},
      {"http://user:secret@a/", "BackendConnectionFailure", "user name"},
      {"http://a:70000/", "BackendConnectionFailure", ""},
      {"", "BackendConnectionFailure", "must begin"},
  };
  for (const Row& row : rows) {
    INFO(row.url);
    OutgoingCall call = get(row.url);
    call.timeout_ms = 300;
    call.max_body = 1000;
    const CallResult result = world.call(call);
    CHECK_FALSE(result.ok);
    CHECK(result.reason == row.reason);
    CHECK(has(result.message, row.message));
    CHECK_FALSE(has(result.message, "secret"));
  }
}

TEST_CASE("A request on a kept connection that was closed is sent once more, where that is safe") {
  struct Row {
    const char* method;
    bool again;
  };
  for (const Row row : {Row{"GET", true}, Row{"DELETE", true}, Row{"POST", false}}) {
    INFO(row.method);
    std::atomic<int> served{0};
    TestServer server([&](Peer& peer, int) {
      // The second request of a connection is read, and the connection closed.
      if (!peer.read_head()) return;
      ++served;
      peer.answer(200, "ok");
      (void)peer.read_head();
    });
    World world;
    CHECK(world.call(get(at(server))).ok);
    OutgoingCall call = get(at(server));
    call.method = row.method;
    const CallResult result = world.call(call);
    CHECK(result.ok == row.again);
    CHECK(served == (row.again ? 2 : 1));
  }
}

TEST_CASE("A call that is given up is heard of no more, and its connection is closed") {
  std::atomic<bool> asked{false}, closed{false};
  TestServer server([&](Peer& peer, int) {
    (void)peer.read_head();
    asked = true;
    closed = peer.wait_closed();
  });
  World world;
  bool heard = false;
  auto pending = world.calls->start(get(at(server)), [&](CallResult&) { heard = true; });
  REQUIRE(world.until([&] { return asked.load(); }));
  pending.reset();
  REQUIRE(world.until([&] { return closed.load(); }));
  CHECK_FALSE(heard);
}

TEST_CASE("A detached call is sent, its failure is told to the log, and there is a limit to their number") {
  std::atomic<int> asked{0};
  std::atomic<bool> answer{false};
  TestServer server([&](Peer& peer, int) {
    if (!peer.read_head()) return;
    ++asked;
    if (answer) peer.answer(500, "");
    (void)peer.wait_closed();
  });
  World world;
  answer = true;
  CHECK(world.calls->detach(get(at(server))));
  REQUIRE(world.until([&] { return !world.told.warnings.empty(); }));
  CHECK(has(world.told.warnings[0], "status 500"));
  CHECK(world.calls->detach(get("http://127.0.0.1:1/?key=secret")));
  REQUIRE(world.until([&] { return world.told.warnings.size() == 2; }));
  CHECK(has(world.told.warnings[1], "127.0.0.1:1"));
  CHECK_FALSE(has(world.told.warnings[1], "secret"));
  answer = false;
  int taken = 0;
  while (taken < 5000 && world.calls->detach(get("http://no-such-name.invalid/"))) ++taken;
  CHECK(taken == 1000);
  CHECK(has(world.told.warnings.back(), "dropped"));
  REQUIRE(world.until([&] { return world.calls->detach(get("http://no-such-name.invalid/")); }));
}

TEST_CASE("Through a proxy http goes in absolute form, https through a tunnel") {
  Heads heads;
  // Answers http itself. A tunnel that it opens leads to no backend: what comes through it is a hello of TLS.
  TestServer proxy([&](Peer& peer, int) {
    while (auto head = peer.read_head()) {
      heads.add(*head);
      if (head->starts_with("CONNECT")) {
        if (has(*head, "refused.test")) {
          peer.answer(407, "no");
          return;
        }
        peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
        heads.add(peer.read_body(1));
        return;
      }
      peer.answer(200, "proxied");
    }
  });
  World world;
  OutgoingCall call = get("http://backend.test/a?b");
  call.proxy_url = at(proxy, "");
  call.proxy_authorization = "Basic eDp5";
  CHECK(world.call(call).body == "proxied");
  call.url = "https://backend.test/secret";
  CHECK_FALSE(world.call(call).ok);
  call.url = "https://refused.test/secret";
  CHECK_FALSE(world.call(call).ok);
  const auto seen = heads.all();
  REQUIRE(seen.size() == 4);
  CHECK(has(seen[0], "GET http://backend.test:80/a?b HTTP/1.1\r\n"));
  CHECK(has(seen[0], "Host: backend.test\r\n"));
  CHECK(has(seen[0], "Proxy-Authorization: Basic eDp5\r\n"));
  CHECK(has(seen[1], "CONNECT backend.test:443 HTTP/1.1\r\n"));
  CHECK(has(seen[1], "Proxy-Authorization: Basic eDp5\r\n"));
  CHECK_FALSE(has(seen[1], "/secret"));
  CHECK(seen[2] == "\x16");  // a handshake record
  CHECK(has(seen[3], "CONNECT refused.test:443 HTTP/1.1\r\n"));
}

TEST_CASE("In the tunnel of a proxy the server is asked over TLS, and nothing of the proxy's is told to it") {
  const auto identity = generate_tls_identity("backend.test").value();
  TestServer backend(
      [](Peer& peer, int) {
        while (auto head = peer.read_head()) peer.answer(200, has(*head, "Proxy-") ? "told" : "behind");
      },
      table_of(identity));
  Relay relay(backend.port());
  World world;
  TlsClientOptions trust;
  trust.ca_pem = pem_of(*identity);
  OutgoingCall call = get("https://backend.test/");
  call.tls = TlsClient::create(trust).value();
  call.proxy_url = "http://127.0.0.1:" + std::to_string(relay.port());
  call.proxy_authorization = "Basic eDp5";
  for (int i = 0; i < 2; ++i) {
    const CallResult result = world.call(call);
    INFO(result.message);
    CHECK(result.body == "behind");
  }
  CHECK(world.worker->metrics.upstream_connects.get() == 1);
}

TEST_CASE("A call shows its client certificate, and another certificate gets another connection") {
  const auto server_identity = generate_tls_identity("localhost").value();
  TestServer server(
      [](Peer& peer, int connection) {
        while (peer.read_head()) peer.answer(200, std::to_string(connection));
      },
      table_of(server_identity, true));
  World world;
  const auto backends = make_dynamic_backends();
  const auto trust = [&] {
    auto options = std::make_shared<TlsClientOptions>();
    options->ca_pem = pem_of(*server_identity);
    return options;
  }();
  const auto client = [&](const char* name) {
    const auto identity = generate_tls_identity(name).value();
    std::string why;
    const auto made = make_client_identity(pem_of(*identity), key_pem_of(*identity), name);
    REQUIRE(made);
    auto out = backends->client(*made, trust, why);
    INFO(why);
    REQUIRE(out);
    return out;
  };
  const auto one = client("one.test"), two = client("two.test");
  const auto ask = [&](const std::shared_ptr<TlsClient>& tls) {
    OutgoingCall call = get("https://localhost:" + std::to_string(server.port()) + "/");
    call.tls = tls;
    const CallResult result = world.call(call);
    INFO(result.message);
    CHECK(result.ok);
    return result.body;
  };
  const std::string first = ask(one);
  CHECK(ask(one) == first);
  CHECK(ask(two) != first);
  CHECK_FALSE(world.call(get("https://localhost:" + std::to_string(server.port()) + "/")).ok);  // not trusted
}

TEST_CASE("Backends for URLs are made once, and only for what may be called") {
  const auto backends = make_dynamic_backends();
  std::string why;
  const auto one = backends->get({"http", "a.test", 8080, "/x", ""}, nullptr, why);
  REQUIRE(one);
  CHECK(one->host_header == "a.test:8080");
  CHECK(one->endpoints[0].address == "a.test");
  CHECK(backends->get({"http", "a.test", 8080, "/y", ""}, nullptr, why) == one);
  CHECK(backends->get({"http", "a.test", 80, "/", ""}, nullptr, why)->host_header == "a.test");
  CHECK(backends->get({"http", "[::1]", 0, "/", ""}, nullptr, why)->endpoints[0].authority == "[::1]:80");
  const std::pair<Url, std::string_view> refused[] = {
      {{"ftp", "a.test", 0, "/", ""}, "http:// or https://"},
      {{"http", "169.254.1.1", 0, "/", ""}, "link-local"},
      {{"http", "[fe80::1]", 0, "/", ""}, "link-local"},
      {{"http", "a b", 0, "/", ""}, "no host"},
      {{"http", "", 0, "/", ""}, "no host"},
  };
  for (const auto& [url, part] : refused) {
    INFO(url.scheme << "://" << url.host);
    why.clear();
    CHECK_FALSE(backends->get(url, nullptr, why));
    CHECK(has(why, part));
  }
  for (int i = 0; i < 3000; ++i) REQUIRE(backends->get({"http", "h" + std::to_string(i), 80, "/", ""}, nullptr, why));
  CHECK(backends->get({"http", "a.test", 8080, "/x", ""}, nullptr, why) != one);  // it was forgotten
}

TEST_CASE("A backend that is reached in another way shares no connections with itself") {
  const auto backends = make_dynamic_backends();
  std::string why;
  const auto secure = backends->get({"https", "a.test", 443, "/", ""}, nullptr, why);
  const auto plain = backends->get({"http", "a.test", 80, "/", ""}, nullptr, why);
  INFO(why);
  REQUIRE(secure);
  REQUIRE(plain);
  const auto identity = [&](const char* name) {
    const auto made = generate_tls_identity(name).value();
    return make_client_identity(pem_of(*made), key_pem_of(*made), name).value();
  };
  const auto one = identity("one.test"), two = identity("two.test");
  const auto near = make_backend_proxy("http://proxy.test:3128", "").value();
  const auto known = make_backend_proxy("http://proxy.test:3128", "Basic eDp5").value();
  const auto key = [&](const auto& of, const auto& client, const auto& proxy) {
    const auto made = backends->variant(of, client, proxy, why);
    REQUIRE(made);
    CHECK(backends->variant(of, client, proxy, why) == made);
    return made->endpoints[0].pool_key;
  };
  const std::vector<std::string> keys = {
      secure->endpoints[0].pool_key, key(secure, one, nullptr), key(secure, two, nullptr),
      key(secure, one, near),        key(secure, nullptr, near), key(secure, nullptr, known),
  };
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(keys[i] != keys[j]);
  for (const std::string& one_key : keys) CHECK_FALSE(has(one_key, "eDp5"));
  CHECK(backends->variant(plain, one, nullptr, why) == plain);  // nobody asks for a certificate
  CHECK(key(plain, nullptr, near) != plain->endpoints[0].pool_key);
  const auto mixed = generate_tls_identity("mixed.test").value();
  CHECK_FALSE(make_client_identity(one->chain_pem, key_pem_of(*mixed), "mixed"));
  CHECK_FALSE(make_backend_proxy("http://169.254.1.1:3128", ""));
}

TEST_CASE("As many are inside at once as may be, by key") {
  ProcessConcurrency inside;
  CHECK(inside.enter("a", 2));
  CHECK(inside.enter("a", 2));
  CHECK_FALSE(inside.enter("a", 2));
  CHECK(inside.enter("b", 1));
  inside.leave("a");
  CHECK(inside.enter("a", 2));
  CHECK(inside.inside("a") == 2);
  inside.leave("a");
  inside.leave("a");
  CHECK(inside.inside("a") == 0);
}

TEST_CASE("An event is signed with the key of the connection string, and cut to what a hub takes") {
  EventHubLogger logger;
  logger.id = "audit";
  logger.name = "events";
  logger.connection_string =
      "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0";
  const auto hub = EventHub::create(logger);
  REQUIRE(hub);
  const OutgoingCall call = hub->event(std::string(300 * 1024, 'x'), "", "orders", 1'700'000'000'000);
  CHECK(call.url == "https://ns.servicebus.windows.net/events/messages?timeout=60&api-version=2014-01");
  CHECK(call.body.size() == 200 * 1024);
  CHECK(call.fields[0].first == "Authorization");
  // HMAC-SHA256 of "https%3A%2F%2Fns.servicebus.windows.net%2Fevents\n1700003600" by another implementation.
  CHECK(call.fields[0].second ==
        "SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2Fevents&sig=jUNU04qIbD1kAAfCVQz9LZPRfJPg29FYz0hUhTyeOhA%3D&se=1700003600&skn=send");
  CHECK(call.fields[2] == std::pair<std::string, std::string>{"BrokerProperties", "{\"PartitionKey\":\"orders\"}"});
  CHECK(has(hub->event("x", "3", "", 0).url, "/events/partitions/3/messages?"));
  for (const char* text : {"", "Endpoint=sb://a/", "SharedAccessKeyName=n;SharedAccessKey=secret",
                           "Endpoint=https://a/;SharedAccessKeyName=n;SharedAccessKey=secret"}) {
    logger.connection_string = text;
    const auto made = EventHub::create(logger);
    REQUIRE_FALSE(made);
    CHECK(made.error().where == "logger audit");
    CHECK_FALSE(has(made.error().message, "secret"));
  }
}
