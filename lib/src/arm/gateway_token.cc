#include "arm/gateway_token.h"

#include <array>
#include <optional>
#include <utility>

#include <openssl/digest.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>

#include "arm/resource.h"
#include "base/base64.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

constexpr std::string_view kScheme = "GatewayKey ";
constexpr std::size_t kSignatureBytes = 64;  // SHA-512
constexpr std::size_t kMaxTokenBytes = 4096;

Error refuse(std::string message) {
  return Error{ErrorCode::InvalidArgument, "configuration", std::move(message), "gateway token"};
}

bool is_gateway_name(std::string_view name) {
  return name.find('/') == std::string_view::npos &&
         short_id("/gateways/" + std::string(name)).ok();
}

// "yyyyMMddHHmm" as seconds since 1970; nullopt when it is no such time.
std::optional<std::int64_t> parse_minute(std::string_view text) {
  if (text.size() != 12) return std::nullopt;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
  }
  const std::string digits(text);
  return parse_rfc3339(digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2) +
                       "T" + digits.substr(8, 2) + ":" + digits.substr(10, 2) + ":00Z");
}

std::string format_minute(std::int64_t seconds) {
  std::string digits;
  for (char c : format_rfc3339(seconds)) {
    if (is_digit(c)) digits += c;
  }
  return digits.substr(0, 12);
}

std::string signature_of(std::string_view gateway, std::int64_t expires, std::string_view key) {
  const std::string text = std::string(gateway) + "\n" + format_minute(expires);
  std::array<std::uint8_t, kSignatureBytes> mac{};
  unsigned size = 0;
  HMAC(EVP_sha512(), key.data(), key.size(), reinterpret_cast<const std::uint8_t*>(text.data()),
       text.size(), mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

}  // namespace

Result<GatewayToken> parse_gateway_token(std::string_view text) {
  text = trim(text);
  if (text.size() > kMaxTokenBytes) return refuse("it is longer than 4096 bytes");
  if (text.size() >= kScheme.size() &&
      equals_ignoring_case(text.substr(0, kScheme.size()), kScheme)) {
    text = trim(text.substr(kScheme.size()));
  }
  const auto parts = split(text, '&');
  if (parts.size() != 3) {
    return refuse("it does not have the form \"GatewayKey {id}&{yyyyMMddHHmm}&{signature}\"");
  }
  if (!is_gateway_name(parts[0])) return refuse("its first part is no id of a gateway");
  const auto expires = parse_minute(parts[1]);
  if (!expires) return refuse("its second part is no time in the form yyyyMMddHHmm");
  auto signature = decode_base64(parts[2]);
  if (!signature || signature->size() != kSignatureBytes || encode_base64(*signature) != parts[2]) {
    return refuse("its third part is not the 64 bytes of a signature in base64");
  }
  return GatewayToken{std::string(parts[0]), *expires, std::move(*signature)};
}

std::string sign_gateway_token(std::string_view gateway, std::int64_t expires,
                               std::string_view key) {
  return std::string(kScheme) + std::string(gateway) + "&" + format_minute(expires) + "&" +
         encode_base64(signature_of(gateway, expires, key));
}

bool verify_gateway_token(const GatewayToken& token, std::string_view key) {
  if (key.empty()) return false;  // a gateway without a key: anyone could sign with none
  const std::string expected = signature_of(token.gateway, token.expires, key);
  return token.signature.size() == expected.size() &&
         CRYPTO_memcmp(token.signature.data(), expected.data(), expected.size()) == 0;
}

}  // namespace gateway::arm
