#pragma once

#include <string>
#include <vector>

#include "settings.h"

namespace gatewayd {

// What a process ends with.
enum ExitCode : int {
  kDone = 0,         // drained, or nothing wrong
  kBadSettings = 2,  // settings, documents or the command line
  kStartFailed = 3,
};

struct CommandLine {
  SettingsInput settings;
  std::vector<std::string> paths;  // check
  std::string admin;               // explain: "host:port"; "" = as the settings say
  std::string url;                 // explain
  std::string policy, request, context;  // policy run: files; context may be ""
  std::string scope = "api";       // policy run, check: of policy documents
};

// Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once.
int run(const CommandLine& line);
// Reads settings, documents and manifests as `run` would; every problem on a line of its own.
int check(const CommandLine& line);
// Asks a running gateway what answers a URL, and why.
int explain(const CommandLine& line);

// Runs a policy document against a request, and prints every step with the values that it changed.
int run_policy(const CommandLine& line);
// Every problem of a policy document; warnings are printed.
std::vector<gateway::Error> check_policy_document(const std::string& path, const std::string& scope);

// Writes problems to standard error, a line each.
void print_problems(const std::vector<gateway::Error>& problems);

}  // namespace gatewayd
