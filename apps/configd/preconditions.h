#pragma once

#include <optional>
#include <string>

#include "arm_error.h"
#include "store.h"

namespace configd {

// Whether a list of entity tags ("*" or "\"a\", \"b\"") has this one; false where there is no list.
[[nodiscard]] bool names_etag(const std::string* list, std::string_view etag);

// If-Match and If-None-Match (RFC 9110 §13.1) against what is stored, or null. `wants_match`: a
// request without If-Match is refused with 428, so that nobody changes what they have not seen; "*"
// says any.
[[nodiscard]] std::optional<ArmError> check_preconditions(
    const gateway::HttpServer::Request& request, const Stored* stored, bool wants_match);

}  // namespace configd
