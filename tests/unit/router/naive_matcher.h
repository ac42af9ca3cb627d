#pragma once

#include <algorithm>
#include <map>
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
  const std::string rule = folded(api.path, api.case_sensitive),
                    asked = folded(path, api.case_sensitive);
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

// The row that answers, or null. `reserved`: the rows that count under a protected path.
inline const CompiledApi* naive_match(const std::vector<RouteTable::Row>& rows,
                                      const std::vector<RouteTable::Row>& reserved,
                                      const std::vector<std::string>& protected_paths,
                                      std::string_view host, std::string_view path) {
  const bool is_protected =
      std::any_of(protected_paths.begin(), protected_paths.end(),
                  [&](const std::string& rule) { return protects(rule, host, path); });
  const auto rank = [&](const CompiledApi& api) {
    return std::tuple(host_level(api.host, host), api.path.size(), api.match == MatchType::Exact,
                      api.case_sensitive);
  };
  const CompiledApi* best = nullptr;
  for (const auto& api : is_protected ? reserved : rows) {
    if (host_level(api->host, host) == 0 || !path_matches(*api, path)) continue;
    if (!best || rank(*api) > rank(*best)) best = api.get();
  }
  return best;
}

// Claims of the cloud and of somebody else, and the table that a registry would make of them.
class ClaimedTable {
 public:
  explicit ClaimedTable(std::vector<std::string> rules)
      : rules_(std::move(rules)), protected_(ProtectedPaths::compile(rules_).value()) {}

  // A later claim wins its RouteKey; the cloud's stays in reserve. Others may not claim what is
  // protected.
  void claim(CompiledApi row, bool cloud) {
    if (row.match == MatchType::Prefix && row.path.ends_with('/')) row.path.pop_back();
    if (!cloud && protected_->forbid(row.host, row.path)) return;
    row.source = cloud ? "cloud" : "other";
    row.above_protected =
        row.match == MatchType::Prefix && protected_->lie_below(row.host, row.path);
    const std::string key = row.host + '\n' + folded(row.path, row.case_sensitive) + '\n' +
                            (row.match == MatchType::Exact ? 'E' : 'P');
    const auto made = std::make_shared<const CompiledApi>(std::move(row));
    rows_.insert_or_assign(key, made);
    if (cloud) reserved_.insert_or_assign(key, made);
  }

  [[nodiscard]] RouteTable compile() const {
    RouteTable table(rules_.empty() ? nullptr : protected_);
    std::map<std::string, std::pair<std::vector<RouteTable::Row>, std::vector<RouteTable::Row>>>
        hosts;
    for (const auto& [key, row] : rows_) hosts[row->host].first.push_back(row);
    for (const auto& [key, row] : reserved_) {
      const bool near =
          protected_->forbid(row->host, row->path) || protected_->lie_below(row->host, row->path);
      if (near) hosts[row->host].second.push_back(row);
    }
    for (auto& [host, rows] : hosts)
      table.set_host(host, std::move(rows.first), std::move(rows.second));
    return table;
  }
  [[nodiscard]] const CompiledApi* expected(std::string_view host, std::string_view path) const {
    return naive_match(values(rows_), values(reserved_), rules_, host, path);
  }

 private:
  using Rows = std::map<std::string, RouteTable::Row>;
  static std::vector<RouteTable::Row> values(const Rows& rows) {
    std::vector<RouteTable::Row> all;
    for (const auto& [key, row] : rows) all.push_back(row);
    return all;
  }

  std::vector<std::string> rules_;
  std::shared_ptr<const ProtectedPaths> protected_;
  Rows rows_, reserved_;
};

}  // namespace gateway::test
