#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/result.h>

namespace gateway {

// Bounds on documents from outside.
struct DocumentLimits {
  std::size_t max_bytes = 64u << 20;
  std::size_t max_depth = 64;
  std::size_t max_yaml_aliases = 100;
  bool yaml_keys_as_text = false;  // "200:" and "true:" are keys by their text; else they are refused
};

// Parses one JSON text (RFC 8259, UTF-8 checked, duplicate member names refused). The Error names
// `where` with line and column.
[[nodiscard]] Result<rapidjson::Document> parse_json(std::string_view text, const DocumentLimits& limits,
                                                     std::string_view where);

// Parses a YAML 1.2 stream (core schema) into one JSON document for each YAML document that is not
// empty. Aliases, depth and total expanded size are bounded; anchors never make cycles; non-string
// keys and duplicate keys are refused. Values that JSON cannot express (NaN, binary) are refused.
[[nodiscard]] Result<std::vector<rapidjson::Document>> parse_yaml(std::string_view text,
                                                                  const DocumentLimits& limits,
                                                                  std::string_view where);

}  // namespace gateway
