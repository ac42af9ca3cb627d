// Liquid templates: whatever the text, it is compiled or refused with a reason, and what is compiled ends within the
// budget of an evaluation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "expression/library/json_tokens.h"
#include "policy/hub.h"
#include "policy/liquid/template.h"

using namespace gateway;
using namespace gateway::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto catalog = make_catalog();
  static const Environment environment = Environment::system();
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<liquid::Problem> problems;
  const liquid::Nodes nodes = liquid::parse(text, problems);
  for (const auto& problem : problems)
    if (problem.offset > size || problem.message.empty()) std::abort();
  if (!problems.empty()) return 0;
  expression::Arena arena;
  expression::Evaluation eval(arena, *catalog, environment);
  eval.begin(100'000, 4u << 20);
  try {
    liquid::Rendering rendering(eval);
    constexpr std::string_view kBody = R"({"a":"text","n":3,"l":[1,2,{"n":"x"}],"d":"2024-05-01T10:20:30Z","o":{"k":null}})";
    rendering.set("body", liquid::unwrapped(expression::Value::of(expression::parse_json_token(eval, kBody))));
    liquid::render_all(nodes, rendering);
  } catch (const expression::BudgetExceeded&) {
  } catch (const expression::Raised&) {
  }
  return 0;
}
