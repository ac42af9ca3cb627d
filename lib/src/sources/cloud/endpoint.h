#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

namespace gateway::cloud {

// Scheme, host and port: where credentials may go.
struct Origin {
  bool tls = true;
  std::string host;  // in lower case; IPv6 without brackets
  std::uint16_t port = 443;
  bool operator==(const Origin&) const = default;

  // "https://host[:port]"
  [[nodiscard]] std::string url() const;
};

// Where a configuration service is.
struct Endpoint {
  Origin origin;
  std::string base_path;  // before "/v1/…"; "" or starts with '/', no trailing '/'

  [[nodiscard]] std::string url() const { return origin.url() + base_path; }
};

// "https://host[:port][/base]". Plain http only to a loopback address, or with `allow_http`. No
// user, query or fragment.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text, bool allow_http);

// Where a redirect leads to.
struct Location {
  Origin origin;
  std::string target;  // path and query
};
// A Location field (RFC 9110 §10.2.2), relative to the `target` of a request to `origin`.
[[nodiscard]] Result<Location> resolve_location(std::string_view location, const Origin& origin,
                                                std::string_view target);

struct Proxy {
  std::string host;  // "" = none
  std::uint16_t port = 0;
  std::string authorization;  // "Basic …"; a secret
};

// "http://[user:password@]host[:port]"; the port is 80 where none is said. The Error never repeats
// the text, which may hold a password.
[[nodiscard]] Result<Proxy> parse_proxy(std::string_view text);

// Whether one of the entries names the host: "*"; "name" and "*.name" and ".name", the first for
// the name itself too; an address, or a range such as "10.0.0.0/8"; each but "*" and ranges with
// ":port" for that port only. White space and empty entries do not count.
[[nodiscard]] bool is_reached_directly(const Origin& origin,
                                       const std::vector<std::string>& no_proxy);

}  // namespace gateway::cloud
