#include "observe/json_text.h"

#include <array>
#include <cstdint>

namespace gateway {
namespace {

constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

unsigned char byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

struct Sequence {
  std::size_t size;
  bool valid;
};

// The UTF-8 sequence at `at` (Unicode, table 3-7), or the part of one that cannot be completed.
Sequence sequence_at(std::string_view text, std::size_t at) noexcept {
  const unsigned char lead = byte_at(text, at);
  std::size_t size = 0;
  unsigned char low = 0x80, high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    size = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    size = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    size = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned char next = byte_at(text, at + i);
    if (next < low || next > high) return {i, false};
    low = 0x80;
    high = 0xbf;
  }
  return {size, true};
}

void append_ascii(std::string& out, unsigned char byte) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (byte) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00").push_back(kHex[byte / 16]);
      out.push_back(kHex[byte % 16]);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  if (cut) {
    while (max_bytes > 0 && (byte_at(text, max_bytes) & 0xc0) == 0x80) --max_bytes;
    text = text.substr(0, max_bytes);
  }
  out.push_back('"');
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = at;
    while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
    out.append(text.data() + start, at - start);
    if (at == text.size()) break;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_ascii(out, static_cast<unsigned char>(text[at++]));
      continue;
    }
    const auto sequence = sequence_at(text, at);
    if (sequence.valid) {
      out.append(text.substr(at, sequence.size));
    } else {
      out.append("\\ufffd");
    }
    at += sequence.size;
  }
  out.append(cut ? "…\"" : "\"");
}

}  // namespace gateway
