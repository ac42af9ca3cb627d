#include "registry/core.h"

namespace gateway {

bool Core::compile(RouteTable& routes, TlsTable& tls, std::vector<AccessTable>& access) {
  bool changed = false;
  for (const std::string& host : std::exchange(dirty_hosts_, {})) {
    std::vector<RouteTable::Row> rows, reserved;
    if (const auto keys = keys_of_host_.find(host); keys != keys_of_host_.end()) {
      rows.reserve(keys->second.size());
      for (const std::string& key : keys->second) {
        const Effective& effective = effective_.at(key);
        rows.push_back(effective.all.row);
        if (effective.reserved) reserved.push_back(effective.reserved->row);
      }
    }
    routes.set_host(host, std::move(rows), std::move(reserved));
    changed = true;
  }
  for (const std::string& host : std::exchange(dirty_bindings_, {})) {
    const auto at = bindings_.find(host);
    if (host.empty()) {
      tls.set_default(at == bindings_.end() ? options_.default_binding : at->second.binding);
    } else if (at == bindings_.end()) {
      tls.erase(host);
    } else {
      tls.set(at->second.binding);
    }
    changed = true;
  }
  access.resize(sources_.size());
  for (const std::size_t source : std::exchange(dirty_access_, {})) {
    access[source] = sources_[source].access;
    changed = true;
  }
  return changed;
}

Core::RoutePolicies Core::route_policies() const {
  for (const Source& source : sources_) {
    if (options_.routes_source.empty() || (source.options.kind != options_.routes_source &&
                                           source.options.name != options_.routes_source)) {
      continue;
    }
    if (source.sync == SyncState::NotSynced)
      return {nullptr, "the policies of source " + source.options.name + " are not known yet"};
    return {source.access.global_policy(), source.access.blocked()};
  }
  return {};
}

std::vector<Core::News> Core::take_news() {
  std::vector<News> all;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    if (!source.has_news) continue;
    source.has_news = false;
    News news;
    news.source = i;
    news.report.revision = source.snapshot.revision;
    for (const std::string& id : std::exchange(source.news, {})) {
      const auto at = source.apis.find(id);
      if (at == source.apis.end()) continue;
      news.report.apis.push_back({id, at->second.reported, at->second.reported_reason});
    }
    all.push_back(std::move(news));
  }
  return all;
}

bool Core::all_synced() const noexcept {
  for (const Source& source : sources_) {
    if (source.sync == SyncState::NotSynced) return false;
  }
  return true;
}

}  // namespace gateway
