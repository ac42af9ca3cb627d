// Host and path matching against a naive matcher that follows the words of the documentation.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "router/route_table.h"

namespace {

using gateway::CompiledApi;
using gateway::MatchType;

std::vector<std::string_view> elements(std::string_view path) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < path.size();) {
    const std::size_t end = std::min(path.find('/', i), path.size());
    if (end > i) out.push_back(path.substr(i, end - i));
    i = end + 1;
  }
  return out;
}

std::string folded(std::string_view text, bool case_sensitive) {
  std::string out(text);
  if (!case_sensitive) {
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

bool path_matches(const CompiledApi& api, std::string_view path) {
  const std::string rule = folded(api.path, api.case_sensitive), asked = folded(path, api.case_sensitive);
  if (api.match == MatchType::Exact) return rule == asked;
  const auto wanted = elements(rule), given = elements(asked);
  if (wanted.size() > given.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] != given[i]) return false;
  }
  return true;
}

int host_level(std::string_view pattern, std::string_view host) {
  if (pattern.empty()) return 1;
  if (pattern == host) return 3;
  if (pattern.starts_with("*.")) {
    const std::size_t dot = host.find('.');
    if (dot != std::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1)) return 2;
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Lines: rules "E|P|e|p host path" (lower case: case-insensitive), then "? host path".
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::vector<std::shared_ptr<const CompiledApi>>> hosts;
  std::vector<std::shared_ptr<const CompiledApi>> all;
  std::set<std::string> keys;
  std::vector<std::pair<std::string, std::string>> asked;
  for (std::size_t i = 0; i < text.size() && all.size() < 64;) {
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
      if (host.find('*') == std::string::npos) asked.emplace_back(host, path);
      continue;
    }
    CompiledApi api;
    api.match = (line[0] | 32) == 'e' ? MatchType::Exact : MatchType::Prefix;
    api.case_sensitive = line[0] < 'a';
    if (api.match == MatchType::Prefix && path.ends_with('/')) path.pop_back();
    api.host = host;
    api.path = path;
    api.id = std::to_string(all.size());
    const std::string key = host + '\n' + folded(path, api.case_sensitive) + '\n' + line[0];
    if (!keys.insert(key).second) continue;
    all.push_back(std::make_shared<const CompiledApi>(std::move(api)));
    hosts[host].push_back(all.back());
  }
  gateway::RouteTable table;
  for (auto& [host, rows] : hosts) table.set_host(host, rows);
  for (const auto& [host, path] : asked) {
    const CompiledApi* best = nullptr;
    const auto rank = [&](const CompiledApi& api) {
      return std::tuple(host_level(api.host, host), api.path.size(), api.match == MatchType::Exact, api.case_sensitive);
    };
    for (const auto& api : all) {
      if (host_level(api->host, host) == 0 || !path_matches(*api, path)) continue;
      if (!best || rank(*api) > rank(*best)) best = api.get();
    }
    const auto found = table.match(host, path);
    if (found.api != best) std::abort();
    const auto candidates = table.candidates(host, path);
    if ((candidates.empty() ? nullptr : candidates.front().get()) != best) std::abort();
  }
  return 0;
}
