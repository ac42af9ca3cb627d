#pragma once

#include <string>
#include <vector>

namespace gatewayd {

// One value of a settings file, or what is wrong with one.
struct SettingsFileEntry {
  std::string key;      // dotted
  std::string value;    // lists joined by commas
  std::string where;    // "gateway.yaml:12"
  std::string problem;  // "" = sound
};

// Reads a YAML (or JSON) file of nested or dotted keys. Bounded in size, depth and number of values.
[[nodiscard]] std::vector<SettingsFileEntry> read_settings_file(const std::string& path);

}  // namespace gatewayd
