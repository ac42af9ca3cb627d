#include "server_support.h"

namespace gateway {

using namespace test;
using std::chrono::milliseconds;

TEST_CASE("A request reaches the handler whole") {
  Request seen;
  Served served([&](Request request, const std::shared_ptr<Responder>& responder) {
    seen = std::move(request);
    responder->send(text("taken"));
  });
  HttpClientRequest request;
  request.method = "PUT";
  request.target = "/a/b?x=1%20+2&y";
  request.headers = {{"X-Some", "Thing"}};
  request.body = std::string(900, 'b');
  Asked asked(served, request);
  REQUIRE(served.loop.until([&] { return asked.done; }));
  CHECK(asked.status == 200);
  CHECK(asked.body == "taken");
  CHECK(seen.method == "PUT");
  CHECK(seen.path == "/a/b");
  REQUIRE(seen.parameter("x"));
  CHECK(*seen.parameter("x") == "1  2");
  CHECK(seen.parameter("y"));
  CHECK_FALSE(seen.parameter("z"));
  REQUIRE(seen.header("x-some"));
  CHECK(*seen.header("x-some") == "Thing");
  CHECK(seen.host == "127.0.0.1:" + std::to_string(served.server->port()));
  CHECK(seen.body == request.body);
  CHECK(seen.client_address == "127.0.0.1");
  CHECK_FALSE(seen.tls);
}

TEST_CASE("A chunked body is put together, however its bytes are cut") {
  Served served(echo());
  RawClient client(served);
  for (const char byte :
       std::string_view("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "4\r\nonce\r\n6;e=1\r\n again\r\n0\r\nT: x\r\n\r\n")) {
    client.send({&byte, 1});
    served.loop.turn();
  }
  CHECK_THAT(client.receive("again"),
             Catch::StartsWith("HTTP/1.1 200 OK\r\n") && Catch::EndsWith("POST /x once again"));
  client.send(kLastGet);
  CHECK_THAT(client.receive_all(), Catch::EndsWith("GET / "));
}

TEST_CASE("What is not allowed is refused, and the handler does not see it") {
  int handled = 0;
  Served served([&](const Request&, const std::shared_ptr<Responder>& responder) {
    ++handled;
    responder->send(text(""));
  });
  struct Row {
    std::string request;
    int status;
    const char* says;
  };
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const Row& row : {
           Row{"DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405,
               "\r\nAllow: GET, HEAD, PUT, POST\r\n"},
           Row{"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405,
               "Connection: close"},
           Row{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413,
               "at most 1000 bytes"},
           Row{chunked + "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n", 413,
               "at most 1000 bytes"},
           Row{chunked + "xyz\r\n", 400, "Connection: close"},
           Row{chunked + "3\r\nabcX", 400, "Connection: close"},
           Row{chunked + "ffffffffffffffff1\r\n", 400, "Connection: close"},
           Row{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
               "chunked\r\n\r\n",
               400, ""},
           Row{"GET / HTTP/1.1\r\n\r\n", 400, "missing Host"},
           Row{"GET / HTTP/1.1\nHost: a\n\n", 400, ""},
           Row{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, ""},
           Row{"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431, ""},
           Row{"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, ""},
       }) {
    CAPTURE(row.request.substr(0, 120));
    CHECK_THAT(ask(served, row.request),
               Catch::StartsWith("HTTP/1.1 " + std::to_string(row.status) + ' ') &&
                   Catch::Contains(row.says));
  }
  CHECK(handled == 0);
}

TEST_CASE("A body of exactly the longest length is taken") {
  Served served(echo());
  CHECK_THAT(ask(served,
                 "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" +
                     std::string(1000, 'x')),
             Catch::StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(ask(served,
                 "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: "
                 "chunked\r\n\r\n3e8\r\n" +
                     std::string(1000, 'x') + "\r\n0\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("Without max_body every body is refused, but for the empty one") {
  Served served(echo(), with_bodies(0));
  CHECK_THAT(ask(served, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"),
             Catch::StartsWith("HTTP/1.1 413 ") && Catch::Contains("no request body is allowed"));
  CHECK_THAT(
      ask(served, "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      Catch::StartsWith("HTTP/1.1 413 "));
  CHECK_THAT(
      ask(served, "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
      Catch::StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("A refusal reaches a client that is still sending its body") {
  Served served(echo());
  RawClient client(served);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  CHECK(client.send(std::string(3'000'000, 'x')));
  CHECK_THAT(client.receive_all(), Catch::StartsWith("HTTP/1.1 413 "));
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("Expect: 100-continue is answered where the body is wanted") {
  Served served(echo());
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ";
  RawClient client(served);
  client.send(head + "3\r\n\r\n");
  CHECK(client.receive("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  CHECK_THAT(client.receive("abc"), Catch::StartsWith("HTTP/1.1 200 "));
  client.send(head + "2000\r\n\r\n");
  CHECK_THAT(client.receive_all(), Catch::StartsWith("HTTP/1.1 413 "));
}

TEST_CASE(
    "Pipelined requests are handled one after the other, each when the one before is answered") {
  std::vector<std::pair<std::string, std::shared_ptr<Responder>>> waiting;
  Served served([&](const Request& request, std::shared_ptr<Responder> responder) {
    waiting.emplace_back(request.path + request.body, std::move(responder));
  });
  RawClient client(served);
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: "
      "3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (std::size_t number = 1; number <= 3; ++number) {
    REQUIRE(served.loop.until([&] { return waiting.size() == number; }));
    for (int i = 0; i < 10; ++i) served.loop.turn();
    CHECK(waiting.size() == number);
    waiting.back().second->send(text("answer " + waiting.back().first));
    CHECK_THAT(client.receive("answer"), Catch::Contains("answer /" + std::to_string(number)));
  }
  CHECK(waiting[1].first == "/2abc");
}

TEST_CASE("A request that nobody answers gets 500; the first answer counts") {
  std::shared_ptr<Responder> kept;
  Served served([&](const Request& request, std::shared_ptr<Responder> responder) {
    if (request.path == "/kept") kept = std::move(responder);
    if (request.path == "/twice") {
      responder->send(text("first"));
      responder->send(text("second"));
      CHECK_FALSE(responder->stream(text(""), [] { FAIL("closed without a stream"); })->open());
    }
  });
  const auto get = [](const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  };
  CHECK_THAT(ask(served, get("/dropped")),
             Catch::StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  CHECK_THAT(ask(served, get("/twice")), Catch::EndsWith("\r\n\r\nfirst"));
  RawClient client(served);
  client.send(get("/kept"));
  REQUIRE(served.loop.until([&] { return kept != nullptr; }));
  kept.reset();
  CHECK_THAT(client.receive_all(), Catch::StartsWith("HTTP/1.1 500 "));
}

TEST_CASE("A responder may be kept after the client and the server are gone") {
  std::vector<std::shared_ptr<Responder>> kept;
  auto options = with_bodies();
  options.limits.answer = milliseconds(50);
  Served served([&](const Request&,
                    std::shared_ptr<Responder> responder) { kept.push_back(std::move(responder)); },
                options);
  CHECK(ask(served, kGet).empty());
  REQUIRE(kept.size() == 1);
  kept[0]->send(text("late"));
  RawClient client(served);
  client.send(kGet);
  REQUIRE(served.loop.until([&] { return kept.size() == 2; }));
  served.server.reset();
  CHECK_FALSE(kept[1]->stream(text(""), [] { FAIL("closed without a stream"); })->open());
  CHECK(client.receive_all().empty());
}

TEST_CASE("A response that must not be sent becomes 500") {
  Response wanted;
  Served served([&](const Request&, const std::shared_ptr<Responder>& responder) {
    responder->send(wanted);
  });
  const auto with_header = [](std::string name, std::string value) {
    Response response = text("body");
    response.headers = {{std::move(name), std::move(value)}};
    return response;
  };
  Response odd_type = text("body");
  odd_type.content_type = "text/plain\r\nX-Evil: 1";
  Response odd_status = text("body");
  odd_status.status = 101;
  for (const Response& row :
       {with_header("X-Some", "a\r\nX-Evil: 1"), with_header("X-Some", "a\nX-Evil: 1"),
        with_header("X-Some", std::string("a\0X-Evil", 8)), with_header("X-Evil: 1\r\nX", "a"),
        with_header("", "X-Evil"), with_header("Content-Length", "3"),
        with_header("transfer-encoding", "chunked"), odd_type, odd_status}) {
    wanted = row;
    const std::string answer = ask(served, kLastGet);
    CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 500 ") && !Catch::Contains("\nX-Evil") &&
                           !Catch::EndsWith("body"));
  }
}

TEST_CASE("Headers are sent as given, with ours where they are not") {
  Response wanted = text("body");
  Served served([&](const Request&, const std::shared_ptr<Responder>& responder) {
    responder->send(wanted);
  });
  CHECK(ask(served, kLastGet) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nCache-Control: "
        "no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nbody");
  wanted.headers = {{"ETag", "\"1\""}, {"cache-control", "max-age=5"}, {"ETag", "twice"}};
  CHECK_THAT(ask(served, kLastGet),
             Catch::Contains("\r\nETag: \"1\"\r\ncache-control: max-age=5\r\nETag: twice\r\n") &&
                 !Catch::Contains("no-store"));
  CHECK_THAT(ask(served, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
             Catch::Contains("\r\nContent-Length: 4\r\n") && Catch::EndsWith("\r\n\r\n"));
  wanted.status = 204;
  CHECK_THAT(ask(served, kLastGet), Catch::StartsWith("HTTP/1.1 204 No Content\r\n") &&
                                        Catch::EndsWith("\r\n\r\n") &&
                                        !Catch::Contains("Content-Length"));
}

TEST_CASE("A connection that takes too long is closed") {
  struct Row {
    const char* sent;
    milliseconds HttpServer::TimeLimits::*limit;
  };
  for (const Row& row : {Row{"", &HttpServer::TimeLimits::idle},
                         Row{"GET / HTTP/1.1\r\nHo", &HttpServer::TimeLimits::head},
                         Row{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
                             &HttpServer::TimeLimits::body},
                         Row{kGet.data(), &HttpServer::TimeLimits::answer}}) {
    CAPTURE(row.sent);
    std::shared_ptr<Responder> kept;
    auto options = with_bodies();
    options.limits.*row.limit = milliseconds(50);
    Served served(
        [&](const Request&, std::shared_ptr<Responder> responder) { kept = std::move(responder); },
        options);
    CHECK(ask(served, row.sent).empty());
  }
}

TEST_CASE("A client may end its side after its request") {
  Served served(echo());
  RawClient client(served);
  client.send(kGet);
  client.half_close();
  CHECK_THAT(client.receive_all(), Catch::EndsWith("GET / "));
}

TEST_CASE("More connections than allowed are closed, until one is free") {
  auto options = with_bodies();
  options.max_connections = 1;
  Served served(echo(), options);
  RawClient first(served);
  first.send(kGet);
  first.receive("GET / ");
  CHECK(ask(served, kGet).empty());
  first.close();
  CHECK(served.loop.until([&] { return !ask(served, kLastGet).empty(); }));
}

TEST_CASE("TLS: bodies, answers and streams pass whole") {
  const Tls tls;
  std::shared_ptr<Stream> stream;
  bool encrypted = false;
  Served served(
      [&](Request request, const std::shared_ptr<Responder>& responder) {
        encrypted = request.tls;
        if (request.path == "/stream") {
          stream = responder->stream(text(""), [] {});
        } else {
          responder->send(text(request.body + "!"));
        }
      },
      tls.options());
  HttpClientRequest request;
  request.method = "POST";
  request.target = "/";
  request.body.assign(3'000'000, 'b');
  Asked asked(served, request, tls.client);
  REQUIRE(served.loop.until([&] { return asked.done; }));
  CHECK_FALSE(asked.error);
  CHECK(encrypted);
  CHECK(asked.body == request.body + "!");
  HttpClientRequest streaming;
  streaming.target = "/stream";
  Asked listening(served, streaming, tls.client);
  REQUIRE(served.loop.until([&] { return stream != nullptr; }));
  stream->write("piece");
  REQUIRE(served.loop.until([&] { return listening.body == "piece"; }));
  stream->end();
  REQUIRE(served.loop.until([&] { return listening.done; }));
  CHECK_FALSE(listening.error);
}

TEST_CASE("TLS: the end of a connection is announced") {
  const Tls tls;
  Served served(echo(), tls.options());
  RawClient answered(served, tls.client);
  answered.send(kLastGet);
  CHECK_THAT(answered.receive_all(), Catch::EndsWith("GET / "));
  CHECK(answered.tls()->state() == TlsSession::State::PeerClosed);
  RawClient cut(served, tls.client);
  cut.send(kGet);
  cut.receive("GET / ");
  served.server.reset();
  cut.receive_all();
  CHECK(cut.tls()->state() == TlsSession::State::PeerClosed);
}

TEST_CASE("TLS: a client that speaks something else, or nothing, is closed") {
  const Tls tls;
  auto options = tls.options();
  options.limits.head = milliseconds(500);
  Served served(echo(), options);
  CHECK_THAT(ask(served, kGet), !Catch::Contains("HTTP/1.1"));
  CHECK(ask(served, "").empty());
  CHECK(ask(served, "\x16\x03\x01").empty());
  RawClient half(served, tls.client);
  half.send("GET / HT");
  CHECK(half.receive_all().empty());
}

TEST_CASE("Queries are taken apart") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(HttpServer::parse_query("").empty());
  CHECK(HttpServer::parse_query("a=1&b=%20&c&=d&e=f=g&%41+=%zz%2") ==
        Pairs{{"a", "1"}, {"b", " "}, {"c", ""}, {"", "d"}, {"e", "f=g"}, {"A ", "%zz%2"}});
}

TEST_CASE("An address that cannot be listened on is an error that names it") {
  Served served(echo());
  auto options = with_bodies();
  options.port = served.server->port();
  const auto taken = HttpServer::create(served.loop.native_loop(), options, echo());
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().code == ErrorCode::AlreadyExists);
  CHECK_THAT(taken.error().to_string(),
             Catch::Contains("127.0.0.1:" + std::to_string(options.port)));
  options.address = "not an address";
  const auto malformed = HttpServer::create(served.loop.native_loop(), options, echo());
  REQUIRE_FALSE(malformed.ok());
  CHECK_THAT(malformed.error().to_string(), Catch::Contains("not an address"));
}

}  // namespace gateway
