#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway::expression {

// Why a pattern is none; caught by translate_regex.
struct RegexFault {
  std::size_t offset;
  std::string message;
};

struct RegexInput {
  std::string_view text;
  std::size_t at = 0;
  bool ecma_script = false;

  [[nodiscard]] bool end() const noexcept { return at >= text.size(); }
  [[nodiscard]] char peek() const noexcept { return text[at]; }
  char take_byte() noexcept { return text[at++]; }
  // The code point at `at`.
  char32_t take() noexcept;
  bool accept(char c) noexcept {
    if (end() || text[at] != c) return false;
    ++at;
    return true;
  }
  // Of "{n}", "{n,}" or "{n,m}" at `at`; 0: it is none.
  [[nodiscard]] std::size_t quantifier_size() const noexcept;
  [[noreturn]] void fail(std::string message) const { throw RegexFault{at, std::move(message)}; }
};

// Appends what matches just this.
void write_literal(char32_t code_point, std::string& out);
// From the backslash on: a character or a class of characters; inside of brackets without brackets.
void write_escape(RegexInput& in, std::string& out, bool in_class);
// From "[" to its "]", with .NET's subtraction "[a-z-[aeiou]]".
void write_class(RegexInput& in, std::string& out, int depth = 0);

}  // namespace gateway::expression
