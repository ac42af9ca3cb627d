// Each folder in golden/ is a case: resources.yaml is what a configuration service or a folder of
// artifacts holds ({"gateway":…,"resources":[…]}), expected.json what it means to the gateway. With
// GATEWAY_UPDATE_GOLDEN=1 in the environment the expectations are written anew, for review.
#include "arm/translate.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "model/canonical.h"
#include "model/document.h"

namespace gateway::arm {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Case {
  TranslatorOptions options;
  std::vector<Resource> resources;
};

Case read_case(const fs::path& path) {
  auto documents = parse_yaml(read_file(path), {}, path.filename().string());
  if (!documents.ok()) FAIL(documents.error().to_string());
  REQUIRE(documents->size() == 1);
  const auto& root = documents->front();
  Case read;
  if (root.HasMember("gateway")) read.options.gateway = root["gateway"].GetString();
  for (const auto& envelope : root["resources"].GetArray()) {
    auto resource = make_resource(envelope);
    if (!resource.ok()) FAIL(resource.error().to_string());
    read.resources.push_back(std::move(*resource));
  }
  return read;
}

Resource resource(std::string_view json) {
  auto document = parse_json(json, {}, "a test");
  if (!document.ok()) FAIL(document.error().to_string());
  auto made = make_resource(*document);
  if (!made.ok()) FAIL(made.error().to_string());
  return std::move(*made);
}

// The configuration as a document, with what was rejected; pretty, for people.
std::string describe(const SourceSnapshot& snapshot) {
  auto document = parse_json(write_configuration_document(snapshot), {}, "the configuration");
  REQUIRE(document.ok());
  if (!snapshot.rejected.empty()) {
    auto& allocator = document->GetAllocator();
    rapidjson::Value list(rapidjson::kArrayType);
    for (const auto& error : snapshot.rejected) {
      list.PushBack(rapidjson::Value((error.where + ": " + error.message).c_str(), allocator),
                    allocator);
    }
    document->AddMember("rejected", list, allocator);
  }
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 1);
  document->Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

std::string translate(const Case& said) {
  Translator translator(said.options);
  for (const Resource& one : said.resources) translator.upsert(one);
  return describe(translator.snapshot());
}

std::vector<fs::path> case_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry :
       fs::directory_iterator(fs::path(GATEWAY_SOURCE_DIR) / "tests/unit/arm/golden")) {
    if (fs::exists(entry.path() / "resources.yaml")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  REQUIRE(!folders.empty());
  return folders;
}

// The resources of all cases in one heap, where they meet each other.
std::vector<Resource> all_resources() {
  std::vector<Resource> all;
  for (const auto& folder : case_folders()) {
    for (Resource& one : read_case(folder / "resources.yaml").resources)
      all.push_back(std::move(one));
  }
  return all;
}

// The same on every machine for one seed.
class Chance {
 public:
  explicit Chance(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::mt19937 engine_;
};

// 2,000 APIs of 20 operations.
std::vector<Resource> many_apis() {
  std::vector<Resource> all;
  for (int api = 0; api < 2000; ++api) {
    const std::string id = "/apis/api-" + std::to_string(api);
    all.push_back(resource(
        R"({"id":")" + id +
        R"(","lastModified":"2026-01-01T00:00:00Z","properties":{"displayName":"An API","path":"p/)" +
        std::to_string(api) +
        R"(","serviceUrl":"https://backend.example/","protocols":["https"]}})"));
    for (int operation = 0; operation < 20; ++operation) {
      const std::string number = std::to_string(operation);
      all.push_back(resource(
          R"({"id":")" + id + "/operations/op-" + number +
          R"(","lastModified":"2026-01-01T00:00:00Z","properties":{"displayName":"An operation","description":"What it does, in a few words.",)"
          R"("method":"GET","urlTemplate":"/things/)" +
          number +
          R"(/{id}","templateParameters":[{"name":"id","type":"string","required":true}],"responses":[{"statusCode":200}]}})"));
    }
  }
  return all;
}

