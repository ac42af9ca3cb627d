#include "policy/query.h"

#include <memory_resource>

#include "base/strings.h"
#include "expression/library/encoding_types.h"

namespace gateway::policy {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void append_escaped_byte(char c, std::string& out) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

std::vector<QueryPart> query_parts(std::string_view query) {
  std::vector<QueryPart> parts;
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) {
      parts.push_back({one, {}, false});
    } else {
      parts.push_back({one.substr(0, equals), one.substr(equals + 1), true});
    }
  }
  return parts;
}

std::string_view as_utf8(std::string_view bytes, expression::Arena& arena) {
  if (is_utf8(bytes)) return bytes;
  std::pmr::string repaired(&arena);
  expression::append_utf8_repaired(bytes, repaired);
  return arena.copy(repaired);
}

std::string_view decode_part(std::string_view text, expression::Arena& arena) {
  if (text.find_first_of("%+") == std::string_view::npos) return as_utf8(text, arena);
  std::string spaced(text);
  for (char& c : spaced)
    if (c == '+') c = ' ';
  return as_utf8(arena.copy(percent_decode(spaced)), arena);
}

void append_part(std::string_view text, std::string& out) { out += percent_encode(text); }

void append_url_text(std::string_view text, bool path, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool escape =
        c == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2]);
    if (byte <= 0x20 || byte >= 0x7f || (c == '%' && !escape) || c == '#' || c == '"' || c == '<' ||
        c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}' ||
        (path && c == '?')) {
      append_escaped_byte(c, out);
    } else {
      out += c;
    }
  }
}

}  // namespace gateway::policy
