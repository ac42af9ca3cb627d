#pragma once

#include <cstdint>
#include <string>

#include <gateway/error.h>

namespace gateway::cloud {

// What a status that is of no use says, and what may be done about it. `expired_at`: when the token
// that was sent expired, in seconds since 1970; 0 = it has not.
[[nodiscard]] Error status_error(int status, const std::string& gateway, std::int64_t expired_at);

// Any failure on the way to the service, as an Error of this source that names the endpoint.
[[nodiscard]] Error explain(Error error, const std::string& endpoint);

}  // namespace gateway::cloud
