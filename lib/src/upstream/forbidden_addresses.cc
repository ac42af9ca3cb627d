#include "upstream/forbidden_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace gateway {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xff, 0x9b};  // RFC 6052 §2.1

bool begins_with(const in6_addr& address, const std::array<std::uint8_t, 12>& prefix) noexcept {
  return std::equal(prefix.begin(), prefix.end(), address.s6_addr);
}

// Every address in one form: an IPv4 address as an IPv4-mapped one.
in6_addr as_six(const sockaddr* address) noexcept {
  in6_addr six{};
  if (address->sa_family == AF_INET) {
    std::copy(kMapped.begin(), kMapped.end(), six.s6_addr);
    std::memcpy(six.s6_addr + kMapped.size(),
                &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    six = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  }
  return six;
}

bool is_four(const in6_addr& address) noexcept { return begins_with(address, kMapped); }

bool is_unspecified(const in6_addr& address) noexcept {
  static constexpr std::uint8_t kNone[4] = {};
  return IN6_IS_ADDR_UNSPECIFIED(&address) ||
         (is_four(address) && std::memcmp(address.s6_addr + 12, kNone, 4) == 0);
}

bool is_loopback(const in6_addr& address) noexcept {
  return IN6_IS_ADDR_LOOPBACK(&address) || (is_four(address) && address.s6_addr[12] == 127);
}

bool is_of_this_machine(const in6_addr& address) noexcept {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return true;
  bool found = false;
  for (const ifaddrs* at = all; at && !found; at = at->ifa_next) {
    if (!at->ifa_addr ||
        (at->ifa_addr->sa_family != AF_INET && at->ifa_addr->sa_family != AF_INET6))
      continue;
    const in6_addr own = as_six(at->ifa_addr);
    found = IN6_ARE_ADDR_EQUAL(&own, &address);
  }
  ::freeifaddrs(all);
  return found;
}

}  // namespace

bool is_link_local(const sockaddr* address) noexcept {
  const in6_addr six = as_six(address);
  if (IN6_IS_ADDR_LINKLOCAL(&six)) return true;
  return (is_four(six) || begins_with(six, kNat64)) && six.s6_addr[12] == 169 &&
         six.s6_addr[13] == 254;
}

bool parse_ip(const std::string& text, sockaddr_storage& out) noexcept {
  out = {};
  auto& four = reinterpret_cast<sockaddr_in&>(out);
  auto& six = reinterpret_cast<sockaddr_in6&>(out);
  if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    return true;
  }
  return false;
}

void ForbiddenAddresses::add_listener(const std::string& address, std::uint16_t port) {
  sockaddr_storage bound;
  if (parse_ip(address, bound))
    listeners_.push_back({as_six(reinterpret_cast<sockaddr*>(&bound)), port});
}

bool ForbiddenAddresses::contains(const sockaddr* address, bool link_local) const noexcept {
  if (!link_local && is_link_local(address)) return true;
  const std::uint16_t port = ntohs(address->sa_family == AF_INET
                                       ? reinterpret_cast<const sockaddr_in*>(address)->sin_port
                                       : reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
  for (const Listener& listener : listeners_) {
    if (listener.port != port) continue;
    const in6_addr six = as_six(address);
    // To connect to the unspecified address is to connect to this machine.
    if (IN6_ARE_ADDR_EQUAL(&six, &listener.address) || is_unspecified(six)) return true;
    if (is_unspecified(listener.address) && (is_loopback(six) || is_of_this_machine(six)))
      return true;
  }
  return false;
}

}  // namespace gateway
