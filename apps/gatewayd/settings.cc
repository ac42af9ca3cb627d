#include "settings.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

#include "edit_distance.h"
#include "settings_file.h"
#include "settings_table.h"

namespace gatewayd {
namespace {

using gateway::Error;
using gateway::ErrorCode;

const SettingRow* find_row(std::string_view key) {
  const auto rows = setting_rows();
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.key == key; });
  return at == rows.end() ? nullptr : &*at;
}

// "k8s.ingress.class-names" -> "K8S_INGRESS_CLASS_NAMES"
std::string upper_form(std::string_view key) {
  std::string out;
  for (char c : key) {
    out += c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (const auto item = trim(text.substr(0, comma)); !item.empty()) out.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A decimal number with an optional fraction, in thousandths.
std::optional<std::uint64_t> parse_thousandths(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto whole = parse_number(text.substr(0, dot));
  if (!whole || *whole > 1'000'000'000'000) return std::nullopt;
  std::uint64_t out = *whole * 1000;
  if (dot == std::string_view::npos) return out;
  const auto fraction = text.substr(dot + 1);
  if (fraction.empty()) return std::nullopt;
  std::uint64_t weight = 100;
  for (char c : fraction) {
    if (c < '0' || c > '9') return std::nullopt;
    out += static_cast<std::uint64_t>(c - '0') * weight;
    weight /= 10;
  }
  return out;
}

// The number that a value of a numeric type means: milliseconds of a Duration, bytes of a Size.
std::optional<std::uint64_t> parse_as(SettingType type, std::string_view text) {
  if (type == SettingType::Size) return parse_size(text);
  if (type != SettingType::Duration) return parse_number(text);
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return static_cast<std::uint64_t>(duration->count());
}

// Low and high end of `allowed`, as written.
std::pair<std::string_view, std::string_view> range_of(const SettingRow& row) {
  const std::size_t dots = row.allowed.find("..");
  assert(dots != std::string_view::npos);
  return {row.allowed.substr(0, dots), row.allowed.substr(dots + 2)};
}

bool in_range(const SettingRow& row, std::uint64_t value) {
  const auto [low, high] = range_of(row);
  return value >= *parse_as(row.type, low) && value <= *parse_as(row.type, high);
}

std::string allowed_words(const SettingRow& row) {
  const auto range = [&row] {
    const auto [low, high] = range_of(row);
    return "from " + std::string(low) + " to " + std::string(high);
  };
  switch (row.type) {
    case SettingType::Flag: return "true or false";
    case SettingType::Count: return "a whole number " + range();
    case SettingType::Port: return "a port from 0 to 65535 (0 = any free one)";
    case SettingType::Duration: return "a duration such as 5s, 100ms, 2m, 1h or 00:01:40, " + range();
    case SettingType::Size: return "a size in bytes such as 512, 64KiB or 1MiB, " + range();
    case SettingType::Text: return "a text";
    case SettingType::Address: return "an IP address such as 127.0.0.1 or ::";
    case SettingType::Choice: {
      std::string out = "one of ";
      const auto choices = split_list(row.allowed);
      for (std::size_t i = 0; i < choices.size(); ++i) out += (i ? ", " : "") + choices[i];
      return out;
    }
    case SettingType::List: return "texts separated by commas";
  }
  return {};
}

bool ip_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string prefix_of(std::string_view key) { return std::string(key.substr(0, key.find('.') + 1)); }

bool key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool known_prefix(std::string_view name) {
  if (name.find('.') == std::string_view::npos) return false;
  const auto rows = setting_rows();
  return std::any_of(rows.begin(), rows.end(), [&](const SettingRow& row) {
    return row.key.find('.') != std::string_view::npos && prefix_of(row.key) == prefix_of(name);
  });
}

}  // namespace

std::span<const SettingRow> setting_rows() { return kSettingRows; }

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  using std::chrono::milliseconds;
  constexpr std::uint64_t kLongest = 366ULL * 24 * 3600 * 1000;
  std::uint64_t total = 0;
  if (text == "0") return milliseconds(0);
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    std::uint64_t days = 0;
    if (const std::size_t dot = text.substr(0, colon).find('.'); dot != std::string_view::npos) {
      const auto value = parse_number(text.substr(0, dot));
      if (!value || *value > 366) return std::nullopt;
      days = *value;
      text.remove_prefix(dot + 1);
    }
    const std::size_t first = text.find(':');
    const std::size_t second = text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto hours = parse_number(text.substr(0, first));
    const auto minutes = parse_number(text.substr(first + 1, second - first - 1));
    const auto seconds = parse_thousandths(text.substr(second + 1));
    if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds >= 60'000) {
      return std::nullopt;
    }
    total = ((days * 24 + *hours) * 60 + *minutes) * 60'000 + *seconds;
  } else {
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits{
        {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const auto& u) { return text.ends_with(u.first); });
    if (unit == kUnits.end()) return std::nullopt;
    const auto value = parse_thousandths(trim(text.substr(0, text.size() - unit->first.size())));
    if (!value || *value / 1000 > kLongest / unit->second) return std::nullopt;
    total = *value * unit->second / 1000;
  }
  if (total > kLongest) return std::nullopt;
  return milliseconds(total);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kUnits{
      {{"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"kB", 1000},
       {"KB", 1000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"B", 1}}};
  std::uint64_t factor = 1;
  for (const auto& [name, value] : kUnits) {
    if (!text.ends_with(name)) continue;
    factor = value;
    text.remove_suffix(name.size());
    break;
  }
  const auto value = parse_number(trim(text));
  if (!value || *value > (1ULL << 50) / factor) return std::nullopt;
  return *value * factor;
}

