#include "settings_file.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <set>

#include <yaml-cpp/yaml.h>

namespace gatewayd {
namespace {

constexpr std::size_t kMaxBytes = 1u << 20;
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxEntries = 10'000;

class Flattener {
 public:
  explicit Flattener(std::string path) : path_(std::move(path)) {}

  void problem(const YAML::Mark& mark, std::string text) {
    entries_.push_back({"", "", where(mark), std::move(text)});
  }

  void walk(const YAML::Node& node, const std::string& key, std::size_t depth) {
    if (full_) return;
    if (++visited_ > kMaxEntries || depth > kMaxDepth) {
      full_ = true;
      return problem(node.Mark(), "too large: at most " + std::to_string(kMaxEntries) + " values, nested " +
                                      std::to_string(kMaxDepth) + " deep");
    }
    if (node.IsMap()) {
      for (const auto& member : node) {
        if (!member.first.IsScalar()) {
          problem(member.first.Mark(), "a key must be a text");
          continue;
        }
        walk(member.second, key.empty() ? member.first.Scalar() : key + "." + member.first.Scalar(), depth + 1);
      }
      return;
    }
    if (key.empty()) return problem(node.Mark(), "expected keys with values");
    if (!said_.insert(key).second) return problem(node.Mark(), "'" + key + "' is said twice");
    if (node.IsScalar()) {
      entries_.push_back({key, node.Scalar(), where(node.Mark()), ""});
    } else if (node.IsSequence()) {
      std::string joined;
      for (const auto& item : node) {
        if (!item.IsScalar()) return problem(item.Mark(), "'" + key + "': a list holds texts only");
        if (item.Scalar().find(',') != std::string::npos) {
          return problem(item.Mark(), "'" + key + "': a text in a list holds no comma");
        }
        joined += (joined.empty() ? "" : ",") + item.Scalar();
      }
      entries_.push_back({key, std::move(joined), where(node.Mark()), ""});
    } else {
      problem(node.Mark(), "'" + key + "' has no value; write \"\" for an empty one");
    }
  }

  std::vector<SettingsFileEntry> take() && { return std::move(entries_); }

 private:
  std::string where(const YAML::Mark& mark) const {
    return mark.is_null() ? path_ : path_ + ":" + std::to_string(mark.line + 1);
  }

  std::string path_;
  std::vector<SettingsFileEntry> entries_;
  std::set<std::string> said_;
  std::size_t visited_ = 0;
  bool full_ = false;
};

}  // namespace

std::vector<SettingsFileEntry> read_settings_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {{"", "", path, std::string("cannot be read: ") + std::strerror(errno)}};
  std::string text;
  text.resize(kMaxBytes + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return {{"", "", path, "cannot be read: is it a file?"}};
  if (text.size() > kMaxBytes) return {{"", "", path, "too large: at most 1 MiB"}};

  Flattener flattener(path);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) flattener.problem(documents[1].Mark(), "expected one YAML document");
    if (!documents.empty() && !documents[0].IsNull()) flattener.walk(documents[0], "", 0);
  } catch (const YAML::Exception& error) {
    flattener.problem(error.mark, "not YAML: " + error.msg);
  } catch (const std::exception& error) {
    return {{"", "", path, std::string("not YAML: ") + error.what()}};
  }
  return std::move(flattener).take();
}

}  // namespace gatewayd
