#include "router/protected_paths.h"

#include <algorithm>
#include <map>

#include <gateway/options.h>

#include "base/strings.h"
#include "model/validate.h"

namespace gateway {
namespace {

struct Rule {
  std::string_view host, path;
};

Rule parts_of(std::string_view rule) {
  const std::size_t slash = rule.find('/');
  return {rule.substr(0, slash), rule.substr(slash)};
}

std::string without_trailing_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return to_lower(path);
}

bool at_or_below(std::string_view path, std::string_view above) {
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

// Whether some host name matches both patterns.
bool meet(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a == b) return true;
  const auto covers = [](std::string_view pattern, std::string_view name) {
    if (!pattern.starts_with("*.")) return false;
    const std::size_t dot = name.find('.');
    return dot != std::string_view::npos && name.substr(dot) == pattern.substr(1);
  };
  return covers(a, b) || covers(b, a);
}

}  // namespace

Result<std::shared_ptr<const ProtectedPaths>> ProtectedPaths::compile(
    const std::vector<std::string>& rules) {
  auto compiled = std::make_shared<ProtectedPaths>();
  std::map<std::string, std::vector<std::shared_ptr<const CompiledApi>>> hosts;
  for (const std::string& rule : rules) {
    const auto refuse = [&rule](const std::string& why) {
      return Error{ErrorCode::InvalidArgument, "gateway",
                   quote(rule) + " is not \"host/path\" or \"/path\": " + why,
                   "conflict.protected_paths"};
    };
    const std::size_t slash = rule.find('/');
    if (slash == std::string::npos) return refuse("it has no '/'");
    Api claim;
    claim.id = claim.backend = "rule";
    claim.host = to_lower(rule.substr(0, slash));
    claim.path = rule.substr(slash);
    std::vector<Error> problems;
    validate(claim, "", problems);
    if (!problems.empty()) return refuse(problems.front().message);

    CompiledApi row;
    row.host = claim.host;
    row.path = without_trailing_slashes(claim.path);
    row.case_sensitive = false;
    row.id = row.host + (row.path.empty() ? "/" : row.path);
    if (std::find(compiled->rules_.begin(), compiled->rules_.end(), row.id) !=
        compiled->rules_.end())
      continue;
    compiled->rules_.push_back(row.id);
    hosts[row.host].push_back(std::make_shared<const CompiledApi>(std::move(row)));
  }
  std::sort(compiled->rules_.begin(), compiled->rules_.end());
  for (auto& [host, rows] : hosts) compiled->table_.set_host(host, std::move(rows));
  return std::shared_ptr<const ProtectedPaths>(std::move(compiled));
}

std::string_view ProtectedPaths::rule_of(std::string_view host,
                                         std::string_view path) const noexcept {
  const CompiledApi* row = table_.match(host, path).api;
  return row ? std::string_view(row->id) : std::string_view();
}

bool ProtectedPaths::forbid(std::string_view host, std::string_view path) const {
  if (rules_.empty()) return false;
  const std::string claimed = to_lower(path);
  return std::any_of(rules_.begin(), rules_.end(), [&](const std::string& text) {
    const Rule rule = parts_of(text);
    return meet(host, rule.host) && at_or_below(claimed, rule.path == "/" ? "" : rule.path);
  });
}

bool ProtectedPaths::lie_below(std::string_view host, std::string_view path) const {
  if (rules_.empty()) return false;
  const std::string claimed = without_trailing_slashes(path);
  return std::any_of(rules_.begin(), rules_.end(), [&](const std::string& text) {
    const Rule rule = parts_of(text);
    return meet(host, rule.host) && rule.path.size() > claimed.size() &&
           at_or_below(rule.path, claimed);
  });
}

}  // namespace gateway
