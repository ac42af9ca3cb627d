#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gateway/file_source.h>
#include <gateway/gateway.h>
#include <gateway/options.h>

#include "settings.h"

namespace gatewayd {

// What settings say about a gateway and its sources.
struct SourceSetup {
  gateway::SourceOptions options;
  std::unique_ptr<gateway::ConfigSource> source;
};

struct GatewaySetup {
  gateway::GatewayOptions options;
  std::vector<SourceSetup> sources;
  std::vector<gateway::Error> problems;  // every one; nothing is to be started then
};

// How files are read: the same for `run` and `check`.
[[nodiscard]] gateway::FileSourceOptions file_source_options(const Settings& settings, const std::string& path);

// Turns settings into options and sources. Reads the files that settings name (certificate, key) and
// what the environment says about the cluster; opens nothing else.
[[nodiscard]] GatewaySetup set_up_gateway(const Settings& settings, const std::vector<std::string>& environment);

}  // namespace gatewayd
