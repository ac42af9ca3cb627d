#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/error.h>
#include <gateway/result.h>

#include "arm/resource.h"

namespace gateway::arm {

struct Override {
  std::string id;                           // short
  std::string where;                        // "overrides.yaml: resources[3]"
  const rapidjson::Value* properties;       // of Overrides::document; null = none
  const rapidjson::Value* last_modified;    // the same
};

struct Overrides {
  rapidjson::Document document;
  std::vector<Override> entries;  // each id once
  std::vector<Error> problems;    // elements that are no use
};

// `base` with the override merged into it; null = there is none yet.
[[nodiscard]] Result<Resource> override_resource(const Resource* base, const Override& change);
// The properties of `patch` merged into those of `base` (RFC 7396).
[[nodiscard]] Result<Resource> merge_properties(const Resource& base, const Resource& patch);
[[nodiscard]] Result<Resource> set_property(const Resource& base, const char* name, std::string_view value);

}  // namespace gateway::arm
