#include "router/route_table.h"

#include <array>
#include <cstring>

#include "router/path_tree.h"
#include "router/protected_paths.h"

namespace gateway {
namespace {

// "*.rest" for "label.rest", in a buffer of the caller's; empty when the host has no such form.
std::string_view wildcard_of(std::string_view host, std::array<char, 256>& buffer) noexcept {
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view rest = host.substr(dot);
  if (rest.size() + 1 > buffer.size()) return {};
  buffer[0] = '*';
  std::memcpy(buffer.data() + 1, rest.data(), rest.size());
  return {buffer.data(), rest.size() + 1};
}

bool passes_by(const CompiledApi& row, std::string_view host, std::string_view path) noexcept {
  return row.yields_to && !row.yields_to->rule_of(host, path).empty();
}

}  // namespace

RouteMatch RouteTable::match(std::string_view host, std::string_view path) const noexcept {
  RouteOutcome outcome = RouteOutcome::NoHost;
  std::array<char, 256> buffer;
  for (int level = 0; level < 3; ++level) {
    std::string_view name = host;
    if (level == 1) name = wildcard_of(host, buffer);
    if (level == 2) name = {};
    if (name.empty() && level != 2) continue;
    const PathTree* tree = hosts_.find(name);
    if (!tree) continue;
    outcome = RouteOutcome::NoPath;
    const CompiledApi* api = tree->match(path);
    if (api && passes_by(*api, host, path)) api = tree->match_unyielding(path);
    if (api) return {api, RouteOutcome::Found};
  }
  return {nullptr, outcome};
}

RouteTable::Candidates RouteTable::candidates(std::string_view host, std::string_view path) const {
  Candidates all;
  std::array<char, 256> buffer;
  const auto add = [&](std::string_view name) {
    const PathTree* tree = hosts_.find(name);
    if (!tree) return;
    for (auto& row : tree->matches(path)) {
      (passes_by(*row, host, path) ? all.passed_by : all.rows).push_back(std::move(row));
    }
  };
  if (!host.empty()) add(host);
  if (const std::string_view wildcard = wildcard_of(host, buffer); !wildcard.empty()) add(wildcard);
  add({});
  return all;
}

void RouteTable::set_host(std::string_view host, std::vector<std::shared_ptr<const CompiledApi>> rows) {
  if (rows.empty()) {
    hosts_.erase(host);
  } else {
    hosts_.set(host, std::make_shared<const PathTree>(std::move(rows)));
  }
}

}  // namespace gateway
