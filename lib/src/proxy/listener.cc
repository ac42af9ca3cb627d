#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "proxy/worker.h"

namespace gateway {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool parse(const std::string& text, std::uint16_t port, Address& out) {
  auto& four = reinterpret_cast<sockaddr_in&>(out.storage);
  auto& six = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    out.size = sizeof four;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    out.size = sizeof six;
    return true;
  }
  return false;
}

Error failed(const ListenerOptions& options, const char* step) {
  const ErrorCode code = errno == EADDRINUSE ? ErrorCode::AlreadyExists : ErrorCode::Unavailable;
  return Error{code, "listener", std::string(step) + ": " + std::strerror(errno),
               options.address + " port " + std::to_string(options.port)};
}

// A bound socket; -1 with errno.
int bind_one(Address& address, bool share_port) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1, off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share_port) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

}  // namespace

Result<BoundListener> bind_listener(const ListenerOptions& options, unsigned count) {
  Address address;
  if (!parse(options.address, options.port, address)) {
    return Error{ErrorCode::InvalidArgument,
                 "listener",
                 "'" + options.address + "' is not an IP address",
                 {}};
  }
  if (options.port != 0) {
    // SO_REUSEPORT would let another gateway of the same user share the port unnoticed.
    const int probe = bind_one(address, false);
    if (probe < 0) return failed(options, "the port cannot be bound");
    ::close(probe);
  }
  BoundListener bound;
  const auto give_up = [&](const char* step) {
    Error error = failed(options, step);
    for (int fd : bound.fds) ::close(fd);
    return error;
  };
  for (unsigned i = 0; i < count; ++i) {
    const int fd = bind_one(address, true);
    if (fd < 0) return give_up("the port cannot be bound");
    bound.fds.push_back(fd);
    if (::listen(fd, 4096) != 0) return give_up("the port cannot be listened on");
    if (bound.port == 0) {
      sockaddr_storage own{};
      socklen_t size = sizeof own;
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
      bound.port = ntohs(own.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(own).sin_port
                                                  : reinterpret_cast<sockaddr_in6&>(own).sin6_port);
      if (!parse(options.address, bound.port, address)) return give_up("address");
    }
  }
  return bound;
}

}  // namespace gateway
