#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/result.h>

namespace gateway::policy {

// Where a request of a policy's own goes.
struct CallUrl {
  bool secure = false;
  std::string host;       // lower case, IPv6 without brackets
  std::uint16_t port = 0;
  std::string authority;  // for the Host field: without the scheme's own port
  std::string target;     // path and query, with what no URL may have as %XX
};

// An absolute http or https URL without credentials. The Error says what is wrong, and never the query.
[[nodiscard]] Result<CallUrl> parse_call_url(std::string_view text);

// "host", "host:port", "[::1]:443" from the parts.
[[nodiscard]] std::string authority_of(bool secure, std::string_view host, std::uint16_t port);

}  // namespace gateway::policy
