#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/result.h>

namespace gateway::arm {

// "GatewayKey {id}&{yyyyMMddHHmm}&{base64}": the signature is HMAC-SHA512 with the gateway's key over
// "{id}\n{yyyyMMddHHmm}", the time is UTC and the token is good until it.
struct GatewayToken {
  std::string gateway;
  std::int64_t expires = 0;  // seconds since 1970
  std::string signature;     // bytes
};

// Also without the leading "GatewayKey ". The Error names what is wrong, and never the token.
[[nodiscard]] Result<GatewayToken> parse_gateway_token(std::string_view text);
// `key`: the bytes of the gateway's key as text. The whole token, with "GatewayKey ".
[[nodiscard]] std::string sign_gateway_token(std::string_view gateway, std::int64_t expires, std::string_view key);
// In constant time. Expiry is the caller's to check.
[[nodiscard]] bool verify_gateway_token(const GatewayToken& token, std::string_view key);

}  // namespace gateway::arm
