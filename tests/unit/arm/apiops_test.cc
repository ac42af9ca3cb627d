// Each folder in golden_apiops/ is a case: tree/ is a folder of artifacts, overrides.yaml (optional) an
// override file, expected.json what they say. With GATEWAY_UPDATE_GOLDEN=1 in the environment the
// expectations are written anew, for review.
#include "arm/apiops.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

namespace gateway::arm {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Files read_tree(const fs::path& root) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) files.emplace(fs::relative(entry.path(), root).string(), read_text(entry.path()));
  }
  return files;
}

ArtifactTree read(const Files& files, std::string_view overrides = {}, const DocumentLimits& limits = {}) {
  return read_artifacts(files, overrides, "overrides.yaml", limits);
}

std::string words(const Error& error) { return error.where + ": " + error.message; }

std::vector<std::string> problems_of(const ArtifactTree& tree) {
  std::vector<std::string> texts;
  for (const Error& error : tree.problems) texts.push_back(words(error));
  return texts;
}

const Resource* find(const ArtifactTree& tree, std::string_view id) {
  const auto at = std::find_if(tree.resources.begin(), tree.resources.end(),
                               [&](const Resource& resource) { return resource.id == id; });
  return at == tree.resources.end() ? nullptr : &*at;
}

std::string pretty(const ArtifactTree& tree) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 1);
  writer.StartObject();
  writer.Key("resources");
  writer.StartArray();
  for (std::size_t i = 0; i < tree.resources.size(); ++i) {
    writer.StartObject();
    writer.Key("file");
    writer.String(tree.files[i].c_str());
    writer.Key("resource");
    rapidjson::Document document;
    document.Parse(tree.resources[i].json.c_str());
    document.Accept(writer);
    writer.EndObject();
  }
  writer.EndArray();
  const auto list = [&](const char* name, const std::vector<std::string>& texts) {
    writer.Key(name);
    writer.StartArray();
    for (const std::string& text : texts) writer.String(text.c_str());
    writer.EndArray();
  };
  list("problems", problems_of(tree));
  list("notices", tree.notices);
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

const std::string kApi = R"({"properties":{"path":"users","serviceUrl":"https://users.example"}})";
const std::string kPolicy = "<policies/>";

}  // namespace

TEST_CASE("folders of artifacts say what each golden folder expects") {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(fs::path(GATEWAY_SOURCE_DIR) / "tests/unit/arm/golden_apiops")) {
    cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  REQUIRE(!cases.empty());
  for (const auto& folder : cases) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const fs::path overrides = folder / "overrides.yaml";
      const std::string seen =
          pretty(read(read_tree(folder / "tree"), fs::exists(overrides) ? read_text(overrides) : ""));
      if (std::getenv("GATEWAY_UPDATE_GOLDEN")) std::ofstream(folder / "expected.json") << seen;
      CHECK(seen == read_text(folder / "expected.json"));
    }
  }
}

TEST_CASE("a folder is a tree when a resource is described in its place") {
  CHECK(is_artifact_tree({"README.md", "apis/users;rev=2/apiInformation.json"}));
  CHECK(is_artifact_tree({"named values/a b/namedValueInformation.json"}));
  CHECK(is_artifact_tree({"gateways/g/apis/a/gatewayApiInformation.json"}));
  CHECK_FALSE(is_artifact_tree({}));
  CHECK_FALSE(is_artifact_tree({"policy.xml", "users.yaml", "apiInformation.json"}));
  CHECK_FALSE(is_artifact_tree({"apis/users/more/apiInformation.json", "apis/../apis/apiInformation.json"}));
  CHECK_FALSE(is_artifact_tree({"/apis/users/apiInformation.json", "apis//apiInformation.json"}));
  CHECK_FALSE(is_artifact_tree({"apis/users/specification.yaml"}));
}

TEST_CASE("a path that leads elsewhere is refused") {
  for (const char* path : {"../apis/users/apiInformation.json", "/apis/users/apiInformation.json",
                           "apis/../apiInformation.json", "apis/./apiInformation.json", "apis//apiInformation.json"}) {
    CAPTURE(path);
    const auto tree = read({{path, kApi}});
    CHECK(tree.resources.empty());
    REQUIRE(tree.problems.size() == 1);
    CHECK(tree.problems[0].where.find(path) != std::string::npos);
    CHECK(tree.problems[0].message.find("is not allowed: the path of an artifact is relative") == 0);
  }
}

