#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gateway::test {

// A forward proxy on 127.0.0.1: CONNECT, and requests in absolute form. Whatever name is asked for,
// it goes to the one port that it was made for. Thread-safe.
class ForwardProxy {
 public:
  // `authorization`: what Proxy-Authorization must be; "" = anything.
  explicit ForwardProxy(std::uint16_t target, std::string authorization = "")
      : target_(target), authorization_(std::move(authorization)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~ForwardProxy() {
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
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The heads that came, whole.
  [[nodiscard]] std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  static void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex_);
      if (socket < 0 || ended_) {
        if (socket >= 0) ::close(socket);
        return;
      }
      open_.push_back(socket);
      serving_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int client) {
    std::string head;
    char buffer[16 * 1024];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
      if (count <= 0) return close_both(client, -1);
      head.append(buffer, static_cast<std::size_t>(count));
    }
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(head);
    }
    if (!authorization_.empty() &&
        head.find("Proxy-Authorization: " + authorization_ + "\r\n") == std::string::npos) {
      send_all(client,
               "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
      return close_both(client, -1);
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(target_);
    if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      send_all(client, "HTTP/1.1 502 Gone\r\nContent-Length: 0\r\n\r\n");
      return close_both(client, server);
    }
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(server);
    }
    if (head.starts_with("CONNECT ")) {
      send_all(client, "HTTP/1.1 200 Connected\r\n\r\n");
    } else {
      // "GET http://name/path" becomes "GET /path"
      const auto scheme = head.find("http://");
      head.erase(scheme, head.find('/', scheme + 7) - scheme);
      send_all(server, head);
    }
    pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    for (;;) {
      if (::poll(both, 2, -1) < 0) break;
      bool over = false;
      for (int i = 0; i < 2; ++i) {
        if (both[i].revents == 0) continue;
        const ssize_t count = ::recv(both[i].fd, buffer, sizeof buffer, 0);
        if (count <= 0) {
          over = true;
        } else {
          send_all(both[1 - i].fd, {buffer, static_cast<std::size_t>(count)});
        }
      }
      if (over) break;
    }
    close_both(client, server);
  }
  void close_both(int client, int server) {
    const std::lock_guard lock(mutex_);
    for (const int socket : {client, server}) {
      if (socket < 0) continue;
      std::erase(open_, socket);
      ::close(socket);
    }
  }

  std::uint16_t target_;
  std::string authorization_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  std::vector<int> open_;
  std::vector<std::thread> serving_;
  bool ended_ = false;
  std::thread accepting_;
};

}  // namespace gateway::test
