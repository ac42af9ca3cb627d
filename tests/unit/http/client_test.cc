#include "http/client.h"

#include <atomic>

#include <catch2/catch.hpp>

#include "../tls/support.h"
#include "client_support.h"
#include "proxy_support.h"

namespace gateway {
namespace {

using test::LoopRunner;
using test::Peer;
using test::TestServer;
using std::chrono::milliseconds;

// What a caller hears of one request.
struct Heard {
  int status = 0;
  std::string body;
  int pieces = 0;
  bool done = false;
  std::optional<Error> error;
  HttpClientResponse head;
  std::unique_ptr<HttpClientCall> call;

  HttpClientHandler handler() {
    return {[this](const HttpClientResponse& response) {
              head = response;
              status = response.status;
            },
            [this](std::string_view data) {
              body += data;
              ++pieces;
            },
            [this](Result<void> result) {
              CHECK_FALSE(done);
              done = true;
              if (!result) error = result.error();
            }};
  }
};

HttpClientRequest get(std::string target) {
  HttpClientRequest request;
  request.target = std::move(target);
  return request;
}

struct Talk {
  LoopRunner loop;
  std::unique_ptr<HttpClient> client;

  explicit Talk(std::uint16_t port, std::shared_ptr<TlsClient> tls = nullptr, std::string name = "") {
    HttpClientOptions options;
    options.host = "127.0.0.1";
    options.port = port;
    options.tls = tls != nullptr;
    options.tls_client = std::move(tls);
    options.tls_server_name = std::move(name);
    client = HttpClient::create(loop, std::move(options)).value();
  }
  void ask(Heard& heard, HttpClientRequest request) {
    heard.call = client->start(std::move(request), heard.handler());
    CHECK_FALSE(heard.done);
    REQUIRE(loop.until([&] { return heard.done; }));
  }
};

TEST_CASE("A response comes with its status, its headers in lower case and its body") {
  std::string seen;
  TestServer server([&](Peer& peer, int) {
    seen = peer.read_head().value_or("");
    peer.answer(404, "not here", "X-Some: Thing\r\n");
  });
  Talk talk(server.port());
  Heard heard;
  auto request = get("/a?b=c");
  request.headers = {{"Accept", "application/json"}};
  talk.ask(heard, std::move(request));
  CHECK_FALSE(heard.error);
  CHECK(heard.status == 404);
  CHECK(heard.body == "not here");
  CHECK(heard.head.header("x-some") == "Thing");
  CHECK(heard.head.header("absent").empty());
  CHECK(seen == "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                    "\r\nUser-Agent: libgateway\r\nAccept: application/json\r\n\r\n");
}

TEST_CASE("Requests one after the other share a connection; those at the same time do not") {
  std::atomic<int> connections{0};
  TestServer server([&](Peer& peer, int) {
    ++connections;
    while (peer.read_head()) peer.answer(200, "x");
  });
  Talk talk(server.port());
  for (int i = 0; i < 3; ++i) {
    Heard heard;
    talk.ask(heard, get("/"));
    CHECK(heard.body == "x");
  }
  CHECK(connections == 1);
  Heard one, two;
  one.call = talk.client->start(get("/1"), one.handler());
  two.call = talk.client->start(get("/2"), two.handler());
  REQUIRE(talk.loop.until([&] { return one.done && two.done; }));
  CHECK(connections == 2);
}

TEST_CASE("A request from within the end of another takes the same connection") {
  std::atomic<int> connections{0};
  TestServer server([&](Peer& peer, int) {
    ++connections;
    while (peer.read_head()) peer.answer(200, "");
  });
  Talk talk(server.port());
  Heard second;
  bool began = false;
  HttpClientHandler first;
  first.done = [&](Result<void>) {
    second.call = talk.client->start(get("/2"), second.handler());
    began = true;
  };
  const auto call = talk.client->start(get("/1"), std::move(first));
  REQUIRE(talk.loop.until([&] { return second.done; }));
  CHECK(second.status == 200);
  CHECK(connections == 1);
}

TEST_CASE("Bodies stream as they come, in each framing") {
  std::atomic<bool> go{false};
  TestServer server([&](Peer& peer, int) {
    while (const auto head = peer.read_head()) {
      if (head->starts_with("GET /chunked")) {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.chunk("one ");
        while (!go) std::this_thread::yield();
        peer.chunk("two");
        peer.write("0\r\n\r\n");
      } else if (head->starts_with("GET /close")) {
        peer.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        return;
      } else {
        peer.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
      }
    }
  });
  Talk talk(server.port());
  Heard chunked;
  chunked.call = talk.client->start(get("/chunked"), chunked.handler());
  REQUIRE(talk.loop.until([&] { return chunked.body == "one "; }));
  CHECK_FALSE(chunked.done);
  go = true;
  REQUIRE(talk.loop.until([&] { return chunked.done; }));
  CHECK(chunked.body == "one two");
  Heard none;
  talk.ask(none, get("/none"));
  CHECK(none.status == 204);
  CHECK_FALSE(none.error);
  Heard closed;
  talk.ask(closed, get("/close"));
  CHECK_FALSE(closed.error);
  CHECK(closed.body == "until the end");
}

TEST_CASE("A request body is sent with its length") {
  std::string body;
  TestServer server([&](Peer& peer, int) {
    const auto head = peer.read_head();
    if (head && head->find("Content-Length: 5\r\n") != std::string::npos) body = peer.read_body(5);
    peer.answer(201, "");
  });
  Talk talk(server.port());
  Heard heard;
  auto request = get("/");
  request.method = "POST";
  request.body = "hello";
  talk.ask(heard, std::move(request));
  CHECK(body == "hello");
}

TEST_CASE("Destroying a call cancels it, from within each of its handlers too") {
  std::atomic<int> closed{0};
  TestServer server([&](Peer& peer, int) {
    (void)peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
    if (peer.wait_closed()) ++closed;
  });
  Talk talk(server.port());
  int calls = 0;
  std::unique_ptr<HttpClientCall> call;
  HttpClientHandler handler;
  SECTION("in head") { handler.head = [&](const auto&) { ++calls, call.reset(); }; }
  SECTION("in body") { handler.body = [&](auto) { ++calls, call.reset(); }; }
  handler.done = [&](Result<void>) { FAIL("done after cancellation"); };
  call = talk.client->start(get("/"), std::move(handler));
  REQUIRE(talk.loop.until([&] { return closed == 1; }));
  CHECK(calls == 1);
}

TEST_CASE("Cancelling before anything happened, and destroying the client, end quietly") {
  TestServer server([](Peer& peer, int) { peer.wait_closed(); });
  Talk talk(server.port());
  Heard heard;
  heard.call = talk.client->start(get("/"), heard.handler());
  SECTION("cancel at once") { heard.call.reset(); }
  SECTION("cancel while connecting") {
    talk.loop.turn();
    heard.call.reset();
  }
  SECTION("the client first") {
    talk.client.reset();
    heard.call.reset();
  }
  SECTION("the client in the end") {}
  talk.loop.turn();
  CHECK_FALSE(heard.done);
}

TEST_CASE("The client may be destroyed within the end of a call") {
  TestServer server([](Peer& peer, int) {
    while (peer.read_head()) peer.answer(200, "");
  });
  Talk talk(server.port());
  bool done = false;
  HttpClientHandler handler;
  handler.done = [&](Result<void>) {
    talk.client.reset();
    done = true;
  };
  const auto call = talk.client->start(get("/"), std::move(handler));
  REQUIRE(talk.loop.until([&] { return done; }));
}

TEST_CASE("An idle connection that the peer gave up is replaced without a word") {
  std::atomic<int> connections{0};
  TestServer server([&](Peer& peer, int number) {
    ++connections;
    if (peer.read_head()) peer.answer(200, std::to_string(number));
    // the second request dies on the way
    if (number == 0) (void)peer.read_head();
  });
  Talk talk(server.port());
  Heard first, second;
  talk.ask(first, get("/"));
  talk.ask(second, get("/"));
  CHECK_FALSE(second.error);
  CHECK(second.body == "1");
  CHECK(connections == 2);
}

TEST_CASE("A request that is not idempotent is not sent twice") {
  TestServer server([&](Peer& peer, int number) {
    if (peer.read_head()) peer.answer(200, "");
    if (number == 0) (void)peer.read_head();
  });
  Talk talk(server.port());
  Heard first, second;
  talk.ask(first, get("/"));
  auto post = get("/");
  post.method = "POST";
  talk.ask(second, std::move(post));
  REQUIRE(second.error);
  CHECK(second.error->code == ErrorCode::Unavailable);
}

TEST_CASE("Failures say what happened") {
  Heard heard;
  SECTION("refused") {
    std::uint16_t port = 0;
    { port = TestServer([](Peer&, int) {}).port(); }
    Talk talk(port);
    talk.ask(heard, get("/"));
    CHECK(heard.error->code == ErrorCode::Unavailable);
    CHECK(heard.error->message == "cannot connect: connection refused");
    CHECK(heard.error->where == "127.0.0.1:" + std::to_string(port));
  }
  SECTION("closed before the response") {
    TestServer server([](Peer& peer, int) { (void)peer.read_head(); });
    Talk talk(server.port());
    talk.ask(heard, get("/"));
    CHECK(heard.error->message == "the peer closed the connection before the response");
  }
  SECTION("cut in the middle") {
    TestServer server([](Peer& peer, int) {
      (void)peer.read_head();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    });
    Talk talk(server.port());
    talk.ask(heard, get("/"));
    CHECK(heard.body == "abc");
    CHECK(heard.error->message == "the peer closed the connection in the middle of the response");
  }
  SECTION("no HTTP") {
    TestServer server([](Peer& peer, int) {
      (void)peer.read_head();
      peer.write("SSH-2.0-what\r\n\r\n");
      peer.wait_closed();
    });
    Talk talk(server.port());
    talk.ask(heard, get("/"));
    CHECK(heard.error->code == ErrorCode::ProtocolError);
  }
  SECTION("no response in time") {
    TestServer server([](Peer& peer, int) { peer.wait_closed(); });
    Talk talk(server.port());
    auto request = get("/");
    request.response_timeout = milliseconds(30);
    talk.ask(heard, std::move(request));
    CHECK(heard.error->code == ErrorCode::Timeout);
    CHECK(heard.error->message == "no response in time");
  }
  SECTION("a body that stalls") {
    TestServer server([](Peer& peer, int) {
      (void)peer.read_head();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      peer.wait_closed();
    });
    Talk talk(server.port());
    auto request = get("/");
    request.idle_timeout = milliseconds(30);
    talk.ask(heard, std::move(request));
    CHECK(heard.error->message == "the response stalled");
  }
  SECTION("too long") {
    TestServer server([](Peer& peer, int) {
      (void)peer.read_head();
      peer.answer(200, std::string(100, 'x'));
      peer.wait_closed();
    });
    Talk talk(server.port());
    auto request = get("/");
    request.max_body = 99;
    talk.ask(heard, std::move(request));
    CHECK(heard.error->code == ErrorCode::TooLarge);
  }
  SECTION("a header that would be two") {
    TestServer server([](Peer& peer, int) { peer.wait_closed(); });
    Talk talk(server.port());
    auto request = get("/");
    request.headers = {{"Authorization", "Bearer a\r\nX: y"}};
    talk.ask(heard, std::move(request));
    CHECK(heard.error->code == ErrorCode::InvalidArgument);
  }
  SECTION("a name that does not resolve") {
    LoopRunner loop;
    HttpClientOptions options;
    options.host = "name.invalid";
    options.tls = false;
    const auto client = HttpClient::create(loop, options).value();
    heard.call = client->start(get("/"), heard.handler());
    REQUIRE(loop.until([&] { return heard.done; }, std::chrono::seconds(20)));
    CHECK(heard.error->code == ErrorCode::Unavailable);
  }
}

TEST_CASE("TLS: the name and the chain are checked, and connections are kept") {
  const auto pem = test::make_pem("api.example");
  auto table = std::make_shared<TlsTable>();
  table->set_default(test::binding("", pem));
  std::atomic<int> connections{0};
  TestServer server(
      [&](Peer& peer, int) {
        ++connections;
        while (peer.read_head()) peer.answer(200, "secret");
      },
      table);
  Heard heard;
  SECTION("trusted") {
    Talk talk(server.port(), TlsClient::create({pem.chain}).value(), "api.example");
    for (int i = 0; i < 2; ++i) {
      Heard again;
      talk.ask(again, get("/"));
      CHECK_FALSE(again.error);
      CHECK(again.body == "secret");
    }
    CHECK(connections == 1);
  }
  SECTION("another name") {
    Talk talk(server.port(), TlsClient::create({pem.chain}).value(), "other.example");
    talk.ask(heard, get("/"));
    REQUIRE(heard.error);
    CHECK(heard.error->origin == "tls");
  }
  SECTION("another authority") {
    Talk talk(server.port(), TlsClient::create({test::make_pem("x.example").chain}).value(), "api.example");
    talk.ask(heard, get("/"));
    REQUIRE(heard.error);
    CHECK(heard.error->origin == "tls");
  }
  SECTION("no TLS at all there") {
    TestServer plain([](Peer& peer, int) { (void)peer.read_head(), peer.write("HTTP/1.1 400 X\r\n\r\n"); });
    Talk talk(plain.port(), TlsClient::create({pem.chain}).value(), "api.example");
    auto request = get("/");
    request.connect_timeout = milliseconds(500);
    talk.ask(heard, std::move(request));
    CHECK(heard.error);
  }
}

// A client that is told of a proxy, and of a host that only the proxy can find.
struct ProxyTalk {
  LoopRunner loop;
  std::unique_ptr<HttpClient> client;
  ProxyTalk(std::uint16_t proxy, std::shared_ptr<TlsClient> tls, std::string authorization = "") {
    HttpClientOptions options;
    options.host = "config.invalid";
    options.port = tls ? 443 : 8080;
    options.tls = tls != nullptr;
    options.tls_client = std::move(tls);
    options.proxy_host = "127.0.0.1";
    options.proxy_port = proxy;
    options.proxy_authorization = std::move(authorization);
    client = HttpClient::create(loop, std::move(options)).value();
  }
  void ask(Heard& heard, HttpClientRequest request) {
    heard.call = client->start(std::move(request), heard.handler());
    REQUIRE(loop.until([&] { return heard.done; }));
  }
};

TEST_CASE("Through a proxy: plain requests go in absolute form") {
  std::string seen;
  TestServer server([&](Peer& peer, int) {
    while (auto head = peer.read_head()) {
      seen = *head;
      peer.answer(200, "there");
    }
  });
  test::ForwardProxy proxy(server.port(), "Basic dTpw");
  ProxyTalk talk(proxy.port(), nullptr, "Basic dTpw");
  Heard heard;
  talk.ask(heard, get("/a?b"));
  REQUIRE_FALSE(heard.error);
  CHECK(heard.body == "there");
  REQUIRE(proxy.seen().size() == 1);
  CHECK(proxy.seen().front() == "GET http://config.invalid:8080/a?b HTTP/1.1\r\nHost: config.invalid:8080\r\n"
                                "User-Agent: libgateway\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
}

TEST_CASE("Through a proxy: TLS goes through a tunnel, and the proxy's credentials stay outside") {
  const auto pem = test::make_pem("config.invalid");
  auto table = std::make_shared<TlsTable>();
  table->set_default(test::binding("", pem));
  std::vector<std::string> heads;
  TestServer server(
      [&](Peer& peer, int) {
        while (auto head = peer.read_head()) {
          heads.push_back(*head);
          peer.answer(200, "secret");
        }
      },
      table);
  test::ForwardProxy proxy(server.port(), "Basic dTpw");
  SECTION("opened once for all requests") {
    ProxyTalk talk(proxy.port(), TlsClient::create({pem.chain}).value(), "Basic dTpw");
    for (int i = 0; i < 2; ++i) {
      Heard heard;
      talk.ask(heard, get("/x"));
      REQUIRE_FALSE(heard.error);
      CHECK(heard.body == "secret");
    }
    REQUIRE(proxy.seen().size() == 1);
    CHECK(proxy.seen().front() == "CONNECT config.invalid:443 HTTP/1.1\r\nHost: config.invalid:443\r\n"
                                  "User-Agent: libgateway\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
    REQUIRE(heads.size() == 2);
    CHECK(heads.front() == "GET /x HTTP/1.1\r\nHost: config.invalid\r\nUser-Agent: libgateway\r\n\r\n");
  }
  SECTION("refused without credentials") {
    ProxyTalk talk(proxy.port(), TlsClient::create({pem.chain}).value());
    Heard heard;
    talk.ask(heard, get("/x"));
    REQUIRE(heard.error);
    CHECK(heard.error->code == ErrorCode::Unauthorized);
    CHECK(heard.error->message == "the proxy refused the tunnel with status 407");
    CHECK(heard.error->where == "config.invalid through the proxy 127.0.0.1:" + std::to_string(proxy.port()));
    CHECK(heads.empty());
  }
}

TEST_CASE("Through a proxy: one that does not open the tunnel is said to be at fault") {
  struct Case {
    std::string says;
    ErrorCode code;
  };
  const auto refusal = GENERATE(values<Case>({{"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n", ErrorCode::Unavailable},
                                              {"SSH-2.0-what\r\n\r\n", ErrorCode::ProtocolError},
                                              {"HTTP/1.1 200 OK\r\n\r\nmore", ErrorCode::ProtocolError},
                                              {"", ErrorCode::Unavailable}}));
  CAPTURE(refusal.says);
  TestServer proxy([&](Peer& peer, int) {
    (void)peer.read_head();
    peer.write(refusal.says);
  });
  ProxyTalk talk(proxy.port(), TlsClient::create({test::make_pem("config.invalid").chain}).value());
  Heard heard;
  talk.ask(heard, get("/x"));
  REQUIRE(heard.error);
  CHECK(heard.error->code == refusal.code);
}

TEST_CASE("A body that is announced as too long is refused before it comes") {
  TestServer server([](Peer& peer, int) {
    (void)peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
    peer.wait_closed();
  });
  Talk talk(server.port());
  auto request = get("/");
  request.max_body = 10;
  Heard heard;
  talk.ask(heard, std::move(request));
  REQUIRE(heard.error);
  CHECK(heard.error->code == ErrorCode::TooLarge);
  CHECK(heard.status == 0);
}

}  // namespace
}  // namespace gateway
