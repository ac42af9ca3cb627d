#include "server_support.h"

namespace gateway {

using namespace test;
using std::chrono::milliseconds;

namespace {

// A handler's side of a stream.
struct Streamed {
  std::shared_ptr<Stream> stream;
  int closed = 0;

  HttpServer::Handler handler() {
    return [this](const Request&, const std::shared_ptr<Responder>& responder) {
      stream = responder->stream(text(""), [this] { ++closed; });
    };
  }
};

}  // namespace

TEST_CASE("A stream whose head must not be sent becomes 500") {
  Served served([&](const Request&, const std::shared_ptr<Responder>& responder) {
    Response head = text("");
    head.headers = {{"X-Some", "a\r\nX-Evil: 1"}};
    CHECK_FALSE(responder->stream(head, [] { FAIL("closed without a stream"); })->open());
  });
  CHECK_THAT(ask(served, kLastGet),
             Catch::StartsWith("HTTP/1.1 500 ") && !Catch::Contains("\nX-Evil"));
}

TEST_CASE("A stream goes out as it is written, and the connection serves on after its end") {
  Streamed streamed;
  Served served(streamed.handler());
  RawClient client(served);
  client.send(kGet);
  CHECK_THAT(client.receive("\r\n\r\n"), Catch::Contains("Transfer-Encoding: chunked\r\n") &&
                                             !Catch::Contains("Content-Length"));
  REQUIRE(streamed.stream->open());
  streamed.stream->write("one");
  streamed.stream->write("");
  CHECK(client.receive("one\r\n") == "3\r\none\r\n");
  streamed.stream->write(std::string(20, 'x'));
  CHECK(client.receive("x\r\n") == "14\r\n" + std::string(20, 'x') + "\r\n");
  client.send(kLastGet);  // waits for its turn
  streamed.stream->end();
  CHECK_FALSE(streamed.stream->open());
  streamed.stream->write("too late");
  CHECK_THAT(client.receive("\r\n\r\nHTTP/1.1 200 OK"),
             Catch::StartsWith("0\r\n\r\nHTTP/1.1 200 OK\r\n"));
  streamed.stream->end();
  client.receive_all();
  CHECK(streamed.closed == 0);
}

TEST_CASE("A stream to HTTP/1.0 ends with the connection; one to HEAD has no body") {
  Streamed streamed;
  Served served(streamed.handler());
  RawClient old(served);
  old.send("GET / HTTP/1.0\r\n\r\n");
  CHECK_THAT(old.receive("\r\n\r\n"),
             Catch::Contains("Connection: close\r\n") && !Catch::Contains("chunked"));
  streamed.stream->write("plain");
  streamed.stream->end();
  CHECK(old.receive_all() == "plain");
  RawClient client(served);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(client.receive("\r\n\r\n"), Catch::Contains("chunked"));
  streamed.stream->write("unseen");
  streamed.stream->end();
  client.send(kLastGet);
  CHECK_THAT(client.receive("\r\n\r\n"), Catch::StartsWith("HTTP/1.1 200 "));
  streamed.stream->end();
  CHECK(client.receive_all() == "0\r\n\r\n");
}

TEST_CASE("A client that leaves a stream is noticed, once") {
  Streamed streamed;
  Served served(streamed.handler());
  RawClient client(served);
  client.send(kGet);
  client.receive("\r\n\r\n");
  client.close();
  REQUIRE(served.loop.until([&] { return streamed.closed > 0; }));
  CHECK_FALSE(streamed.stream->open());
  streamed.stream->write("to nobody");
  streamed.stream->end();
  streamed.stream.reset();
  served.server.reset();
  served.loop.turn();
  CHECK(streamed.closed == 1);
}

TEST_CASE("A client that lets a stream pile up is dropped, from the loop and not within write") {
  Streamed streamed;
  auto options = with_bodies();
  options.max_stream_backlog = 1u << 20;
  Served served(streamed.handler(), options);
  RawClient client(served, nullptr, 4096);
  client.send(kGet);
  REQUIRE(served.loop.until([&] { return streamed.stream != nullptr; }));
  const std::string piece(256 * 1024, 'x');
  std::size_t written = 0;
  while (streamed.stream->open() && written < (64u << 20)) {
    streamed.stream->write(piece);
    written += piece.size();
  }
  CHECK_FALSE(streamed.stream->open());
  CHECK(written > options.max_stream_backlog);
  CHECK(streamed.closed == 0);
  REQUIRE(served.loop.until([&] { return streamed.closed == 1; }));
  CHECK_THAT(client.receive_all(), !Catch::EndsWith("0\r\n\r\n"));
}

TEST_CASE("A client that floods during a stream is dropped") {
  Streamed streamed;
  Served served(streamed.handler());
  RawClient client(served);
  client.send(kGet);
  client.receive("\r\n\r\n");
  client.send(std::string(200'000, 'x'));
  CHECK(served.loop.until([&] { return streamed.closed == 1; }));
}

TEST_CASE("A stream that makes no progress is ended; a silent one is not") {
  Streamed streamed;
  auto options = with_bodies();
  options.limits = {milliseconds(200), milliseconds(200), milliseconds(200), milliseconds(200),
                    milliseconds(300)};
  Served served(streamed.handler(), options);
  RawClient client(served, nullptr, 4096);
  client.send(kGet);
  client.receive("\r\n\r\n");
  CHECK_FALSE(served.loop.until([&] { return streamed.closed > 0; }, milliseconds(500)));
  streamed.stream->write(std::string(16u << 20, 'x'));
  CHECK(served.loop.until([&] { return streamed.closed == 1; }));
}

TEST_CASE("A stream that its owner drops before the end is cut") {
  Streamed streamed;
  Served served(streamed.handler());
  HttpClientRequest request;
  request.target = "/";
  Asked asked(served, request);
  REQUIRE(served.loop.until([&] { return streamed.stream != nullptr; }));
  streamed.stream->write("half");
  REQUIRE(served.loop.until([&] { return asked.body == "half"; }));
  streamed.stream.reset();
  REQUIRE(served.loop.until([&] { return asked.done; }));
  CHECK(asked.error);
  CHECK(streamed.closed == 0);
}

TEST_CASE("The callback of a stream may own the stream") {
  std::weak_ptr<Stream> seen;
  Served served([&](const Request&, const std::shared_ptr<Responder>& responder) {
    auto holder = std::make_shared<std::shared_ptr<Stream>>();
    *holder = responder->stream(text(""), [holder] {});
    seen = *holder;
  });
  RawClient client(served);
  client.send(kLastGet);
  REQUIRE(served.loop.until([&] { return !seen.expired(); }));
  seen.lock()->write("all");
  seen.lock()->end();
  CHECK(seen.expired());
  CHECK_THAT(client.receive_all(), Catch::EndsWith("3\r\nall\r\n0\r\n\r\n"));
}

TEST_CASE(
    "Destroying the server tells its streams and cuts every connection, also from within the "
    "handler") {
  Streamed streamed;
  Served served([&](const Request& request, const std::shared_ptr<Responder>& responder) {
    if (request.path == "/end") return served.server.reset();
    streamed.handler()(request, responder);
  });
  RawClient streaming(served);
  RawClient idle(served);
  RawClient ending(served);
  streaming.send(kGet);
  streaming.receive("\r\n\r\n");
  ending.send("GET /end HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(streaming.receive_all().empty());
  CHECK(idle.receive_all().empty());
  CHECK(ending.receive_all().empty());
  CHECK(streamed.closed == 1);
  CHECK_FALSE(streamed.stream->open());
}

}  // namespace gateway