template <typename T>
std::vector<std::string> changed(const SharedMap<T>& before, const SharedMap<T>& after) {
  std::vector<std::string> names;
  SharedMap<T>::diff(before, after, [&](std::string_view name, const auto&, const auto&) {
    names.emplace_back(name);
  });
  return names;
}

TEST_CASE("ARM resources are translated as each golden folder says") {
  for (const auto& folder : case_folders()) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const std::string seen = translate(read_case(folder / "resources.yaml"));
      if (std::getenv("GATEWAY_UPDATE_GOLDEN")) std::ofstream(folder / "expected.json") << seen;
      CHECK(seen == read_file(folder / "expected.json"));
      CHECK(seen.find("marker-secret") == std::string::npos);
    }
  }
}

TEST_CASE("the order in which resources come, and what was looked at in between, changes nothing") {
  const std::vector<Resource> all = all_resources();
  for (const std::string gateway : {"", "edge"}) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      INFO("gateway '" << gateway << "', seed " << seed);
      Chance chance(seed);
      // Any resource may be said again, changed by another of its id, or taken away, at any time.
      std::vector<Resource> steps;
      for (int round = 0; round < 3; ++round) steps.insert(steps.end(), all.begin(), all.end());
      chance.shuffle(steps);
      Translator grown({gateway});
      std::map<std::string, Resource> state;
      for (const Resource& step : steps) {
        if (chance.below(3) == 0) {
          grown.remove(step.id);
          state.erase(step.id);
        } else {
          grown.upsert(step);
          state.insert_or_assign(step.id, step);
        }
        if (chance.below(10) == 0) (void)grown.snapshot();
      }
      Translator scratch({gateway});
      for (const auto& [id, one] : state) scratch.upsert(one);
      REQUIRE(describe(grown.snapshot()) == describe(scratch.snapshot()));

      // What was taken away leaves nothing behind.
      for (const auto& [id, one] : state) grown.remove(id);
      REQUIRE(describe(grown.snapshot()) == describe(SourceSnapshot()));
    }
  }
}

TEST_CASE("saying the same again keeps every pointer") {
  const std::vector<Resource> all = all_resources();
  Translator translator({});
  for (const Resource& one : all) translator.upsert(one);
  const SourceSnapshot before = translator.snapshot();
  for (const Resource& one : all) {
    if (std::count_if(all.begin(), all.end(),
                      [&](const Resource& other) { return other.id == one.id; }) == 1) {
      translator.upsert(one);
    }
  }
  const SourceSnapshot after = translator.snapshot();
  CHECK(before.apis.size() > 20);
  CHECK(changed(before.apis, after.apis).empty());
  CHECK(changed(before.backends, after.backends).empty());
  CHECK(changed(before.certificates, after.certificates).empty());
  CHECK(changed(before.hostnames, after.hostnames).empty());
  CHECK(changed(before.products, after.products).empty());
  CHECK(changed(before.subscriptions, after.subscriptions).empty());
  CHECK(changed(before.policies, after.policies).empty());
}

TEST_CASE("one changed operation among 2,000 APIs leaves all other pointers as they were") {
  Translator translator({});
  for (const Resource& one : many_apis()) translator.upsert(one);
  const SourceSnapshot before = translator.snapshot();
  REQUIRE(before.apis.size() == 2000);
  REQUIRE(before.apis.find("api-77")->revisions.at(0).operations.size() == 20);

  translator.upsert(
      resource(R"({"id":"/apis/api-77/operations/op-3","lastModified":"2026-02-01T00:00:00Z",
                                 "properties":{"method":"POST","urlTemplate":"/things"}})"));
  const SourceSnapshot after = translator.snapshot();
  CHECK(changed(before.apis, after.apis) == std::vector<std::string>{"api-77"});
  CHECK(changed(before.backends, after.backends).empty());
  CHECK(after.apis.find("api-77")->witness.changed_at == 1769904000);
  CHECK(before.apis.find("api-77")->witness.changed_at == 1767225600);
}

