#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <uv.h>

#include <gateway/environment.h>
#include <gateway/source.h>

#include "base/uv.h"
#include "tls/tls_session.h"

namespace gateway::test {

// A loop that a test turns itself, as the control thread's.
class LoopRunner final : public TaskRunner {
 public:
  void post(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.send();
  }
  void* native_loop() const noexcept override { return loop_.get(); }

  // Turns the loop until `reached` is true; false when it did not become so in time.
  bool until(const std::function<bool()>& reached,
             std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    uv::Timer tick(loop_.get());
    tick.start(std::chrono::milliseconds(5), [] {}, std::chrono::milliseconds(5));
    while (!reached()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      uv_run(loop_.get(), UV_RUN_ONCE);
    }
    return true;
  }
  // Turns it once without waiting.
  void turn() { uv_run(loop_.get(), UV_RUN_NOWAIT); }

 private:
  void run_tasks() {
    std::vector<std::function<void()>> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
  }

  mutable uv::Loop loop_;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  uv::Async wake_{loop_.get(), [this] { run_tasks(); }};
};

// One accepted connection, read and written by the thread that serves it.
class Peer final : public CipherSink {
 public:
  Peer(int socket, TlsServer* tls, std::shared_ptr<const TlsTable> table) : socket_(socket) {
    if (tls) session_ = tls->accept(std::move(table), *this);
  }

  // A request's head with its blank line; nullopt when the client closed.
  std::optional<std::string> read_head() {
    for (;;) {
      const auto end = received_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::string head = received_.substr(0, end + 4);
        received_.erase(0, end + 4);
        return head;
      }
      if (!fill()) return std::nullopt;
    }
  }
  std::string read_body(std::size_t size) {
    while (received_.size() < size && fill()) {
    }
    std::string body = received_.substr(0, size);
    received_.erase(0, size);
    return body;
  }
  // True once the client has closed.
  bool wait_closed() {
    while (fill()) {
    }
    return true;
  }
  void write(std::string_view text) {
    if (!session_) return send_all(text);
    session_->write(std::as_bytes(std::span(text)));
  }
  void answer(int status, std::string_view body, std::string_view more = "") {
    write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n" + std::string(more) + "\r\n" + std::string(body));
  }
  // One chunk of a body that began with `Transfer-Encoding: chunked`.
  void chunk(std::string_view data) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    write(size + std::string(data) + "\r\n");
  }
  void append(std::span<const std::byte> bytes) override {
    send_all({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

 private:
  bool fill() {
    char buffer[4096];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    const std::string_view bytes(buffer, static_cast<std::size_t>(count));
    if (!session_) {
      received_ += bytes;
      return true;
    }
    const auto state = session_->feed(std::as_bytes(std::span(bytes)), [this](auto plain) {
      received_.append(reinterpret_cast<const char*>(plain.data()), plain.size());
    });
    return state == TlsSession::State::Handshaking || state == TlsSession::State::Open;
  }
  void send_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  int socket_;
  std::unique_ptr<TlsSession> session_;
  std::string received_;
};

// A server on 127.0.0.1 that serves each connection by `serve` on a thread of its own; it is closed
// when `serve` returns. `serve` gets the number of the connection, from 0.
class TestServer {
 public:
  using Serve = std::function<void(Peer&, int)>;

  explicit TestServer(Serve serve, std::shared_ptr<const TlsTable> table = nullptr)
      : serve_(std::move(serve)), table_(std::move(table)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listen_on(0);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~TestServer() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (auto& thread : serving_) thread.join();
    ::close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // Cuts every open connection.
  void cut() {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }

 private:
  void listen_on(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 64);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  void accept_all() {
    for (int count = 0;; ++count) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex_);
      if (socket < 0 || ended_) {
        if (socket >= 0) ::close(socket);
        return;
      }
      open_.push_back(socket);
      serving_.emplace_back([this, socket, count] {
        std::unique_ptr<TlsServer> tls;
        if (table_) {
          static const std::vector<std::string> kAlpn{"http/1.1"};
          tls = TlsServer::create(TicketKeys::create(Environment::system()), kAlpn).value();
        }
        {
          Peer peer(socket, tls.get(), table_);
          serve_(peer, count);
        }
        const std::lock_guard inner(mutex_);
        std::erase(open_, socket);
        ::close(socket);
      });
    }
  }

  Serve serve_;
  std::shared_ptr<const TlsTable> table_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> serving_;
  bool ended_ = false;
  std::thread accepting_;
};

}  // namespace gateway::test
