#include "expression/library/regex_escapes.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/strings.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

constexpr std::string_view kWord = "\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}";

int hex_value(char c) {
  return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
}

char32_t take_hex(RegexInput& in, std::size_t digits) {
  char32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (in.end() || !is_hex_digit(in.peek())) in.fail("insufficient hexadecimal digits");
    value = value * 16 + static_cast<char32_t>(hex_value(in.take_byte()));
  }
  return value;
}

bool is_high_surrogate(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

// The character of an escape, from behind the backslash; nullopt: it is a class (d, w, s, p …).
std::optional<char32_t> take_escaped_character(RegexInput& in, bool in_class) {
  const char c = in.peek();
  if (std::string_view("dDwWsSpP").find(c) != std::string_view::npos) return std::nullopt;
  if (c >= '0' && c <= '7') {
    char32_t value = 0;
    for (int i = 0; i < 3 && !in.end() && in.peek() >= '0' && in.peek() <= '7'; ++i) {
      value = value * 8 + static_cast<char32_t>(in.take_byte() - '0');
    }
    return value & 0xFF;
  }
  const char32_t plain = in.take();
  switch (plain) {
    case 'a': return 7;
    case 'b': if (in_class) return 8; break;
    case 'e': return 0x1B;
    case 'f': return 0x0C;
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return 0x0B;
    case 'x': return take_hex(in, 2);
    case 'u': {
      const char32_t first = take_hex(in, 4);
      if (!is_high_surrogate(first) || in.text.substr(in.at, 2) != "\\u") return first;
      RegexInput ahead = in;
      ahead.at += 2;
      const char32_t second = take_hex(ahead, 4);
      if (second < 0xDC00 || second > 0xDFFF) return first;
      in = ahead;
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    case 'c': {
      if (in.end()) in.fail("missing control character");
      const char control = in.take_byte();
      const char upper = control >= 'a' && control <= 'z' ? static_cast<char>(control - 32) : control;
      if (upper < '@' || upper > '_') in.fail("unrecognized control character");
      return static_cast<char32_t>(upper - '@');
    }
    default: break;
  }
  if (plain < 0x80 && (is_alpha(static_cast<char>(plain)) || is_digit(static_cast<char>(plain)) ||
                       plain == '_')) {
    in.fail(fmt::format("unrecognized escape sequence \\{}", static_cast<char>(plain)));
  }
  return plain;
}

struct Block {
  std::string_view name;
  char32_t first, last;
};
// Those of .NET's named blocks that occur in practice.
constexpr std::array<Block, 16> kBlocks = {{
    {"IsBasicLatin", 0x00, 0x7F}, {"IsLatin-1Supplement", 0x80, 0xFF},
    {"IsLatinExtended-A", 0x100, 0x17F}, {"IsLatinExtended-B", 0x180, 0x24F},
    {"IsGreek", 0x370, 0x3FF}, {"IsGreekandCoptic", 0x370, 0x3FF}, {"IsCyrillic", 0x400, 0x4FF},
    {"IsHebrew", 0x590, 0x5FF}, {"IsArabic", 0x600, 0x6FF}, {"IsDevanagari", 0x900, 0x97F},
    {"IsThai", 0xE00, 0xE7F}, {"IsHangulSyllables", 0xAC00, 0xD7AF}, {"IsHiragana", 0x3040, 0x309F},
    {"IsKatakana", 0x30A0, 0x30FF}, {"IsCJKUnifiedIdeographs", 0x4E00, 0x9FFF},
    {"IsGeneralPunctuation", 0x2000, 0x206F},
}};

// \p{…} and \P{…}, from the letter on.
void write_property(RegexInput& in, std::string& out, bool in_class) {
  const char letter = in.take_byte();
  const std::size_t close = in.text.find('}', in.at);
  if (!in.accept('{') || close == std::string_view::npos) in.fail("incomplete \\p{X} character escape");
  const std::string_view name = in.text.substr(in.at, close - in.at);
  in.at = close + 1;
  for (const Block& block : kBlocks) {
    if (block.name != name) continue;
    if (letter == 'P' && in_class) in.fail("a negated named block inside of brackets is not supported");
    const auto range = fmt::format("\\x{{{:X}}}-\\x{{{:X}}}", static_cast<unsigned>(block.first),
                                   static_cast<unsigned>(block.last));
    out += in_class ? range : fmt::format("[{}{}]", letter == 'P' ? "^" : "", range);
    return;
  }
  static constexpr std::string_view kCategories =
      " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs"
      " Co Cn ";
  if (name.empty() || name.find(' ') != std::string_view::npos ||
      kCategories.find(fmt::format(" {} ", name)) == std::string_view::npos) {
    in.fail(fmt::format("unknown property {}", quote(name)));
  }
  out += fmt::format("\\{}{{{}}}", letter, name);
}

void write_character_class(RegexInput& in, std::string& out, bool in_class) {
  const char c = in.peek();
  if (c == 'p' || c == 'P') return write_property(in, out, in_class);
  ++in.at;
  if ((c == 'w' || (c == 'W' && !in_class)) && !in.ecma_script) {
    out += in_class ? std::string(kWord) : fmt::format("[{}{}]", c == 'W' ? "^" : "", kWord);
    return;
  }
  out += '\\';
  out += c;
}

// One character of a class, or nullopt where a class of characters was written.
std::optional<char32_t> take_class_item(RegexInput& in, std::string& out) {
  if (!in.accept('\\')) return in.take();
  if (in.end()) in.fail("unterminated [] set");
  if (const auto character = take_escaped_character(in, true)) return character;
  write_character_class(in, out, true);
  return std::nullopt;
}

void write_range(RegexInput& in, char32_t first, char32_t last, std::string& out) {
  if (last < first) in.fail("[x-y] range in reverse order");
  // .NET looks at UTF-16 units: its surrogates are the characters beyond the first plane.
  if (is_surrogate(first) && is_surrogate(last)) {
    out += "\\x{10000}-\\x{10FFFF}";
    return;
  }
  write_literal(first, out);
  if (first == last) return;
  out += '-';
  write_literal(last, out);
}

}  // namespace

char32_t RegexInput::take() noexcept { return next_code_point(text, at); }

std::size_t RegexInput::quantifier_size() const noexcept {
  std::size_t i = at + 1;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - from;
  };
  if (digits() == 0) return 0;
  if (i < text.size() && text[i] == ',') {
    ++i;
    digits();
  }
  return i < text.size() && text[i] == '}' ? i + 1 - at : 0;
}

