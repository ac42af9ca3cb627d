#include "policy/validation/errors.h"

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/json_tokens.h"
#include "policy/services.h"

namespace gateway::policy {
namespace {

constexpr std::string_view kActions[] = {"ignore", "prevent", "detect"};

}  // namespace

ActionOperand ActionOperand::read(ElementCompiler& in, std::string_view name, bool required) {
  ActionOperand out;
  out.operand_ = in.operand(name, required);
  if (out.operand_.present() && !out.operand_.is_expression())
    out.literal_ = static_cast<ValidationAction>(in.literal_choice(name, {kActions[0], kActions[1], kActions[2]}, 0));
  return out;
}

ValidationAction ActionOperand::get(Run& run, ValidationAction fallback) const {
  if (!operand_.present()) return fallback;
  if (!operand_.is_expression()) return literal_;
  const std::string_view text = trim(operand_.text(run));
  for (std::size_t i = 0; i < 3; ++i)
    if (equals_ignoring_case(text, kActions[i])) return static_cast<ValidationAction>(i);
  throw Failure{500, "InvalidAction",
                run.arena().copy("An action is one of ignore, prevent, detect, not " + quote(text) + "."), {}, {}};
}

ValidationFinding schema_missing(bool has_schema) {
  return {"", "ApiSchema", "",
          has_schema ? "API's schema does not specify definitions."
                     : "API's schema does not exist or it could not be resolved.",
          std::string(kInternalError)};
}

void ValidationErrors::append_to(Run& run, std::string_view variable) const {
  expression::Evaluation& eval = run.evaluation();
  eval.begin();
  const expression::Value* before = run.variable(variable);
  auto* list = before ? expression::object_as<expression::JArray>(eval, *before, "JArray") : nullptr;
  if (!list) list = expression::make_json_array(eval);
  for (const auto& [finding, action] : all_) {
    expression::JObject* error = expression::make_json_object(eval);
    const auto put = [&](std::string_view name, std::string_view text) {
      expression::set_property(eval, *error, name, expression::make_json_value(eval, eval.text(text)));
    };
    put("Name", finding.name);
    put("Type", finding.type);
    put("ValidationRule", finding.rule);
    put("Details", finding.details);
    put("Action", kActions[static_cast<std::size_t>(action)]);
    expression::insert_item(eval, *list, list->items.size(), error);
  }
  run.set_variable(variable, expression::Value::of(list));
}

Flow ValidationErrors::tell(Strand& strand, std::string_view variable) const {
  if (all_.empty()) return Flow::Next;
  Run& run = strand.run();
  if (!variable.empty()) append_to(run, variable);
  const ValidationFinding* first = nullptr;
  for (const auto& [finding, action] : all_) {
    if (run.trace) run.trace->message(finding.rule.empty() ? finding.type : finding.rule, finding.details);
    if (Reporter* reporter = run.services().reporter)
      reporter->trace("information", finding.type, finding.details,
                      {{"rule", finding.rule}, {"name", finding.name}}, run.host().request_id());
    if (!first && action == ValidationAction::Prevent) first = &finding;
  }
  if (!first) return Flow::Next;
  const bool request = run.deciding_request();
  Failure failure;
  failure.status = request ? 400 : 502;
  failure.reason = request ? "Bad request" : "Response not allowed";
  failure.message = run.arena().copy(first->details);
  failure.public_message = request ? run.arena().copy(first->told) : kInternalError;
  return run.fail(strand, failure);
}

const ApiSchema* schema_of(Run& run) noexcept {
  return run.facts.api && run.facts.api->schema ? run.facts.api->schema->get() : nullptr;
}

const ApiSchema::Operation* schema_operation(Run& run) noexcept {
  const ApiSchema* schema = schema_of(run);
  return schema && run.facts.operation ? schema->operation(*run.facts.operation) : nullptr;
}

}  // namespace gateway::policy
