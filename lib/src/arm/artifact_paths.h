#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::arm {

enum class ArtifactRole : std::uint8_t {
  Api,                  // apiInformation.json
  Information,          // {"properties":{…}} of any other resource
  Association,          // the same, where {} will do
  Names,                // [{"name":…}, …]: associations in one file
  Specification,        // OpenAPI or Swagger
  ForeignSpecification, // of a kind that is not supported
  Policy,               // XML
  FragmentInformation,  // with FragmentPolicy one resource
  FragmentPolicy,       // XML
};

struct ArtifactPath {
  ArtifactRole role = ArtifactRole::Information;
  std::string id;    // of the resource; of a specification its API; of Names the collection
  std::string name;  // of the first resource in the path, such as that of the API
};

// What a relative path of a tree stands for; nullopt = nothing to a gateway.
[[nodiscard]] std::optional<ArtifactPath> read_artifact_path(std::string_view path);
// Relative, and without "." and ".." in it.
[[nodiscard]] bool is_relative_path(std::string_view path);
// Files that every tree has and no gateway needs: not worth a word.
[[nodiscard]] bool is_portal_artifact(std::string_view path);

}  // namespace gateway::arm
