#pragma once

#include <string_view>
#include <vector>

#include "expression/arena.h"
#include "expression/program.h"
#include "expression/syntax.h"

namespace gateway::expression {

// One text: an expression, or the statements of a block.
struct Parsed {
  const syntax::Expr* expression = nullptr;
  const syntax::Stmt* block = nullptr;
};

// `source`: "@(…)" or "@{…}", living as long as `arena`. What it has cannot be used where errors were added.
[[nodiscard]] Parsed parse(std::string_view source, Arena& arena, std::vector<CompileError>& errors);

}  // namespace gateway::expression
