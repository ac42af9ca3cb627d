#include "runtime/control_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <string>

#include <catch2/catch.hpp>

#include "runtime/control_thread.h"

using namespace gateway;
using Guard = ControlServer::Guard;

namespace {

// A server on a control thread of its own.
class Served {
 public:
  explicit Served(Guard guard, ControlServer::Handler handler = echo) {
    auto made = ControlThread::create();
    REQUIRE(made.ok());
    thread_ = std::move(made).value();
    thread_->start();
    thread_->run([&] {
      auto server = ControlServer::create(thread_->native_loop(), "127.0.0.1", 0, std::move(handler), guard);
      if (server) server_ = std::move(server).value();
    });
    REQUIRE(server_);
  }
  ~Served() {
    close();
    thread_->stop();
  }
  void close() {
    thread_->run([&] { server_.reset(); });
  }
  std::uint16_t port() const { return server_->port(); }
  ControlThread& thread() { return *thread_; }

  static ControlServer::Response echo(const ControlServer::Request& request) {
    ControlServer::Response response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.path;
    for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
    return response;
  }

 private:
  std::unique_ptr<ControlThread> thread_;
  std::unique_ptr<ControlServer> server_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const timeval limit{5, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Until `mark` was seen, or the peer closed.
  std::string receive(const std::string& mark) {
    char buffer[4096];
    while (received_.find(mark) == std::string::npos) {
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      received_.append(buffer, static_cast<std::size_t>(count));
    }
    return std::exchange(received_, {});
  }
  std::string receive_all() { return receive("\n\n\n never sent"); }

 private:
  int socket_;
  std::string received_;
};

std::string ask(const Served& served, const std::string& request) {
  Client client(served.port());
  client.send(request);
  return client.receive_all();
}

std::string get(const std::string& target, const std::string& headers = "Host: localhost\r\n") {
  return "GET " + target + " HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n";
}

}  // namespace

TEST_CASE("a request reaches the handler with its query decoded") {
  const Served served(Guard::None);
  CHECK_THAT(ask(served, get("/a/b?x=1%20+2&y&z=%zz")),
             Catch::StartsWith("HTTP/1.1 200 OK\r\n") && Catch::EndsWith("\r\n\r\nGET /a/b x=1  2 y= z=%zz"));
}

TEST_CASE("a connection is kept, and pipelined requests are answered in their order") {
  const Served served(Guard::None);
  Client client(served.port());
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHo");
  client.send("st: a\r\n\r\n");
  const std::string answers = client.receive("GET /3");
  CHECK(answers.find("GET /1") < answers.find("GET /3"));
  CHECK_THAT(answers, Catch::Contains("Content-Length: 7") && !Catch::Contains("HEAD /2"));
}

TEST_CASE("only GET and HEAD without a body are allowed") {
  const Served served(Guard::None);
  CHECK_THAT(ask(served, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 405 ") && Catch::Contains("Allow: GET, HEAD"));
  CHECK_THAT(ask(served, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), Catch::StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("malformed and oversized heads are refused and the connection closed") {
  const Served served(Guard::None);
  CHECK_THAT(ask(served, "GET / HTTP/1.1\r\n\r\n"), Catch::StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(ask(served, "GET / HTTP/1.1\nHost: a\n\n"), Catch::StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(ask(served, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
             Catch::StartsWith("HTTP/1.1 431 "));
}

TEST_CASE("with the local guard, a Host or an Origin of another site is refused") {
  const Served served(Guard::LocalOnly);
  struct Row {
    const char* headers;
    bool allowed;
  };
  for (const Row& row : {Row{"Host: localhost\r\n", true}, Row{"Host: localhost:9\r\n", true}, Row{"Host: 127.0.0.1:8082\r\n", true},
                         Row{"Host: [::1]:8082\r\n", true}, Row{"Host: evil.example\r\n", false}, Row{"Host: localhost.evil.example\r\n", false},
                         Row{"Host: 10.0.0.1\r\n", false}, Row{"Host: 127.0.0.1\r\nOrigin: http://localhost:3000\r\n", true},
                         Row{"Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", false}, Row{"Host: 127.0.0.1\r\nOrigin: null\r\n", false}}) {
    CAPTURE(row.headers);
    CHECK_THAT(ask(served, get("/", row.headers)), Catch::StartsWith(row.allowed ? "HTTP/1.1 200 " : "HTTP/1.1 403 "));
  }
}

TEST_CASE("a slow body holds up nobody else") {
  std::promise<void> release;
  std::promise<void> begun;
  const Served served(Guard::None, [&](const ControlServer::Request& request) {
    ControlServer::Response response = Served::echo(request);
    if (request.path == "/slow") {
      response.slow_body = [&] {
        begun.set_value();
        release.get_future().wait();
        return std::string("slowly made");
      };
    }
    return response;
  });
  Client slow(served.port());
  slow.send(get("/slow"));
  begun.get_future().wait();
  CHECK_THAT(ask(served, get("/quick")), Catch::EndsWith("GET /quick"));
  release.set_value();
  CHECK_THAT(slow.receive_all(), Catch::EndsWith("slowly made"));
}

TEST_CASE("closing waits for a slow body, and cuts every connection") {
  std::promise<void> begun;
  std::atomic<bool> made = false;
  Served served(Guard::None, [&](const ControlServer::Request&) {
    ControlServer::Response response;
    response.slow_body = [&] {
      begun.set_value();
      made = true;
      return std::string();
    };
    return response;
  });
  Client waiting(served.port());
  Client asking(served.port());
  asking.send(get("/"));
  begun.get_future().wait();
  served.close();
  CHECK(made);
  CHECK(waiting.receive_all().empty());
}

TEST_CASE("an address in use is an error that names it") {
  Served first(Guard::None);
  first.thread().run([&] {
    const auto second = ControlServer::create(first.thread().native_loop(), "127.0.0.1", first.port(), Served::echo, Guard::None);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code == ErrorCode::AlreadyExists);
    CHECK_THAT(second.error().to_string(), Catch::Contains("127.0.0.1:" + std::to_string(first.port())));
  });
}
