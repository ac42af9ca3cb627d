#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/export.h>

namespace gateway {

// What kind of failure an Error is. The names are stable and appear in logs and metrics.
enum class ErrorCode : std::uint8_t {
  InvalidArgument,   // a caller, a setting or a document said something that is not allowed
  NotFound,          // a named thing does not exist
  AlreadyExists,     // a name or an address is taken
  Unavailable,       // a peer or a file cannot be reached now
  Unauthorized,      // a peer refused our credentials
  Timeout,           // a deadline passed
  ProtocolError,     // a peer broke its protocol
  TooLarge,          // a limit was passed
  Cancelled,         // the work was given up on purpose
  Corrupt,           // stored data failed its checksum or its format
  Internal,          // a defect of this library
};

// The stable lower-case name, such as "invalid_argument".
[[nodiscard]] GATEWAY_EXPORT std::string_view to_string(ErrorCode code) noexcept;

// One failure. A value type; it never owns anything but text.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string origin;   // the part that noticed it: "ingress", "settings", "upstream", …
  std::string message;  // what is wrong and what is allowed; never a secret
  std::string where;    // the object and the field: "Ingress gw/users: spec.rules[0].host"; may be empty
  bool retryable = false;

  // "origin: where: message", for logs and command lines.
  [[nodiscard]] GATEWAY_EXPORT std::string to_string() const;
};

}  // namespace gateway
