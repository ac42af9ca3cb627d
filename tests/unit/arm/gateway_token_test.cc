#include <catch2/catch.hpp>

#include "arm/gateway_token.h"
#include "base/strings.h"

using namespace gateway;
using namespace gateway::arm;

namespace {
const std::int64_t kExpires = *parse_rfc3339("2026-11-23T08:30:00Z");
// printf 'gw\n202611230830' | openssl dgst -sha512 -hmac 'secret key' -binary | base64 -w0
const std::string kToken =
    "GatewayKey "
    "gw&202611230830&I8fKGwQAGSgKkx7SAXx6cAidk4USpB/WY5Lt5SU4VXmufbUmxeZmekk33/tE"
    "DosYjjPo92LudNnsnpXgDrQ7hA==";
}  // namespace

TEST_CASE("A token is signed as OpenSSL's HMAC over id and time does") {
  CHECK(sign_gateway_token("gw", kExpires, "secret key") == kToken);
  CHECK(sign_gateway_token("gw", kExpires + 59, "secret key") == kToken);
}

TEST_CASE("A token that was signed is parsed and verified with the same key only") {
  for (const std::string& text :
       {kToken, kToken.substr(11), "  " + kToken + "\r\n", "gatewaykey " + kToken.substr(11)}) {
    INFO(text);
    const auto token = parse_gateway_token(text);
    REQUIRE(token.ok());
    CHECK(token->gateway == "gw");
    CHECK(token->expires == kExpires);
    CHECK(verify_gateway_token(*token, "secret key"));
    CHECK_FALSE(verify_gateway_token(*token, "secret kez"));
    CHECK_FALSE(verify_gateway_token(*token, ""));
  }
}

TEST_CASE("A changed token is not verified") {
  const GatewayToken token = parse_gateway_token(kToken).value();
  GatewayToken other = token;
  other.gateway = "gx";
  CHECK_FALSE(verify_gateway_token(other, "secret key"));
  other = token;
  other.expires += 60;
  CHECK_FALSE(verify_gateway_token(other, "secret key"));
  for (std::size_t i = 0; i < token.signature.size(); ++i) {
    other = token;
    other.signature[i] = static_cast<char>(other.signature[i] ^ 1);
    CHECK_FALSE(verify_gateway_token(other, "secret key"));
  }
  other.signature = "";
  CHECK_FALSE(verify_gateway_token(other, "secret key"));
}

TEST_CASE("Nobody signs for a gateway without a key") {
  const auto token = parse_gateway_token(sign_gateway_token("gw", kExpires, ""));
  CHECK_FALSE(verify_gateway_token(token.value(), ""));
}

TEST_CASE("Every token cut short is refused, and no error tells any of it") {
  for (std::size_t size = 0; size < kToken.size(); ++size) {
    INFO(size);
    const auto token = parse_gateway_token(kToken.substr(0, size));
    REQUIRE_FALSE(token.ok());
    CHECK_THAT(token.error().to_string(), !Catch::Contains(kToken.substr(kToken.size() - 20, 8)));
  }
}

TEST_CASE("What is no token is refused, naming the part") {
  const std::string signature = kToken.substr(kToken.rfind('&'));
  const std::pair<std::string, std::string> table[] = {
      {"", "form"},
      {"SharedAccessSignature gw", "form"},
      {"gw&202611230830", "form"},
      {"gw&202611230830" + signature + "&x", "form"},
      {"&202611230830" + signature, "first part"},
      {"g/w&202611230830" + signature, "first part"},
      {"g/apis/a&202611230830" + signature, "first part"},
      {"g\nw&202611230830" + signature, "first part"},
      {"gw&20261123083" + signature, "second part"},
      {"gw&202611230860" + signature, "second part"},
      {"gw&202613230830" + signature, "second part"},
      {"gw&202602300830" + signature, "second part"},
      {"gw&20261123083x" + signature, "second part"},
      {"gw&-02611230830" + signature, "second part"},
      {"gw&202611230830&", "third part"},
      {"gw&202611230830&QUJD", "third part"},
      {"gw&202611230830" + signature.substr(0, 30) + "\n" + signature.substr(30), "third part"},
      {"gw&202611230830" + std::string(5000, 'A'), "4096"},
  };
  for (const auto& [text, reason] : table) {
    INFO(text);
    const auto token = parse_gateway_token(text);
    REQUIRE_FALSE(token.ok());
    CHECK_THAT(token.error().message, Catch::Contains(reason));
  }
}
