#include "support/canned_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace gateway::test {

CannedServer::CannedServer() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(fd_, 64);
  socklen_t size = sizeof address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
}

void CannedServer::start(std::vector<std::string> answers) {
  answers_ = std::move(answers);
  thread_ = std::thread([this] { serve(); });
}

CannedServer::~CannedServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  ::close(fd_);
  ::close(stop_);
}

std::vector<Message> CannedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void CannedServer::serve() noexcept {
  std::vector<Connection> silent;
  for (;;) {
    pollfd both[2] = {{fd_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) continue;
    if (both[1].revents != 0) return;
    Connection connection(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    Message request = connection.read_request();
    if (request.head.empty()) continue;
    std::size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      index = requests_.size();
      requests_.push_back(std::move(request));
    }
    if (answers_.empty()) {
      silent.push_back(std::move(connection));
      continue;
    }
    connection.send(answers_[std::min(index, answers_.size() - 1)]);
    connection.finish();
  }
}

}  // namespace gateway::test
