#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <map>
#include <random>

#include "arm/resource.h"
#include "model/document.h"

using namespace gateway;
using namespace gateway::arm;

namespace {

rapidjson::Document json(std::string_view text) { return parse_json(text, {}, "test").value(); }

std::string canonical(std::string_view text) {
  std::string out;
  write_canonical_json(json(text), out);
  return out;
}

Resource resource(std::string_view text) { return make_resource(json(text)).value(); }

Resource api(const std::string& name, const std::string& path) {
  return resource(R"({"id":"/apis/)" + name + R"(","properties":{"path":")" + path + R"("}})");
}

const std::string kService =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/n";

}  // namespace

TEST_CASE("An id in its long or short spelling has one short form") {
  const std::pair<std::string, std::string> table[] = {
      {"/apis/users", "/apis/users"},
      {kService + "/apis/users", "/apis/users"},
      {"/SUBSCRIPTIONS/S/resourcegroups/G/PROVIDERS/microsoft.apimanagement/Service/N/APIS/users",
       "/apis/users"},
      {"/apis/users;rev=2/operations/get", "/apis/users;rev=2/operations/get"},
      {"/namedvalues/A", "/namedValues/A"},
      {"/GATEWAYS/g/HostnameConfigurations/h", "/gateways/g/hostnameConfigurations/h"},
      {"/subscriptions/resourceGroups", "/subscriptions/resourceGroups"},
      {kService + "/subscriptions/x", "/subscriptions/x"},
      {"/policies/policy", "/policies/policy"},
      {"/apis/a/operations/o/policies/Policy", "/apis/a/operations/o/policies/policy"},
      {"/apis/J\xC3\xB6rg \"1\" 100%", "/apis/J\xC3\xB6rg \"1\" 100%"},
  };
  for (const auto& [id, expected] : table) {
    INFO(id);
    const auto found = short_id(id);
    REQUIRE(found.ok());
    CHECK(*found == expected);
    CHECK(*short_id(*found) == expected);
  }
}

TEST_CASE("Every kind of resource is known, with its collections spelled as in the contract") {
  for (const std::string kind : {"apis",
                                 "apis/operations",
                                 "apis/operations/policies",
                                 "apis/policies",
                                 "apis/schemas",
                                 "apis/releases",
                                 "apis/diagnostics",
                                 "apiVersionSets",
                                 "products",
                                 "products/apis",
                                 "products/apiLinks",
                                 "products/policies",
                                 "products/groups",
                                 "subscriptions",
                                 "backends",
                                 "namedValues",
                                 "certificates",
                                 "policyFragments",
                                 "policies",
                                 "schemas",
                                 "gateways",
                                 "gateways/hostnameConfigurations",
                                 "gateways/certificateAuthorities",
                                 "gateways/apis",
                                 "loggers",
                                 "diagnostics",
                                 "caches",
                                 "tags",
                                 "groups",
                                 "users",
                                 "authorizationServers",
                                 "openidConnectProviders"}) {
    INFO(kind);
    std::string id, shouted;
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t end = kind.find('/', at);
      const std::string collection = kind.substr(at, end == std::string::npos ? end : end - at);
      std::string upper = collection;
      for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      id += "/" + collection + "/policy";
      shouted += "/" + upper + "/policy";
      at = end == std::string::npos ? end : end + 1;
    }
    CHECK(*short_id(id) == id);
    CHECK(*short_id(shouted) == id);
    CHECK(*short_id(kService + shouted) == id);
    CHECK(kind_of(id) == kind);
  }
}

TEST_CASE("What is no id of a known kind is refused with the reason") {
  const std::pair<std::string, std::string> table[] = {
      {"", "begins with a slash"},
      {"apis/users", "begins with a slash"},
      {"/", "no known kind"},
      {"/apis", "collection"},
      {"/apis/users/operations", "collection"},
      {"/apis/", "empty name"},
      {"/apis/users/", "no known kind"},
      {"/apis//operations/get", "empty name"},
      {"/nonsense/x", "no known kind"},
      {"/products/p/operations/x", "no known kind"},
      {"/apis/a/operations/o/policies/policy/more/x", "no known kind"},
      {kService, "no known kind"},
      {"/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/service/n/apis/a",
       "no known kind"},
      {"/policies/other", "only \"policy\""},
      {"/apis/a*b", "not allowed"},
      {"/apis/a#b", "not allowed"},
      {"/apis/a&b", "not allowed"},
      {"/apis/a+b", "not allowed"},
      {"/apis/a:b", "not allowed"},
      {"/apis/a<b", "not allowed"},
      {"/apis/a>b", "not allowed"},
      {"/apis/a?b", "not allowed"},
      {"/apis/a\\b", "not allowed"},
      {"/apis/a\nb", "control character"},
      {"/apis/a\x7F", "control character"},
      {"/apis/a\xC2\x85", "control character"},
      {std::string("/apis/a\0b", 9), "control character"},
      {"/apis/\xFF", "not UTF-8"},
      {"/apis/" + std::string(257, 'a'), "257 characters"},
      {"/apis/" + std::string(9000, 'a'), "8192 bytes"},
  };
  for (const auto& [id, reason] : table) {
    INFO(id);
    const auto found = short_id(id);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == ErrorCode::InvalidArgument);
    CHECK_THAT(found.error().message, Catch::Contains(reason));
  }
  CHECK(short_id("/apis/" + std::string(256, 'a')).ok());
  std::string umlauts;
  for (int i = 0; i < 256; ++i) umlauts += "\xC3\xBC";
  CHECK(short_id("/apis/" + umlauts).ok());
}

