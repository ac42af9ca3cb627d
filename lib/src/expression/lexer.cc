#include "expression/lexer.h"

#include <array>
#include <charconv>
#include <memory_resource>
#include <string>

#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

constexpr std::string_view kKeywords[] = {
    "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue",
    "decimal", "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally",
    "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock",
    "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private", "protected",
    "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string",
    "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort",
    "using", "virtual", "void", "volatile", "while"};
// Longest first. '>' stands alone, so that List<List<int>> can be read.
constexpr std::string_view kSymbols[] = {
    "<<=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "<<", "::", "(", ")", "[", "]", "{", "}", ".", ",", ";", ":", "?", "+", "-", "*", "/", "%", "=", "<",
    ">", "!", "~", "&", "|", "^"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

class Scanner {
 public:
  Scanner(std::string_view source, std::size_t from, std::size_t to, Arena& arena, std::vector<CompileError>& errors)
      : source_(source.substr(0, to)), at_(from), arena_(arena), errors_(errors) {}

  std::vector<Token> all() {
    std::vector<Token> out;
    do out.push_back(next());
    while (out.back().kind != TokenKind::End);
    return out;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const noexcept { return at_ >= source_.size(); }
  void fail(std::size_t offset, std::string message) { errors_.push_back({offset, std::move(message)}); }

  void skip() {
    while (!at_end()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v') {
        ++at_;
      } else if (source_.substr(at_).starts_with("\xC2\xA0") ) {
        at_ += 2;
      } else if (source_.substr(at_).starts_with("\xEF\xBB\xBF")) {
        at_ += 3;
      } else if (c == '/' && peek(1) == '/') {
        while (!at_end() && peek() != '\n') ++at_;
      } else if (c == '/' && peek(1) == '*') {
        const auto end = source_.find("*/", at_ + 2);
        if (end == std::string_view::npos) fail(at_, "a comment does not end");
        at_ = end == std::string_view::npos ? source_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  Token next() {
    while (true) {
      skip();
      Token token;
      token.offset = at_;
      if (at_end()) return token;
      if (read(token)) {
        token.size = at_ - token.offset;
        return token;
      }
    }
  }

  // False: what stands there was reported and skipped.
  bool read(Token& token) {
    const char c = peek();
    if (c == '"') return ++at_, text(token, false);
    if (c == '\'') return character(token);
    if (c == '@' && peek(1) == '"') return at_ += 2, text(token, true);
    if (c == '$' && peek(1) == '"') return at_ += 2, interpolated(token, false);
    if ((c == '$' && peek(1) == '@' && peek(2) == '"') || (c == '@' && peek(1) == '$' && peek(2) == '"')) {
      return at_ += 3, interpolated(token, true);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number(token);
    if (starts_name(c) || (c == '@' && starts_name(peek(1)))) return name(token);
    for (const std::string_view symbol : kSymbols) {
      if (!source_.substr(at_).starts_with(symbol)) continue;
      // `a?.5:b` is a condition.
      if (symbol == "?." && is_digit(peek(2))) continue;
      token.kind = TokenKind::Symbol;
      token.text = symbol;
      at_ += symbol.size();
      return true;
    }
    fail(at_, "unexpected character '" + std::string(1, c) + "'");
    ++at_;
    return false;
  }

  bool name(Token& token) {
    const bool verbatim = peek() == '@';
    if (verbatim) ++at_;
    const std::size_t from = at_;
    while (starts_name(peek()) || is_digit(peek())) ++at_;
    token.text = source_.substr(from, at_ - from);
    token.kind = TokenKind::Identifier;
    if (verbatim) return true;
    for (const std::string_view keyword : kKeywords) {
      if (token.text == keyword) token.kind = TokenKind::Keyword;
    }
    return true;
  }

  bool number(Token& token) {
    token.kind = TokenKind::Number;
    std::string digits;
    int base = 10;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) base = 16;
    if (peek() == '0' && (peek(1) == 'b' || peek(1) == 'B')) base = 2;
    if (base != 10) at_ += 2;
    bool real = false;
    while (base == 16 ? is_hex(peek()) || peek() == '_' : is_digit(peek()) || peek() == '_') {
      if (peek() != '_') digits += peek();
      ++at_;
    }
    if (base == 10) {
      if (peek() == '.' && is_digit(peek(1))) {
        real = true;
        digits += '.';
        ++at_;
        while (is_digit(peek()) || peek() == '_') {
          if (peek() != '_') digits += peek();
          ++at_;
        }
      }
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
        real = true;
        digits += source_.substr(at_, sign);
        at_ += sign;
        while (is_digit(peek())) digits += source_[at_++];
      }
    }
    std::string suffix;
    while (starts_name(peek()) || is_digit(peek())) suffix += static_cast<char>(source_[at_++] | 0x20);
    token.text = source_.substr(token.offset, at_ - token.offset);
    return value_of(token, digits, base, real, suffix);
  }

  bool value_of(Token& token, const std::string& digits, int base, bool real, const std::string& suffix) {
    const auto wrong = [&](const std::string& why) {
      fail(token.offset, why);
      token.value = Value::of(std::int32_t{0});
      return true;
    };
    if (suffix == "m") {
      token.is_decimal = true;
      token.text = arena_.copy(digits);
      return true;
    }
    if (real || suffix == "d" || suffix == "f") {
      if (!suffix.empty() && suffix != "d" && suffix != "f") return wrong("a number cannot end with '" + suffix + "'");
      double number = 0;
      std::string text = digits.front() == '.' ? "0" + digits : digits;
      if (const auto plus = text.find('+'); plus != std::string::npos) text.erase(plus, 1);
      std::from_chars(text.data(), text.data() + text.size(), number);
      token.value = suffix == "f" ? Value::single(static_cast<float>(number)) : Value::of(number);
      return true;
    }
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (fault == std::errc::result_out_of_range) return wrong("an integer is too large");
    if (fault != std::errc() || end != digits.data() + digits.size()) return wrong("a number has no digits");
    const bool is_unsigned = suffix == "u" || suffix == "ul" || suffix == "lu";
    const bool is_long = suffix == "l" || suffix == "ul" || suffix == "lu";
    if (!suffix.empty() && !is_unsigned && !is_long) return wrong("a number cannot end with '" + suffix + "'");
    const Kind kind = !is_unsigned && !is_long && number <= 0x7FFFFFFF          ? Kind::Int32
                      : !is_long && number <= 0xFFFFFFFF                        ? Kind::UInt32
                      : !is_unsigned && number <= 0x7FFFFFFFFFFFFFFF            ? Kind::Int64
                                                                                : Kind::UInt64;
    token.value = Value::integer(kind, static_cast<std::int64_t>(number));
    return true;
  }

  // After a backslash.
  void escape(std::pmr::string& out) {
    const std::size_t from = at_ - 1;
    const char c = peek();
    ++at_;
    const auto hex = [&](std::size_t least, std::size_t most) {
      std::uint32_t code = 0;
      std::size_t count = 0;
      while (count < most && is_hex(peek())) {
        const char digit = source_[at_++];
        code = code * 16 + static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        ++count;
      }
      if (count < least || code > 0x10FFFF) fail(from, "an escape needs hexadecimal digits of a character");
      return code > 0x10FFFF ? 0xFFFD : code;
    };
    switch (c) {
      case '\'': case '"': case '\\': out += c; return;
      case '0': out += '\0'; return;
      case 'a': out += '\a'; return;
      case 'b': out += '\b'; return;
      case 'f': out += '\f'; return;
      case 'n': out += '\n'; return;
      case 'r': out += '\r'; return;
      case 't': out += '\t'; return;
      case 'v': out += '\v'; return;
      case 'u': append_unit(static_cast<char16_t>(hex(4, 4)), out); return;
      case 'x': append_unit(static_cast<char16_t>(hex(1, 4)), out); return;
      case 'U': {
        const std::uint32_t code = hex(8, 8);
        if (code < 0x10000) append_unit(static_cast<char16_t>(code), out);
        else append_code_point(code, out);
        return;
      }
      default: fail(from, "unknown escape \\" + std::string(1, c)); out += c;
    }
  }

  bool text(Token& token, bool verbatim) {
    token.kind = TokenKind::Text;
    const std::size_t from = at_;
    std::pmr::string out;
    bool changed = false;
    while (true) {
      if (at_end() || (!verbatim && (peek() == '\n' || peek() == '\r'))) {
        fail(token.offset, "a string does not end");
        break;
      }
      const char c = peek();
      if (c == '"') {
        if (!verbatim || peek(1) != '"') break;
        change(out, changed, from);
        out += '"';
        at_ += 2;
      } else if (c == '\\' && !verbatim) {
        change(out, changed, from);
        ++at_;
        escape(out);
      } else {
        if (changed) out += c;
        ++at_;
      }
    }
    token.text = changed ? arena_.copy(out) : source_.substr(from, at_ - from);
    if (!at_end() && peek() == '"') ++at_;
    return true;
  }
  void change(std::pmr::string& out, bool& changed, std::size_t from) {
    if (!changed) out = source_.substr(from, at_ - from);
    changed = true;
  }

  bool character(Token& token) {
    token.kind = TokenKind::Character;
    ++at_;
    std::pmr::string out;
    if (at_end() || peek() == '\n' || peek() == '\'') {
      fail(token.offset, "a character does not end");
      if (peek() == '\'') ++at_;
      token.value = Value::integer(Kind::Char, 0);
      return true;
    }
    if (peek() == '\\') {
      ++at_;
      escape(out);
    } else {
      std::size_t next = at_;
      (void)next_code_point(source_, next);
      out = source_.substr(at_, next - at_);
      at_ = next;
    }
    if (peek() == '\'') ++at_;
    else fail(token.offset, "a character must be one, and end with '");
    if (utf16_length(out) != 1) fail(token.offset, "a character must be one UTF-16 unit");
    token.value = Value::integer(Kind::Char, out.empty() ? 0 : utf16_at(out, 0));
    return true;
  }

  bool interpolated(Token& token, bool verbatim) {
    token.kind = TokenKind::Interpolated;
    auto* whole = arena_.make<Interpolation>();
    token.interpolation = whole;
    if (++depth_ > 20) {
      fail(token.offset, "strings are nested too deeply");
      at_ = source_.size();
      return true;
    }
    std::pmr::string out;
    while (true) {
      if (at_end() || (!verbatim && (peek() == '\n' || peek() == '\r'))) {
        fail(token.offset, "a string does not end");
        break;
      }
      const char c = peek();
      if (c == '"' && verbatim && peek(1) == '"') {
        out += '"';
        at_ += 2;
      } else if (c == '"') {
        ++at_;
        break;
      } else if (c == '\\' && !verbatim) {
        ++at_;
        escape(out);
      } else if ((c == '{' || c == '}') && peek(1) == c) {
        out += c;
        at_ += 2;
      } else if (c == '}') {
        fail(at_, "a } in an interpolated string must be doubled");
        ++at_;
      } else if (c == '{') {
        ++at_;
        Interpolation::Part part;
        part.text = arena_.copy(out);
        out.clear();
        hole(part, verbatim);
        whole->parts.push_back(std::move(part));
      } else {
        out += c;
        ++at_;
      }
    }
    --depth_;
    whole->parts.push_back({arena_.copy(out), {}, {}, {}});
    return true;
  }

  // Tokens to the ',', ':' or '}' that ends them.
  std::string_view tokens(std::vector<Token>& into, bool comma) {
    int open = 0;
    while (true) {
      Token token = next();
      if (token.kind == TokenKind::Symbol) {
        const std::string_view text = token.text;
        const bool ends = text == "}" || text == ":" || text == "::" || (comma && text == ",");
        if (open == 0 && ends) {
          if (text == "::") --at_;
          Token end;
          end.offset = token.offset;
          into.push_back(end);
          return text == "::" ? std::string_view(":") : text;
        }
        if (text == "(" || text == "[" || text == "{") ++open;
        if (text == ")" || text == "]" || text == "}") --open;
      }
      into.push_back(token);
      if (token.kind == TokenKind::End) {
        fail(token.offset, "a { in an interpolated string does not end");
        return "}";
      }
    }
  }

  void hole(Interpolation::Part& part, bool verbatim) {
    const std::size_t from = at_;
    std::string_view end = tokens(part.hole, true);
    if (part.hole.size() == 1) fail(from, "an expression is missing between { and }");
    if (end == ",") end = tokens(part.alignment, false);
    if (end != ":") return;
    std::pmr::string format;
    while (!at_end() && peek() != '}' && peek() != '"') {
      if (peek() == '\\' && !verbatim) {
        ++at_;
        escape(format);
      } else {
        format += source_[at_++];
      }
    }
    if (peek() == '}') ++at_;
    else fail(from, "a { in an interpolated string does not end");
    part.format = arena_.copy(format);
  }

  std::string_view source_;
  std::size_t at_;
  Arena& arena_;
  std::vector<CompileError>& errors_;
  int depth_ = 0;
};

}  // namespace

std::vector<Token> scan(std::string_view source, std::size_t from, std::size_t to, Arena& arena,
                        std::vector<CompileError>& errors) {
  return Scanner(source, from, to, arena, errors).all();
}

}  // namespace gateway::expression
