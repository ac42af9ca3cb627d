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

Core::RoutePolicies Core::route_policies() {
  RoutePolicies out;
  const auto block_fragments = [&](const std::string& why) {
    for (const std::string& name : named_fragments_)
      out.fragments[name].blocked = "policy fragment '" + name + "': " + why;
  };
  for (Source& source : sources_) {
    if (options_.routes_source.empty() || (source.options.kind != options_.routes_source &&
                                           source.options.name != options_.routes_source)) {
      continue;
    }
    if (source.sync == SyncState::NotSynced) {
      out.blocked = "the policies of source " + source.options.name + " are not known yet";
      block_fragments(out.blocked);
      return out;
    }
    out.document = source.access.global_policy();
    out.blocked = source.access.blocked();
    for (const std::string& name : named_fragments_) {
      Version::RouteFragment& fragment = out.fragments[name];
      const bool plain_name = name.find_first_of("\"<>&'") == std::string::npos;
      std::string defect = plain_name ? "" : "its name has characters that no id has";
      if (plain_name) {
        fragment.document = source.documents->compile(
            "<policies><inbound><base /><include-fragment fragment-id=\"" + name + "\" /></inbound></policies>",
            policy::ScopeKind::Api, nullptr, defect);
      }
      if (!defect.empty()) fragment.blocked = "policy fragment '" + name + "': " + defect;
    }
    return out;
  }
  block_fragments("no source of policies for routes is set");
  return out;
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
