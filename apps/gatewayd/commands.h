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
};

// Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once.
int run(const CommandLine& line);
// Reads settings, documents and manifests as `run` would; every problem on a line of its own.
int check(const CommandLine& line);
// Asks a running gateway what answers a URL, and why.
int explain(const CommandLine& line);

// Writes problems to standard error, a line each.
void print_problems(const std::vector<gateway::Error>& problems);

}  // namespace gatewayd
