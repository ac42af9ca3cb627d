#include "keys.h"

#include <array>
#include <span>

#include "base/base64.h"
#include "service.h"

namespace configd {

std::string gateway_key_name(std::string_view gateway, bool primary) {
  return "gateways/" + std::string(gateway) + (primary ? "/primary" : "/secondary");
}

std::string new_gateway_key(const gateway::Entropy& entropy) {
  std::string bytes(32, '\0');
  entropy.fill(std::as_writable_bytes(std::span(bytes)));
  return gateway::encode_base64(bytes);
}

std::string new_subscription_key(const gateway::Entropy& entropy) {
  std::array<unsigned char, 16> bytes{};
  entropy.fill(std::as_writable_bytes(std::span(bytes)));
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace configd
