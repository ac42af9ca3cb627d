#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gateway/result.h>

#include "http/server.h"

namespace gateway {

// What a response head says about its body and its connection.
struct ResponseFraming {
  enum class Body : std::uint8_t { Length, Chunked, UntilClose };
  Body body = Body::Length;
  std::size_t length = 0;  // with Length
  bool close = false;      // the connection ends with this response
};

// Whether responses of that status never have a body (RFC 9110 §6.4.1).
[[nodiscard]] bool is_bodyless(int status) noexcept;

// The bytes of a head. Cache-Control, X-Content-Type-Options and, with 503, Retry-After are added
// where they are not given. Error: a status, type or field that must not be sent; it is named, its
// value is not.
[[nodiscard]] Result<std::string> write_head(const HttpServer::Response& response,
                                             ResponseFraming framing);

// A response of one line of text.
[[nodiscard]] HttpServer::Response text_response(int status, std::string_view text);

}  // namespace gateway
