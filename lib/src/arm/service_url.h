#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/resources.h>

namespace gateway::arm {

// The Backend (without id) that an API's `serviceUrl` names: http:// or https://, a name or address
// with an optional port, and an optional path. With `websocket`, ws:// and wss:// are the same two.
// Otherwise appends what is wrong, each to follow the member's name; never the URL itself, as it
// may hold a password.
[[nodiscard]] std::optional<Backend> read_service_url(std::string_view url, bool websocket,
                                                      std::vector<std::string>& problems);

// Percent-encodings in their normal form (RFC 3986 §6.2.2): upper-case digits, unreserved bytes
// plain. Malformed ones stay as they are.
[[nodiscard]] std::string normal_percent_encoding(std::string_view path);

}  // namespace gateway::arm
