#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/result.h>

#include "arm/openapi_import.h"

namespace gateway::arm {

// One parameter of an operation, references followed.
struct ImportedParameter {
  std::string_view in;  // "path", "query", "header", "body", "formData"
  std::string_view name;
  const rapidjson::Value* value = nullptr;
};

// The parameters of a path item and those of its operation, which go first where both say the same.
// `at` names the operation in notices, `operation_at` and `item_at` the lists in errors; a list may
// be null.
[[nodiscard]] Result<std::vector<ImportedParameter>> read_parameters(
    OpenapiImport& import, std::string_view at, const rapidjson::Value* of_operation,
    std::string_view operation_at, const rapidjson::Value* of_item, std::string_view item_at);

// {"name","type","required","description","defaultValue","values"} of a parameter or a header.
[[nodiscard]] rapidjson::Value describe_parameter(OpenapiImport& import, std::string_view name,
                                                  const rapidjson::Value* value, bool required);

// Adds the "description" of `from` where there is one, cut to a bearable length.
void add_description(OpenapiImport& import, const rapidjson::Value& from, rapidjson::Value& into);

}  // namespace gateway::arm
