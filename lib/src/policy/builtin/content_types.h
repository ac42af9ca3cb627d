#pragma once

#include <string_view>

#include "policy/run.h"

namespace gateway::policy {

// Whether the Content-Type of the message of this section is of `kind` ("json", "xml"): application/json,
// text/json, application/problem+json.
[[nodiscard]] bool has_type(Run& run, std::string_view kind);
// Whether the client's Accept names a type of that kind. Without one, no.
[[nodiscard]] bool accepts(Run& run, std::string_view kind);

}  // namespace gateway::policy
