#include "arm/openapi_parameters.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/strings.h"

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxType = 64;
constexpr rapidjson::SizeType kMaxTypes = 8;  // JSON Schema has seven
constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kVisit = 16;

// A string, a number or a boolean as text, where it is short enough.
std::optional<std::string> scalar_text(const Value& value) {
  if (value.IsString() && value.GetStringLength() <= kMaxText) return std::string(text_of(value));
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsUint64()) return std::to_string(value.GetUint64());
  if (value.IsDouble()) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value.GetDouble()).ptr;
    return std::string(buffer, end);
  }
  return std::nullopt;
}

// "type" is a string, or since OpenAPI 3.1 a list of them that may have "null".
std::string_view type_of(const Value& schema) {
  const Value* type = find_member(schema, "type");
  if (type && type->IsArray()) {
    const Value* end = type->Begin() + std::min(type->Size(), kMaxTypes);
    const Value* found = std::find_if(type->Begin(), end, [](const Value& element) {
      return element.IsString() && text_of(element) != "null";
    });
    type = found == end ? nullptr : found;
  }
  const bool usable =
      type && type->IsString() && !text_of(*type).empty() && type->GetStringLength() <= kMaxType;
  return usable ? text_of(*type) : "string";
}

// Where type, default and values of a parameter are; null where nowhere.
const Value* schema_of(OpenapiImport& import, const Value& parameter) {
  if (import.swagger) return &parameter;
  const Value* schema = find_member(parameter, "schema");
  if (!schema) return nullptr;
  const auto target = import.references.follow(*schema);
  return target.value && target.value->IsObject() ? target.value : nullptr;
}

// Whether it has a place in an operation; a notice where it is not what it should be.
bool is_wanted(OpenapiImport& import, const ImportedParameter& parameter, std::string_view at) {
  const std::string_view in = parameter.in;
  if (parameter.name.empty() || parameter.name.size() > kMaxName || in.empty()) {
    import.notices.note(std::string(at) + ": a parameter must have a name of 1 to " +
                        std::to_string(kMaxName) + " bytes and an \"in\"; it is left out");
    return false;
  }
  if (in == "path" || in == "query") return true;
  if (in == "header") {
    // OpenAPI 3 §Parameter Object: their definitions are ignored.
    return import.swagger || !(equals_ignoring_case(parameter.name, "Accept") ||
                               equals_ignoring_case(parameter.name, "Content-Type") ||
                               equals_ignoring_case(parameter.name, "Authorization"));
  }
  if (import.swagger && (in == "body" || in == "formData")) return true;
  if (!import.swagger && in == "cookie") {
    import.notices.tally("cookie parameters are left out: an operation has no place for them");
    return false;
  }
  import.notices.note(std::string(at) + ": the parameter " + quote(parameter.name) + " is in " +
                      quote(in) + " and left out; allowed are path, query, header and " +
                      (import.swagger ? "body, formData" : "cookie"));
  return false;
}

}  // namespace

Result<std::vector<ImportedParameter>> read_parameters(OpenapiImport& import, std::string_view at,
                                                       const Value* of_operation,
                                                       std::string_view operation_at,
                                                       const Value* of_item,
                                                       std::string_view item_at) {
  std::vector<ImportedParameter> out;
  std::set<std::pair<std::string_view, std::string_view>> known;
  const std::pair<const Value*, std::string_view> lists[] = {{of_operation, operation_at},
                                                             {of_item, item_at}};
  for (const auto& [list, list_at] : lists) {
    if (!list) continue;
    if (!list->IsArray()) {
      return import.refuse(std::string(list_at) + ".parameters", "must be a list of objects");
    }
    const std::set<std::pair<std::string_view, std::string_view>> of_the_other = known;
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
      const auto target = import.references.follow((*list)[i]);
      if (!target.value) {
        import.notices.note(std::string(at) + ": the reference " + quote(target.reference) + " " +
                            target.problem + "; the parameter is left out");
        if (!import.output.spend(kVisit)) return out;
        continue;
      }
      if (!target.value->IsObject()) {
        return import.refuse(std::string(list_at) + ".parameters[" + std::to_string(i) + "]",
                             "must be an object or a reference to one");
      }
      if (!import.output.spend(kVisit * (1 + target.value->MemberCount()))) return out;
      ImportedParameter parameter{text_member(*target.value, "in"),
                                  text_member(*target.value, "name"), target.value};
      if (!is_wanted(import, parameter, at)) continue;
      const std::pair<std::string_view, std::string_view> key(parameter.in, parameter.name);
      if (known.insert(key).second) {
        out.push_back(parameter);
      } else if (!of_the_other.contains(key)) {
        import.notices.note(std::string(at) + ": the " + std::string(parameter.in) + " parameter " +
                            quote(parameter.name) + " is there twice; the first counts");
      }
    }
  }
  return out;
}

void add_description(OpenapiImport& import, const Value& from, Value& into) {
  const std::string_view text = text_member(from, "description");
  if (text.empty()) return;
  if (text.size() > kMaxText) import.notices.tally("descriptions are cut after 1000 bytes");
  import.output.add(into, "description", import.output.text(cut_text(text, kMaxText)));
}

Value describe_parameter(OpenapiImport& import, std::string_view name, const Value* value,
                         bool required) {
  Output& output = import.output;
  const Value* schema = value ? schema_of(import, *value) : nullptr;
  if (schema) output.spend(kVisit * schema->MemberCount());
  Value out(rapidjson::kObjectType);
  output.add(out, "name", output.text(name));
  output.add(out, "type", output.text(schema ? type_of(*schema) : "string"));
  output.add(out, "required", Value(required));
  if (value) add_description(import, *value, out);
  if (!schema) return out;
  const Value* fallback = find_member(*schema, "default");
  if (const auto text = fallback ? scalar_text(*fallback) : std::nullopt) {
    output.add(out, "defaultValue", output.text(*text));
  }
  const Value* allowed = find_member(*schema, "enum");
  if (!allowed || !allowed->IsArray()) return out;
  Value values(rapidjson::kArrayType);
  for (const Value& element : allowed->GetArray()) {
    if (!output.spend(kVisit)) break;
    if (const auto text = scalar_text(element)) output.push(values, output.text(*text));
  }
  if (!values.Empty()) output.add(out, "values", std::move(values));
  return out;
}

}  // namespace gateway::arm
