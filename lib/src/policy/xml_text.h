#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace gateway::policy {

// Where each line begins.
[[nodiscard]] std::vector<std::uint32_t> line_starts(std::string_view text);
[[nodiscard]] Position position_in(const std::vector<std::uint32_t>& lines,
                                   std::size_t offset) noexcept;
[[nodiscard]] std::size_t offset_in(const std::vector<std::uint32_t>& lines, Position at) noexcept;

// XML 1.0's five entities and its character references.
struct Reference {
  enum class Kind : std::uint8_t {
    None,     // an ampersand that begins no reference
    Unknown,  // an entity of another name
    Invalid,  // a number that is no character of XML
    Known,
  };
  Kind kind = Kind::None;
  std::size_t length = 1;  // from the '&' on
  std::string text;        // what it stands for, UTF-8
};
[[nodiscard]] Reference reference_at(std::string_view text, std::size_t at);

// Adds text[from, to) with its references resolved; those that are none stay as they are.
void append_resolved(std::string_view text, std::size_t from, std::size_t to, ResolvedText& out);
// Adds it as it is.
void append_plain(std::string_view text, std::size_t from, std::size_t to, ResolvedText& out);
[[nodiscard]] std::size_t source_offset(const ResolvedText& text, std::size_t at) noexcept;

[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
[[nodiscard]] bool is_name_start(char c) noexcept;
[[nodiscard]] bool is_name_byte(char c) noexcept;
// "@(" or "@{".
[[nodiscard]] bool starts_expression(std::string_view text, std::size_t at) noexcept;
// `&`, `<`, `>` and both quotes as entities.
void append_escaped(std::string_view text, std::string& out);

// The first byte that is not UTF-8, or a control character that XML does not have; npos.
[[nodiscard]] std::size_t first_bad_byte(std::string_view text) noexcept;

}  // namespace gateway::policy
