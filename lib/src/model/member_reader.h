#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidjson/document.h>

#include "base/strings.h"

namespace gateway {

[[nodiscard]] inline std::string_view text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

// Reads the members of one object, each once, and notes what is wrong with them.
class MemberReader {
 public:
  MemberReader(const rapidjson::Value& object, std::string path) : object_(object), path_(std::move(path)) {}

  [[nodiscard]] bool has(std::string_view name) { return find(name) != nullptr; }

  // An absent member leaves `out` as it is. False: it is there and cannot be read.
  bool read(std::string_view name, std::string& out) {
    const rapidjson::Value* value = find(name);
    if (!value) return true;
    if (!value->IsString()) return complain(name, "must be a string");
    out = text_of(*value);
    return true;
  }
  bool read(std::string_view name, bool& out) {
    const rapidjson::Value* value = find(name);
    if (!value) return true;
    if (!value->IsBool()) return complain(name, "must be true or false");
    out = value->GetBool();
    return true;
  }
  bool read(std::string_view name, std::int64_t& out, std::int64_t min,
            std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
    const rapidjson::Value* value = find(name);
    if (!value) return true;
    if (!value->IsInt64() || value->GetInt64() < min || value->GetInt64() > max) {
      const bool open = max == std::numeric_limits<std::int64_t>::max();
      return complain(name, open ? "must be an integer of at least " + std::to_string(min)
                                 : "must be an integer between " + std::to_string(min) + " and " +
                                       std::to_string(max));
    }
    out = value->GetInt64();
    return true;
  }
  // Seconds since 1970, or an RFC 3339 string.
  bool read_time(std::string_view name, std::optional<std::int64_t>& out) {
    const rapidjson::Value* value = find(name);
    if (!value) return true;
    std::optional<std::int64_t> time;
    if (value->IsInt64()) time = value->GetInt64();
    if (value->IsString()) time = parse_rfc3339(text_of(*value));
    if (!time || *time < 0) {
      return complain(name, "must be a date and time such as 2026-11-23T08:30:00Z, or whole seconds since 1970");
    }
    out = time;
    return true;
  }
  template <typename Enum>
  bool read(std::string_view name, Enum& out,
            std::initializer_list<std::pair<std::string_view, Enum>> allowed) {
    const rapidjson::Value* value = find(name);
    if (!value) return true;
    std::string words;
    for (const auto& [word, meaning] : allowed) {
      if (value->IsString() && text_of(*value) == word) {
        out = meaning;
        return true;
      }
      words += (words.empty() ? "" : " or ") + quote(word);
    }
    return complain(name, "must be " + words);
  }
  // Calls f(element, path) for every element of an array of objects.
  template <typename F>
  void each(std::string_view name, F&& f) {
    const rapidjson::Value* value = find(name);
    if (!value) return;
    if (!value->IsArray()) {
      complain(name, "must be a list");
      return;
    }
    for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
      const std::string path = path_ + std::string(name) + "[" + std::to_string(i) + "]";
      if ((*value)[i].IsObject()) {
        f((*value)[i], path);
      } else {
        problems_.emplace_back(path, "must be an object");
      }
    }
  }
  // An array of strings.
  bool read(std::string_view name, std::vector<std::string>& out) {
    const rapidjson::Value* value = find(name);
    if (!value) return true;
    const bool texts = value->IsArray() && std::all_of(value->Begin(), value->End(),
                                                       [](const auto& element) { return element.IsString(); });
    if (!texts) return complain(name, "must be a list of strings");
    out.clear();
    for (const auto& element : value->GetArray()) out.emplace_back(text_of(element));
    return true;
  }
  template <typename F>
  void object(std::string_view name, F&& f) {
    const rapidjson::Value* value = find(name);
    if (!value) return;
    if (value->IsObject()) {
      f(*value, path_ + std::string(name));
    } else {
      complain(name, "must be an object");
    }
  }
  void require(std::string_view name) {
    if (!has(name)) complain(name, "is missing");
  }
  bool complain(std::string_view name, std::string message) {
    problems_.emplace_back(path_ + std::string(name), std::move(message));
    return false;
  }
  void adopt(MemberReader& inner) {
    inner.end();
    problems_.insert(problems_.end(), inner.problems_.begin(), inner.problems_.end());
  }
  // Call last: what was not asked for is not allowed.
  void end() {
    for (const auto& member : object_.GetObject()) {
      const std::string_view name = text_of(member.name);
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      std::vector<std::string> allowed(known_.begin(), known_.end());
      std::sort(allowed.begin(), allowed.end());
      allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
      const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return is_alpha(c); });
      problems_.emplace_back(path_ + (plain && name.size() < 64 ? std::string(name) : quote(name)),
                             "is not known; allowed are " + join(allowed, ", "));
    }
  }

  using Problems = std::vector<std::pair<std::string, std::string>>;  // member path and message
  [[nodiscard]] const Problems& problems() const { return problems_; }

 private:
  const rapidjson::Value* find(std::string_view name) {
    known_.push_back(name);
    const auto found = object_.FindMember(rapidjson::Value(
        rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
    return found == object_.MemberEnd() ? nullptr : &found->value;
  }

  const rapidjson::Value& object_;
  std::string path_;  // with a '.' at its end, or empty
  std::vector<std::string_view> known_;
  Problems problems_;
};

}  // namespace gateway
