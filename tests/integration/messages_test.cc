#include <catch2/catch.hpp>

#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

TEST_CASE("Pipelined requests are answered in their order, over one backend connection") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo"
      "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nthr\r\n2\r\nee\r\n0\r\n\r\n"
      "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  const std::pair<const char*, const char*> expected[] = {{"GET /1 HTTP/1.1", ""},
                                                          {"POST /2 HTTP/1.1", "two"},
                                                          {"POST /3 HTTP/1.1", "three"},
                                                          {"GET /nowhere HTTP/1.1", ""},
                                                          {"GET /4 HTTP/1.1", ""}};
  for (const auto& [line, body] : expected) {
    const auto request = upstream.read_request();
    CHECK(request.whole);
    CHECK(request.start_line() == line);
    CHECK(request.body == body);
    CHECK(upstream.silent_for(std::chrono::milliseconds(50)));  // the next one waits for its turn
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: " +
                  std::to_string(request.start_line().size()) + "\r\n\r\n" + request.start_line());
    CHECK(client.read_response().body == line);
  }
  CHECK(backend.untouched());
}

TEST_CASE("The gateway's own answers keep their place among pipelined ones") {
  ScriptedBackend backend;
  SourceSnapshot routes;
  routes.set(backend_at("b", {backend.port()}));
  routes.set(api_for("a", "", "/served", "b"));
  GatewayUnderTest gateway(routes);
  auto client = gateway.connect();
  client.send(
      "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nPOST /nowhere HTTP/1.1\r\nHost: "
      "x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /served HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_response().status() == 404);
  CHECK(client.read_response().status() == 404);
  auto upstream = backend.accept();
  CHECK(upstream.read_request().start_line() == "GET /served HTTP/1.1");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(client.read_response().status() == 200);
  CHECK(client.read_response().status() == 404);
}

TEST_CASE("Whether the client's connection is kept follows version and Connection field") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  struct Row {
    const char* request;
    const char* connection;  // of the response
    bool kept;
  };
  constexpr Row kRows[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", true},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "close", false},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, CLOSE\r\n\r\n", "close", false},
      {"GET / HTTP/1.0\r\nHost: x\r\n\r\n", "close", false},
      {"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true},
  };
  Connection upstream;
  for (const auto& row : kRows) {
    INFO(row.request);
    auto client = gateway.connect();
    client.send(row.request);
    if (!upstream) upstream = backend.accept();
    const auto request = upstream.read_request();
    CHECK(request.start_line() == "GET / HTTP/1.1");
    CHECK_FALSE(request.has("Connection"));
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const auto response = client.read_response();
    CHECK(response.start_line() == "HTTP/1.1 200 OK");
    CHECK(response.body == "ok");
    CHECK(response.field("Connection") == row.connection);
    if (row.kept) {
      CHECK(client.silent_for(std::chrono::milliseconds(50)));
    } else {
      CHECK(client.ended_by_peer());
    }
  }
}

