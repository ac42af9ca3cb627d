#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <netinet/in.h>

namespace gateway {

// Where nothing is ever proxied to, whatever configuration or a resolver says: link-local
// addresses, among them the metadata services of clouds, and listeners of the gateway's own that
// are not for clients. Asked about every address that is about to be connected to.
class ForbiddenAddresses {
 public:
  // A listener of the gateway's own, by the IP address and the port it is bound to. Before other
  // threads use this object.
  void add_listener(const std::string& address, std::uint16_t port);
  // `link_local`: such an address may pass; the listeners may not.
  [[nodiscard]] bool contains(const sockaddr* address, bool link_local = false) const noexcept;

 private:
  struct Listener {
    in6_addr address{};
    std::uint16_t port = 0;
  };
  std::vector<Listener> listeners_;
};

// 169.254.0.0/16 and fe80::/10, also where the former is written inside an IPv6 address.
[[nodiscard]] bool is_link_local(const sockaddr* address) noexcept;

// Reads an IP address without a port; false when the text is none.
[[nodiscard]] bool parse_ip(const std::string& text, sockaddr_storage& out) noexcept;

}  // namespace gateway
