#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/validation/api_schema.h"
#include "policy/validation/errors.h"

// Parameters of requests and header fields of responses, as texts, against what the API's schema says of them.
namespace gateway::policy {

enum class ParameterPlace : std::uint8_t { Path, Query, RequestHeader, ResponseHeader };

[[nodiscard]] ValidationFinding unspecified_parameter(ParameterPlace place, std::string_view name);
[[nodiscard]] ValidationFinding missing_parameter(ParameterPlace place, std::string_view name);
// Texts that are there, decoded, one for each time. Each is read as the types that the schema has.
[[nodiscard]] std::optional<ValidationFinding> find_parameter_problem(const ApiSchema& schema,
                                                                      const ApiSchema::Parameter& parameter,
                                                                      ParameterPlace place,
                                                                      const std::vector<std::string_view>& texts);
// The properties of a parameter in the style deepObject.
using ParameterProperties = std::vector<std::pair<std::string_view, std::string_view>>;
[[nodiscard]] std::optional<ValidationFinding> find_object_problem(const ApiSchema& schema,
                                                                   const ApiSchema::Parameter& parameter,
                                                                   ParameterPlace place,
                                                                   const ParameterProperties& properties);
// An object whose properties are query parameters of their own (form, exploded): they are not validated.
[[nodiscard]] bool is_spread(const ApiSchema& schema, const ApiSchema::Parameter& parameter) noexcept;
[[nodiscard]] bool has_property(const ApiSchema& schema, const ApiSchema::Parameter& parameter,
                                std::string_view property) noexcept;

}  // namespace gateway::policy
