#include "expression/program.h"

namespace gateway::expression {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr int kDeepest = 32;

// Walks over C# text without understanding it: only what hides brackets matters. A regular string
// or a character that its line does not end is taken to end with the line, so that a slip costs one
// line.
class Walk {
 public:
  explicit Walk(std::string_view text) noexcept : text_(text) {}

  // From behind the opening bracket to behind the one that closes it; only brackets of that kind
  // count.
  std::size_t block(std::size_t at, char opening, int depth) const noexcept {
    const char closing = opening == '(' ? ')' : '}';
    for (std::size_t open = 1; at < text_.size();) {
      const char c = text_[at];
      if (c == opening) {
        ++open;
        ++at;
      } else if (c == closing) {
        ++at;
        if (--open == 0) return at;
      } else {
        at = next(at, depth);
      }
      if (at == npos) return npos;
    }
    return npos;
  }

 private:
  [[nodiscard]] char peek(std::size_t at) const noexcept {
    return at < text_.size() ? text_[at] : '\0';
  }
  [[nodiscard]] static bool ends_line(char c) noexcept { return c == '\n' || c == '\r'; }

  // Behind the token, comment or byte at `at`.
  std::size_t next(std::size_t at, int depth) const noexcept {
    switch (text_[at]) {
      case '"':
        return regular(at + 1);
      case '\'':
        return character(at + 1);
      case '@':
        if (peek(at + 1) == '"') return verbatim(at + 2);
        if (peek(at + 1) == '$' && peek(at + 2) == '"') return interpolated(at + 3, true, depth);
        return at + 1;
      case '$':
        if (peek(at + 1) == '"') return interpolated(at + 2, false, depth);
        if (peek(at + 1) == '@' && peek(at + 2) == '"') return interpolated(at + 3, true, depth);
        return at + 1;
      case '/':
        if (peek(at + 1) == '/') {
          while (at < text_.size() && !ends_line(text_[at])) ++at;
          return at;
        }
        if (peek(at + 1) == '*') {
          const auto end = text_.find("*/", at + 2);
          return end == npos ? npos : end + 2;
        }
        return at + 1;
      default:
        return at + 1;
    }
  }

  std::size_t regular(std::size_t at) const noexcept {
    for (; at < text_.size() && !ends_line(text_[at]); ++at) {
      if (text_[at] == '"') return at + 1;
      if (text_[at] == '\\' && at + 1 < text_.size() && !ends_line(text_[at + 1])) ++at;
    }
    return at;
  }

  std::size_t character(std::size_t at) const noexcept {
    for (; at < text_.size() && !ends_line(text_[at]); ++at) {
      if (text_[at] == '\'') return at + 1;
      if (text_[at] == '\\' && at + 1 < text_.size() && !ends_line(text_[at + 1])) ++at;
    }
    return at;
  }

  std::size_t verbatim(std::size_t at) const noexcept {
    for (; at < text_.size(); ++at) {
      if (text_[at] != '"') continue;
      if (peek(at + 1) != '"') return at + 1;
      ++at;
    }
    return npos;
  }

  std::size_t interpolated(std::size_t at, bool is_verbatim, int depth) const noexcept {
    if (depth >= kDeepest) return npos;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"') {
        if (!is_verbatim || peek(at + 1) != '"') return at + 1;
        at += 2;
      } else if (c == '{') {
        at = peek(at + 1) == '{' ? at + 2 : block(at + 1, '{', depth + 1);
        if (at == npos) return npos;
      } else if (!is_verbatim && c == '\\') {
        at += 2;
      } else if (!is_verbatim && ends_line(c)) {
        return at;
      } else {
        ++at;
      }
    }
    return npos;
  }

  std::string_view text_;
};

}  // namespace

std::size_t end_of_expression(std::string_view text, std::size_t from) noexcept {
  if (from + 1 >= text.size() || text[from] != '@') return npos;
  const char opening = text[from + 1];
  if (opening != '(' && opening != '{') return npos;
  return Walk(text).block(from + 2, opening, 0);
}

}  // namespace gateway::expression
