#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// RFC 4648 §4 with padding; line breaks between groups are allowed. nullopt when it is not that.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace gateway
