#include <gateway/error.h>

namespace gateway {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument: return "invalid_argument";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::AlreadyExists: return "already_exists";
    case ErrorCode::Unavailable: return "unavailable";
    case ErrorCode::Unauthorized: return "unauthorized";
    case ErrorCode::Timeout: return "timeout";
    case ErrorCode::ProtocolError: return "protocol_error";
    case ErrorCode::TooLarge: return "too_large";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Internal: return "internal";
  }
  return "internal";
}

std::string Error::to_string() const {
  std::string text;
  text.reserve(origin.size() + where.size() + message.size() + 4);
  for (const std::string* part : {&origin, &where}) {
    if (part->empty()) continue;
    text += *part;
    text += ": ";
  }
  text += message;
  return text;
}

}  // namespace gateway
