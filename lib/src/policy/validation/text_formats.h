#pragma once

#include <string_view>

namespace gateway::policy {

// Whether a text has a format of JSON Schema or OpenAPI: date-time, date, time (RFC 3339), uuid, byte (base64), ipv4,
// ipv6, uri, email. Formats that are not known every text has.
[[nodiscard]] bool has_format(std::string_view text, std::string_view format);

}  // namespace gateway::policy