TEST_CASE("A response is framed for the client, however the backend framed it") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  struct Row {
    const char* name;
    const char* request;
    std::string_view response;
    bool backend_closes;
    const char* length;
    const char* coding;
    std::string_view body;
    std::string_view trailers;
  };
  constexpr Row kRows[] = {
      {"by length", "GET / HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false,
       "5", "", "hello", ""},
      {"by a length of zero", "GET / HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       false, "0", "", "", ""},
      {"chunked", "GET / HTTP/1.1",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
       false, "", "chunked", "hello", ""},
      {"chunked with trailers", "GET / HTTP/1.1",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: "
       "Checksum\r\n\r\n5\r\nhello\r\n0\r\nChecksum: 1\r\nSet-Cookie: a\r\n\r\n",
       false, "", "chunked", "hello", "Checksum: 1\r\n"},
      {"until close", "GET / HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\nhello", true, "", "chunked",
       "hello", ""},
      {"until close by HTTP/1.0", "GET / HTTP/1.1", "HTTP/1.0 200 OK\r\n\r\nhello", true, "",
       "chunked", "hello", ""},
      {"chunked, for HTTP/1.0", "GET / HTTP/1.0",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, "",
       "", "hello", ""},
      {"until close, for HTTP/1.0", "GET / HTTP/1.0", "HTTP/1.1 200 OK\r\n\r\nhello", true, "", "",
       "hello", ""},
      {"HEAD with a length", "HEAD / HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
       false, "5", "", "", ""},
      {"HEAD with chunked", "HEAD / HTTP/1.1",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, "", "", "", ""},
      {"HEAD with neither", "HEAD / HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\n", false, "", "", "", ""},
      {"204", "GET / HTTP/1.1", "HTTP/1.1 204 No Content\r\n\r\n", false, "", "", "", ""},
      {"304 with a length", "GET / HTTP/1.1",
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, "5", "", "", ""},
      {"an unknown status without a reason", "GET / HTTP/1.1",
       "HTTP/1.1 299 \r\nContent-Length: 1\r\n\r\nx", false, "1", "", "x", ""},
  };
  for (const auto& row : kRows) {
    INFO(row.name);
    auto client = gateway.connect();
    client.send(std::string(row.request) + "\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    const auto request = upstream.read_request();
    upstream.send(row.response);
    if (row.backend_closes) upstream.finish();
    const auto response = client.read_response(std::string_view(row.request).starts_with("HEAD"));
    CHECK(response.whole);
    const auto wanted = row.response.substr(9, row.response.find("\r\n") - 9);
    CHECK(response.start_line() == "HTTP/1.1 " + std::string(wanted));
    CHECK(response.field("Content-Length") == row.length);
    CHECK(response.field("Transfer-Encoding") == row.coding);
    CHECK(response.body == row.body);
    CHECK(response.trailers == row.trailers);
    client.finish();
    CHECK(client.read_to_end() == "");  // nothing behind it
    upstream.close();
    CHECK(gateway.metric_becomes("gateway_upstream_connections_idle", 0));
  }
}

TEST_CASE("A request's body reaches the backend as it was framed") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  struct Row {
    const char* name;
    std::string_view wire;
    const char* length;
    const char* coding;
    std::string_view body;
    std::string_view trailers;
  };
  constexpr Row kRows[] = {
      {"by length", "Content-Length: 5\r\n\r\nhello", "5", "", "hello", ""},
      {"by a length of zero", "Content-Length: 0\r\n\r\n", "0", "", "", ""},
      {"neither", "\r\n", "", "", "", ""},
      {"chunked", "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "",
       "chunked", "hello", ""},
      {"chunked and empty", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", "chunked", "", ""},
      {"chunked with trailers",
       "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nChecksum: 1\r\nHost: evil\r\n\r\n", "",
       "chunked", "hello", "Checksum: 1\r\n"},
  };
  auto client = gateway.connect();
  Connection upstream;
  for (const bool dripping : {false, true}) {
    for (const auto& row : kRows) {
      INFO(row.name << (dripping ? ", byte by byte" : ""));
      const std::string wire = "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(row.wire);
      if (dripping) {
        for (const char byte : wire) client.send({&byte, 1});
      } else {
        client.send(wire);
      }
      if (!upstream) upstream = backend.accept();
      const auto request = upstream.read_request();
      CHECK(request.whole);
      CHECK(request.field("Content-Length") == row.length);
      CHECK(request.field("Transfer-Encoding") == row.coding);
      CHECK(request.body == row.body);
      CHECK(request.trailers == row.trailers);
      upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
      CHECK(client.read_response().status() == 204);
    }
  }
}

TEST_CASE("Informational responses go on to HTTP/1.1 clients, and not to HTTP/1.0 ones") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  Connection upstream;
  for (const bool old : {false, true}) {
    auto client = gateway.connect();
    client.send(old ? "GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
                    : "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    if (!upstream) upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n"
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n");
    if (!old) {
      CHECK(client.read_head() == "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
      CHECK(client.read_head() == "HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n");
    }
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const auto response = client.read_response();
    CHECK(response.status() == 200);
    CHECK(response.body == "ok");
  }
}

TEST_CASE(
    "Expect: 100-continue is answered once, when the request is on its way, and not forwarded") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  auto upstream = backend.accept();
  CHECK(upstream.read_head().find("Expect") == std::string::npos);
  CHECK(client.read_head() == "HTTP/1.1 100 Continue\r\n\r\n");
  upstream.send("HTTP/1.1 100 Continue\r\n\r\n");  // of its own accord
  client.send("body");
  CHECK(upstream.read(4) == "body");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(client.read_response().status() == 200);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(upstream.read_request().start_line() == "GET / HTTP/1.1");
}

TEST_CASE("Who expects 100-continue and is refused at once is asked for no body") {
  GatewayUnderTest gateway{SourceSnapshot{}};
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const auto response = client.read_response();
  CHECK(response.status() == 404);
  CHECK(response.field("Connection") == "close");  // the body may come or not
  CHECK(client.ended_by_peer());
}

TEST_CASE("A refused request's small body is read off, a large one ends the connection") {
  GatewayUnderTest gateway{SourceSnapshot{}};
  auto client = gateway.connect();
  client.send("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n");
  CHECK(client.read_response().status() == 404);
  client.send(std::string(60'000, 'b') + "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_response().status() == 404);
  client.send("POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const auto response = client.read_response();
  CHECK(response.status() == 404);
  CHECK(response.field("Connection") == "close");
  CHECK(client.ended_by_peer());
}

TEST_CASE("A backend that answers before the request is whole is heard") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nfirst");
  auto upstream = backend.accept();
  CHECK(upstream.read_through("first").ends_with("first"));
  upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno.");
  const auto response = client.read_response();
  CHECK(response.status() == 413);
  CHECK(response.body == "no.");
  CHECK(upstream.ended_by_peer());  // what it gets next is unclear
  client.send(std::string(995, 'r') + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  auto next = backend.accept();
  CHECK(next.read_request().start_line() == "GET /next HTTP/1.1");
}

TEST_CASE("A client that has gone takes its backend request with it") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  struct Row {
    const char* name;
    const char* answered;  // by the backend, before the client goes
    bool reset;
  };
  constexpr Row kRows[] = {
      {"closed before the response", "", false},
      {"reset before the response", "", true},
      {"closed within it", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", false},
      {"reset within it", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
       true}};
  for (const auto& row : kRows) {
    INFO(row.name);
    auto client = gateway.connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto upstream = backend.accept();
    (void)upstream.read_request();
    upstream.send(row.answered);
    if (*row.answered) CHECK(client.read_through("abc").ends_with("abc"));
    if (row.reset) {
      client.reset();
    } else {
      client.close();
    }
    CHECK(upstream.ended_by_peer());
    auto line = gateway.next_line();
    CHECK(line["reason"] == "client_gone");
    CHECK(line["status"] == (*row.answered ? "200" : "0"));
  }
  CHECK(gateway.metric_becomes("gateway_connections_active", 0));
  CHECK(gateway.metric("gateway_requests_active") == 0);
}

TEST_CASE("A client that goes while the backend goes on sending ends both") {
  ScriptedBackend backend;
  GatewayUnderTest gateway(everything_to({backend.port()}));
  auto client = gateway.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto upstream = backend.accept();
  (void)upstream.read_request();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  (void)client.read_head();
  client.reset();
  const std::string chunk = "1000\r\n" + std::string(0x1000, 'c') + "\r\n";
  while (upstream.send(chunk)) {
  }
  CHECK(gateway.next_line()["reason"] == "client_gone");
}
