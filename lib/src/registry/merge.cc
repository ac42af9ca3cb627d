#include <algorithm>

#include "base/strings.h"
#include "registry/core.h"

namespace gateway {

Core::ClaimKind Core::kind(const Claim& claim) const {
  const Source& source = sources_[claim.source];
  const auto api = source.apis.find(claim.id);
  if (api == source.apis.end()) return ClaimKind::Placeholder;
  return api->second.form ? ClaimKind::Api : ClaimKind::Broken;
}

std::string Core::label(const Claim& claim) const {
  return claim.id + "@" + sources_[claim.source].options.name;
}

std::string Core::broken_reason(const AdmittedApi& api) const {
  std::string reason;
  for (const Error& problem : api.problems) {
    if (!reason.empty()) reason += "; ";
    reason += problem.message;
  }
  return reason;
}

int Core::compare_across(const Source& a, const Stamp& sa, const Source& b, const Stamp& sb,
                         std::string* why) const {
  const auto say = [why](std::string text) {
    if (why) *why = std::move(text);
  };
  switch (options_.conflict.rule) {
    case ConflictRule::LastWriteWins:
      if (sa.seconds != sb.seconds) {
        const bool wins = sa.seconds > sb.seconds;
        say(std::string("changed ") + (wins ? "later" : "earlier") + " (" +
            format_rfc3339(sa.seconds) + " against " + format_rfc3339(sb.seconds) + ")");
        return wins ? -1 : 1;
      }
      break;
    case ConflictRule::ArrivalOrder:
      if (sa.arrival != sb.arrival) {
        say(sa.arrival > sb.arrival ? "arrived later" : "arrived earlier");
        return sa.arrival > sb.arrival ? -1 : 1;
      }
      break;
    case ConflictRule::Precedence:
      break;
  }
  const std::string same = options_.conflict.rule == ConflictRule::LastWriteWins
                               ? "changed in the same second, and "
                               : "";
  if (a.precedence != b.precedence) {
    say(same + (a.precedence < b.precedence ? "precedence prefers " + a.options.name
                                            : "precedence prefers " + b.options.name));
    return a.precedence < b.precedence ? -1 : 1;
  }
  say(same + "of equal precedence, the first name wins");
  return a.options.name < b.options.name ? -1 : 1;
}

int Core::compare(const Claim& a, const Claim& b, std::string* why) const {
  const auto say = [why](const char* text) {
    if (why) *why = text;
  };
  const Source& left = sources_[a.source];
  const Source& right = sources_[b.source];
  const auto x = left.apis.find(a.id);
  const auto y = right.apis.find(b.id);
  if (a.source != b.source) {
    const auto stamp_of = [](const Source& source, auto api, const std::string& id) {
      if (api != source.apis.end()) return api->second.stamp;
      return Stamp{source.placeholders.at(id).stamp, false, source.boot_rank};
    };
    return compare_across(left, stamp_of(left, x, a.id), right, stamp_of(right, y, b.id), why);
  }
  if (x != left.apis.end() && y != right.apis.end() && x->second.form && y->second.form) {
    const Api& p = *x->second.form;
    const Api& q = *y->second.form;
    if (p.witness.created_at != q.witness.created_at) {
      // An unknown age comes last.
      const auto age = [](const Api& api) {
        return std::pair(api.witness.created_at == 0, api.witness.created_at);
      };
      const bool older = age(p) < age(q);
      say(older ? "its object is older" : "its object is younger");
      return older ? -1 : 1;
    }
    const auto name = [](const Api& api) {
      return std::tie(api.provenance.space, api.provenance.name);
    };
    if (name(p) != name(q)) {
      say(name(p) < name(q) ? "its namespace and name come first"
                            : "its namespace and name come later");
      return name(p) < name(q) ? -1 : 1;
    }
    if (p.path.size() != q.path.size()) {
      say(p.path.size() > q.path.size() ? "its path is written longer"
                                        : "its path is written shorter");
      return p.path.size() > q.path.size() ? -1 : 1;
    }
  }
  // Of a source that has not synced, ages are not known: what it may hold is kept from the others.
  if (x == left.apis.end() && y == right.apis.end()) {
    const std::int64_t p = left.placeholders.at(a.id).stamp, q = right.placeholders.at(b.id).stamp;
    if (p != q) return p > q ? -1 : 1;
  }
  say(a.id < b.id ? "its id comes first" : "its id comes later");
  return a.id < b.id ? -1 : 1;
}

template <typename F>
std::vector<Core::Claim> Core::rank(const std::vector<Claim>& claims, F&& stronger) {
  std::vector<Claim> best, rest;
  for (const Claim& claim : claims) {
    const auto same = std::find_if(
        best.begin(), best.end(), [&](const Claim& other) { return other.source == claim.source; });
    if (same == best.end()) {
      best.push_back(claim);
    } else if (stronger(claim, *same)) {
      rest.push_back(std::exchange(*same, claim));
    } else {
      rest.push_back(claim);
    }
  }
  std::sort(best.begin(), best.end(), stronger);
  std::sort(rest.begin(), rest.end(), [&](const Claim& a, const Claim& b) {
    return a.source != b.source ? a.source < b.source : stronger(a, b);
  });
  best.insert(best.end(), rest.begin(), rest.end());
  return best;
}

// Those that contend for a key.
std::vector<Core::Claim> Core::ranked(const std::string& key) const {
  const auto at = claims_.find(key);
  if (at == claims_.end()) return {};
  std::vector<Claim> contenders;
  for (const Claim& claim : at->second) {
    if (kind(claim) != ClaimKind::Broken) contenders.push_back(claim);
  }
  return rank(contenders,
              [this](const Claim& a, const Claim& b) { return compare(a, b, nullptr) < 0; });
}

void Core::note_state(const Claim& claim, ApiState state, std::string reason) {
  Source& source = sources_[claim.source];
  const auto at = source.apis.find(claim.id);
  if (at == source.apis.end()) return;
  AdmittedApi& api = at->second;
  if (api.was_reported && api.reported == state && api.reported_reason == reason) return;
  api.was_reported = true;
  api.reported = state;
  api.reported_reason = std::move(reason);
  source.news.insert(claim.id);
  source.has_news = true;
}

bool Core::redirects(const Api& api) const {
  if (!api.redirect_to_https && !options_.redirect_to_https) return false;
  if (bindings_.contains(api.host)) return true;
  const std::size_t dot = api.host.find('.');
  return dot != std::string::npos && dot > 0 && bindings_.contains("*" + api.host.substr(dot));
}

CompiledApi Core::row_of(const std::string& key, const Claim& claim, bool case_sensitive) const {
  KeyParts parts = parts_of(key);
  CompiledApi row;
  row.id = label(claim);
  row.source = sources_[claim.source].options.name;
  row.host = std::move(parts.host);
  row.path = std::move(parts.path);
  row.match = parts.match;
  row.case_sensitive = case_sensitive;
  row.above_protected = row.match == MatchType::Prefix && protected_->lie_below(row.host, row.path);
  return row;
}

std::shared_ptr<const CompiledApi> Core::tombstone(const std::string& key, const Claim& claim,
                                                   const std::string& reason) const {
  // As wide as any of those who want the key: whoever wins it in the end, nothing passes through
  // before.
  const auto case_sensitive = [this](const Claim& one) {
    const Source& source = sources_[one.source];
    const auto api = source.apis.find(one.id);
    return api != source.apis.end() ? api->second.said->case_sensitive
                                    : source.placeholders.at(one.id).case_sensitive;
  };
  const std::set<Claim>& all = claims_.at(key);
  CompiledApi row = row_of(key, claim, std::all_of(all.begin(), all.end(), case_sensitive));
  row.tombstone = reason;
  return std::make_shared<const CompiledApi>(std::move(row));
}

bool Core::label_less(const Claim& a, const Claim& b) const {
  const auto order = [this](const Claim& claim) {
    return std::tie(sources_[claim.source].precedence, sources_[claim.source].options.name,
                    claim.id);
  };
  return order(a) < order(b);
}

namespace {

// What policies see of an Ingress route: an Api and an Operation of their own.
void describe_route(const Api& api, CompiledApi& row) {
  policy::ApiFacts facts;
  facts.id = api.id;
  facts.name = api.id;
  facts.path = row.path.starts_with('/') ? row.path.substr(1) : row.path;
  facts.protocols = {"http", "https"};
  row.facts = std::make_shared<const policy::ApiFacts>(std::move(facts));
  row.operation_facts = std::make_shared<const policy::OperationFacts>(
      policy::OperationFacts{"route", api.id, "*", api.match == MatchType::Exact ? "" : "/*"});
}

}  // namespace

Core::Held Core::hold(const std::string& key, const std::vector<Claim>& contenders,
                      const std::vector<Claim>& broken) const {
  Held held;
  if (contenders.empty()) {
    const Claim first =
        *std::min_element(broken.begin(), broken.end(),
                          [this](const Claim& a, const Claim& b) { return label_less(a, b); });
    held.row = tombstone(key, first,
                         "quarantined: " + broken_reason(sources_[first.source].apis.at(first.id)));
    return held;
  }
  const Claim& winner = contenders.front();
  const Source& source = sources_[winner.source];
  if (kind(winner) == ClaimKind::Placeholder) {
    held.row = tombstone(key, winner,
                         "source " + source.options.name + " is not synced, and holds this route");
    return held;
  }
  const AdmittedApi& api = source.apis.at(winner.id);
  CompiledApi row = row_of(key, winner, api.form->case_sensitive);
  row.path = normal_path(*api.form);
  row.redirect_to_https = redirects(*api.form);
  row.backend = api.backend;
  row.revisions = api.revisions;
  row.source_index = winner.source;
  row.policy_fragment = api.form->policy_fragment;
  row.takes_route_policies = source.options.kind == kIngressKind;
  if (row.takes_route_policies || !row.policy_fragment.empty()) describe_route(*api.form, row);
  held.row = std::make_shared<const CompiledApi>(std::move(row));
  held.holder = winner;
  held.stale = api.stale;
  held.backends = api.backend_forms;
  return held;
}

std::optional<Core::Held> Core::hold_reserved(const std::string& key, const Held& all,
                                              const std::vector<Claim>& contenders,
                                              const std::vector<Claim>& broken) const {
  const KeyParts parts = parts_of(key);
  if (!protected_->forbid(parts.host, parts.path) && !protected_->lie_below(parts.host, parts.path))
    return {};
  const auto of_cloud = [this](std::vector<Claim> claims) {
    std::erase_if(claims, [this](const Claim& claim) { return !is_cloud(claim); });
    return claims;
  };
  const std::vector<Claim> contending = of_cloud(contenders), not_contending = of_cloud(broken);
  if (contending.empty() && not_contending.empty()) return {};
  if (all.holder && is_cloud(*all.holder)) return all;
  return hold(key, contending, not_contending);
}

void Core::set_effective(const std::string& key, Effective effective) {
  const auto at = effective_.find(key);
  const auto same = [](const CompiledApi& a, const CompiledApi& b) {
    return a.id == b.id && a.path == b.path && a.case_sensitive == b.case_sensitive &&
           a.redirect_to_https == b.redirect_to_https && a.policy_fragment == b.policy_fragment &&
           a.tombstone == b.tombstone &&
           a.backend == b.backend && a.revisions == b.revisions;
  };
  // An equal row is the row that was there.
  bool changed = at == effective_.end();
  const auto keep = [&](const Held& before, Held& now) {
    if (same(*before.row, *now.row)) {
      now.row = before.row;
    } else {
      changed = true;
    }
  };
  if (at != effective_.end()) {
    const Effective& before = at->second;
    keep(before.all, effective.all);
    if (before.reserved && effective.reserved) keep(*before.reserved, *effective.reserved);
    changed = changed || before.reserved.has_value() != effective.reserved.has_value();
  }
  if (changed) dirty_hosts_.insert(effective.host);
  keys_of_host_[effective.host].insert(key);
  effective_.insert_or_assign(key, std::move(effective));
}

void Core::merge_key(const std::string& key) {
  const std::vector<Claim> contenders = ranked(key);
  std::vector<Claim> broken;
  if (const auto claims = claims_.find(key); claims != claims_.end()) {
    for (const Claim& claim : claims->second) {
      if (kind(claim) != ClaimKind::Broken) continue;
      note_state(claim, ApiState::Quarantined,
                 broken_reason(sources_[claim.source].apis.at(claim.id)));
      broken.push_back(claim);
    }
  }
  Effective effective;
  effective.host = key.substr(0, key.find('\x01'));
  if (contenders.empty() && broken.empty()) {
    if (effective_.erase(key) > 0) {
      dirty_hosts_.insert(effective.host);
      auto& keys = keys_of_host_[effective.host];
      keys.erase(key);
      if (keys.empty()) keys_of_host_.erase(effective.host);
    }
    return;
  }
  effective.all = hold(key, contenders, broken);
  effective.reserved = hold_reserved(key, effective.all, contenders, broken);
  for (std::size_t i = 1; i < contenders.size(); ++i) {
    std::string why;
    (void)compare(contenders.front(), contenders[i], &why);
    note_state(contenders[i], ApiState::Shadowed,
               "shadowed by " + label(contenders.front()) + ": " + why);
  }
  if (effective.all.stale) {
    const AdmittedApi& api = sources_[contenders.front().source].apis.at(contenders.front().id);
    note_state(contenders.front(), ApiState::Stale,
               "its last good form is served: " + broken_reason(api));
  } else if (effective.all.holder) {
    note_state(contenders.front(), ApiState::Serving, "");
  }
  set_effective(key, std::move(effective));
}

int Core::compare_hostnames(const Claim& a, const Claim& b) const {
  const AdmittedHostname& x = sources_[a.source].hostnames.at(a.id);
  const AdmittedHostname& y = sources_[b.source].hostnames.at(b.id);
  if (a.source != b.source)
    return compare_across(sources_[a.source], x.stamp, sources_[b.source], y.stamp, nullptr);
  const auto age = [](const Hostname& hostname) {
    return std::tuple(hostname.witness.created_at == 0, hostname.witness.created_at,
                      hostname.provenance.space, hostname.provenance.name, hostname.id);
  };
  return age(*x.form) < age(*y.form) ? -1 : 1;
}

void Core::merge_hostname(const std::string& host) {
  const auto claims = host_claims_.find(host);
  if (claims == host_claims_.end() || claims->second.empty()) {
    if (claims != host_claims_.end()) host_claims_.erase(claims);
    if (bindings_.erase(host) > 0) {
      dirty_bindings_.insert(host);
      secured_or_not_.insert(host);
    }
    return;
  }
  const std::vector<Claim> order =
      rank({claims->second.begin(), claims->second.end()},
           [this](const Claim& a, const Claim& b) { return compare_hostnames(a, b) < 0; });

  EffectiveBinding effective;
  effective.holder = order.front();
  auto binding = std::make_shared<TlsBinding>();
  binding->host = host;
  const Hostname& winner = *sources_[order.front().source].hostnames.at(order.front().id).form;
  binding->http2 = winner.http2;
  binding->min_version = winner.min_version;
  binding->source = sources_[order.front().source].options.name;
  for (const Claim& claim : order) {
    const Source& source = sources_[claim.source];
    const Hostname& hostname = *source.hostnames.at(claim.id).form;
    // The strictest of all claimants.
    binding->min_version = std::max(binding->min_version, hostname.min_version);
    if (hostname.negotiate_client_certificate) {
      binding->negotiate_client_certificate = true;
      binding->client_ca_pem += hostname.client_ca_pem;
    }
    if (binding->identity) continue;
    if (hostname.certificate.empty()) {
      binding->identity = options_.default_binding->identity;
      continue;
    }
    const auto certificate = source.certificates.find(hostname.certificate);
    if (certificate != source.certificates.end() && certificate->second.identity) {
      binding->identity = certificate->second.identity;
      if (!certificate->second.problems.empty() && effective.warning.empty()) {
        effective.warning =
            "the last good form of certificate " + hostname.certificate + " is served";
      }
      continue;
    }
    if (effective.warning.empty()) {
      effective.warning = "certificate " + hostname.certificate + "@" + source.options.name +
                          " is missing or broken: another one is served";
    }
  }
  if (!binding->identity) binding->identity = options_.default_binding->identity;
  if (binding->negotiate_client_certificate)
    binding->client_demand =
        "asked:" + (binding->client_ca_pem.empty() ? "any" : hex(sha256(binding->client_ca_pem)));
  const auto old = bindings_.find(host);
  if (!effective.warning.empty() &&
      (old == bindings_.end() || old->second.warning != effective.warning)) {
    warnings_.push_back({host, effective.warning});
  }
  const bool same = old != bindings_.end() && old->second.binding->identity == binding->identity &&
                    old->second.binding->min_version == binding->min_version &&
                    old->second.binding->http2 == binding->http2 &&
                    old->second.binding->client_demand == binding->client_demand &&
                    old->second.binding->source == binding->source;
  if (same) {
    old->second.warning = effective.warning;
    old->second.holder = effective.holder;
    return;
  }
  if (old == bindings_.end()) secured_or_not_.insert(host);
  effective.binding = std::move(binding);
  bindings_.insert_or_assign(host, std::move(effective));
  dirty_bindings_.insert(host);
}

// Redirects depend on whether a host has TLS.
void Core::touch_redirects(const std::set<std::string>& hosts) {
  bool wildcards = false;
  for (const std::string& host : hosts) {
    wildcards = wildcards || host.starts_with("*.");
    const auto at = keys_of_host_.find(host);
    if (at != keys_of_host_.end()) dirty_keys_.insert(at->second.begin(), at->second.end());
  }
  if (!wildcards) return;
  for (const auto& [host, keys] : keys_of_host_) {
    const std::size_t dot = host.find('.');
    if (dot == std::string::npos || !hosts.contains("*" + host.substr(dot))) continue;
    dirty_keys_.insert(keys.begin(), keys.end());
  }
}

void Core::merge() {
  for (const std::string& host : std::exchange(dirty_hostnames_, {})) merge_hostname(host);
  touch_redirects(std::exchange(secured_or_not_, {}));
  for (const std::string& key : std::exchange(dirty_keys_, {})) merge_key(key);
}

}  // namespace gateway
