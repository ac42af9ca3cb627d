#include "policy/validation/parameters.h"

#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "model/document.h"
#include "policy/validation/json_schema.h"

namespace gateway::policy {
namespace {

using rapidjson::Value;

std::string_view what_of(ParameterPlace place) noexcept {
  return place == ParameterPlace::Path ? "path parameter" : place == ParameterPlace::Query ? "query parameter" : "header";
}
std::string_view type_of(ParameterPlace place) noexcept {
  static constexpr std::string_view kTypes[] = {"PathParameter", "QueryParameter", "RequestHeader", "ResponseHeader"};
  return kTypes[static_cast<std::size_t>(place)];
}
ValidationFinding finding_of(ParameterPlace place, std::string_view name, std::string rule, std::string details) {
  return {std::string(name), std::string(type_of(place)), std::move(rule), std::move(details)};
}

// What a text may be, in the order in which that is tried; none: it is a text, a number or a boolean.
std::vector<std::string_view> types_of(const Value& root, const Value* schema) {
  std::vector<std::string_view> out;
  const Value* said = schema ? follow_references(root, schema) : nullptr;
  const Value* type = said ? member_of(*said, "type") : nullptr;
  if (type && type->IsString()) out.push_back(text_of(type));
  if (type && type->IsArray()) {
    for (const Value& one : type->GetArray())
      if (text_of(&one) != "null") out.push_back(text_of(&one));
  }
  const auto is_text = [](std::string_view one) { return one == "string"; };
  std::stable_partition(out.begin(), out.end(), [&](std::string_view one) { return !is_text(one); });
  return out;
}

// False: the text is no such value.
bool read_scalar(std::string_view text, std::string_view type, Value& out, rapidjson::Document& owner) {
  if (type == "boolean") {
    if (!equals_ignoring_case(text, "true") && !equals_ignoring_case(text, "false")) return false;
    out.SetBool(equals_ignoring_case(text, "true"));
    return true;
  }
  if (type == "integer" || type == "number") {
    if (text.empty() || (text[0] != '-' && !is_digit(text[0]))) return false;
    auto number = parse_json(text, {1024, 1, 0, false}, "number");
    if (!number.ok() || !number->IsNumber()) return false;
    out.CopyFrom(*number, owner.GetAllocator());
    return type == "number" || out.IsInt64() || out.IsUint64() ||
           std::trunc(out.GetDouble()) == out.GetDouble();
  }
  out.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), owner.GetAllocator());
  return true;
}

// As the first of the types with which it conforms, else the first that it can be. False: it is none of them.
bool read_text(std::string_view text, const Value& root, const Value* schema, Value& out, rapidjson::Document& owner) {
  std::vector<std::string_view> types = types_of(root, schema);
  if (types.empty()) types = {"number", "boolean", "string"};
  bool read = false;
  for (const std::string_view type : types) {
    Value value;
    if (!read_scalar(text, type, value, owner)) continue;
    const bool conforms = types.size() == 1 || !schema || !find_violation(value, *schema, root);
    if (!read || conforms) out = value;
    read = true;
    if (conforms) break;
  }
  return read;
}

class Findings {
 public:
  Findings(const ApiSchema& schema, const ApiSchema::Parameter& parameter, ParameterPlace place)
      : root_(schema.root()), parameter_(parameter), place_(place) {}

  // Of a reference that leads nowhere.
  [[nodiscard]] std::optional<ValidationFinding> undefined() const {
    if (follow_references(root_, parameter_.schema)) return std::nullopt;
    ValidationFinding out = finding_of(place_, parameter_.name, "MissingDefinition",
                                       "API's schema does not contain definition " + std::string(parameter_.definition) +
                                           ", which is associated with the " + who() + ".");
    out.told = kInternalError;
    return out;
  }
  [[nodiscard]] ValidationFinding unreadable(std::string_view text) const {
    return incorrect("Value of the " + who() + " cannot be parsed according to the definition.\n\n" + quote(text) +
                     " is not of the type that the definition has.");
  }
  [[nodiscard]] ValidationFinding several() const {
    return incorrect(std::string(place_ == ParameterPlace::ResponseHeader ? "Response" : "Request") +
                     " cannot contain multiple values for the " + who() + ".");
  }
  // `width`: how long the text is, which is all on one line.
  [[nodiscard]] std::optional<ValidationFinding> violation(const Value& value, std::size_t width) const {
    const auto found = find_violation(value, *parameter_.schema, root_);
    if (!found) return std::nullopt;
    if (found->undecided) {
      std::string name = who();
      if (name[0] >= 'a') name[0] = static_cast<char>(name[0] - 'a' + 'A');
      ValidationFinding out = finding_of(place_, parameter_.name, "ValidationError",
                                         name + " cannot be validated.\n\n" + found->message);
      out.told = kInternalError;
      return out;
    }
    return incorrect("Value of the " + who() + " does not conform to the definition.\n\n" + found->message +
                     " Line: 1, Position: " + std::to_string(width));
  }

