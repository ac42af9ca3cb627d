// Each folder in golden/ is a case: objects.yaml is what a cluster or a folder of manifests holds,
// options.json (optional) how it is translated, expected.json what comes out. With
// GATEWAY_UPDATE_GOLDEN=1 in the environment the expectations are written anew, for review.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "model/canonical.h"
#include "model/document.h"
#include "sources/ingress/json_view.h"
#include "sources/ingress/translate.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;

class FixedClock final : public Clock {
 public:
  std::int64_t unix_ms() const noexcept override { return 1'790'000'000'000; }  // 2026-09-21T14:13:20Z
  std::int64_t steady_ns() const noexcept override { return 0; }
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

IngressTranslator::Options read_options(const fs::path& path) {
  IngressTranslator::Options options;
  options.clock = std::make_shared<FixedClock>();
  if (!fs::exists(path)) return options;
  const auto document = parse_json(read_file(path), {}, path.string());
  REQUIRE(document.ok());
  const rapidjson::Value* root = &*document;
  auto& translation = options.translation;
  translation.preserve_host = json::bool_or(root, "preserve_host", true);
  translation.allow_external_name = json::bool_or(root, "allow_external_name", false);
  translation.redirect_to_https = json::bool_or(root, "redirect_to_https", false);
  if (json::text_or(root, "endpoints") == "service") {
    translation.endpoints = IngressTranslation::Endpoints::ServiceName;
  }
  if (const auto name = json::text_or(root, "class_name"); !name.empty()) {
    translation.class_names.emplace_back(name);
  }
  if (json::bool_or(root, "manifests", false)) {
    options.manifests = true;
    options.missing_service_is_dns = true;
    options.unknown_class = IngressTranslator::Options::UnknownClass::Take;
  }
  return options;
}

void add_texts(rapidjson::Document& document, const char* name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  auto& allocator = document.GetAllocator();
  rapidjson::Value list(rapidjson::kArrayType);
  for (const auto& text : texts) list.PushBack(rapidjson::Value(text.c_str(), allocator), allocator);
  document.AddMember(rapidjson::Value(name, allocator), list, allocator);
}

// The configuration as a document, with what was rejected and is wanted; pretty, for people.
std::string describe(IngressTranslator& translator) {
  const SourceSnapshot snapshot = translator.snapshot();
  auto document = parse_json(write_configuration_document(snapshot), {}, "the configuration");
  REQUIRE(document.ok());
  std::vector<std::string> rejected;
  for (const auto& error : snapshot.rejected) rejected.push_back(error.where + ": " + error.message);
  add_texts(*document, "rejected", rejected);
  add_texts(*document, "wantedSecrets", translator.wanted_secrets());
  add_texts(*document, "wantedServices", translator.wanted_services());
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 1);
  document->Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

TEST_CASE("Kubernetes objects are translated as each golden folder says") {
  const fs::path root = fs::path(GATEWAY_SOURCE_DIR) / "tests/unit/sources/golden";
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(root)) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  REQUIRE(!cases.empty());
  for (const auto& folder : cases) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const auto objects = parse_yaml(read_file(folder / "objects.yaml"), {}, "objects.yaml");
      if (!objects) FAIL(objects.error().to_string());
      IngressTranslator forward(read_options(folder / "options.json"));
      for (const auto& object : *objects) forward.upsert(object, "");
      const std::string seen = describe(forward);
      if (std::getenv("GATEWAY_UPDATE_GOLDEN")) std::ofstream(folder / "expected.json") << seen;
      CHECK(seen == read_file(folder / "expected.json"));

      // The order in which objects come, and what was looked at in between, changes nothing.
      IngressTranslator backward(read_options(folder / "options.json"));
      for (auto object = objects->rbegin(); object != objects->rend(); ++object) {
        backward.upsert(*object, "");
        (void)backward.snapshot();
      }
      CHECK(describe(backward) == seen);
    }
  }
}

}  // namespace
}  // namespace gateway
