#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/error.h>

namespace gatewayd {

// What a setting's value looks like; decides how it is read and what an error says is allowed.
enum class SettingType : std::uint8_t {
  Flag,      // true or false
  Count,     // a whole number
  Port,      // 0..65535; 0 = any free one
  Duration,  // 5s, 100ms, 2m, 1h, or hh:mm:ss
  Size,      // bytes: 512, 64KiB, 1MiB
  Text,
  Address,   // an IP address
  Choice,    // one of `allowed`
  List,      // texts, separated by commas
};

enum class SettingOrigin : std::uint8_t {
  Vendor,       // a key of the vendor's gateway, with its meaning
  VendorInert,  // a key of the vendor's gateway that has no effect here; accepted with a notice
  Own,
};

struct SettingRow {
  std::string_view key;
  SettingType type;
  std::string_view default_text;  // read like any value; "" = unset
  std::string_view allowed;       // Choice: "a,b,c"; Count, Duration, Size: "low..high" in the form of a value
  SettingOrigin origin;
  std::string_view meaning;
};

// The one table that reading, checking, `--help-settings` and the README follow.
[[nodiscard]] std::span<const SettingRow> setting_rows();

// Checked values. Keys are those of the table; asking for another key is a programming error.
class Settings {
 public:
  // Whether anybody said it; defaults do not count.
  [[nodiscard]] bool given(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::uint64_t number(std::string_view key) const;  // Count, Port, Size
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const;
  [[nodiscard]] const std::vector<std::string>& list(std::string_view key) const;

 private:
  friend class SettingsReader;
  struct Value {
    std::string text;
    std::uint64_t number = 0;  // Duration: milliseconds
    std::vector<std::string> list;
    bool given = false;
  };
  [[nodiscard]] const Value& at(std::string_view key) const;
  std::map<std::string, Value, std::less<>> values_;
};

struct SettingsInput {
  // "NAME=value" each, as a process finds them.
  std::vector<std::string> environment;
  // A YAML or JSON file with nested or dotted keys.
  std::optional<std::string> file;
  // "key=value" each.
  std::vector<std::string> sets;
};

struct SettingsReading {
  Settings settings;
  std::vector<gateway::Error> problems;  // every one, not the first
  std::vector<std::string> notices;      // worth a line in the log
};

// The stronger speaks last: default, file, environment, `sets`. Vendor keys are also read from the
// environment in upper case with underscores; the form with dots wins over that.
[[nodiscard]] SettingsReading read_settings(const SettingsInput& input);

// The table as Markdown: what `--help-settings` prints and the README shows.
[[nodiscard]] std::string settings_table();

// 5s, 100ms, 2m, 1h, 0, hh:mm:ss or d.hh:mm:ss, each with fractions of a second.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// 512, 512B, 64KiB, 1MiB, 1GiB, or kB, MB, GB for powers of ten.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace gatewayd
