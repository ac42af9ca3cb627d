#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "observe/redact.h"

using namespace gateway;

namespace {

constexpr std::string_view kMarker = "MaRk3r-SeCrEt";

struct Row {
  std::string_view before;  // what stands before the secret, and what comes after it
  std::string_view after;
  std::string_view expected;
};

constexpr Row kRows[] = {
    {"GET /a?subscription-key=", "&b=c HTTP/1.1", "GET /a?subscription-key=***&b=c HTTP/1.1"},
    {"/a?b=c&Subscription-Key=", "", "/a?b=c&Subscription-Key=***"},
    {"Ocp-Apim-Subscription-Key: ", "\r\nHost: x", "Ocp-Apim-Subscription-Key: ***\r\nHost: x"},
    {"Authorization: Bearer ", "\nHost: x", "Authorization: ***\nHost: x"},
    {"authorization: Basic abc ", "", "authorization: ***"},
    {"Proxy-Authorization: Digest a=\"b\", c=", "\r\nA: b", "Proxy-Authorization: ***\r\nA: b"},
    {"Cookie: a=b; c=", "\r\nA: b", "Cookie: ***\r\nA: b"},
    {"{\"authorization\": \"Bearer ", "\", \"a\": 1}", "{\"authorization\": \"***\", \"a\": 1}"},
    {"{\"password\":\"a\\\"b", "\",\"a\":1}", "{\"password\":\"***\",\"a\":1}"},
    {"the server said: Bearer ", " is expired", "the server said: Bearer *** is expired"},
    {"GatewayKey gw&202601010000&", "==", "GatewayKey ***"},
    {"config.service.auth=", "", "config.service.auth=***"},
    {"CONFIG_SERVICE_AUTH: ", "\n", "CONFIG_SERVICE_AUTH: ***\n"},
    {"config.backup.key: '", "' # note", "config.backup.key: '***' # note"},
    {"https://b.example/x?sv=1&sig=", "&se=2", "https://b.example/x?sv=1&sig=***&se=2"},
    {"client_secret=", "", "client_secret=***"},
    {"access_token=", ")", "access_token=***)"},
    {"x-api-key:", "", "x-api-key:***"},
    {"key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", " was refused", "key *** was refused"},
    {"-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\nrest", "***\nrest"},
    {"-----BEGIN EC PRIVATE KEY-----\n", "", "***"},
    {"tls.key: -----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----", "tls.key: ***"},
    {"key_pem: |\n  -----BEGIN RSA PRIVATE KEY-----\n  ", "\n  -----END RSA PRIVATE KEY-----\n",
     "key_pem: ***\n  ***\n"},
    {"x-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n", "x***\n"},
    {"{\"pem\":\"-----BEGIN PRIVATE KEY-----\\n", "\\n-----END PRIVATE KEY-----\\n\"}",
     "{\"pem\":\"***\\n\"}"},
};

}  // namespace

TEST_CASE("A secret is nowhere in redacted text, and the rest of the text is") {
  for (const auto& row : kRows) {
    std::string text(row.before);
    text.append(kMarker).append(row.after);
    INFO(text);
    const auto shown = redact(text);
    CHECK(shown == row.expected);
    CHECK(shown.find(kMarker) == std::string::npos);
    CHECK(redact(shown) == shown);
  }
}

TEST_CASE("Harmless text is left as it is") {
  for (const std::string_view text :
       {"", "GET /users/42?page=2 HTTP/1.1", "the key of the map", "tokens: none of them",
        "a: b\r\nc: d", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "subscription-key", "password", "Ingress gw/users: spec.rules[0].host: not a host",
        "basic things work", "eyJ"}) {
    CHECK(redact(text) == text);
  }
}

TEST_CASE("Names of secrets are known in any case and by their ends") {
  for (const std::string_view name :
       {"Authorization", "Proxy-Authorization", "SUBSCRIPTION-KEY", "Set-Cookie", "id_token",
        "config.service.auth", "config.backup.key", "sig"}) {
    INFO(name);
    CHECK(is_secret_name(name));
  }
  for (const std::string_view name :
       {"Host", "design", "config.backup.path", "keys", "", "k8s.ingress.enabled"}) {
    INFO(name);
    CHECK_FALSE(is_secret_name(name));
  }
}
