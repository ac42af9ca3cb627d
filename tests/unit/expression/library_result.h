#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gateway/environment.h>

#include "expression/program.h"

namespace gateway::expression {

// What an expression without names gives: its text, "null", or "!Type: message" of what it raised. What
// does not compile gives "?" and the first error. `source` is without "@(" and ")"; one that begins with
// "{" is a block.
inline std::string result(std::string_view source) {
  static const std::shared_ptr<Catalog> catalog = Catalog::standard();
  static const Environment environment = Environment::system();
  const std::string whole = source[0] == '{' ? "@" + std::string(source) : "@(" + std::string(source) + ")";
  std::vector<CompileError> errors;
  const auto program = compile(whole, *catalog, Scope{}, errors);
  if (!program) return "?" + (errors.empty() ? "no error told" : errors.front().message);
  Arena arena;
  Evaluation eval(arena, *catalog, environment);
  try {
    const Value value = program->run(eval, {});
    return value.is_null() ? "null" : std::string(eval.to_text(value));
  } catch (const Raised& raised) {
    const auto* exception = static_cast<const ExceptionObject*>(raised.exception.object());
    return "!" + exception->type->name + ": " + std::string(exception->message);
  } catch (const BudgetExceeded& exceeded) {
    return "!!" + std::string(exceeded.what);
  }
}

struct Case {
  const char* source;
  const char* expected;
};

}  // namespace gateway::expression

#define CHECK_CASES(...)                                                         \
  do {                                                                           \
    const ::gateway::expression::Case cases[] = __VA_ARGS__;                     \
    for (const auto& it : cases) {                                               \
      INFO(it.source);                                                           \
      CHECK(::gateway::expression::result(it.source) == it.expected);            \
    }                                                                            \
  } while (false)