TEST_CASE("An id comes apart into collections and names") {
  CHECK(id_parts("/apis/users;rev=2/operations/get") ==
        std::vector<std::string_view>{"apis", "users;rev=2", "operations", "get"});
  CHECK(kind_of("/gateways/g/hostnameConfigurations/h") == "gateways/hostnameConfigurations");
  CHECK(kind_of("/policies/policy") == "policies");
}

TEST_CASE("Canonical JSON is one text for one value") {
  const std::pair<std::string, std::string> table[] = {
      {R"( { "b" : 1 , "a" : [ true , null , "x" ] } )", R"({"a":[true,null,"x"],"b":1})"},
      {R"({"a":{"z":1,"Z":2,"é":3,"":4}})", R"({"a":{"":4,"Z":2,"z":1,"é":3}})"},
      {R"([1, 1.0, 1e0, 10e-1, -0.0, -0])", "[1,1,1,1,0,0]"},
      {R"([0.1, 0.10, 1E-1, 1e300, 1e-7, 1.5e3])", "[0.1,0.1,0.1,1e+300,1e-07,1500]"},
      {"[9223372036854775807, -9223372036854775808, 18446744073709551615]",
       "[9223372036854775807,-9223372036854775808,18446744073709551615]"},
      {R"("\u00e9\/\u0041\n\u001f")", "\"é/A\\n\\u001F\""},
      {R"(["a\u0000b"])", R"(["a\u0000b"])"},
      {"{}", "{}"},
  };
  for (const auto& [text, expected] : table) {
    CHECK(canonical(text) == expected);
    CHECK(canonical(expected) == expected);
  }
  rapidjson::Document infinite;
  infinite.SetDouble(HUGE_VAL);
  std::string out = "kept";
  write_canonical_json(infinite, out);
  CHECK(out == "keptnull");
}

TEST_CASE("The canonical text of any number, read again, has the same canonical text") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    rapidjson::Document document;
    document.SetDouble(number);
    std::string text;
    write_canonical_json(document, text);
    INFO(text);
    REQUIRE(canonical(text) == text);
    REQUIRE(json(text).GetDouble() == number);
  }
}

TEST_CASE("A resource keeps its whole envelope in canonical form under its short id") {
  const Resource made = resource(R"({"type":"Microsoft.ApiManagement/service/apis","name":"users",
      "properties":{"path":"users","b":1.0},"id":")" +
                                 kService + R"(/APIS/users",
      "lastModified":"2026-11-23T08:30:00Z"})");
  CHECK(made.id == "/apis/users");
  CHECK(made.json ==
        R"({"id":"/apis/users","lastModified":"2026-11-23T08:30:00Z","name":"users",)"
        R"("properties":{"b":1,"path":"users"},"type":"Microsoft.ApiManagement/service/apis"})");
  CHECK(resource(made.json) == made);
  CHECK(digest(made) == sha256(made.json));
}

TEST_CASE("An envelope that is none is refused, naming what is wrong") {
  const std::pair<std::string, std::string> table[] = {
      {"[]", "object"},
      {R"({"properties":{}})", "without an id"},
      {R"({"id":1,"properties":{}})", "without an id"},
      {R"({"id":"/nonsense/x","properties":{}})", "no known kind"},
      {R"({"id":"/apis/x"})", "`properties`"},
      {R"({"id":"/apis/x","properties":[]})", "`properties`"},
      {R"({"id":"/apis/x","properties":null})", "`properties`"},
  };
  for (const auto& [text, reason] : table) {
    INFO(text);
    const auto made = make_resource(json(text));
    REQUIRE_FALSE(made.ok());
    CHECK_THAT(made.error().message, Catch::Contains(reason));
  }
  CHECK_THAT(make_resource(json(R"({"id":"/apis/x"})")).error().where, Catch::Contains("/apis/x"));
}

TEST_CASE("The digest of a set is that of its content, whatever the way to it") {
  ResourceSet set;
  CHECK(set.digest() == Digest{});
  CHECK(set.upsert(api("a", "one")));
  CHECK(set.digest() == digest(api("a", "one")));
  CHECK_FALSE(set.upsert(api("a", "one")));
  CHECK(set.upsert(api("b", "two")));
  CHECK(set.upsert(api("a", "three")));
  CHECK(set.size() == 2);
  CHECK(set.find("/apis/a")->json == api("a", "three").json);

  ResourceSet other;
  CHECK(other.upsert(api("a", "three")));
  CHECK(other.upsert(api("b", "two")));
  CHECK(other.digest() == set.digest());

  const ResourceSet before = set;
  CHECK(set.erase("/apis/a"));
  CHECK_FALSE(set.erase("/apis/a"));
  CHECK(set.find("/apis/a") == nullptr);
  CHECK(before.size() == 2);
  CHECK(before.digest() == other.digest());
  CHECK(set.erase("/apis/b"));
  CHECK(set.digest() == Digest{});
  CHECK(set.size() == 0);
}

TEST_CASE("A set after any history is as if made of what is left") {
  std::mt19937 random(11);
  ResourceSet set;
  std::map<std::string, Resource> model;
  for (int step = 0; step < 3000; ++step) {
    const std::string name = "n" + std::to_string(random() % 40);
    if (random() % 3 == 0) {
      CHECK(set.erase("/apis/" + name) == (model.erase("/apis/" + name) == 1));
    } else {
      const Resource one = api(name, "p" + std::to_string(random() % 4));
      const auto at = model.find(one.id);
      CHECK(set.upsert(one) == (at == model.end() || at->second != one));
      model[one.id] = one;
    }
  }
  ResourceSet fresh;
  for (const auto& [id, one] : model) CHECK(fresh.upsert(one));
  CHECK(fresh.digest() == set.digest());
  CHECK(fresh.size() == set.size());
}
