#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

// .NET strings are sequences of UTF-16 units; ours are UTF-8. A byte that is no UTF-8 counts as one
// unit, U+FFFD. A lone surrogate is held in three bytes, as UTF-8 would have it, until its other
// half comes.
namespace gateway::expression {

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;
// String.Length.
[[nodiscard]] std::size_t utf16_length(std::string_view text) noexcept;
// The code point at text[at] (a surrogate where it stands alone); moves `at` behind it. `at` <
// size.
[[nodiscard]] char32_t next_code_point(std::string_view text, std::size_t& at) noexcept;
// The unit at this index; `unit` must be less than utf16_length(text).
[[nodiscard]] char16_t utf16_at(std::string_view text, std::size_t unit) noexcept;

void append_code_point(char32_t code_point, std::pmr::string& out);
// A low surrogate behind a high one becomes one code point.
void append_unit(char16_t unit, std::pmr::string& out);

[[nodiscard]] std::pmr::u16string to_utf16(std::string_view text,
                                           std::pmr::memory_resource* memory);
void append_utf8(std::u16string_view text, std::pmr::string& out);

// String.Substring: a view of `text` where it can be, else made in `memory`. Both ends must be in
// range.
[[nodiscard]] std::string_view utf16_substring(std::string_view text, std::size_t from,
                                               std::size_t count,
                                               std::pmr::memory_resource& memory);

}  // namespace gateway::expression
