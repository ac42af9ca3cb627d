#include "expression/library/uri_escape.h"

#include <optional>

#include "base/strings.h"

namespace gateway::expression {
namespace {

void append_hex(char c, std::pmr::string& out) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += "0123456789ABCDEF"[byte >> 4];
  out += "0123456789ABCDEF"[byte & 15];
}

// The byte of a "%XX" at text[at].
std::optional<char> escape_at(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%' || !is_hex_digit(text[at + 1]) ||
      !is_hex_digit(text[at + 2])) {
    return std::nullopt;
  }
  const auto value = [](char c) { return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10; };
  return static_cast<char>(value(text[at + 1]) * 16 + value(text[at + 2]));
}

std::size_t utf8_size(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 0;
}

// Undoes the escapes of one code point at a time where `wanted` says so of its first byte.
template <typename Wanted>
void unescape(std::string_view text, std::pmr::string& out, Wanted wanted) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = escape_at(text, at);
    if (!first || !wanted(*first)) {
      out += text[at++];
      continue;
    }
    char bytes[4] = {};
    const std::size_t size = utf8_size(*first);
    std::size_t got = 0;
    for (; got < size; ++got) {
      const auto byte = escape_at(text, at + 3 * got);
      if (!byte) break;
      bytes[got] = *byte;
    }
    const std::string_view code_point(bytes, got);
    if (got == 0 || got < size || !is_utf8(code_point)) {
      out += text.substr(at, 3);
      at += 3;
    } else {
      out += code_point;
      at += 3 * size;
    }
  }
}

}  // namespace

bool is_uri_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

void append_escaped(std::string_view text, std::string_view kept, std::pmr::string& out) {
  for (const char c : text) {
    if (is_uri_unreserved(c) || kept.find(c) != std::string_view::npos) out += c;
    else append_hex(c, out);
  }
}

void append_normalized(std::string_view text, std::string_view kept, std::pmr::string& out) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (const auto byte = escape_at(text, at)) {
      if (is_uri_unreserved(*byte)) out += *byte;
      else append_hex(*byte, out);
      at += 2;
    } else if (is_uri_unreserved(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_hex(c, out);
    }
  }
}

void append_unescaped(std::string_view text, std::pmr::string& out) {
  unescape(text, out, [](char) { return true; });
}

void append_readable(std::string_view text, std::pmr::string& out) {
  unescape(text, out, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F && c != '%' && c != '\\' &&
           kUriReserved.find(c) == std::string_view::npos;
  });
}

}  // namespace gateway::expression