TEST_CASE("what cannot be read names the file and the member, and disturbs nothing else") {
  struct Row {
    const char* path;
    std::string text;
    const char* problem;
  };
  DocumentLimits limits;
  limits.max_bytes = 1000;
  limits.max_depth = 6;
  const std::string deep = R"({"properties":{"a":[[[[[[1]]]]]]}})";
  for (const Row& row : {
           Row{"backends/b/backendInformation.json", "", "backends/b/backendInformation.json"},
           Row{"backends/b/backendInformation.json", "{", "backends/b/backendInformation.json, line 1"},
           Row{"backends/b/backendInformation.json", deep, "nested deeper than 6 levels"},
           Row{"backends/b/backendInformation.json", std::string(1001, ' '), "1000 bytes"},
           Row{"backends/b/backendInformation.json", "{\"properties\":{\"url\":\"\xFF\"}}", "backendInformation.json"},
           Row{"backends/b/backendInformation.json", "7", "backendInformation.json: must be an object with `properties`"},
           Row{"backends/b/backendInformation.json", "{}", "backendInformation.json: `properties` is missing"},
           Row{"backends/b/backendInformation.json", R"({"properties":[]})", "`properties` must be an object"},
           Row{"backends/a#b/backendInformation.json", kApi, "backends/a#b/backendInformation.json: resource"},
           Row{"products/p/apis/a/productApiInformation.json", "[]", "productApiInformation.json: must be an object"},
           Row{"apis/users/policy.xml", "<a>\xC3\x28</a>", "apis/users/policy.xml: must be UTF-8"},
           Row{"apis/users/policy.xml", std::string(1001, ' '), "apis/users/policy.xml: larger than 1000 bytes"},
           Row{"apis/users/specification.yaml", "a: [", "apis/users/specification.yaml, line 1"},
           Row{"apis/users/specification.json", "{}", "apis/users/specification.json"},
           Row{"apis/users/specification.wsdl", "<definitions/>", "specification.wsdl: is not supported"},
           Row{"apis/users/specification.wadl", "<application/>", "specification.wadl: is not supported"},
       }) {
    CAPTURE(row.path, row.text, row.problem);
    const auto tree = read({{"apis/users/apiInformation.json", kApi}, {row.path, row.text}}, {}, limits);
    CHECK(find(tree, "/apis/users"));
    CHECK_FALSE(find(tree, "/backends/b"));
    REQUIRE(tree.problems.size() == 1);
    CAPTURE(words(tree.problems[0]));
    CHECK(words(tree.problems[0]).find(row.problem) != std::string::npos);
    CHECK(tree.problems[0].where.starts_with(row.path));
  }
}

TEST_CASE("where a policy cannot be read, something that no policy engine takes covers its scope") {
  const std::string bad = "<a>\xFF</a>";
  const auto tree = read({{"policy.xml", bad},
                          {"apis/users/apiInformation.json", kApi},
                          {"apis/users/policy.xml", bad},
                          {"policy fragments/f/policyFragmentInformation.json", R"({"properties":{"description":"d"}})"},
                          {"policy fragments/f/policy.xml", bad}});
  CHECK(tree.problems.size() == 3);
  for (const char* id : {"/policies/policy", "/apis/users/policies/policy", "/policyFragments/f"}) {
    CAPTURE(id);
    REQUIRE(find(tree, id));
    CHECK(find(tree, id)->json.find("<unreadable-document/>") != std::string::npos);
  }
}

TEST_CASE("an API whose specification cannot be read is not served, unless operations come from elsewhere") {
  for (const char* file : {"apis/users/specification.yaml", "apis/users/specification.wadl"}) {
    CAPTURE(file);
    const Files files{{"apis/users/apiInformation.json", kApi}, {"apis/users/policy.xml", kPolicy}, {file, "paths: ["}};
    auto tree = read(files);
    REQUIRE(find(tree, "/apis/users/policies/policy"));
    CHECK(find(tree, "/apis/users/policies/policy")->json.find("<unreadable-specification/>") != std::string::npos);
    tree = read(files, R"({"resources":[{"id":"/apis/users/operations/b","properties":{"method":"GET","urlTemplate":"/b"}}]})");
    CHECK(find(tree, "/apis/users/policies/policy")->json.find("<unreadable") == std::string::npos);
    CHECK(tree.problems.size() == 1);
  }
}

