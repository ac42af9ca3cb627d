#include "expression/library/utf16.h"

#include <algorithm>

namespace gateway::expression {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool high_surrogate(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool low_surrogate(char32_t c) { return c >= 0xDC00 && c < 0xE000; }
std::size_t units_of(char32_t c) { return c > 0xFFFF ? 2 : 1; }

// The byte where a unit starts; `half`: the unit is the low surrogate of the code point there.
std::size_t byte_of(std::string_view text, std::size_t unit, bool& half) {
  std::size_t at = 0;
  half = false;
  while (unit > 0) {
    std::size_t next = at;
    const std::size_t units = units_of(next_code_point(text, next));
    if (units > unit) {
      half = true;
      return at;
    }
    unit -= units;
    at = next;
  }
  return at;
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

std::size_t utf16_length(std::string_view text) noexcept {
  if (is_ascii(text)) return text.size();
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) units += units_of(next_code_point(text, at));
  return units;
}

char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  const auto behind = [&](std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i) {
      if ((byte(at + i) & 0xC0) != 0x80) return false;
    }
    return true;
  };
  char32_t out = kReplacement;
  std::size_t size = 1;
  if (first < 0x80) {
    out = first;
  } else if (first >= 0xC2 && first < 0xE0 && behind(1)) {
    out = (first & 0x1F) << 6 | (byte(at + 1) & 0x3F);
    size = 2;
  } else if (first >= 0xE0 && first < 0xF0 && behind(2)) {
    const char32_t value =
        (first & 0x0F) << 12 | (byte(at + 1) & 0x3F) << 6 | (byte(at + 2) & 0x3F);
    if (value >= 0x800) {
      out = value;
      size = 3;
    }
  } else if (first >= 0xF0 && first < 0xF5 && behind(3)) {
    const char32_t value = (first & 0x07) << 18 | (byte(at + 1) & 0x3F) << 12 |
                           (byte(at + 2) & 0x3F) << 6 | (byte(at + 3) & 0x3F);
    if (value >= 0x10000 && value < 0x110000) {
      out = value;
      size = 4;
    }
  }
  at += size;
  return out;
}

char16_t utf16_at(std::string_view text, std::size_t unit) noexcept {
  if (is_ascii(text)) return static_cast<char16_t>(text[unit]);
  bool half = false;
  std::size_t at = byte_of(text, unit, half);
  const char32_t c = next_code_point(text, at);
  if (c < 0x10000) return static_cast<char16_t>(c);
  return static_cast<char16_t>(half ? 0xDC00 + ((c - 0x10000) & 0x3FF)
                                    : 0xD800 + ((c - 0x10000) >> 10));
}

void append_code_point(char32_t c, std::pmr::string& out) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

void append_unit(char16_t unit, std::pmr::string& out) {
  if (low_surrogate(unit) && out.size() >= 3) {
    std::size_t at = out.size() - 3;
    const char32_t before = next_code_point(out, at);
    if (at == out.size() && high_surrogate(before)) {
      out.resize(out.size() - 3);
      append_code_point(0x10000 + ((before - 0xD800) << 10) + (unit - 0xDC00U), out);
      return;
    }
  }
  append_code_point(unit, out);
}

std::pmr::u16string to_utf16(std::string_view text, std::pmr::memory_resource* memory) {
  std::pmr::u16string out(memory);
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c < 0x10000) {
      out += static_cast<char16_t>(c);
    } else {
      out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

void append_utf8(std::u16string_view text, std::pmr::string& out) {
  for (const char16_t unit : text) append_unit(unit, out);
}

std::string_view utf16_substring(std::string_view text, std::size_t from, std::size_t count,
                                 std::pmr::memory_resource& memory) {
  if (is_ascii(text)) return text.substr(from, count);
  bool half_start = false;
  bool half_end = false;
  const std::size_t start = byte_of(text, from, half_start);
  const std::size_t end = byte_of(text, from + count, half_end);
  if (!half_start && !half_end) return text.substr(start, end - start);
  std::pmr::string made(&memory);
  const auto units = to_utf16(text, &memory);
  append_utf8(std::u16string_view(units).substr(from, count), made);
  char* kept = static_cast<char*>(memory.allocate(made.size(), 1));
  std::copy(made.begin(), made.end(), kept);
  return {kept, made.size()};
}

}  // namespace gateway::expression
