#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service.h"

namespace configd {

// What is wrong with a request, each with the member that it is about. Never a secret.
using Problems = std::vector<ArmError>;

[[nodiscard]] ArmError validation_error(std::string target, std::string message);
[[nodiscard]] ArmError not_found(std::string_view what);
[[nodiscard]] ArmError conflict(std::string message);

// One error with all problems as its details; the status is that of the first.
[[nodiscard]] gateway::HttpServer::Response to_response(const Problems& problems);
// The same as text, for a command line.
[[nodiscard]] std::string to_text(const Problems& problems);

}  // namespace configd
