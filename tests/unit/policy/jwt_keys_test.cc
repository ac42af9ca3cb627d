#include "policy/jwt/keys.h"

#include <catch2/catch.hpp>

using namespace gateway::policy;

namespace {

// Of a key made for these tests alone.
constexpr std::string_view kModulus =
    "vvDPDTd3PSVZEvpppfJBA8PqL-N8BkjDILxGHWijzvg8LjLmrTFZAls4b7jEJupwZymVLgjiKuvysreCk83EgSfCXn"
    "0NgiExMTThJshidg4GmbM-ghlCo8TyhoacIRZzDtscflyM9iAtOprC2gKXruMJD-r2TTW3lZNwbXTIIX-fqxZv3lwq"
    "qrPWClkl8ZTORT76ju3VE1JFVG83xTAjQ6CUxsIc758UQ1X5QdWIbTkwVtQcun0NmHx4hhaNdOGZweC2-5bZdrioIA"
    "RYJrgHhoP0RIeDKbXRvVV9fOGhl0c96QlQvsZxEhXHfQ4nvJuIE8Y9DGI4B80vK-gnSdoofw";
struct Signed {
  std::string_view algorithm, token;
};
constexpr Signed kTokens[] = {
    {"RS256",
     "eyJraWQiOiJrMSIsImFsZyI6IlJTMjU2IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFt"
     "cGxlLyIsImF1ZCI6WyJhcGk6Ly9vcmRlcnMiLCJvdGhlciJdLCJzdWIiOiJhZGEiLCJleHAiOjQxMDI0NDQ4MDAs"
     "Im5iZiI6MTYwMDAwMDAwMCwic2NwIjoib3JkZXJzLnJlYWQgb3JkZXJzLndyaXRlIiwicm9sZXMiOlsicmVhZGVy"
     "Iiwid3JpdGVyIl0sImF6cCI6ImNsaWVudC0xIn0.Rxnj50Tmc7I53k9asVrDT3PGMyUeZ2uHpR38QDKhSN724K3D"
     "TfHC2uTus-EkpQ78GQ_I7lC3RmYmbhPhJz5HgljOT8QUSaaosvg7YtvLGTjKYj7JTQUAdIkXLqbuqfWFEqPLt__e"
     "Z0OEWIBcS3ndvsQO541rgwTvX2UXlczveHLFGca_fVWD52Tc3ENkWhPIACM41ALYqBBxpK_IQOPOhmP-T6Uzj37t"
     "xFcQEOehPIBaguZ5ZgU8IE8crk6fI6KZ_dz4V74KgB5sCAgaYMTvNUgW7_s6NWZxh07xLr2-7p_Ms41Wp4WzrGgU"
     "1dXgCfC1g2n-SIVnsIPbKomI9ByVuQ"},
    {"RS512",
     "eyJraWQiOiJrMSIsImFsZyI6IlJTNTEyIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFt"
     "cGxlLyIsImF1ZCI6WyJhcGk6Ly9vcmRlcnMiLCJvdGhlciJdLCJzdWIiOiJhZGEiLCJleHAiOjQxMDI0NDQ4MDAs"
     "Im5iZiI6MTYwMDAwMDAwMCwic2NwIjoib3JkZXJzLnJlYWQgb3JkZXJzLndyaXRlIiwicm9sZXMiOlsicmVhZGVy"
     "Iiwid3JpdGVyIl0sImF6cCI6ImNsaWVudC0xIn0.ovLBtTd9qi-N1WVld9rJ1XAK3mXIeVRwGhOanZ4rp15kKOzO"
     "0WSmtIpGgH7g03VP71Gkvm8pHnkNl-hpCuamsvJ__uWLpwWioAUmSLigs1cXIU6pKNpTqq31fKqMnmFhvVZrPAjY"
     "68EUp5rL5c8p5WZvG4367iSe0BAsQsykqVxH86H27bN7M55z15i-HjJMs4I0UaKhyCqqbNwia2t2ya_Lqy4iXQTb"
     "8xLJZ1W4w0sS-wve8WzOnre_iVHtk9oLw0xun2z8vbEEezszR5w4IkoOdfjROhB5TU9A0k8zWRZ0tWqK-246mV_v"
     "uYbFCi9FuU_gX__njqbMyCuaqIAfXA"},
    {"PS256",
     "eyJraWQiOiJrMSIsImFsZyI6IlBTMjU2IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFt"
     "cGxlLyIsImF1ZCI6WyJhcGk6Ly9vcmRlcnMiLCJvdGhlciJdLCJzdWIiOiJhZGEiLCJleHAiOjQxMDI0NDQ4MDAs"
     "Im5iZiI6MTYwMDAwMDAwMCwic2NwIjoib3JkZXJzLnJlYWQgb3JkZXJzLndyaXRlIiwicm9sZXMiOlsicmVhZGVy"
     "Iiwid3JpdGVyIl0sImF6cCI6ImNsaWVudC0xIn0.Ppk0BwTAAQhx67uOCqJZ0tMJrKsgi65TDEtslXGeifSikb7r"
     "K4z-hlt68ZVNxia8OLiOAtF-MmzNLu0423RSZUDzbvQbdQ8sV846m7-n182Skpc3-mj4Y3V5jBPfvP-mHb-CExWh"
     "yNYqqCKfpr4QpAehst2SjAvc1d_e5MZNyJ5ZKyQITCAFgTPa2BPYyV1FPJePE2HDykwm9mfhGyh7EgPjlsO0QNh5"
     "28FcX9hYPaDosixHZLmGfXhqw22bCB84xODt6ZPC2tm2pNZMQK17KvR9jjBJySo1XIsaB-MRirsfYbgfWG6XVR7j"
     "F7yqTWZvFoatzv_5X3r0tzFszJX2Yg"},
};

struct Parts {
  std::string text;
  std::string signature;
};
Parts parts_of(std::string_view token) {
  const std::size_t dot = token.rfind('.');
  Parts parts{std::string(token.substr(0, dot)), {}};
  REQUIRE(decode_base64url(token.substr(dot + 1), parts.signature));
  return parts;
}

// RFC 7515, appendix A: the claims of A.1 to A.3.
constexpr std::string_view kClaims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

}  // namespace