const Settings::Value& Settings::at(std::string_view key) const {
  const auto found = values_.find(key);
  assert(found != values_.end());
  return found->second;
}

bool Settings::given(std::string_view key) const { return at(key).given; }
const std::string& Settings::text(std::string_view key) const { return at(key).text; }
bool Settings::flag(std::string_view key) const { return at(key).number != 0; }
std::uint64_t Settings::number(std::string_view key) const { return at(key).number; }
std::chrono::milliseconds Settings::duration(std::string_view key) const {
  return std::chrono::milliseconds(at(key).number);
}
const std::vector<std::string>& Settings::list(std::string_view key) const { return at(key).list; }

class SettingsReader {
 public:
  SettingsReader() {
    for (const SettingRow& row : setting_rows()) {
      if (row.origin != SettingOrigin::VendorInert) assign(row, row.default_text, "the default");
    }
  }

  void set(std::string_view key, std::string_view value, const std::string& from) {
    const SettingRow* row = find_row(key);
    if (!row) return unknown(key, from);
    if (row->origin == SettingOrigin::VendorInert) {
      if (std::find(inert_.begin(), inert_.end(), key) == inert_.end()) inert_.emplace_back(key);
      return;
    }
    if (assign(*row, value, from)) reading_.settings.values_.find(key)->second.given = true;
  }

  void problem(std::string message, std::string where) {
    reading_.problems.push_back({ErrorCode::InvalidArgument, "settings", std::move(message),
                                 std::move(where), false});
  }

  void read_environment(const std::vector<std::string>& environment) {
    for (const SettingRow& row : setting_rows()) {
      if (row.origin == SettingOrigin::Own) continue;
      if (const auto value = find(environment, upper_form(row.key))) {
        set(row.key, *value, "environment variable " + upper_form(row.key));
      }
    }
    for (const std::string& entry : environment) {
      const std::size_t equals = entry.find('=');
      if (equals == std::string::npos) continue;
      const std::string_view name = std::string_view(entry).substr(0, equals);
      const std::string_view value = std::string_view(entry).substr(equals + 1);
      if (const SettingRow* row = find_row(name)) {
        // Names such as HTTP_PROXY are their own upper form and were read above.
        if (upper_form(row->key) != name) {
          set(name, value, "environment variable " + std::string(name));
        }
      } else if (known_prefix(name)) {
        unknown(name, "environment variable " + std::string(name));
      } else {
        look_for_slip(name);
      }
    }
  }

  void read_file(const std::string& path) {
    for (auto& entry : read_settings_file(path)) {
      if (!entry.problem.empty()) {
        problem(std::move(entry.problem), std::move(entry.where));
      } else {
        set(entry.key, entry.value, entry.where);
      }
    }
  }

  void read_sets(const std::vector<std::string>& sets) {
    for (const std::string& entry : sets) {
      const std::size_t equals = entry.find('=');
      if (equals == std::string::npos || equals == 0) {
        // The words may be a secret that lost its key.
        problem("expected key=value", "--set");
      } else {
        set(std::string_view(entry).substr(0, equals), std::string_view(entry).substr(equals + 1), "--set");
      }
    }
  }

  SettingsReading finish() && {
    if (!inert_.empty()) {
      std::string text = "accepted without effect in this version:";
      for (std::size_t i = 0; i < inert_.size(); ++i) text += (i ? ", " : " ") + inert_[i];
      reading_.notices.push_back(std::move(text));
    }
    return std::move(reading_);
  }