TEST_CASE(
    "a trusted authority reaches the Backends that speak TLS, and leaves with its certificate") {
  const Case said =
      read_case(fs::path(GATEWAY_SOURCE_DIR) / "tests/unit/arm/golden/hostnames/resources.yaml");
  Translator translator(said.options);
  for (const Resource& one : said.resources) translator.upsert(one);
  const SourceSnapshot with = translator.snapshot();
  CHECK(with.backends.find("api:secure")->tls_system_cas);
  CHECK(with.backends.find("api:secure")->tls_ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(with.backends.find("api:plain")->tls_ca_pem.empty());

  translator.remove("/gateways/edge/certificateAuthorities/root");
  const SourceSnapshot without = translator.snapshot();
  CHECK(changed(with.backends, without.backends) == std::vector<std::string>{"api:secure"});
  CHECK(without.backends.find("api:secure")->tls_ca_pem.empty());
  CHECK(changed(with.hostnames, without.hostnames) == std::vector<std::string>{"any"});
}

TEST_CASE("an API that moves from one version set to another leaves nothing in the first") {
  Translator translator({});
  translator.upsert(
      resource(R"({"id":"/apiVersionSets/a","properties":{"versioningScheme":"Segment"}})"));
  translator.upsert(
      resource(R"({"id":"/apiVersionSets/b","properties":{"versioningScheme":"Segment"}})"));
  translator.upsert(resource(
      R"({"id":"/apis/x","properties":{"path":"x","apiVersionSetId":"/apiVersionSets/a"}})"));
  CHECK(translator.snapshot().apis.sorted_names() == std::vector<std::string_view>{"versionset:a"});
  translator.upsert(resource(
      R"({"id":"/apis/x","properties":{"path":"x","apiVersionSetId":"/apiVersionSets/b"}})"));
  CHECK(translator.snapshot().apis.sorted_names() == std::vector<std::string_view>{"versionset:b"});
  translator.upsert(resource(R"({"id":"/apis/x","properties":{"path":"x"}})"));
  CHECK(translator.snapshot().apis.sorted_names() == std::vector<std::string_view>{"x"});
  CHECK(translator.snapshot().backends.sorted_names() == std::vector<std::string_view>{"api:x"});
}

// What a snapshot says to be wrong, in one text.
std::string complaints(const SourceSnapshot& snapshot) {
  std::string text;
  const auto add = [&](const auto& map) {
    map.for_each([&](std::string_view, const auto& value) { text += value->defect + "\n"; });
  };
  add(snapshot.apis);
  add(snapshot.certificates);
  add(snapshot.hostnames);
  add(snapshot.products);
  add(snapshot.subscriptions);
  add(snapshot.policies);
  snapshot.apis.for_each([&](std::string_view, const std::shared_ptr<const Api>& api) {
    for (const auto& revision : api->revisions) {
      for (const auto& operation : revision.operations) text += operation.defect + "\n";
    }
  });
  for (const auto& error : snapshot.rejected) text += error.where + ": " + error.message + "\n";
  return text;
}

TEST_CASE("a member of any wrong type is named, with its resource") {
  struct Row {
    std::string id;
    std::vector<std::string> members;
    std::string fit;  // the only JSON type that is right, by a value of it
  };
  const std::vector<Row> table = {
      {"/apis/a",
       {"path", "serviceUrl", "type", "apiRevision", "apiVersion", "apiVersionSetId"},
       "\"\""},
      {"/apis/a", {"isCurrent", "isOnline", "subscriptionRequired"}, "true"},
      {"/apis/a", {"subscriptionKeyParameterNames", "apiVersionSet"}, "{}"},
      {"/apis/a", {"protocols"}, "[]"},
      {"/apis/a/operations/o", {"method", "urlTemplate"}, "\"\""},
      {"/apis/a/policies/policy", {"format", "value"}, "\"\""},
      {"/apis/a/operations/sound/policies/policy", {"format", "value"}, "\"\""},
      {"/policies/policy", {"format", "value"}, "\"\""},
      {"/apiVersionSets/s", {"versioningScheme"}, "\"\""},
      {"/products/p", {"subscriptionRequired"}, "true"},
      {"/products/p/policies/policy", {"format", "value"}, "\"\""},
      {"/products/p/apiLinks/l", {"apiId"}, "\"\""},
      {"/subscriptions/s", {"scope", "state", "primaryKey", "secondaryKey"}, "\"\""},
      {"/gateways/g/hostnameConfigurations/h", {"hostname", "certificateId"}, "\"\""},
      {"/gateways/g/hostnameConfigurations/h",
       {"negotiateClientCertificate", "http2Enabled", "tls10Enabled", "tls11Enabled"},
       "true"},
      {"/gateways/g/certificateAuthorities/c", {"isTrusted"}, "true"},
      {"/certificates/c", {"data", "pem"}, "\"\""},
  };
  for (const Row& row : table) {
    for (const std::string& member : row.members) {
      for (const std::string value : {"\"\"", "true", "{}", "[]", "7", "-0.5"}) {
        if (value == row.fit) continue;
        INFO(row.id << ": " << member << ": " << value);
        Translator translator({});
        translator.upsert(resource(
            R"({"id":"/apis/a","properties":{"path":"a","apiVersionSetId":"/apiVersionSets/s"}})"));
        translator.upsert(resource(
            R"({"id":"/apis/a/operations/sound","properties":{"method":"GET","urlTemplate":"/"}})"));
        translator.upsert(resource(R"({"id":"/products/p","properties":{}})"));
        translator.upsert(resource(R"({"id":"/gateways/g/hostnameConfigurations/user",
            "properties":{"hostname":"a.example","certificateId":"/certificates/c"}})"));
        translator.upsert(resource(R"({"id":")" + row.id + R"(","properties":{")" + member +
                                   R"(":)" + value + "}}"));
        const std::string seen = complaints(translator.snapshot());
        CHECK(seen.find(row.id) != std::string::npos);
        CHECK(seen.find("properties." + member + " ") != std::string::npos);
      }
    }
  }
}

