#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include <gateway/environment.h>

#include "arm/apiops.h"
#include "arm/resource.h"
#include "base/strings.h"
#include "commands.h"
#include "imports.h"
#include "store.h"

namespace configd {
namespace {

using gateway::Result;

constexpr std::size_t kMaxFiles = 100'000;

int tell(std::string_view command, const Result<ImportReport>& report) {
  if (!report) return fail(command, report.error(), kBadSettings);
  for (const std::string& notice : report->notices) std::printf("notice: %s\n", notice.c_str());
  std::printf("%zu resources written, revision %llu\n", report->written,
              static_cast<unsigned long long>(report->revision));
  return kDone;
}

// Makes the gateways that are missing.
Result<void> make_gateways(Store& store, const std::vector<std::string>& names) {
  std::vector<Change> changes;
  for (const std::string& name : names) {
    auto id = gateway::arm::short_id("/gateways/" + name);
    if (!id) return std::move(id).error();
    if (!store.find(*id))
      changes.push_back({std::move(*id), R"({"description":"","locationData":{"name":"none"}})"});
  }
  if (changes.empty()) return {};
  if (auto made = store.commit(changes); !made) return std::move(made).error();
  return {};
}

// Every file below the folder, by its relative path; the text only of those that say something.
// Hidden files and folders are left out, links to folders are not followed.
Result<std::map<std::string, std::string>> read_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> files;
  std::error_code code;
  fs::recursive_directory_iterator at(folder, code);
  for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
    std::error_code kind;
    if (at->path().filename().string().starts_with(".")) {
      if (at->is_directory(kind)) at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file(kind)) continue;
    const std::string path = at->path().lexically_relative(folder).generic_string();
    std::string text;
    if (gateway::arm::is_artifact(path)) {
      auto read = read_file("FOLDER", at->path().string());
      if (!read) return std::move(read).error();
      text = std::move(read).value();
    }
    files.emplace(path, std::move(text));
    if (files.size() > kMaxFiles) return refuse("FOLDER", "has more than 100,000 files");
  }
  if (code)
    return refuse("FOLDER", "cannot read " + gateway::quote(folder, 256) + ": " + code.message());
  return files;
}

}  // namespace

int import_document(const ImportDocumentOptions& options) {
  constexpr std::string_view kCommand = "import openapi";
  OpenApiImport import;
  auto text = read_file("FILE", options.file);
  if (!text) return fail(kCommand, text.error(), kBadSettings);
  const auto environment = gateway::Environment::system();
  auto store = Store::open(options.database, environment);
  if (!store) return fail(kCommand, store.error(), kStartFailed);
  import.api = options.api;
  import.path = options.path;
  if (import.path.empty() && !(*store)->find("/apis/" + options.api)) import.path = options.api;
  import.text = std::move(text).value();
  import.where = options.file;
  if (!options.service_url.empty()) import.service_url = options.service_url;
  import.subscription_required = options.subscription_required;
  import.protocols = options.protocols;
  import.gateways = options.gateways;
  import.products = options.products;
  if (auto made = make_gateways(**store, options.gateways); !made)
    return fail(kCommand, made.error(), kBadSettings);
  return tell(kCommand, import_openapi(**store, environment, import));
}

int import_folder(const ImportFolderOptions& options) {
  constexpr std::string_view kCommand = "import apiops";
  std::string overrides;
  if (!options.overrides.empty()) {
    auto text = read_file("--overrides", options.overrides);
    if (!text) return fail(kCommand, text.error(), kBadSettings);
    overrides = std::move(text).value();
  }
  const auto files = read_folder(options.folder);
  if (!files) return fail(kCommand, files.error(), kBadSettings);
  std::vector<std::string> paths;
  for (const auto& [path, text] : *files) paths.push_back(path);
  if (!gateway::arm::is_artifact_tree(paths)) {
    return fail(kCommand,
                refuse("FOLDER", gateway::quote(options.folder, 256) +
                                     " is no APIOps folder: it has no "
                                     "apis/NAME/apiInformation.json or the like"),
                kBadSettings);
  }
  const auto environment = gateway::Environment::system();
  auto store = Store::open(options.database, environment);
  if (!store) return fail(kCommand, store.error(), kStartFailed);
  return tell(kCommand,
              import_artifacts(**store, environment, *files, overrides, options.overrides));
}

}  // namespace configd
