#pragma once

#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "arm/openapi_import.h"
#include "arm/openapi_parameters.h"

namespace gateway::arm {

// What an operation says about its messages, for people: nothing of it decides what is served, so
// that what is no such thing is left out with a notice. Of schemas there are only the names.

// {"description","queryParameters","headers","representations"}; empty where nothing is said.
[[nodiscard]] rapidjson::Value describe_request(OpenapiImport& import, std::string_view at,
                                                const rapidjson::Value& operation,
                                                const std::vector<ImportedParameter>& parameters);
// [{"statusCode","description","headers","representations"}].
[[nodiscard]] rapidjson::Value describe_responses(OpenapiImport& import, std::string_view at,
                                                  const rapidjson::Value& operation);

}  // namespace gateway::arm
