#pragma once

#include <gateway/error.h>

#include "service.h"

namespace configd {

// What a client is told when the store refuses or fails.
[[nodiscard]] inline ArmError to_arm_error(const gateway::Error& error) {
  switch (error.code) {
    case gateway::ErrorCode::InvalidArgument:
      return {400, "ValidationError", error.message, ""};
    case gateway::ErrorCode::TooLarge:
      return {413, "RequestEntityTooLarge", error.message, ""};
    case gateway::ErrorCode::Unavailable:
      return {503, "ServiceUnavailable", error.message, ""};
    default:
      return {500, "InternalError", error.message, ""};
  }
}

}  // namespace configd
