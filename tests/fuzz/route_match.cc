// Host and path matching against a naive matcher that follows the words of the documentation.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/router/naive_matcher.h"

using gateway::CompiledApi;
using gateway::MatchType;
using gateway::ProtectedPaths;

namespace {

// Lines: "! host path" protects a path; "E|P|e|p host path" is a row of somebody, and "C|c host path"
// a Prefix of the cloud (lower case: case-insensitive); "? host path" asks.
struct Scene {
  std::vector<std::string> rules;
  std::vector<CompiledApi> rows;
  std::vector<std::pair<std::string, std::string>> asked;
};

Scene read(std::string_view text) {
  Scene scene;
  std::set<std::string> keys;
  for (std::size_t i = 0; i < text.size() && scene.rows.size() < 64 && scene.rules.size() < 16;) {
    const std::size_t end = std::min(text.find('\n', i), text.size());
    const std::string_view line = text.substr(i, end - i);
    i = end + 1;
    if (line.size() < 2 || line[1] != ' ') continue;
    const std::size_t space = line.find(' ', 2);
    if (space == std::string_view::npos) continue;
    const std::string host(line.substr(2, space - 2));
    std::string path(line.substr(space + 1));
    if (path.empty() || path[0] != '/' || path.find("//") != std::string::npos) continue;
    if (line[0] == '?') {
      if (host.find('*') == std::string::npos) scene.asked.emplace_back(host, path);
      continue;
    }
    if (line[0] == '!') {
      if (ProtectedPaths::compile({host + path})) scene.rules.push_back(host + path);
      continue;
    }
    CompiledApi row;
    row.source = (line[0] | 32) == 'c' ? "cloud" : "other";
    row.match = (line[0] | 32) == 'e' ? MatchType::Exact : MatchType::Prefix;
    row.case_sensitive = line[0] < 'a';
    if (row.match == MatchType::Prefix && path.ends_with('/')) path.pop_back();
    row.host = host;
    row.path = path;
    const std::string key = host + '\n' + gateway::test::folded(path, row.case_sensitive) + '\n' +
                            (row.match == MatchType::Exact ? 'E' : 'P') + (row.case_sensitive ? 'S' : 'I');
    if (keys.insert(key).second) scene.rows.push_back(std::move(row));
  }
  return scene;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Scene scene = read({reinterpret_cast<const char*>(data), size});
  const auto protected_paths = ProtectedPaths::compile(scene.rules).value();
  std::map<std::string, std::vector<std::shared_ptr<const CompiledApi>>> hosts;
  std::vector<std::shared_ptr<const CompiledApi>> all;
  for (CompiledApi row : scene.rows) {
    if (row.source != "cloud") {
      if (protected_paths->forbid(row.host, row.path)) continue;  // quarantined
      if (row.match == MatchType::Prefix && protected_paths->lie_below(row.host, row.path)) row.yields_to = protected_paths;
    }
    all.push_back(std::make_shared<const CompiledApi>(std::move(row)));
    hosts[all.back()->host].push_back(all.back());
  }
  gateway::RouteTable table;
  for (auto& [host, rows] : hosts) table.set_host(host, rows);
  for (const auto& [host, path] : scene.asked) {
    const CompiledApi* expected = gateway::test::naive_match(all, scene.rules, host, path);
    const CompiledApi* found = table.match(host, path).api;
    require(found == expected);
    const auto candidates = table.candidates(host, path);
    require((candidates.rows.empty() ? nullptr : candidates.rows.front().get()) == expected);
    const std::string_view rule = protected_paths->rule_of(host, path);
    require(rule.empty() == candidates.passed_by.empty() || candidates.passed_by.empty());
    if (found && !rule.empty()) require(found->source == "cloud");
  }
  return 0;
}
