#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/validation/api_schema.h"
#include "policy/validation/errors.h"
#include "policy/validation/json_schema.h"

// Bodies of requests and responses against what the API's schema, or another one that is named, says of them.
namespace gateway::policy {

struct BodyTerms {
  std::string schema_id, schema_ref;  // "" = the API's own
  bool soap = false;
  SchemaOptions options;
  // A definition is named that is not the operation's.
  [[nodiscard]] bool names_schema() const noexcept { return !schema_id.empty() || !schema_ref.empty(); }
};
// What is known of one body. `content`: decoded.
struct BodyFacts {
  bool of_request = true;
  std::string_view type;  // as it is validated, "application/json"
  const ApiSchema* schema = nullptr;               // null: the API has none
  const ApiSchema::Content* declared = nullptr;    // null: the operation has no such content
  std::string_view content;
};

[[nodiscard]] std::optional<ValidationFinding> find_json_problem(const BodyTerms& terms, const BodyFacts& body);
[[nodiscard]] std::optional<ValidationFinding> find_xml_problem(const BodyTerms& terms, const BodyFacts& body);

[[nodiscard]] ValidationFinding body_too_large(const BodyFacts& body, std::size_t size, std::size_t most);
[[nodiscard]] ValidationFinding body_too_large_decoded(const BodyFacts& body, std::size_t most);
[[nodiscard]] ValidationFinding unspecified_body(const BodyFacts& body);
[[nodiscard]] ValidationFinding body_not_validated(const BodyFacts& body, std::string_view why);

}  // namespace gateway::policy
