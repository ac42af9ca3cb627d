#include "preconditions.h"

#include "base/strings.h"

namespace configd {

bool names_etag(const std::string* list, std::string_view etag) {
  if (!list) return false;
  for (std::string_view one : gateway::split(*list, ',')) {
    one = gateway::trim(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == etag) return true;
  }
  return false;
}

std::optional<ArmError> check_preconditions(const gateway::HttpServer::Request& request,
                                            const Stored* stored, bool wants_match) {
  const std::string* match = request.header("if-match");
  const std::string* none_match = request.header("if-none-match");
  if (match && (!stored || !names_etag(match, stored->etag))) {
    return ArmError{412, "PreconditionFailed", "The resource is not the one that If-Match names.",
                    ""};
  }
  if (none_match && stored && names_etag(none_match, stored->etag)) {
    return ArmError{412, "PreconditionFailed",
                    "The resource exists, which If-None-Match rules out.", ""};
  }
  if (wants_match && !match) {
    return ArmError{428, "PreconditionRequired",
                    "If-Match is missing; it takes the resource's ETag, or * for any.", ""};
  }
  return std::nullopt;
}

}  // namespace configd
