#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/worker.h"

using namespace gateway;

namespace {

ListenerOptions on(std::string address, std::uint16_t port) {
  ListenerOptions options;
  options.address = std::move(address);
  options.port = port;
  return options;
}

// Its descriptors are closed with it.
struct Bound {
  explicit Bound(Result<BoundListener> from) : result(std::move(from)) {}
  ~Bound() {
    if (!result) return;
    for (int fd : result->fds) ::close(fd);
  }
  Result<BoundListener> result;
};

bool connects(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  const bool done = ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  ::close(fd);
  return done;
}

}  // namespace

TEST_CASE("A listener gives every worker a descriptor of the same port") {
  const Bound bound(bind_listener(on("127.0.0.1", 0), 3));
  REQUIRE(bound.result);
  CHECK(bound.result->fds.size() == 3);
  CHECK(bound.result->port != 0);
  CHECK(connects(bound.result->port));
}

TEST_CASE("A port that somebody listens on is not shared by accident") {
  const Bound first(bind_listener(on("127.0.0.1", 0), 2));
  REQUIRE(first.result);
  // The first one would allow it: its sockets have SO_REUSEPORT.
  const Bound second(bind_listener(on("127.0.0.1", first.result->port), 2));
  REQUIRE_FALSE(second.result);
  CHECK(second.result.error().code == ErrorCode::AlreadyExists);
  CHECK(second.result.error().where == "127.0.0.1 port " + std::to_string(first.result->port));
}

TEST_CASE("A port is free again when its listener has gone") {
  std::uint16_t port = 0;
  {
    const Bound first(bind_listener(on("127.0.0.1", 0), 1));
    REQUIRE(first.result);
    port = first.result->port;
    CHECK(connects(port));  // leaves a connection behind
  }
  const Bound again(bind_listener(on("127.0.0.1", port), 1));
  CHECK(again.result);
}

TEST_CASE("The address :: takes IPv4 clients too") {
  const Bound bound(bind_listener(on("::", 0), 1));
  if (!bound.result) {
    WARN("no IPv6 on this machine: " << bound.result.error().to_string());
    return;
  }
  CHECK(connects(bound.result->port));
}

TEST_CASE("What cannot be listened on is refused with its reason") {
  const std::pair<const char*, ErrorCode> rows[] = {{"localhost", ErrorCode::InvalidArgument},
                                                    {"", ErrorCode::InvalidArgument},
                                                    {"192.0.2.1", ErrorCode::Unavailable}};
  for (const auto& [address, code] : rows) {
    INFO(address);
    const Bound bound(bind_listener(on(address, 0), 1));
    REQUIRE_FALSE(bound.result);
    CHECK(bound.result.error().code == code);
  }
}