TEST_CASE("times that cannot be read are defects of what they would stamp") {
  for (const std::string time : {"7", "\"\"", "\"yesterday\"", "\"1969-12-31T23:59:59Z\"", "{}"}) {
    for (const std::string id : {"/apis/a/schemas/s", "/apis/a/releases/r", "/apis/a/operations/o",
                                 "/apis/a/policies/policy", "/gateways/g/apis/a"}) {
      INFO(id << " " << time);
      Translator translator({"g"});
      translator.upsert(resource(R"({"id":"/apis/a","properties":{"path":"a"}})"));
      translator.upsert(resource(R"({"id":"/gateways/g/apis/a","properties":{}})"));
      translator.upsert(
          resource(R"({"id":")" + id + R"(","lastModified":)" + time +
                   R"(,"properties":{"method":"GET","urlTemplate":"/","value":""}})"));
      const std::string seen = complaints(translator.snapshot());
      CHECK(seen.find(id + ": lastModified must be a date and time") != std::string::npos);
    }
  }
}

TEST_CASE("a hostile number of problems is counted, not listed") {
  Translator translator({});
  translator.upsert(resource(R"({"id":"/apis/x","properties":{"path":"x"}})"));
  for (int i = 0; i < 5000; ++i) {
    translator.upsert(
        resource(R"({"id":"/apis/x/operations/)" + std::to_string(i) + R"(","properties":{}})"));
  }
  const std::string defect = translator.snapshot().apis.find("x")->defect;
  CHECK(defect.size() < 20'000);
  CHECK(defect.ends_with("; and 9900 more"));
}

}  // namespace
}  // namespace gateway::arm
