#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "expression/arena.h"
#include "expression/program.h"

namespace gateway::expression {

enum class TokenKind : std::uint8_t { End, Identifier, Keyword, Number, Character, Text, Interpolated, Symbol };

struct Interpolation;

struct Token {
  TokenKind kind = TokenKind::End;
  std::size_t offset = 0;
  std::size_t size = 0;
  std::string_view text;  // Symbol, Keyword, Identifier, Number: as written; Text: its value
  Value value;            // Number, Character
  bool is_decimal = false;  // 1.5m: `text` without the suffix
  const Interpolation* interpolation = nullptr;
};

// $"…": text and holes in turn.
struct Interpolation {
  struct Part {
    std::string_view text;      // before the hole
    std::vector<Token> hole;    // empty: none follows; ends with End
    std::vector<Token> alignment;
    std::string_view format;
  };
  std::vector<Part> parts;
};

// C# tokens of `source`[from, to); comments and white space are skipped. Texts are views of the source or live
// in `arena`. What is no token is reported and skipped.
[[nodiscard]] std::vector<Token> scan(std::string_view source, std::size_t from, std::size_t to, Arena& arena,
                                      std::vector<CompileError>& errors);

}  // namespace gateway::expression
