#pragma once

#include <rapidjson/document.h>

#include <gateway/result.h>

#include "arm/openapi_import.h"

namespace gateway::arm {

// `paths` as a list of operations, at most 10,000.
[[nodiscard]] Result<rapidjson::Value> read_operations(OpenapiImport& import);

}  // namespace gateway::arm
