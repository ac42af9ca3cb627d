#include "arm/openapi_bodies.h"

#include <algorithm>

#include "base/strings.h"

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxContentType = 256;
constexpr std::size_t kMaxHeaderName = 256;
constexpr std::size_t kVisit = 16;

// The object that `value` is or refers to; null, with a notice, where there is none.
const Value* object_at(OpenapiImport& import, std::string_view at, std::string_view what,
                       const Value& value) {
  const auto target = import.references.follow(value);
  if (target.value && target.value->IsObject()) {
    return import.output.spend(kVisit * (1 + target.value->MemberCount())) ? target.value : nullptr;
  }
  import.output.spend(kVisit);
  import.notices.note(std::string(at) + ": " + std::string(what) +
                      (target.value
                           ? std::string(" must be an object")
                           : ": the reference " + quote(target.reference) + " " + target.problem) +
                      "; it is left out");
  return nullptr;
}

// "Pet" of {"$ref":"#/components/schemas/Pet"}; "" for any other schema.
std::string_view type_name(const Value* schema) {
  const std::string_view reference = schema ? reference_of(*schema) : std::string_view();
  if (!reference.starts_with("#/") || reference.size() > References::kMaxLength) return {};
  return reference.substr(reference.rfind('/') + 1);
}

void add_representation(OpenapiImport& import, Value& representations,
                        std::string_view content_type, const Value* schema) {
  Output& output = import.output;
  if (content_type.empty() || content_type.size() > kMaxContentType) {
    import.notices.tally("content types that are not 1 to 256 bytes long are left out");
    output.spend(kVisit);
    return;
  }
  Value out(rapidjson::kObjectType);
  output.add(out, "contentType", output.text(content_type));
  if (const auto name = type_name(schema); !name.empty())
    output.add(out, "typeName", output.text(name));
  output.push(representations, std::move(out));
}

// "content" of OpenAPI 3.
Value content_of(OpenapiImport& import, std::string_view at, const Value& body) {
  Value out(rapidjson::kArrayType);
  const Value* content = find_member(body, "content");
  if (!content) return out;
  if (!content->IsObject()) {
    import.notices.note(std::string(at) + ": content must be an object; it is left out");
    return out;
  }
  for (const auto& [type, media] : content->GetObject()) {
    if (!import.output.spend(media.IsObject() ? kVisit * media.MemberCount() : kVisit)) break;
    const Value* schema = media.IsObject() ? find_member(media, "schema") : nullptr;
    add_representation(import, out, text_of(type), schema);
  }
  return out;
}

// "consumes" or "produces" of Swagger 2, the operation's before the document's.
Value media_types(OpenapiImport& import, std::string_view at, const Value& operation,
                  const char* name, std::string_view fallback, const Value* schema) {
  Value out(rapidjson::kArrayType);
  const Value* types = find_member(operation, name);
  if (!types) types = import.references.member(import.root, name);
  if (types && !types->IsArray()) {
    import.notices.note(std::string(at) + ": " + name +
                        " must be a list of strings; it is left out");
    types = nullptr;
  }
  if (!types || types->Empty()) {
    add_representation(import, out, fallback, schema);
    return out;
  }
  for (const Value& type : types->GetArray()) {
    if (import.output.exhausted()) break;
    add_representation(import, out, type.IsString() ? text_of(type) : std::string_view(), schema);
  }
  return out;
}

void add_unless_empty(OpenapiImport& import, Value& into, std::string_view name, Value list) {
  if (!list.Empty()) import.output.add(into, name, std::move(list));
}

Value headers_of(OpenapiImport& import, std::string_view at, const Value& response) {
  Value out(rapidjson::kArrayType);
  const Value* headers = find_member(response, "headers");
  if (!headers) return out;
  if (!headers->IsObject()) {
    import.notices.note(std::string(at) + ": headers must be an object; they are left out");
    return out;
  }
  for (const auto& [name, value] : headers->GetObject()) {
    if (import.output.exhausted()) break;
    const Value* header = object_at(import, at, "the header " + quote(text_of(name)), value);
    if (!header || name.GetStringLength() == 0 || name.GetStringLength() > kMaxHeaderName) continue;
    const Value* required = find_member(*header, "required");
    import.output.push(out,
                       describe_parameter(import, text_of(name), header,
                                          required && required->IsBool() && required->GetBool()));
  }
  return out;
}

