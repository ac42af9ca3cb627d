#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expression/evaluation.h"

namespace gateway::expression {

struct CompileError {
  std::size_t offset = 0;  // of the source text, bytes
  std::string message;
};

// What the text may name besides types: "context" and its type.
struct Scope {
  std::vector<std::pair<std::string, const Type*>> names;  // by position in the frame
};

// A compiled expression. Immutable; shared by threads.
class Program {
 public:
  virtual ~Program() = default;
  // `roots`: the values of Scope::names. Begins a budget of its own. Throws Raised and BudgetExceeded.
  [[nodiscard]] virtual Value run(Evaluation& eval, std::span<const Value> roots) const = 0;
  // The static type of the result; Catalog::dynamic() where only the evaluation knows.
  [[nodiscard]] virtual const Type* type() const noexcept = 0;
  // Some path may read context.Request.Body or context.Response.Body: by the member names that occur.
  // True when a member "Body" of a type called `owner` ("IRequest", "IResponse") is used, or may be.
  [[nodiscard]] virtual bool uses(std::string_view owner, std::string_view member) const noexcept = 0;
  // It is this string, whatever the roots; null: it is not constant.
  [[nodiscard]] virtual const Value* constant() const noexcept = 0;
};

// `source`: "@(…)" or "@{…}" whole. Every error at once. `expected` (may be null): what the result is
// converted to by C#'s implicit rules; else it stays as it is.
[[nodiscard]] std::unique_ptr<Program> compile(std::string_view source, const Catalog& catalog,
                                               const Scope& scope, std::vector<CompileError>& errors);

// Where the balanced expression that starts at text[from] ('@' before '(' or '{') ends: the offset after
// its last bracket, honouring C# strings (verbatim, interpolated), characters and comments.
// npos: it never ends.
[[nodiscard]] std::size_t end_of_expression(std::string_view text, std::size_t from) noexcept;

}  // namespace gateway::expression
