#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gateway/resources.h>

#include "idle_run.h"
#include "policy/compiler.h"

using namespace gateway::policy;

// tests/data/policies: documents in the ways that people write them. Those called *_fragment.xml
// are fragments, by the first part of their names.
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::filesystem::path> documents(bool fragments) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(GATEWAY_SOURCE_DIR) +
                                                               "/tests/data/policies")) {
    if (entry.path().extension() != ".xml") continue;
    if (entry.path().stem().string().ends_with("_fragment") == fragments)
      out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("Documents as people write them compile, without a warning") {
  std::map<std::string, std::string, std::less<>> fragments;
  for (const auto& file : documents(true)) {
    const std::string stem = file.stem();
    fragments[stem.substr(0, stem.size() - std::string("_fragment").size())] = content_of(file);
  }
  const std::string key = "c2VjcmV0LWtleQ==", text = "value.example.test";
  const auto logger = std::make_shared<gateway::EventHubLogger>();
  logger->id = "audit";
  logger->connection_string =
      "Endpoint=sb://hub.example.test/"
      ";SharedAccessKeyName=send;SharedAccessKey=a2V5;EntityPath=audit";
  Surroundings surroundings;
  surroundings.catalog = standard_catalog().get();
  surroundings.named_value = [&](std::string_view name) -> const std::string* {
    // What Liquid says itself is not the name of a value.
    if (name.starts_with("context.") || name.starts_with("body")) return nullptr;
    return name == "storage-key" ? &key : &text;
  };
  surroundings.fragment = [&](std::string_view id) -> const std::string* {
    const auto found = fragments.find(id);
    return found == fragments.end() ? nullptr : &found->second;
  };
  surroundings.logger = [&](std::string_view) { return logger; };
  const auto files = documents(false);
  REQUIRE(files.size() >= 9);
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    std::vector<Problem> problems;
    const auto compiled =
        compile_document(content_of(file), ScopeKind::Operation, surroundings, problems);
    for (const Problem& one : problems)
      UNSCOPED_INFO(one.at.line << ":" << one.at.column << ": " << one.message);
    CHECK(problems.empty());
    if (!compiled) continue;
    CHECK(compiled->warnings.empty());
    CHECK_FALSE(compiled->plain);
  }
}
