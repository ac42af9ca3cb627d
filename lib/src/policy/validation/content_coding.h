#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::policy {

// A body without its Content-Encoding (RFC 9110 §8.4.1): gzip, deflate, identity.
enum class Decoding : std::uint8_t { Done, TooLarge, Failed };
// Done: `out` is the content. More than `most` bytes are not made.
[[nodiscard]] Decoding decode_content(std::string_view coding, std::string_view body, std::size_t most,
                                      std::string& out);

}  // namespace gateway::policy
