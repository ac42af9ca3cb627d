#include "policy/validation/errors.h"

#include <cmath>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/json_tokens.h"
#include "model/document.h"
#include "policy/services.h"
#include "policy/validation/json_schema.h"

namespace gateway::policy {
namespace {

constexpr std::string_view kActions[] = {"ignore", "prevent", "detect"};
constexpr std::string_view kInternal =
    "The request could not be processed due to an internal error. Contact the API owner.";

using rapidjson::Value;

const Value* resolved(const Value& root, const Value* schema) noexcept {
  for (int i = 0; schema && i < 20; ++i) {
    const Value* reference = member_of(*schema, "$ref");
    if (!reference) return schema;
    schema = find_pointer(root, text_of(reference));
  }
  return nullptr;
}

// The type that texts are read as; "" = any.
std::string_view type_of(const Value& root, const Value* schema) noexcept {
  const Value* said = resolved(root, schema);
  const Value* type = said ? member_of(*said, "type") : nullptr;
  if (!type) return {};
  if (type->IsString()) return text_of(type);
  if (!type->IsArray()) return {};
  for (const Value& one : type->GetArray())
    if (text_of(&one) != "null") return text_of(&one);
  return {};
}

// False: the text is no such value.
bool read_scalar(std::string_view text, std::string_view type, Value& out, rapidjson::Document& owner) {
  if (type == "boolean") {
    if (!equals_ignoring_case(text, "true") && !equals_ignoring_case(text, "false")) return false;
    out.SetBool(equals_ignoring_case(text, "true"));
    return true;
  }
  if (type == "integer" || type == "number") {
    auto number = parse_json(text, {1024, 1, 0, false}, "number");
    if (!number.ok() || !number->IsNumber()) return false;
    out.CopyFrom(*number, owner.GetAllocator());
    return type == "number" || out.IsInt64() || out.IsUint64() ||
           std::trunc(out.GetDouble()) == out.GetDouble();
  }
  out.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), owner.GetAllocator());
  return true;
}

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

bool ValidationErrors::prevents() const noexcept {
  for (const One& one : all_)
    if (one.action == ValidationAction::Prevent) return true;
  return false;
}

Flow ValidationErrors::tell(Strand& strand, std::string_view variable) const {
  if (all_.empty()) return Flow::Next;
  Run& run = strand.run();
  expression::Evaluation& eval = run.evaluation();
  eval.begin();
  if (!variable.empty()) {
    const expression::Value* before = run.variable(variable);
    auto* list = before ? expression::object_as<expression::JArray>(eval, *before, "JArray") : nullptr;
    if (!list) list = expression::make_json_array(eval);
    for (const One& one : all_) {
      expression::JObject* error = expression::make_json_object(eval);
      const auto put = [&](std::string_view name, std::string_view text) {
        expression::set_property(eval, *error, name, expression::make_json_value(eval, eval.text(text)));
      };
      put("Name", one.name);
      put("Type", one.type);
      put("ValidationRule", one.rule);
      put("Details", one.details);
      put("Action", kActions[static_cast<std::size_t>(one.action)]);
      expression::insert_item(eval, *list, list->items.size(), error);
    }
    run.set_variable(variable, expression::Value::of(list));
  }
  const One* first = nullptr;
  for (const One& one : all_) {
    if (run.trace) run.trace->message(one.rule, one.details);
    if (Reporter* reporter = run.services().reporter)
      reporter->trace("information", one.type, one.details, {{"rule", one.rule}, {"name", one.name}},
                      run.host().request_id());
    if (!first && one.action == ValidationAction::Prevent) first = &one;
  }
  if (!first) return Flow::Next;
  Failure failure;
  const bool request = run.deciding_request();
  failure.status = request ? 400 : 502;
  failure.reason = request ? "Bad request" : "Response not allowed";
  failure.message = run.arena().copy(first->details);
  failure.public_message = request && first->rule != "ApiSchema" && first->rule != "MissingDefinition"
                               ? failure.message
                               : kInternal;
  return run.fail(strand, failure);
}

const ApiSchema* schema_of(Run& run) noexcept {
  return run.facts.api && run.facts.api->schema ? run.facts.api->schema->get() : nullptr;
}

const ApiSchema::Operation* schema_operation(Run& run) noexcept {
  const ApiSchema* schema = schema_of(run);
  return schema && run.facts.operation ? schema->operation(*run.facts.operation) : nullptr;
}

std::string with_place(const std::string& message, std::string_view json, const std::vector<std::string>& path) {
  const TextPlace place = place_of(json, path);
  return message + " Line: " + std::to_string(place.line) + ", Position: " + std::to_string(place.column);
}

std::string parameter_problem(const ApiSchema& schema, const ApiSchema::Parameter& parameter, std::string_view what,
                              const std::vector<std::string_view>& texts) {
  const std::string who = std::string(what) + " " + std::string(parameter.name);
  const std::string_view type = type_of(schema.root(), parameter.schema);
  rapidjson::Document owner;
  Value value;
  if (type == "array") {
    value.SetArray();
    const Value* of = resolved(schema.root(), parameter.schema);
    const std::string_view item_type = type_of(schema.root(), of ? member_of(*of, "items") : nullptr);
    const auto add = [&](std::string_view text) {
      Value item;
      if (!read_scalar(text, item_type, item, owner)) return false;
      value.PushBack(item, owner.GetAllocator());
      return true;
    };
    for (std::string_view text : texts) {
      while (!parameter.exploded && text.find(',') != std::string_view::npos) {
        if (!add(trim(text.substr(0, text.find(','))))) return "Value of the " + who + " cannot be parsed according to the definition.";
        text.remove_prefix(text.find(',') + 1);
      }
      if (!add(parameter.exploded ? text : trim(text)))
        return "Value of the " + who + " cannot be parsed according to the definition.";
    }
  } else {
    if (texts.size() > 1) return "Request cannot contain multiple values for the " + who + ".";
    if (type == "object") {
      auto object = parse_json(texts.front(), {}, "parameter");
      if (!object.ok()) return {};  // in a style that is not read
      value.CopyFrom(*object, owner.GetAllocator());
    } else if (!read_scalar(texts.front(), type, value, owner)) {
      return "Value of the " + who + " cannot be parsed according to the definition.";
    }
  }
  if (!parameter.schema) return {};
  if (const auto found = find_violation(value, *parameter.schema, schema.root()))
    return "Value of the " + who + " does not conform to the definition. " + found->message;
  return {};
}

}  // namespace gateway::policy
