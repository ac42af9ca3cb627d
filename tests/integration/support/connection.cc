#include "support/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/strings.h"

namespace gateway::test {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::uint16_t bind_any(int fd) {
  sockaddr_in address = loopback(0);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// True when the descriptor is ready for `events` before `deadline`.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Calls `visit` with the name and the value of each field line.
template <typename Visit>
void each_field(std::string_view head, Visit visit) {
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::size_t start = at + 2;
    at = head.find("\r\n", start);
    const std::string_view line = head.substr(start, at - start);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) visit(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
}

}  // namespace

std::string Message::start_line() const { return head.substr(0, head.find("\r\n")); }

std::string Message::field(std::string_view name) const {
  std::string values;
  each_field(head, [&](std::string_view found, std::string_view value) {
    if (!equals_ignoring_case(found, name)) return;
    if (!values.empty()) values += ", ";
    values += value;
  });
  return values;
}

bool Message::has(std::string_view name) const {
  bool any = false;
  each_field(head, [&](std::string_view found, std::string_view) {
    any = any || equals_ignoring_case(found, name);
  });
  return any;
}

int Message::status() const {
  return head.size() > 12 && head.starts_with("HTTP/1.") ? std::atoi(head.c_str() + 9) : 0;
}

Connection::Connection(int fd) : fd_(fd) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() { close(); }

Connection::Connection(Connection&& other) noexcept
    : ending_(other.ending_),
      fd_(std::exchange(other.fd_, -1)),
      received_(std::move(other.received_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  close();
  ending_ = other.ending_;
  fd_ = std::exchange(other.fd_, -1);
  received_ = std::move(other.received_);
  return *this;
}

void Connection::set_receive_buffer(int bytes) noexcept {
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

Connection Connection::unconnected() {
  return Connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

bool Connection::connect_to(std::uint16_t port) noexcept {
  const sockaddr_in address = loopback(port);
  return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Connection Connection::to(std::uint16_t port, int receive_buffer) {
  Connection made = unconnected();
  if (receive_buffer > 0) made.set_receive_buffer(receive_buffer);
  if (!made.connect_to(port)) made.close();
  return made;
}

bool Connection::send(std::string_view bytes) { return send_bytes(bytes); }

bool Connection::send_raw(std::string_view bytes) {
  const auto deadline = Clock::now() + kPatience;
  while (!bytes.empty()) {
    if (!wait_for(fd_, POLLOUT, deadline)) return false;
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::size_t Connection::send_until_stalled(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size() && wait_for(fd_, POLLOUT, Clock::now() + kQuiet)) {
    const ssize_t n =
        ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) break;
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

void Connection::finish() { ::shutdown(fd_, SHUT_WR); }

void Connection::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Connection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Connection::receive_raw(std::string& more, Clock::time_point deadline) {
  if (fd_ < 0 || ending_ == Ending::Closed || ending_ == Ending::Reset) return false;
  if (!wait_for(fd_, POLLIN, deadline)) {
    ending_ = Ending::TimedOut;
    return false;
  }
  char buffer[64 * 1024];
  const ssize_t n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n > 0) {
    ending_ = Ending::Open;
    more.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  ending_ = n == 0 ? Ending::Closed : Ending::Reset;
  return false;
}

bool Connection::receive(std::string& more, Clock::time_point deadline) {
  return receive_raw(more, deadline);
}

bool Connection::fill(Clock::time_point deadline) { return receive(received_, deadline); }

std::string Connection::read(std::size_t size) {
  while (received_.size() < size && fill()) {
  }
  std::string out = received_.substr(0, size);
  received_.erase(0, size);
  return out;
}

std::string Connection::read_through(std::string_view mark) {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t at = received_.find(mark, searched);
    if (at != std::string::npos) return read(at + mark.size());
    searched = received_.size() - std::min(received_.size(), mark.size());
    if (!fill()) return std::exchange(received_, {});
  }
}

std::string Connection::read_to_end() {
  while (fill()) {
  }
  return std::exchange(received_, {});
}

std::string Connection::read_available() {
  while (fill(Clock::now())) {
  }
  if (ending_ == Ending::TimedOut) ending_ = Ending::Open;
  return std::exchange(received_, {});
}

bool Connection::ended_by_peer() {
  return received_.empty() && !fill() && ending_ != Ending::TimedOut;
}

bool Connection::silent_for(std::chrono::milliseconds time) {
  return received_.empty() && !fill(Clock::now() + time) && ending_ == Ending::TimedOut;
}

void Connection::read_body(Message& message, bool until_close) {
  if (message.field("Transfer-Encoding") == "chunked") {
    for (;;) {
      const std::string line = read_through("\r\n");
      if (!line.ends_with("\r\n")) return;
      const std::size_t size = std::stoul(line, nullptr, 16);
      if (size == 0) break;
      const std::string data = read(size);
      message.body += data;
      if (data.size() < size || read(2) != "\r\n") return;
    }
    for (;;) {
      const std::string line = read_through("\r\n");
      if (line == "\r\n") break;
      if (!line.ends_with("\r\n")) return;
      message.trailers += line;
    }
    message.whole = true;
  } else if (message.has("Content-Length")) {
    const std::size_t size = std::stoul(message.field("Content-Length"));
    message.body = read(size);
    message.whole = message.body.size() == size;
  } else if (until_close) {
    message.body = read_to_end();
    message.whole = ending_ == Ending::Closed;
  } else {
    message.whole = true;
  }
}

Message Connection::read_request() {
  Message message;
  message.head = read_head();
  if (message.head.ends_with("\r\n\r\n")) read_body(message, false);
  return message;
}

Message Connection::read_response(bool to_head) {
  Message message;
  message.head = read_head();
  if (!message.head.ends_with("\r\n\r\n")) return message;
  const int status = message.status();
  if (to_head || status < 200 || status == 204 || status == 304) {
    message.whole = true;
  } else {
    read_body(message, true);
  }
  return message;
}

ScriptedBackend::ScriptedBackend() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  port_ = bind_any(fd_);
  ::listen(fd_, 512);
}

ScriptedBackend::~ScriptedBackend() { ::close(fd_); }

Connection ScriptedBackend::accept() {
  if (!wait_for(fd_, POLLIN, Clock::now() + kPatience)) return {};
  return Connection(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
}

bool ScriptedBackend::untouched() const { return !wait_for(fd_, POLLIN, Clock::now()); }

void ScriptedBackend::stop_listening() {
  // A socket that is bound and does not listen refuses.
  ::close(fd_);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port_);
  ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

void ScriptedBackend::fill_queue() {
  ::listen(fd_, 0);  // Linux lets one connection wait in such a queue, and ignores the others
  queue_.push_back(Connection::to(port_));
}

FewDescriptors::FewDescriptors(unsigned more) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  before_ = limit.rlim_cur;
  const int lowest = ::dup(STDIN_FILENO);
  ::close(lowest);
  limit.rlim_cur = static_cast<rlim_t>(lowest) + more;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

FewDescriptors::~FewDescriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = before_;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

ClosedPort::ClosedPort() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  port_ = bind_any(fd_);
}

ClosedPort::~ClosedPort() { ::close(fd_); }

}  // namespace gateway::test
