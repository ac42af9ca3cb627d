#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/message.h"

namespace gateway::policy {

// How cache-store keeps a response. What belongs to one client or one connection is left out: Set-Cookie,
// Age, Date, Connection, Content-Length and the like.
[[nodiscard]] std::string write_cached_response(const ResponseMessage& response, std::int64_t duration_ms);

// Views into `content`, which outlives the response. False: it is none.
[[nodiscard]] bool read_cached_response(std::string_view content, ResponseMessage& response,
                                        std::int64_t& duration_ms);

}  // namespace gateway::policy
