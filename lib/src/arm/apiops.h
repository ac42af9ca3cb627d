#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/error.h>
#include <gateway/result.h>

#include "arm/resource.h"
#include "model/document.h"

namespace gateway::arm {

// What a folder of artifacts says.
struct ArtifactTree {
  std::vector<Resource> resources;   // sorted by id
  std::vector<std::string> files;    // of each resource: where it was read
  std::vector<Error> problems;       // each names its file; the rest is sound
  std::vector<std::string> notices;  // files that say nothing to a gateway
};

// Reads the text of every file of an APIOps folder ("apis/users/apiInformation.json" → text) as
// resources: names with spaces and ";rev=N" in them, operations from the specification files, policies
// as {"format":"rawxml","value":…}. `overrides` is the text of an override file or "": JSON or YAML,
//   {"resources":[{"id":"/subscriptions/x","properties":{"primaryKey":…}}, …]}
// Its members are merged into those of the tree (RFC 7396), and resources that the tree lacks are added.
[[nodiscard]] ArtifactTree read_artifacts(const std::map<std::string, std::string>& files,
                                          std::string_view overrides, std::string_view overrides_name,
                                          const DocumentLimits& limits);

// Whether a folder with these relative paths is such a tree (some *Information.json in its place).
[[nodiscard]] bool is_artifact_tree(const std::vector<std::string>& paths);
// Whether a folder of this name, right below the root of a tree, belongs to it.
[[nodiscard]] bool is_artifact_folder(std::string_view name);

// The same in steps, for those who keep what they have read.

// What one file says, whatever the others say. Immutable.
struct Artifact;
using ArtifactPtr = std::shared_ptr<const Artifact>;

// Whether a file of this relative path says something to a gateway.
[[nodiscard]] bool is_artifact(std::string_view path);
// Words about one that does not; "" where it is not worth them.
[[nodiscard]] std::string notice_of(std::string_view path);
// `path` is an artifact's. An Error where the file as a whole is no use; it names the file.
[[nodiscard]] Result<ArtifactPtr> read_artifact(std::string_view path, std::string_view text,
                                                const DocumentLimits& limits);

// What an override file says. Immutable.
struct Overrides;
[[nodiscard]] Result<std::shared_ptr<const Overrides>> read_overrides(std::string_view text,
                                                                      std::string_view name,
                                                                      const DocumentLimits& limits);

struct LocatedResource {
  Resource resource;
  std::string where;  // "users.json: resources[3]"
};

// What artifacts (by path; null = the file is there and never could be read) and resources of other
// documents say together: of two with one id the first counts, those of the tree before the others.
// `overrides` may be null. A policy document that could not be read covers its scope all the same: one
// that no policy engine takes stands in its place, as it does for an API whose specification could not.
[[nodiscard]] ArtifactTree assemble(const std::map<std::string, ArtifactPtr>& artifacts,
                                    const std::vector<LocatedResource>& documents,
                                    const Overrides* overrides);

}  // namespace gateway::arm
