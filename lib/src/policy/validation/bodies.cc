#include "policy/validation/bodies.h"

#include "model/document.h"
#include "policy/validation/xml_schema.h"

namespace gateway::policy {
namespace {

std::string type_of(const BodyFacts& body) { return body.of_request ? "RequestBody" : "ResponseBody"; }
std::string message_of(const BodyFacts& body) { return body.of_request ? "request" : "response"; }
std::string owner_of(const BodyFacts& body) { return body.of_request ? "Request's body" : "Response's body"; }

ValidationFinding without_definition(const BodyFacts& body, std::string_view definition) {
  return {std::string(body.type), type_of(body), "MissingDefinition",
          "API's schema does not contain definition " + std::string(definition) +
              ", which is associated with the content type " + std::string(body.type) + ".",
          std::string(kInternalError)};
}

// `why` ends with its place.
ValidationFinding incorrect(const BodyFacts& body, std::string_view definition, const std::string& why) {
  return {std::string(body.type), type_of(body), "IncorrectMessage",
          "Body of the " + message_of(body) + " does not conform to the definition " + std::string(definition) +
              ", which is associated with the content type " + std::string(body.type) + ".\n\n" + why};
}

std::string with_place(const std::string& message, std::size_t line, std::size_t column) {
  return message + " Line: " + std::to_string(line) + ", Position: " + std::to_string(column);
}

// Where the text cannot be read any further, in the form that findings have.
std::string unreadable(const Error& error) {
  std::string place = error.where;  // "body, line 2, column 7"
  const std::size_t line = place.find(", line "), column = place.find(", column ");
  if (line == std::string::npos || column == std::string::npos) return with_place(error.message, 1, 1);
  return error.message + ". Line: " + place.substr(line + 7, column - line - 7) + ", Position: " +
         place.substr(column + 9);
}

}  // namespace

std::optional<ValidationFinding> find_json_problem(const BodyTerms& terms, const BodyFacts& body) {
  if (!body.schema || !body.schema->has_definitions()) return schema_missing(body.schema != nullptr);
  const bool named = terms.names_schema();
  const std::string_view reference = terms.schema_ref;
  const std::string_view called = !named              ? body.declared ? body.declared->definition : std::string_view()
                                  : reference.empty() ? std::string_view(terms.schema_id)
                                                      : reference.substr(reference.rfind('/') + 1);
  const rapidjson::Value* definition = named           ? body.schema->definition(terms.schema_id, reference)
                                       : body.declared ? body.declared->schema
                                                       : nullptr;
  if (!definition || !follow_references(body.schema->root(), definition)) return without_definition(body, called);
  const auto document = parse_json(body.content, {}, "body");
  if (!document.ok()) return incorrect(body, called, unreadable(document.error()));
  const auto found = find_violation(*document, *definition, body.schema->root(), terms.options);
  if (!found) return std::nullopt;
  if (found->undecided) return body_not_validated(body, found->message);
  const TextPlace place = place_of(body.content, found->path);
  return incorrect(body, called, with_place(found->message, place.line, place.column));
}

std::optional<ValidationFinding> find_xml_problem(const BodyTerms& terms, const BodyFacts& body) {
  if (!body.schema) return schema_missing();
  const std::string_view id =
      terms.schema_id.empty() ? body.schema->xml_schema_of(body.declared) : std::string_view(terms.schema_id);
  const XmlSchema* xml = body.schema->xml_schema(id);
  if (!xml) return without_definition(body, id);
  const auto found = xml->find_violation(body.content, terms.soap);
  if (!found) return std::nullopt;
  return incorrect(body, id, with_place(found->message, found->line, found->column));
}

ValidationFinding body_too_large(const BodyFacts& body, std::size_t size, std::size_t most) {
  const std::string is = owner_of(body) + " is " + std::to_string(size) + " bytes long and it exceeds the ";
  const std::string limit = "limit of " + std::to_string(most) + " bytes.";
  return {"", type_of(body), "SizeLimit", is + "configured " + limit, is + limit};
}

ValidationFinding body_too_large_decoded(const BodyFacts& body, std::size_t most) {
  const std::string is = owner_of(body) + " is without its coding longer than the ";
  const std::string limit = "limit of " + std::to_string(most) + " bytes.";
  return {"", type_of(body), "SizeLimit", is + "configured " + limit, is + limit};
}

ValidationFinding unspecified_body(const BodyFacts& body) {
  return {std::string(body.type), type_of(body), "Unspecified",
          "Unspecified content type " + std::string(body.type) + " is not allowed."};
}

ValidationFinding body_not_validated(const BodyFacts& body, std::string_view why) {
  return {"", type_of(body), "ValidationException",
          "Body of the " + message_of(body) + " cannot be validated for the content type " + std::string(body.type) +
              ".\n\n" + std::string(why),
          std::string(kInternalError)};
}

}  // namespace gateway::policy
