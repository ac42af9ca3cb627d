#pragma once

#include <fcntl.h>

#include <csignal>

#include <catch2/catch.hpp>

#include "../tls/support.h"
#include "client_support.h"
#include "http/client.h"
#include "http/server.h"

namespace gateway::test {

using Request = HttpServer::Request;
using Response = HttpServer::Response;
using Responder = HttpServer::Responder;
using Stream = HttpServer::Stream;

inline Response text(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

inline HttpServer::Options with_bodies(std::size_t max_body = 1000) {
  HttpServer::Options options;
  options.methods = {"GET", "HEAD", "PUT", "POST"};
  options.max_body = max_body;
  return options;
}

// A server and its clients, all on the loop that the test turns.
struct Served {
  LoopRunner loop;
  std::unique_ptr<HttpServer> server;

  explicit Served(HttpServer::Handler handler, HttpServer::Options options = with_bodies()) {
    std::signal(SIGPIPE, SIG_IGN);  // as a control thread does: libuv writes without MSG_NOSIGNAL
    server = HttpServer::create(loop.native_loop(), std::move(options), std::move(handler)).value();
  }
};

inline HttpServer::Handler echo() {
  return [](Request request, const std::shared_ptr<Responder>& responder) {
    responder->send(text(request.method + ' ' + request.path + ' ' + request.body));
  };
}

// A client that writes and reads bytes, with TLS where it is given a session's maker.
class RawClient final : public CipherSink {
 public:
  explicit RawClient(Served& served, const std::shared_ptr<TlsClient>& tls = nullptr,
                     int receive_buffer = 0)
      : loop_(served.loop), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer)
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(served.server->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    if (!tls) return;
    session_ = tls->connect("server.test", *this);
    session_->start();
    REQUIRE(loop_.until([&] { return fill() && session_->state() == TlsSession::State::Open; }));
  }
  ~RawClient() override { close(); }

  // As much as the server takes; the loop turns meanwhile. False when it was cut off.
  bool send(std::string_view bytes) {
    if (session_) return session_->write(std::as_bytes(std::span(bytes)));
    return send_all(bytes);
  }
  // All that came until `mark` is among it, or the server closed.
  std::string receive(std::string_view mark) {
    CHECK(loop_.until([&] { return !fill() || received_.find(mark) != std::string::npos; }));
    return std::exchange(received_, {});
  }
  std::string receive_all() {
    CHECK(loop_.until([&] { return !fill(); }));
    return std::exchange(received_, {});
  }
  [[nodiscard]] bool was_reset() const { return reset_; }
  [[nodiscard]] const TlsSession* tls() const { return session_.get(); }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  void append(std::span<const std::byte> bytes) override {
    send_all({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

 private:
  bool send_all(std::string_view bytes) {
    bool open = true;
    CHECK(loop_.until([&] {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
      open = count >= 0 || errno == EAGAIN;
      return !open || bytes.empty();
    }));
    return open;
  }
  // Reads what there is; false when the server closed.
  bool fill() {
    char buffer[16 * 1024];
    for (;;) {
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count < 0 && errno == EAGAIN) return true;
      if (count < 0) reset_ = true;
      if (count <= 0) return false;
      const std::string_view bytes(buffer, static_cast<std::size_t>(count));
      if (!session_) {
        received_ += bytes;
        continue;
      }
      session_->feed(std::as_bytes(std::span(bytes)), [&](std::span<const std::byte> plain) {
        received_.append(reinterpret_cast<const char*>(plain.data()), plain.size());
      });
    }
  }

  LoopRunner& loop_;
  int socket_;
  std::unique_ptr<TlsSession> session_;
  std::string received_;
  bool reset_ = false;
};

inline std::string ask(Served& served, std::string_view request) {
  RawClient client(served);
  client.send(request);
  return client.receive_all();
}

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
inline constexpr std::string_view kLastGet =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// The library's own client, and what it heard.
struct Asked {
  std::unique_ptr<HttpClient> client;
  std::unique_ptr<HttpClientCall> call;
  int status = 0;
  std::string body;
  bool done = false;
  std::optional<Error> error;

  Asked(Served& served, HttpClientRequest request, std::shared_ptr<TlsClient> tls = nullptr) {
    HttpClientOptions options;
    options.host = "127.0.0.1";
    options.port = served.server->port();
    options.tls = tls != nullptr;
    options.tls_client = std::move(tls);
    options.tls_server_name = "server.test";
    client = HttpClient::create(served.loop, std::move(options)).value();
    call = client->start(std::move(request),
                         {[this](const HttpClientResponse& head) { status = head.status; },
                          [this](std::string_view data) { body += data; },
                          [this](Result<void> result) {
                            done = true;
                            if (!result) error = result.error();
                          }});
  }
};

struct Tls {
  Pem pem = make_pem("server.test");
  std::shared_ptr<TlsClient> client;

  Tls() {
    TlsClientOptions options;
    options.ca_pem = pem.chain;
    client = TlsClient::create(options).value();
  }
  [[nodiscard]] HttpServer::Options options() const {
    auto made = with_bodies(4u << 20);
    auto table = std::make_shared<TlsTable>();
    table->set_default(binding("", pem));
    made.tls = table;
    return made;
  }
};

}  // namespace gateway::test
