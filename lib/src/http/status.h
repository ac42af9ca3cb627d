#pragma once

#include <string_view>

namespace gateway {

// The reason phrase of a status code (RFC 9110 §15); "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace gateway
