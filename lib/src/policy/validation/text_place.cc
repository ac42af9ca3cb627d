#include <algorithm>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "policy/validation/json_schema.h"

namespace gateway::policy {
namespace {

// Stops behind the value at a path.
class PlaceFinder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, PlaceFinder> {
 public:
  explicit PlaceFinder(const std::vector<std::string>& path) : path_(path) {}
  bool Default() { return !at_value() && after_value(); }
  bool StartObject() { return open(false); }
  bool StartArray() { return open(true); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    levels_.back().name.assign(text, size);
    return true;
  }
  [[nodiscard]] bool at_container() const noexcept { return at_container_; }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  struct Level {
    bool array;
    std::size_t index;
    std::string name;
  };
  [[nodiscard]] bool at_value() const {
    if (levels_.size() != path_.size()) return false;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const std::string& here = levels_[i].name;
      if (levels_[i].array ? std::to_string(levels_[i].index) != path_[i] : here != path_[i]) return false;
    }
    return true;
  }
  bool after_value() {
    if (!levels_.empty() && levels_.back().array) ++levels_.back().index;
    return true;
  }
  bool open(bool array) {
    at_container_ = at_value();
    if (at_container_) return false;
    levels_.push_back({array, 0, {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return after_value();
  }
  const std::vector<std::string>& path_;
  std::vector<Level> levels_;
  bool at_container_ = false;
};

}  // namespace

TextPlace place_of(std::string_view json, const std::vector<std::string>& path) {
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
  PlaceFinder finder(path);
  TextPlace out;
  (void)reader.Parse<rapidjson::kParseIterativeFlag>(stream, finder);
  // It stops before the bracket that begins a container.
  const std::size_t at = stream.Tell() + (finder.at_container() ? 1 : 0);
  const std::string_view before = json.substr(0, std::min(at, json.size()));
  out.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_start = before.rfind('\n');
  out.column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1);
  return out;
}

}  // namespace gateway::policy