 private:
  static std::optional<std::string_view> find(const std::vector<std::string>& environment,
                                              std::string_view name) {
    for (const std::string& entry : environment) {
      if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
        return std::string_view(entry).substr(name.size() + 1);
      }
    }
    return std::nullopt;
  }

  bool assign(const SettingRow& row, std::string_view raw, const std::string& from) {
    Settings::Value value;
    value.text = std::string(trim(raw));
    bool good = true;
    const bool unset = value.text.empty() && row.default_text.empty();
    switch (row.type) {
      case SettingType::Flag: {
        const std::string word = lower(value.text);
        good = word == "true" || word == "false";
        value.number = word == "true";
        break;
      }
      case SettingType::Count:
      case SettingType::Port:
      case SettingType::Duration:
      case SettingType::Size: {
        if (unset) break;
        const auto number = parse_as(row.type, value.text);
        good = number && (row.type == SettingType::Port ? *number <= 65'535 : in_range(row, *number));
        value.number = number.value_or(0);
        break;
      }
      case SettingType::Text: break;
      case SettingType::Address: good = ip_address(value.text); break;
      case SettingType::Choice: {
        const auto choices = split_list(row.allowed);
        value.text = lower(value.text);
        good = std::find(choices.begin(), choices.end(), value.text) != choices.end();
        break;
      }
      case SettingType::List: value.list = split_list(value.text); break;
    }
    if (!good) {
      std::string words = "'" + std::string(raw.substr(0, 200)) + "' is not allowed: expected " + allowed_words(row);
      if (row.type == SettingType::Choice) {
        const auto near = nearest(value.text, split_list(row.allowed));
        if (!near.empty()) words += "; did you mean '" + near + "'?";
      }
      problem(std::move(words), from == "--set" ? "--set " + std::string(row.key)
                                                : std::string(row.key) + " (" + from + ")");
      return false;
    }
    reading_.settings.values_.insert_or_assign(std::string(row.key), std::move(value));
    return true;
  }

  void unknown(std::string_view key, const std::string& from) {
    std::vector<std::string> keys;
    for (const SettingRow& row : setting_rows()) keys.emplace_back(row.key);
    // What no key can hold, and all behind it, may be a secret.
    const std::size_t end = std::find_if_not(key.begin(), key.end(), key_character) - key.begin();
    std::string words = "unknown setting '" + std::string(key.substr(0, std::min<std::size_t>(end, 200))) +
                        (end < key.size() ? "…'" : "'");
    const std::string near = nearest(key, keys);
    words += near.empty() ? "; `gatewayd --help-settings` lists all" : "; did you mean '" + near + "'?";
    problem(std::move(words), from);
  }

  // Other programs and Kubernetes Services own upper-case names too, so a near miss is only told.
  void look_for_slip(std::string_view name) {
    if (name.size() < 8 || find_row(name)) return;
    for (const SettingRow& row : setting_rows()) {
      if (row.origin != SettingOrigin::Vendor) continue;
      const std::string upper = upper_form(row.key);
      if (upper != name && edit_distance(upper, name) <= 2) {
        reading_.notices.push_back("environment variable " + std::string(name) +
                                   " is not a setting; did you mean " + upper + "?");
        return;
      }
    }
  }

  SettingsReading reading_;
  std::vector<std::string> inert_;
};

SettingsReading read_settings(const SettingsInput& input) {
  SettingsReader reader;
  if (input.file) reader.read_file(*input.file);
  reader.read_environment(input.environment);
  reader.read_sets(input.sets);
  return std::move(reader).finish();
}

std::string settings_table() {
  std::string out = "| key | value | default | meaning |\n|---|---|---|---|\n";
  const auto type_words = [](const SettingRow& row) -> std::string {
    switch (row.type) {
      case SettingType::Flag: return "`true`, `false`";
      case SettingType::Count: return "number " + std::string(row.allowed);
      case SettingType::Port: return "port";
      case SettingType::Duration: return "duration " + std::string(row.allowed);
      case SettingType::Size: return "size " + std::string(row.allowed);
      case SettingType::Text: return "text";
      case SettingType::Address: return "IP address";
      case SettingType::Choice: {
        std::string words;
        for (const auto& choice : split_list(row.allowed)) words += (words.empty() ? "`" : ", `") + choice + "`";
        return words;
      }
      case SettingType::List: return "list";
    }
    return {};
  };
  for (const SettingRow& row : setting_rows()) {
    if (row.origin == SettingOrigin::VendorInert) continue;
    out += "| `" + std::string(row.key) + "`" + (row.origin == SettingOrigin::Vendor ? " ᵛ" : "") + " | " +
           type_words(row) + " | " + (row.default_text.empty() ? "" : "`" + std::string(row.default_text) + "`") +
           " | " + std::string(row.meaning) + " |\n";
  }
  out += "\nᵛ: a key of the vendor's gateway, with its meaning there; also read from the environment in upper case "
         "with underscores.\n\nAccepted without effect, with one notice:";
  bool first = true;
  for (const SettingRow& row : setting_rows()) {
    if (row.origin != SettingOrigin::VendorInert) continue;
    out += (first ? " `" : ", `") + std::string(row.key) + "`";
    first = false;
  }
  return out + ".\n";
}

}  // namespace gatewayd
