#pragma once

#include <string>

#include <gateway/environment.h>

namespace configd {

// base64 of 32 random bytes.
[[nodiscard]] std::string new_gateway_key(const gateway::Entropy& entropy);
// 32 hex digits, as the keys of subscriptions are.
[[nodiscard]] std::string new_subscription_key(const gateway::Entropy& entropy);

}  // namespace configd
