#pragma once

#include <gateway/options.h>
#include <gateway/result.h>

namespace gateway {

// The first rule of GatewayOptions that `options` breaks: which member, and what is allowed.
[[nodiscard]] Result<void> check(const GatewayOptions& options);

}  // namespace gateway
