#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/environment.h>
#include <gateway/result.h>

#include "store.h"

namespace configd {

struct ImportReport {
  std::uint64_t revision = 0;
  std::size_t written = 0;           // resources that were made or changed
  std::vector<std::string> notices;  // what was left out, and why
};

struct OpenApiImport {
  std::string api;                         // its name: "users"
  std::string path;                        // "" where the API is there and keeps its own
  std::string text;                        // JSON or YAML
  std::string where;                       // the file, for messages
  std::optional<std::string> service_url;  // else the document's first server
  std::optional<bool> subscription_required;
  std::vector<std::string> protocols;  // none: as the document says, else https
  std::vector<std::string> gateways;  // that the API is assigned to; they must exist
  std::vector<std::string> products;
};

// An API with its operations from an OpenAPI or Swagger document: one commit.
[[nodiscard]] gateway::Result<ImportReport> import_openapi(Store& store,
                                                           const gateway::Environment& environment,
                                                           const OpenApiImport& import);

// An APIOps folder (path → text) with an override file's text or "": one commit, all or nothing.
// The Error names every problem. What the folder does not speak of stays, but for operations of its
// APIs.
[[nodiscard]] gateway::Result<ImportReport> import_artifacts(
    Store& store, const gateway::Environment& environment,
    const std::map<std::string, std::string>& files, std::string_view overrides,
    std::string_view overrides_name);

}  // namespace configd
