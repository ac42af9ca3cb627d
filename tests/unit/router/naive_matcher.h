#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "router/protected_paths.h"
#include "router/route_table.h"

// Host and path matching as the words of the documentation have it, row by row: what the router is
// held against.
namespace gateway::test {

inline std::vector<std::string_view> elements(std::string_view path) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < path.size();) {
    const std::size_t end = std::min(path.find('/', i), path.size());
    if (end > i) out.push_back(path.substr(i, end - i));
    i = end + 1;
  }
  return out;
}

inline std::string folded(std::string_view text, bool case_sensitive) {
  std::string out(text);
  if (!case_sensitive) {
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

// Element by element.
inline bool below(std::string_view path, std::string_view prefix) {
  const auto wanted = elements(prefix), given = elements(path);
  return wanted.size() <= given.size() && std::equal(wanted.begin(), wanted.end(), given.begin());
}

inline bool path_matches(const CompiledApi& api, std::string_view path) {
  const std::string rule = folded(api.path, api.case_sensitive), asked = folded(path, api.case_sensitive);
  return api.match == MatchType::Exact ? rule == asked : below(asked, rule);
}

// 3 exact, 2 wildcard of one label, 1 any host, 0 none.
inline int host_level(std::string_view pattern, std::string_view host) {
  if (pattern.empty()) return 1;
  if (pattern == host) return 3;
  if (!pattern.starts_with("*.")) return 0;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1) ? 2 : 0;
}

// `rule`: "host/path" or "/path".
inline bool protects(std::string_view rule, std::string_view host, std::string_view path) {
  const std::size_t slash = rule.find('/');
  return host_level(folded(rule.substr(0, slash), false), host) > 0 &&
         below(folded(path, false), folded(rule.substr(slash), false));
}

// The row that answers, or null.
inline const CompiledApi* naive_match(const std::vector<std::shared_ptr<const CompiledApi>>& rows,
                                      const std::vector<std::string>& protected_paths, std::string_view host,
                                      std::string_view path) {
  const bool is_protected = std::any_of(protected_paths.begin(), protected_paths.end(),
                                        [&](const std::string& rule) { return protects(rule, host, path); });
  const auto rank = [&](const CompiledApi& api) {
    return std::tuple(host_level(api.host, host), api.path.size(), api.match == MatchType::Exact, api.case_sensitive);
  };
  const CompiledApi* best = nullptr;
  for (const auto& api : rows) {
    if (host_level(api->host, host) == 0 || !path_matches(*api, path)) continue;
    if (is_protected && api->yields_to) continue;
    if (!best || rank(*api) > rank(*best)) best = api.get();
  }
  return best;
}

}  // namespace gateway::test