TEST_CASE("an operation's policy names the operation and the specification that lacks it") {
  const std::string specification =
      "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {/: {get: {operationId: a, responses: {'200': {description: d}}}}}\n";
  const Files files{{"apis/users/apiInformation.json", kApi},
                    {"apis/users/specification.yml", specification},
                    {"apis/users/operations/a/policy.xml", kPolicy},
                    {"apis/users/operations/b/policy.xml", kPolicy}};
  auto tree = read(files);
  CHECK(problems_of(tree) == std::vector<std::string>{
                                 "apis/users/operations/b/policy.xml: operation \"b\" is not in apis/users/specification.yml"});
  CHECK(find(tree, "/apis/users/operations/a/policies/policy"));
  CHECK_FALSE(find(tree, "/apis/users/operations/b/policies/policy"));

  tree = read(files, R"({"resources":[{"id":"/apis/users/operations/b","properties":{"method":"GET","urlTemplate":"/b"}}]})");
  CHECK(problems_of(tree).empty());
  CHECK(find(tree, "/apis/users/operations/b/policies/policy"));
}

TEST_CASE("a part that was read once is good for every assembly") {
  const DocumentLimits limits;
  const auto api = read_artifact("apis/users/apiInformation.json", kApi, limits);
  const auto policy = read_artifact("apis/users/policy.xml", kPolicy, limits);
  REQUIRE(api.ok());
  REQUIRE(policy.ok());
  const std::map<std::string, ArtifactPtr> artifacts{{"apis/users/apiInformation.json", *api},
                                                     {"apis/users/policy.xml", *policy}};
  const auto whole = assemble(artifacts, {}, nullptr);
  CHECK(whole.resources == read({{"apis/users/apiInformation.json", kApi}, {"apis/users/policy.xml", kPolicy}}).resources);

  // Of a tree and a document with the same resource the tree's counts.
  Resource other{"/apis/users", R"({"id":"/apis/users","properties":{"path":"other"}})"};
  const auto both = assemble(artifacts, {{other, "more.json: resources[0]"}}, nullptr);
  CHECK(both.resources == whole.resources);
  CHECK(problems_of(both) ==
        std::vector<std::string>{"more.json: resources[0]: \"/apis/users\" is already in apis/users/apiInformation.json; "
                                 "a resource may be there once"});
}

TEST_CASE("an override file that is no use as a whole is one problem, and no secret is told") {
  const Files files{{"subscriptions/s/subscriptionInformation.json", R"({"properties":{"scope":"/apis"}})"}};
  for (const char* text : {"[1]", "resources: 7", "{\"resources\": [", "a: b\n---\nc: d\n",
                           "resources: [{id: /subscriptions/s, properties: SECRETMARKER}]",
                           "resources: [{id: SECRETMARKERS, primaryKey: SECRETMARKER}]",
                           "resources: [{id: /subscriptions/s, properties: {primaryKey: [SECRETMARKER]}, secondaryKey: SECRETMARKER}]"}) {
    CAPTURE(text);
    const auto tree = read(files, text);
    CHECK(find(tree, "/subscriptions/s"));
    REQUIRE(!tree.problems.empty());
    for (const Error& error : tree.problems) {
      CHECK(error.where.starts_with("overrides.yaml"));
      CHECK(words(error).find("SECRETMARKER\"") == std::string::npos);
      CHECK(words(error).find("SECRETMARKER]") == std::string::npos);
    }
  }
  CHECK(read(files, "# nothing\n").problems.empty());
  CHECK(read(files, "resources: []\n").problems.empty());
}

TEST_CASE("properties are merged as RFC 7396 says") {
  // Appendix A, where the target is an object; the patched value is the member p.
  struct Row {
    const char* target;
    const char* patch;
    const char* result;
  };
  for (const Row& row : {Row{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"}, Row{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                         Row{R"({"a":"b"})", R"({"a":null})", R"({})"}, Row{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                         Row{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"}, Row{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                         Row{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
                         Row{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"}, Row{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                         Row{R"({"a":"b"})", R"(["c"])", R"(["c"])"}, Row{R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
                         Row{R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"}, Row{R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}}) {
    CAPTURE(row.target, row.patch);
    const auto tree =
        read({{"backends/b/backendInformation.json", R"({"properties":{"p":)" + std::string(row.target) + "}}"}},
             R"({"resources":[{"id":"/backends/b","properties":{"p":)" + std::string(row.patch) + "}}]}");
    CHECK(tree.problems.empty());
    REQUIRE(find(tree, "/backends/b"));
    CHECK(find(tree, "/backends/b")->json == R"({"id":"/backends/b","properties":{"p":)" + std::string(row.result) + "}}");
  }
}

}  // namespace gateway::arm