void write_literal(char32_t code_point, std::string& out) {
  if (is_surrogate(code_point)) code_point = 0xFFFD;
  if (code_point < 0x80 && (is_alpha(static_cast<char>(code_point)) ||
                            is_digit(static_cast<char>(code_point)) || code_point == '_')) {
    out += static_cast<char>(code_point);
  } else if (code_point > 0x20 && code_point < 0x7F) {
    out += '\\';
    out += static_cast<char>(code_point);
  } else {
    out += fmt::format("\\x{{{:X}}}", static_cast<unsigned>(code_point));
  }
}

void write_escape(RegexInput& in, std::string& out, bool in_class) {
  ++in.at;
  if (const auto character = take_escaped_character(in, in_class)) {
    write_literal(*character, out);
  } else {
    write_character_class(in, out, in_class);
  }
}

void write_class(RegexInput& in, std::string& out, int depth) {
  if (depth > 20) in.fail("character classes are nested too deep");
  ++in.at;
  const bool negated = in.accept('^');
  std::string items, without;
  bool first = true;
  for (;; first = false) {
    if (in.end()) in.fail("unterminated [] set");
    if (in.peek() == ']' && !first) break;
    if (!first && in.text.substr(in.at, 2) == "-[") {
      ++in.at;
      write_class(in, without, depth + 1);
      if (in.end() || in.peek() != ']') in.fail("a subtraction must be the last element in a character class");
      break;
    }
    const auto from = take_class_item(in, items);
    const bool range = from && in.text.size() > in.at + 1 && in.peek() == '-' &&
                       in.text[in.at + 1] != ']' && in.text[in.at + 1] != '[';
    if (!from) continue;
    if (!range) {
      write_range(in, *from, *from, items);
      continue;
    }
    ++in.at;
    const auto to = take_class_item(in, items);
    if (!to) in.fail("a class of characters cannot end a range");
    write_range(in, *from, *to, items);
  }
  ++in.at;
  const auto set = fmt::format("[{}{}]", negated ? "^" : "", items);
  out += without.empty() ? set : fmt::format("(?:(?!{}){})", without, set);
}

}  // namespace gateway::expression
