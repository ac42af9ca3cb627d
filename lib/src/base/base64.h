#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// RFC 4648 §4 with padding; line breaks between groups are allowed. nullopt when it is not that.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// RFC 4648 §4, padded, without line breaks.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace gateway
