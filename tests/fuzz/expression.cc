// Scanner, parser, binder and evaluator of policy expressions: whatever the text, it compiles or is refused with a
// reason, and what compiles ends within its budget.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "expression/library/libraries.h"
#include "expression/program.h"
#include "policy/hub.h"

using namespace gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto catalog = policy::make_catalog();
  static const Environment environment = Environment::system();
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)expression::end_of_expression(text, 0);
  for (const bool block : {false, true}) {
    std::string source = block ? "@{" : "@(";
    source.append(text).append(block ? "}" : ")");
    std::vector<expression::CompileError> errors;
    const auto program = expression::compile(source, *catalog, {}, errors);
    if (!program) {
      if (errors.empty()) std::abort();  // refused without a reason
      continue;
    }
    expression::Arena arena;
    expression::Evaluation evaluation(arena, *catalog, environment);
    try {
      const expression::Value value = program->run(evaluation, {});
      (void)evaluation.to_text(value);
    } catch (const expression::Raised&) {
    } catch (const expression::BudgetExceeded&) {
    }
    if (arena.used() > (std::size_t{96} << 20)) std::abort();
  }
  return 0;
}
