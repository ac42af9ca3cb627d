#include "router/route_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

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

RouteMatch look_up(const SharedMap<PathTree>& hosts, std::string_view host,
                   std::string_view path) noexcept {
  RouteOutcome outcome = RouteOutcome::NoHost;
  std::array<char, 256> buffer;
  for (int level = 0; level < 3; ++level) {
    std::string_view name = host;
    if (level == 1) name = wildcard_of(host, buffer);
    if (level == 2) name = {};
    if (name.empty() && level != 2) continue;
    const PathTree* tree = hosts.find(name);
    if (!tree) continue;
    if (const CompiledApi* api = tree->match(path)) return {api, RouteOutcome::Found};
    outcome = RouteOutcome::NoPath;
  }
  return {nullptr, outcome};
}

std::vector<RouteTable::Row> look_up_all(const SharedMap<PathTree>& hosts, std::string_view host,
                                         std::string_view path) {
  std::vector<RouteTable::Row> all;
  std::array<char, 256> buffer;
  const auto add = [&](std::string_view name) {
    const PathTree* tree = hosts.find(name);
    if (!tree) return;
    auto rows = tree->matches(path);
    all.insert(all.end(), rows.begin(), rows.end());
  };
  if (!host.empty()) add(host);
  if (const std::string_view wildcard = wildcard_of(host, buffer); !wildcard.empty()) add(wildcard);
  add({});
  return all;
}

void set(SharedMap<PathTree>& hosts, std::string_view host, std::vector<RouteTable::Row> rows) {
  if (rows.empty()) {
    hosts.erase(host);
  } else {
    hosts.set(host, std::make_shared<const PathTree>(std::move(rows)));
  }
}

}  // namespace

RouteTable::RouteTable(std::shared_ptr<const ProtectedPaths> protected_paths)
    : protected_(std::move(protected_paths)) {}

std::string_view RouteTable::rule_of(const RouteMatch& found, std::string_view host,
                                     std::string_view path) const noexcept {
  const bool asked = found.api ? found.api->above_protected : protected_ != nullptr;
  return asked ? protected_->rule_of(host, path) : std::string_view();
}

RouteMatch RouteTable::match(std::string_view host, std::string_view path) const noexcept {
  const RouteMatch found = look_up(hosts_, host, path);
  if (rule_of(found, host, path).empty()) return found;
  const RouteMatch reserved = look_up(reserved_, host, path);
  return reserved.api ? reserved
                      : RouteMatch{nullptr, found.api ? RouteOutcome::NoPath : found.outcome};
}

RouteTable::Candidates RouteTable::candidates(std::string_view host, std::string_view path) const {
  Candidates all;
  all.rows = look_up_all(hosts_, host, path);
  if (rule_of(look_up(hosts_, host, path), host, path).empty()) return all;
  all.passed_by = std::exchange(all.rows, look_up_all(reserved_, host, path));
  std::erase_if(all.passed_by, [&](const Row& row) {
    return std::find(all.rows.begin(), all.rows.end(), row) != all.rows.end();
  });
  return all;
}

void RouteTable::set_host(std::string_view host, std::vector<Row> rows, std::vector<Row> reserved) {
  set(hosts_, host, std::move(rows));
  set(reserved_, host, std::move(reserved));
}

}  // namespace gateway
