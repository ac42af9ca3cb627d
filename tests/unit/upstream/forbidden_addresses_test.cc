#include <catch2/catch.hpp>

#include <arpa/inet.h>

#include "upstream/forbidden_addresses.h"

using namespace gateway;

namespace {

// As a resolver or a configuration would give it.
sockaddr_storage at(const std::string& address, std::uint16_t port) {
  sockaddr_storage storage;
  REQUIRE(parse_ip(address, storage));
  if (storage.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
  }
  return storage;
}

bool forbids(const ForbiddenAddresses& forbidden, const std::string& address, std::uint16_t port) {
  const sockaddr_storage storage = at(address, port);
  return forbidden.contains(reinterpret_cast<const sockaddr*>(&storage));
}

}  // namespace

TEST_CASE("Link-local addresses are forbidden in every form, their neighbours are not") {
  const ForbiddenAddresses forbidden;
  for (const char* address : {"169.254.0.0", "169.254.169.254", "169.254.255.255",
                              "fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                              "::ffff:169.254.169.254", "64:ff9b::169.254.169.254"}) {
    INFO(address);
    CHECK(forbids(forbidden, address, 80));
  }
  for (const char* address :
       {"169.253.255.255", "169.255.0.0", "10.0.0.1", "127.0.0.1", "0.0.0.0", "fe7f::1", "fec0::1",
        "::1", "2001:db8::169.254.1.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "::"}) {
    INFO(address);
    CHECK_FALSE(forbids(forbidden, address, 80));
  }
}

TEST_CASE("Where link-local addresses may pass, the gateway's own listeners still may not") {
  ForbiddenAddresses forbidden;
  forbidden.add_listener("169.254.7.7", 9000);
  const auto forbids_all_but_link_local = [&](const char* address, std::uint16_t port) {
    const sockaddr_storage storage = at(address, port);
    return forbidden.contains(reinterpret_cast<const sockaddr*>(&storage), true);
  };
  CHECK_FALSE(forbids_all_but_link_local("169.254.169.254", 80));
  CHECK(forbids_all_but_link_local("169.254.7.7", 9000));
}

TEST_CASE("A listener of the gateway's own is forbidden by every address that leads to it") {
  struct Row {
    const char* bound;
    const char* address;
    bool forbidden;
  };
  constexpr Row kRows[] = {
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "::ffff:127.0.0.1", true},
      {"127.0.0.1", "0.0.0.0", true},
      {"127.0.0.1", "127.0.0.2", false},
      {"127.0.0.1", "10.0.0.1", false},
      {"127.0.0.1", "::1", false},
      {"::1", "::1", true},
      {"::1", "::", true},
      {"::1", "127.0.0.1", false},
      {"0.0.0.0", "127.0.0.1", true},
      {"0.0.0.0", "127.9.9.9", true},
      {"0.0.0.0", "192.0.2.1", false},
      {"::", "127.0.0.1", true},
      {"::", "::1", true},
      {"::", "2001:db8::1", false},
  };
  for (const auto& row : kRows) {
    INFO(row.address << " where the listener is bound to " << row.bound);
    ForbiddenAddresses forbidden;
    forbidden.add_listener(row.bound, 8082);
    CHECK(forbids(forbidden, row.address, 8082) == row.forbidden);
    CHECK_FALSE(forbids(forbidden, row.address, 8083));
  }
}