TEST_CASE("base64url is read without padding, and nothing else is") {
  std::string out;
  CHECK(decode_base64url("", out));
  CHECK(out.empty());
  CHECK(decode_base64url("_-8", out));
  CHECK(out == "\xff\xef");
  CHECK(decode_base64url("_-8=", out));
  CHECK_FALSE(decode_base64url("A", out));
  CHECK_FALSE(decode_base64url("AB+C", out));
  CHECK_FALSE(decode_base64url("AB", out));  // bits that say nothing are not zero
}

TEST_CASE("the HMAC example of RFC 7515 A.1 is verified") {
  std::string secret;
  REQUIRE(decode_base64url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", secret));
  const TokenKey key = TokenKey::of_secret(secret);
  const std::string text = std::string("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.").append(kClaims);
  const Parts parts = parts_of(text + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  CHECK(key.verifies("HS256", parts.text, parts.signature));
  CHECK_FALSE(key.verifies("HS512", parts.text, parts.signature));
  CHECK_FALSE(key.verifies("RS256", parts.text, parts.signature));
  CHECK_FALSE(key.verifies("HS256", parts.text + "x", parts.signature));
  CHECK_FALSE(key.verifies("none", parts.text, ""));
}

TEST_CASE("the ECDSA example of RFC 7515 A.3 is verified") {
  const auto key = TokenKey::of_curve("P-256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                      "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  REQUIRE(key.ok());
  const std::string text = std::string("eyJhbGciOiJFUzI1NiJ9.").append(kClaims);
  const Parts parts = parts_of(
      text + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  CHECK(key->verifies("ES256", parts.text, parts.signature));
  CHECK_FALSE(key->verifies("ES384", parts.text, parts.signature));
  std::string changed = parts.signature;
  changed[5] = static_cast<char>(changed[5] ^ 1);
  CHECK_FALSE(key->verifies("ES256", parts.text, changed));
  CHECK_FALSE(key->verifies("ES256", parts.text, parts.signature.substr(1)));
}

TEST_CASE("RSA signatures of both paddings are verified") {
  const auto key = TokenKey::of_rsa(kModulus, "AQAB", "k1");
  REQUIRE(key.ok());
  for (const Signed& row : kTokens) {
    INFO(row.algorithm);
    const Parts parts = parts_of(row.token);
    CHECK(key->verifies(row.algorithm, parts.text, parts.signature));
    CHECK_FALSE(key->verifies("HS256", parts.text, parts.signature));
    std::string changed = parts.signature;
    changed[9] = static_cast<char>(changed[9] ^ 1);
    CHECK_FALSE(key->verifies(row.algorithm, parts.text, changed));
  }
}

TEST_CASE("a key set keeps the keys of signatures that it understands") {
  const std::string json = std::string(R"({"keys":[{"kty":"RSA","kid":"k1","use":"sig","e":"AQAB","n":")")
                               .append(kModulus)
                               .append(R"("},{"kty":"RSA","kid":"enc","use":"enc","e":"AQAB","n":")")
                               .append(kModulus)
                               .append(R"("},{"kty":"oct","kid":"s","k":"AAAA"},{"kty":"EC","crv":"P-9","kid":"z"},7]})");
  const auto keys = read_key_set(json, "set");
  REQUIRE(keys.ok());
  REQUIRE(keys->size() == 1);
  CHECK(keys->front().id() == "k1");
  const Parts parts = parts_of(kTokens[0].token);
  CHECK(check_signature(*keys, "RS256", "k1", parts.text, parts.signature) == SignatureOutcome::Valid);
  CHECK(check_signature(*keys, "RS256", "", parts.text, parts.signature) == SignatureOutcome::Valid);
  CHECK(check_signature(*keys, "RS256", "k2", parts.text, parts.signature) == SignatureOutcome::NoKey);
  CHECK(check_signature(*keys, "ES256", "k1", parts.text, parts.signature) == SignatureOutcome::NoKey);
  CHECK(check_signature(*keys, "RS256", "k1", "other", parts.signature) == SignatureOutcome::Invalid);
  for (const char* wrong : {"", "[]", "{}", R"({"keys":7})"}) CHECK_FALSE(read_key_set(wrong, "set").ok());
}
