#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/result.h>

#include "model/document.h"

namespace gateway::arm {

// What an OpenAPI 3.0/3.1 or Swagger 2.0 document says about an API.
struct ImportedApi {
  std::string title;        // info.title
  std::string description;  // info.description
  // The first server, its variables at their defaults, or scheme://host/basePath; "" = none.
  std::string service_url;
  std::vector<std::string> protocols;  // "http", "https" of the servers or schemes; may be empty
  // Operations as {"id":"<name>","properties":{displayName, method, urlTemplate,
  // templateParameters, request, responses, description}}: ready to be a resource under
  // "/apis/{api}/operations/{name}".
  rapidjson::Document operations;    // an array
  // The document itself, as far as it tells of messages: ready to be properties.document of a resource
  // "/apis/{api}/schemas/openapi".
  rapidjson::Document schema;
  std::vector<std::string> notices;  // what was left out or changed, and why
};

// `text` in JSON or YAML. Paths become URL templates ({id} stays), required query parameters stay
// out of the template (as the vendor's `translateRequiredQueryParameters: query`). Local `$ref`s
// are followed (bounded, cycles are no error); remote ones are not fetched: a notice says so. The
// name of an operation is its operationId made fit for an id, else method and path; unique.
//
// An Error where the text is no such document, has more than 10,000 operations, or has a member of
// a wrong type among those that decide what is served: it names the member and what is allowed. A
// path that no URL template can say, and what only describes, is left out with a notice.
[[nodiscard]] Result<ImportedApi> read_openapi(std::string_view text, const DocumentLimits& limits,
                                               std::string_view where);

}  // namespace gateway::arm
