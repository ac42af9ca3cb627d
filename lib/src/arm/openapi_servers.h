#pragma once

#include <string>
#include <vector>

#include <gateway/result.h>

#include "arm/openapi_import.h"

namespace gateway::arm {

struct ImportedServers {
  std::string service_url;             // "" = the document names no absolute one
  std::vector<std::string> protocols;  // "http", "https"
};

// `servers` of OpenAPI 3, or `host`, `basePath` and `schemes` of Swagger 2.
[[nodiscard]] Result<ImportedServers> read_servers(OpenapiImport& import);

}  // namespace gateway::arm
