// Documents that others wrote, against a reading of them in Python.
#include "arm/openapi.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <rapidjson/pointer.h>
#include <catch2/catch.hpp>

#include "base/strings.h"

using namespace gateway;

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(GATEWAY_SOURCE_DIR) / "tests/data/openapi";

std::vector<fs::path> documents_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".json" || extension == ".yaml" || extension == ".yml")
      out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> lines_by_python(const fs::path& path) {
  const std::string command =
      "/usr/bin/python3 '" + (kFolder / "operations.py").string() + "' '" + path.string() + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  while (const auto size = std::fread(buffer, 1, sizeof buffer, pipe.get()))
    text.append(buffer, size);
  std::vector<std::string> out;
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

std::vector<std::string> lines_of(const arm::ImportedApi& api) {
  std::vector<std::string> out;
  for (const auto& operation : api.operations.GetArray()) {
    const auto& properties = operation["properties"];
    out.push_back(std::string(properties["method"].GetString()) + " " +
                  properties["urlTemplate"].GetString());
  }
  std::sort(out.begin(), out.end());
  return out;
}

arm::ImportedApi imported(const fs::path& path) {
  auto api = arm::read_openapi(content_of(path), DocumentLimits{}, path.filename().string());
  INFO(path << (api.ok() ? "" : ": " + api.error().to_string()));
  REQUIRE(api.ok());
  return std::move(api).value();
}

// Whatever is missing must be in a notice that names its path.
void check_against_python(const fs::path& path) {
  INFO(path);
  const auto api = imported(path);
  const auto here = lines_of(api);
  const auto there = lines_by_python(path);
  std::vector<std::string> invented, missing, silent;
  std::set_difference(here.begin(), here.end(), there.begin(), there.end(),
                      std::back_inserter(invented));
  std::set_difference(there.begin(), there.end(), here.begin(), here.end(),
                      std::back_inserter(missing));
  std::copy_if(
      missing.begin(), missing.end(), std::back_inserter(silent), [&](const std::string& line) {
        const std::string named = quote(line.substr(line.find(' ') + 1));
        return std::none_of(api.notices.begin(), api.notices.end(), [&](const std::string& notice) {
          return notice.find(named) != std::string::npos &&
                 notice.find("left out") != std::string::npos;
        });
      });
  CHECK(!here.empty());
  CHECK(invented == std::vector<std::string>{});
  CHECK(silent == std::vector<std::string>{});
  if (std::getenv("GATEWAY_OPENAPI_DOCUMENTS")) {
    std::printf("%s: %zu operations of %zu, service URL \"%s\"\n", path.filename().c_str(),
                here.size(), there.size(), api.service_url.c_str());
    for (const auto& notice : api.notices) std::printf("  %s\n", notice.c_str());
  }
}

// What an operation says, at a JSON pointer into its properties.
std::string said(const arm::ImportedApi& api, std::string_view id, const char* pointer) {
  for (const auto& entry : api.operations.GetArray()) {
    if (entry["id"].GetString() != id) continue;
    const auto* value = rapidjson::Pointer(pointer).Get(entry["properties"]);
    if (!value) return "nothing";
    return value->IsString() ? value->GetString() : std::to_string(value->GetInt());
  }
  return "no such operation";
}

}  // namespace

TEST_CASE("documents of public APIs give the operations that a reading in Python finds") {
  auto documents = documents_in(kFolder);
  REQUIRE(documents.size() >= 3);
  if (const char* folder = std::getenv("GATEWAY_OPENAPI_DOCUMENTS")) {
    const auto more = documents_in(folder);
    documents.insert(documents.end(), more.begin(), more.end());
  }
  for (const auto& path : documents) check_against_python(path);
}

TEST_CASE("documents of public APIs keep what their operations say") {
  SECTION("Swagger 2.0 in JSON") {
    const auto api = imported(kFolder / "etcd.swagger.json");
    CHECK(api.protocols == std::vector<std::string>{"http", "https"});
    CHECK(api.service_url == "");
    CHECK(said(api, "Put", "/method") == "POST");
    CHECK(said(api, "Put", "/urlTemplate") == "/v3/kv/put");
    CHECK(said(api, "Put", "/request/representations/0/contentType") == "application/json");
    CHECK(said(api, "Put", "/request/representations/0/typeName") == "etcdserverpbPutRequest");
    CHECK(said(api, "Put", "/responses/0/statusCode") == "200");
  }
  SECTION("OpenAPI 3.0 in YAML") {
    const auto api = imported(kFolder / "lxkns.openapi.yaml");
    CHECK(api.title == "lxkns");
    CHECK(api.service_url == "");  // its server is relative: /api
    CHECK(said(api, "get-processes", "/displayName") == "Linux processes");
  }
  SECTION("OpenAPI 3.1 in YAML") {
    const auto api = imported(kFolder / "rclone.openapi.yaml");
    CHECK(api.title == "Rclone RC API");
    CHECK(api.service_url == "http://localhost:5572");
    CHECK(api.protocols == std::vector<std::string>{"http"});
    CHECK(said(api, "rcNoop", "/request/headers/0/name") == "Prefer");
  }
}
