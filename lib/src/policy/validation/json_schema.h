#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

// JSON Schema as OpenAPI 3.0 and 3.1 use it: type (with nullable), enum, const, allOf, anyOf, oneOf, not, the limits of
// numbers, texts, arrays and objects, pattern, and the formats below. Only local references are followed.
namespace gateway::policy {

// The value that a JSON pointer fragment ("#/components/schemas/x", RFC 6901 §6) leads to in `root`; null: none.
[[nodiscard]] const rapidjson::Value* find_pointer(const rapidjson::Value& root, std::string_view pointer) noexcept;
// What `schema` is or refers to; null: nothing that is there.
[[nodiscard]] const rapidjson::Value* follow_references(const rapidjson::Value& root,
                                                        const rapidjson::Value* schema) noexcept;
// The member of an object; null: there is none, or `object` is no object.
[[nodiscard]] const rapidjson::Value* member_of(const rapidjson::Value& object, std::string_view name) noexcept;
[[nodiscard]] std::string_view text_of(const rapidjson::Value* value) noexcept;  // "" = no text
[[nodiscard]] bool flag_of(const rapidjson::Value* value) noexcept;              // false: no boolean

struct SchemaOptions {
  // Instead of what the schema says of additionalProperties.
  std::optional<bool> additional_properties;
  bool ignore_case_of_properties = false;
};

// Where a value does not conform, and why, in the words of .NET's best known validator.
struct SchemaFinding {
  std::vector<std::string> path;  // names and indexes, from the root
  std::string message;
  // Nobody can tell whether it conforms: the schema refers to what is not there or has a pattern that is none, or the
  // bounds are reached. Goes before whatever else was found.
  bool undecided = false;
};

// The first finding; nothing: it conforms. `root`: what references begin from. Never throws, bounded in depth and in
// work.
[[nodiscard]] std::optional<SchemaFinding> find_violation(const rapidjson::Value& instance,
                                                          const rapidjson::Value& schema,
                                                          const rapidjson::Value& root,
                                                          const SchemaOptions& options = {});

// Line and column, from 1, behind the value at that path of a JSON text; 1, 1 where it is not there.
struct TextPlace {
  std::size_t line = 1, column = 1;
};
[[nodiscard]] TextPlace place_of(std::string_view json, const std::vector<std::string>& path);

}  // namespace gateway::policy
