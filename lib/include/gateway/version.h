#pragma once

#include <gateway/export.h>

#define GATEWAY_VERSION_STRING "0.1.0"

namespace gateway {

// The version of the library that is linked, as opposed to GATEWAY_VERSION_STRING, which was compiled against.
[[nodiscard]] GATEWAY_EXPORT const char* version() noexcept;

}  // namespace gateway
