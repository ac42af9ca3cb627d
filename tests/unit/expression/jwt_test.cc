#include <catch2/catch.hpp>

#include <string>

#include "base/base64.h"
#include "expression/library_result.h"

namespace {

std::string part(std::string text) {
  text = gateway::encode_base64(text);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}
std::string token(const std::string& payload, const std::string& header = R"({"alg":"RS256","typ":"JWT"})") {
  return part(header) + "." + part(payload) + ".c2ln";
}
std::string result_of(const std::string& payload, const std::string& rest) {
  return gateway::expression::result("\"" + token(payload) + "\".AsJwt()" + rest);
}

}  // namespace

TEST_CASE("Jwt: claims become texts") {
  const std::string payload =
      R"({"sub":"u1","aud":["a","b"],"iss":"https://i/","exp":1700000000,"nbf":1600000000.5,"n":1.5,"ok":true,"none":null,"o":{"k":[1,"x"]},"jti":"7","Roles":"r"})";
  const struct {
    const char* rest;
    const char* expected;
  } rows[] = {
      {".Subject", "u1"},
      {".Issuer", "https://i/"},
      {".Id", "7"},
      {".Algorithm", "RS256"},
      {".Type", "JWT"},
      {".Audiences.Count()", "2"},
      {".Claims[\"aud\"][1]", "b"},
      {".Claims[\"sub\"].FirstOrDefault()", "u1"},
      {".Claims.GetValueOrDefault(\"aud\")", "a,b"},
      {".Claims.GetValueOrDefault(\"aud\", \"x\")", "a,b"},
      {".Claims.GetValueOrDefault(\"missing\", \"x\")", "x"},
      {".Claims.GetValueOrDefault(\"missing\")", "null"},
      {".Claims.GetValueOrDefault(\"roles\")", "r"},
      {".Claims.ContainsKey(\"ROLES\")", "True"},
      {".Claims.GetValueOrDefault(\"exp\")", "1700000000"},
      {".Claims.GetValueOrDefault(\"n\")", "1.5"},
      {".Claims.GetValueOrDefault(\"ok\")", "true"},
      {".Claims[\"none\"].Length", "0"},
      {".Claims.GetValueOrDefault(\"o\")", R"({"k":[1,"x"]})"},
      {".ExpirationTime.Value.ToString(\"o\")", "2023-11-14T22:13:20.0000000Z"},
      {".NotBefore.Value.Year", "2020"},
      {".IssuedAt == null", "True"},
  };
  for (const auto& row : rows) {
    INFO(row.rest);
    CHECK(result_of(payload, row.rest) == row.expected);
  }
  CHECK(result_of("{}", ".ToString()") == token("{}"));
}

TEST_CASE("Jwt: with and without Bearer") {
  const std::string it = token(R"({"sub":"u"})");
  CHECK(gateway::expression::result("\"Bearer " + it + "\".AsJwt().Subject") == "u");
  CHECK(gateway::expression::result("{ Jwt jwt; return \"bearer " + it + "\".TryParseJwt(out jwt) ? jwt.Subject : \"no\"; }") == "u");
  CHECK(gateway::expression::result("\"nonsense\".AsJwt()?.Claims[\"sub\"].FirstOrDefault()") == "null");
}

TEST_CASE("Jwt: what is none") {
  const std::string deep = "{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}";
  for (const std::string& text : {std::string(), std::string("a.b"), std::string("a.b.c.d"), token("[]"), token("{"),
                                  token("{}", "no"), token("{}") + "=", part("{}") + "." + part("{}"), token(deep),
                                  token("{\"a\":\"\xFF\"}")}) {
    INFO(text.substr(0, 60));
    CHECK(gateway::expression::result("\"" + text + "\".AsJwt() == null") == "True");
  }
}

TEST_CASE("basic credentials") {
  const auto of = [](const std::string& plain) { return "\"Basic " + gateway::encode_base64(plain) + "\".AsBasic()"; };
  using gateway::expression::result;
  CHECK(result(of("user:secret") + ".UserId") == "user");
  CHECK(result(of("user:secret") + ".Username") == "user");
  CHECK(result(of("user:secret") + ".Password") == "secret");
  CHECK(result(of("a:b:c") + ".UserId") == "a:b");
  CHECK(result(of("us\xE9r:x") + ".UserId") == "us\u00e9r");
  CHECK(result(of("nocolon") + " == null") == "True");
  CHECK(result(of(":x") + " == null") == "True");
  CHECK(result("\"basic dTpw\".AsBasic() == null") == "True");
  CHECK(result("\"Basic ???\".AsBasic() == null") == "True");
  CHECK(result("{ BasicAuthCredentials c; return \"Basic dTpw\".TryParseBasic(out c) ? c.Password : \"no\"; }") == "p");
}