bool is_required(const ImportedParameter& parameter) {
  const Value* required = find_member(*parameter.value, "required");
  return required && required->IsBool() && required->GetBool();
}

void add_body(OpenapiImport& import, std::string_view at, const Value& operation,
              const std::vector<ImportedParameter>& parameters, Value& request) {
  if (!import.swagger) {
    const Value* member = find_member(operation, "requestBody");
    const Value* body = member ? object_at(import, at, "requestBody", *member) : nullptr;
    if (!body) return;
    add_description(import, *body, request);
    add_unless_empty(import, request, "representations", content_of(import, at, *body));
    return;
  }
  const auto in = [&](std::string_view place) {
    return std::find_if(parameters.begin(), parameters.end(),
                        [&](const ImportedParameter& parameter) { return parameter.in == place; });
  };
  if (const auto body = in("body"); body != parameters.end()) {
    add_description(import, *body->value, request);
    add_unless_empty(import, request, "representations",
                     media_types(import, at, operation, "consumes", "application/json",
                                 find_member(*body->value, "schema")));
  } else if (in("formData") != parameters.end()) {
    add_unless_empty(import, request, "representations",
                     media_types(import, at, operation, "consumes",
                                 "application/x-www-form-urlencoded", nullptr));
  }
}

}  // namespace

Value describe_request(OpenapiImport& import, std::string_view at, const Value& operation,
                       const std::vector<ImportedParameter>& parameters) {
  Value request(rapidjson::kObjectType);
  Value query(rapidjson::kArrayType);
  Value headers(rapidjson::kArrayType);
  for (const ImportedParameter& parameter : parameters) {
    if (import.output.exhausted()) break;
    if (parameter.in != "query" && parameter.in != "header") continue;
    import.output.push(
        parameter.in == "query" ? query : headers,
        describe_parameter(import, parameter.name, parameter.value, is_required(parameter)));
  }
  add_body(import, at, operation, parameters, request);
  add_unless_empty(import, request, "queryParameters", std::move(query));
  add_unless_empty(import, request, "headers", std::move(headers));
  return request;
}

Value describe_responses(OpenapiImport& import, std::string_view at, const Value& operation) {
  Value out(rapidjson::kArrayType);
  const Value* responses = find_member(operation, "responses");
  if (!responses) return out;
  if (!responses->IsObject()) {
    import.notices.note(std::string(at) + ": responses must be an object; they are left out");
    return out;
  }
  for (const auto& [name, value] : responses->GetObject()) {
    if (!import.output.spend(kVisit)) break;
    const std::string_view code = text_of(name);
    if (code.starts_with("x-")) continue;
    const auto status = parse_decimal(code, 599);
    if (code.size() != 3 || !status || *status < 100) {
      import.notices.tally(
          "responses without one status code, such as \"default\" and \"4XX\", are left out");
      continue;
    }
    const Value* response = object_at(import, at, "the response " + std::string(code), value);
    if (!response) continue;
    Value described(rapidjson::kObjectType);
    import.output.add(described, "statusCode", Value(static_cast<int>(*status)));
    add_description(import, *response, described);
    add_unless_empty(import, described, "headers", headers_of(import, at, *response));
    const Value* schema = find_member(*response, "schema");
    if (!import.swagger) {
      add_unless_empty(import, described, "representations", content_of(import, at, *response));
    } else if (schema) {
      add_unless_empty(import, described, "representations",
                       media_types(import, at, operation, "produces", "application/json", schema));
    }
    import.output.push(out, std::move(described));
  }
  return out;
}

}  // namespace gateway::arm
