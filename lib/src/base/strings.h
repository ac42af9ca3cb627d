#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// ASCII only, whatever the locale.
[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

// Without spaces, tabs, CR and LF at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
// The parts between separators; "" gives one empty part.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Decimal digits only, no sign, no white space; nullopt when it is not that or greater than `max`.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text,
                                                         std::uint64_t max = UINT64_MAX) noexcept;

// All but RFC 3986's unreserved bytes as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);
// Every %XX as its byte; malformed escapes stay as they are.
[[nodiscard]] std::string percent_decode(std::string_view text);

// Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// `text` in double quotes for a message: control bytes and invalid bytes as \xNN, cut after
// `max_bytes` with "…". What outsiders wrote never reaches a log raw.
[[nodiscard]] std::string quote(std::string_view text, std::size_t max_bytes = 80);

// RFC 3339 date-time ("2026-11-23T08:30:00Z", fractions and offsets allowed) as whole seconds since
// 1970-01-01T00:00:00Z, rounded down; nullopt when malformed or no such date.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;
// The reverse, in UTC with "Z"; for years 0000 to 9999.
[[nodiscard]] std::string format_rfc3339(std::int64_t unix_seconds);

}  // namespace gateway
