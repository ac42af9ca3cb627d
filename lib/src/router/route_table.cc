#include "router/route_table.h"

#include <array>
#include <cstring>

#include "router/path_tree.h"

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
    if (const CompiledApi* api = tree->match(path)) return {api, RouteOutcome::Found};
    outcome = RouteOutcome::NoPath;
  }
  return {nullptr, outcome};
}

std::vector<std::shared_ptr<const CompiledApi>> RouteTable::candidates(std::string_view host,
                                                                       std::string_view path) const {
  std::vector<std::shared_ptr<const CompiledApi>> all;
  std::array<char, 256> buffer;
  const auto add = [&](std::string_view name) {
    if (const PathTree* tree = hosts_.find(name)) {
      auto rows = tree->matches(path);
      all.insert(all.end(), rows.begin(), rows.end());
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
