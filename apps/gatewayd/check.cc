#include <gateway/file_source.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include <gateway/gateway.h>

#include "commands.h"
#include "gateway_setup.h"

namespace gatewayd {
namespace {

using gateway::Error;

// Admits what `path` says into a gateway of its own that listens nowhere: the same checks as in `run`.
std::vector<Error> problems_of(const Settings& settings, const std::string& path) {
  gateway::FileSourceOptions options = file_source_options(settings, path);
  options.watch = false;
  if (auto readable = gateway::read_configuration(options); !readable) return {readable.error()};

  auto gateway = gateway::Gateway::create({});
  if (!gateway) return {gateway.error()};
  auto source = gateway::make_file_source(std::move(options));
  if (!source) return {source.error()};
  if (auto added = (*gateway)->add_source({"file", "file", ""}, std::move(source).value()); !added) return {added.error()};
  if (auto started = (*gateway)->start(); !started) return {started.error()};
  if (auto ready = (*gateway)->wait_ready(); !ready) return {ready.error()};
  std::vector<Error> problems;
  for (auto& status : (*gateway)->routes().sources()) {
    problems.insert(problems.end(), status.errors.begin(), status.errors.end());
    if (status.degraded) problems.push_back(*status.degraded);
  }
  return problems;
}

// A policy document, or a folder of nothing but such; none where it is configuration.
std::vector<std::string> policy_documents(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (path.ends_with(".xml")) return {path};
  if (!fs::is_directory(path, failed)) return {};
  std::vector<std::string> documents;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, failed)) {
    if (entry.path().extension() != ".xml") return {};
    documents.push_back(entry.path().string());
  }
  std::sort(documents.begin(), documents.end());
  return documents;
}

}  // namespace

int check(const CommandLine& line) {
  SettingsReading reading = read_settings(line.settings);
  std::vector<Error> problems = std::move(reading.problems);
  std::vector<std::string> paths = line.paths;
  if (problems.empty() && paths.empty()) {
    GatewaySetup setup = set_up_gateway(reading.settings, line.settings.environment);
    problems = std::move(setup.problems);
    setup.options.state_folder.clear();  // a check leaves no trace
    if (problems.empty()) {
      if (auto made = gateway::Gateway::create(std::move(setup.options)); !made) problems.push_back(made.error());
    }
    paths = reading.settings.list("config.file.path");
  }
  if (problems.empty()) {
    for (const std::string& path : paths) {
      const std::vector<std::string> documents = policy_documents(path);
      for (const std::string& document : documents) {
        for (Error& problem : check_policy_document(document, line.scope)) problems.push_back(std::move(problem));
      }
      if (!documents.empty()) continue;
      for (Error& problem : problems_of(reading.settings, path)) problems.push_back(std::move(problem));
    }
  }
  for (const std::string& notice : reading.notices) std::printf("notice: %s\n", notice.c_str());
  for (const Error& problem : problems) std::printf("problem: %s\n", problem.to_string().c_str());
  std::printf(problems.empty() ? "ok\n" : "%zu problem%s\n", problems.size(), problems.size() == 1 ? "" : "s");
  return problems.empty() ? kDone : kBadSettings;
}

}  // namespace gatewayd