 private:
  [[nodiscard]] std::string who() const {
    return std::string(what_of(place_)) + " " + std::string(parameter_.name);
  }
  [[nodiscard]] ValidationFinding incorrect(std::string details) const {
    return finding_of(place_, parameter_.name, "IncorrectMessage", std::move(details));
  }

  const Value& root_;
  const ApiSchema::Parameter& parameter_;
  ParameterPlace place_;
};

bool has(const std::vector<std::string_view>& types, std::string_view type) noexcept {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

ValidationFinding unspecified_parameter(ParameterPlace place, std::string_view name) {
  return finding_of(place, name, "Unspecified",
                    "Unspecified " + std::string(what_of(place)) + " " + std::string(name) + " is not allowed.");
}

ValidationFinding missing_parameter(ParameterPlace place, std::string_view name) {
  return finding_of(place, name, "Required",
                    "Required " + std::string(what_of(place)) + " " + std::string(name) + " is missing.");
}

std::optional<ValidationFinding> find_parameter_problem(const ApiSchema& schema, const ApiSchema::Parameter& parameter,
                                                        ParameterPlace place,
                                                        const std::vector<std::string_view>& texts) {
  const Findings findings(schema, parameter, place);
  const auto types = types_of(schema.root(), parameter.schema);
  if (!parameter.schema) return texts.size() > 1 ? std::optional(findings.several()) : std::nullopt;
  if (auto problem = findings.undefined()) return problem;
  rapidjson::Document owner;
  Value value;
  if (has(types, "array")) {
    value.SetArray();
    const Value* of = follow_references(schema.root(), parameter.schema);
    const Value* items = member_of(*of, "items");
    for (const std::string_view text : texts) {
      const auto parts = parameter.exploded ? std::vector<std::string_view>{text} : split(text, parameter.separator);
      for (const std::string_view part : parts) {
        Value item;
        const std::string_view said = parameter.exploded ? part : trim(part);
        if (!read_text(said, schema.root(), items, item, owner)) return findings.unreadable(said);
        value.PushBack(item, owner.GetAllocator());
      }
    }
    return findings.violation(value, texts.back().size());
  }
  if (texts.size() > 1) return findings.several();
  if (has(types, "object")) {
    auto object = parse_json(texts.front(), {}, "parameter");
    if (!object.ok()) return std::nullopt;  // in a style that is not read
    value.CopyFrom(*object, owner.GetAllocator());
  } else if (!read_text(texts.front(), schema.root(), parameter.schema, value, owner)) {
    return findings.unreadable(texts.front());
  }
  return findings.violation(value, texts.front().size());
}

std::optional<ValidationFinding> find_object_problem(const ApiSchema& schema, const ApiSchema::Parameter& parameter,
                                                     ParameterPlace place, const ParameterProperties& properties) {
  const Findings findings(schema, parameter, place);
  if (!parameter.schema) return std::nullopt;
  if (auto problem = findings.undefined()) return problem;
  const Value* of = follow_references(schema.root(), parameter.schema);
  const Value* known = member_of(*of, "properties");
  rapidjson::Document owner;
  Value object(rapidjson::kObjectType);
  std::size_t width = 0;
  for (const auto& [name, text] : properties) {
    if (member_of(object, name)) return findings.several();
    Value value;
    if (!read_text(text, schema.root(), known ? member_of(*known, name) : nullptr, value, owner))
      return findings.unreadable(text);
    Value called(name.data(), static_cast<rapidjson::SizeType>(name.size()), owner.GetAllocator());
    object.AddMember(called, value, owner.GetAllocator());
    width = text.size();
  }
  return findings.violation(object, width);
}

bool is_spread(const ApiSchema& schema, const ApiSchema::Parameter& parameter) noexcept {
  if (parameter.in != "query" || !parameter.exploded || parameter.deep || !parameter.schema) return false;
  const Value* of = follow_references(schema.root(), parameter.schema);
  return of && text_of(member_of(*of, "type")) == "object";
}

bool has_property(const ApiSchema& schema, const ApiSchema::Parameter& parameter, std::string_view property) noexcept {
  const Value* of = parameter.schema ? follow_references(schema.root(), parameter.schema) : nullptr;
  const Value* known = of ? member_of(*of, "properties") : nullptr;
  return known && member_of(*known, property);
}

}  // namespace gateway::policy
