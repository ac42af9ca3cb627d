#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway {

// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Any bytes will do: what is not
// well-formed UTF-8 becomes U+FFFD, one for each maximal part. At most `max_bytes` of `text` are
// taken; a cut shows as "…".
void append_json_string(std::string& out, std::string_view text, std::size_t max_bytes = 4096);

}  // namespace gateway
