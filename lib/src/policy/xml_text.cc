#include "policy/xml_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/strings.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kLongestReference = 16;

void append_utf8(std::uint32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_xml_character(std::uint32_t code) noexcept {
  return code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xd800) ||
         (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code < 0x110000);
}

std::string_view named_entity(std::string_view name) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEntities{
      {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}}};
  for (const auto& [known, text] : kEntities)
    if (name == known) return text;
  return {};
}

void anchor(ResolvedText& out, std::size_t source) {
  out.anchors.push_back(
      {static_cast<std::uint32_t>(out.text.size()), static_cast<std::uint32_t>(source)});
}

}  // namespace

std::vector<std::uint32_t> line_starts(std::string_view text) {
  std::vector<std::uint32_t> lines{0};
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') lines.push_back(static_cast<std::uint32_t>(i + 1));
  return lines;
}

Position position_in(const std::vector<std::uint32_t>& lines, std::size_t offset) noexcept {
  const auto after = std::upper_bound(lines.begin(), lines.end(), offset);
  if (after == lines.begin()) return {};
  const auto line = static_cast<std::size_t>(after - lines.begin());
  return {static_cast<std::uint32_t>(line),
          static_cast<std::uint32_t>(offset - lines[line - 1] + 1)};
}

std::size_t offset_in(const std::vector<std::uint32_t>& lines, Position at) noexcept {
  if (at.line == 0 || at.line > lines.size() || at.column == 0) return 0;
  return std::size_t{lines[at.line - 1]} + at.column - 1;
}

Reference reference_at(std::string_view text, std::size_t at) {
  Reference out;
  const auto window = text.substr(at + 1, kLongestReference);
  const auto end = window.find(';');
  if (end == std::string_view::npos || end == 0) return out;
  auto name = window.substr(0, end);
  if (name[0] != '#') {
    if (!is_name_start(name[0]) || !std::all_of(name.begin(), name.end(), is_name_byte)) return out;
    out.length = end + 2;
    out.text = named_entity(name);
    out.kind = out.text.empty() ? Reference::Kind::Unknown : Reference::Kind::Known;
    return out;
  }
  name.remove_prefix(1);
  int base = 10;
  if (!name.empty() && name[0] == 'x') {
    name.remove_prefix(1);
    base = 16;
  }
  std::uint32_t code = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
  if (name.empty() || rest != name.data() + name.size()) return out;
  out.length = end + 2;
  if (error != std::errc() || !is_xml_character(code)) {
    out.kind = Reference::Kind::Invalid;
    return out;
  }
  out.kind = Reference::Kind::Known;
  append_utf8(code, out.text);
  return out;
}

void append_plain(std::string_view text, std::size_t from, std::size_t to, ResolvedText& out) {
  if (from >= to) return;
  anchor(out, from);
  out.text.append(text.substr(from, to - from));
}

void append_resolved(std::string_view text, std::size_t from, std::size_t to, ResolvedText& out) {
  std::size_t plain = from;
  for (std::size_t i = from; i < to;) {
    const auto ampersand = text.substr(0, to).find('&', i);
    if (ampersand == std::string_view::npos) break;
    const Reference found = reference_at(text.substr(0, to), ampersand);
    if (found.kind == Reference::Kind::Known) {
      append_plain(text, plain, ampersand, out);
      anchor(out, ampersand);
      out.text += found.text;
      plain = ampersand + found.length;
    }
    i = ampersand + found.length;
  }
  append_plain(text, plain, to, out);
}

std::size_t source_offset(const ResolvedText& text, std::size_t at) noexcept {
  const auto after = std::upper_bound(
      text.anchors.begin(), text.anchors.end(), at,
      [](std::size_t wanted, const ResolvedText::Anchor& one) { return wanted < one.at; });
  if (after == text.anchors.begin()) return 0;
  return (after - 1)->source + (at - (after - 1)->at);
}

bool is_name_start(char c) noexcept {
  return is_alpha(c) || c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_byte(char c) noexcept {
  return is_name_start(c) || is_digit(c) || c == '-' || c == '.';
}

bool starts_expression(std::string_view text, std::size_t at) noexcept {
  return at + 1 < text.size() && text[at] == '@' && (text[at + 1] == '(' || text[at + 1] == '{');
}

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        out += c;
    }
  }
}

std::size_t first_bad_byte(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && !is_blank(text[i])) return i;
  }
  if (is_utf8(text)) return std::string_view::npos;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (!is_utf8(text.substr(i, length))) return i;
    i += length;
  }
  return text.size();
}

}  // namespace gateway::policy
