#include <algorithm>

#include "base/strings.h"
#include "model/validate.h"
#include "registry/core.h"
#include "registry/for_each_change.h"

namespace gateway {
namespace {

bool same_content(const Backend& a, const Backend& b) {
  Backend copy = a;
  copy.provenance = b.provenance;
  return copy == b;
}

std::set<std::string> backend_names(const Api& api) {
  std::set<std::string> names;
  if (api.revisions.empty()) names.insert(api.backend);
  for (const ApiRevision& revision : api.revisions) names.insert(revision.backend);
  return names;
}

// Of the policy documents that cover a whole revision.
void check_policies(const Api& api, SourcePolicies& documents, const std::string& where,
                    std::vector<Error>& problems) {
  for (const ApiRevision& revision : api.revisions) {
    if (revision.policy.empty()) continue;
    std::string defect;
    (void)documents.compile(revision.policy, policy::ScopeKind::Api, nullptr, defect);
    if (!defect.empty()) {
      problems.push_back({ErrorCode::InvalidArgument, "registry",
                          "the policy of API " + revision.id + ": " + defect, where});
    }
  }
}

bool is_touched(const Api& api, const SourcePolicies& documents, const SourcePolicies::Changed& changed) {
  for (const ApiRevision& revision : api.revisions) {
    if (documents.is_touched(revision.policy, changed)) return true;
    for (const Operation& operation : revision.operations)
      if (documents.is_touched(operation.policy, changed)) return true;
  }
  return false;
}

// Whether host and path are sound, whatever else is not.
bool has_route_key(const Api& api) {
  Api probe;
  probe.id = probe.backend = "probe";
  probe.host = api.host;
  probe.path = api.path;
  std::vector<Error> problems;
  validate(probe, "", problems);
  return problems.empty();
}

}  // namespace

Core::Core(const RegistryOptions& options, std::shared_ptr<const ProtectedPaths> protected_paths,
           Ledger& ledger)
    : options_(options), protected_(std::move(protected_paths)), ledger_(ledger) {}

std::size_t Core::add_source(const SourceOptions& options) {
  const auto position = [&](const std::vector<std::string>& order) {
    const auto at = std::find_if(order.begin(), order.end(), [&](const std::string& entry) {
      return entry == options.name || entry == options.kind;
    });
    return static_cast<std::size_t>(at - order.begin());
  };
  Source source;
  source.options = options;
  source.precedence = position(options_.conflict.precedence);
  // The vendor's gateway reads Ingress first and the cloud's snapshot after it.
  source.boot_rank = options.kind == "ingress" ? 0
                     : options.kind == "file"  ? 1
                     : options.kind == "cloud" ? 2
                                               : 3 + source.precedence;
  arrivals_ = std::max<std::uint64_t>(arrivals_, 4 + options_.conflict.precedence.size());
  const std::size_t index = sources_.size();
  source.documents = std::make_unique<SourcePolicies>(
      options_.policies, [this, index](std::string_view id) -> std::shared_ptr<const CompiledBackend> {
        // Those that are made for policies have names of their own, apart from those of APIs.
        for (const std::string_view prefix : {"backends/", ""}) {
          const auto at = sources_[index].backends.find(std::string(prefix).append(id));
          if (at != sources_[index].backends.end() && at->second.compiled) return at->second.compiled;
        }
        return nullptr;
      });
  sources_.push_back(std::move(source));
  take_placeholders(index);
  return index;
}

std::string Core::normal_path(const Api& api) {
  std::string path = api.path;
  if (api.match == MatchType::Prefix) {
    while (!path.empty() && path.back() == '/') path.pop_back();
  }
  return path;
}

std::string Core::route_key(const std::string& host, const std::string& path, MatchType match,
                            bool case_sensitive) {
  return host + '\x01' + (case_sensitive ? path : to_lower(path)) + '\x01' +
         (match == MatchType::Exact ? 'E' : 'P');
}

Core::KeyParts Core::parts_of(const std::string& key) {
  const std::size_t first = key.find('\x01'), last = key.rfind('\x01');
  return {key.substr(0, first), key.substr(first + 1, last - first - 1),
          key.back() == 'E' ? MatchType::Exact : MatchType::Prefix};
}

std::string Core::route_key(const Api& api) {
  return route_key(api.host, normal_path(api), api.match, api.case_sensitive);
}

void Core::claim(const std::string& key, const Claim& claim) {
  claims_[key].insert(claim);
  dirty_keys_.insert(key);
}

void Core::unclaim(const std::string& key, const Claim& claim) {
  const auto at = claims_.find(key);
  if (at == claims_.end()) return;
  at->second.erase(claim);
  if (at->second.empty()) claims_.erase(at);
  dirty_keys_.insert(key);
}

void Core::admit(std::size_t index, const SourceSnapshot& snapshot, std::int64_t now) {
  Source& source = sources_[index];
  const bool first = source.sync == SyncState::NotSynced;
  source.sync = SyncState::Synced;
  source.degraded.reset();
  source.has_news = true;
  SourceSnapshot before = std::exchange(source.snapshot, snapshot);
  if (first) drop_placeholders(index);
  if (before.epoch != snapshot.epoch) {
    // Another history: nothing said before holds, last good forms and stamps included.
    forget(index);
    before = {};
  }

  std::set<std::string> apis, hostnames;
  admit_backends(index, before, apis);
  admit_certificates(index, before, hostnames);
  const SourcePolicies::Changed changed = source.documents->admit(before, snapshot);
  if (changed.any()) {
    for (const auto& [id, api] : source.apis)
      if (api.said && is_touched(*api.said, *source.documents, changed)) apis.insert(id);
  }
  admit_access(index, before, changed);
  for_each_change(before.apis, snapshot.apis,
                  [&](const std::string& id, const std::shared_ptr<const Api>& said) {
                    apis.erase(id);
                    if (said) {
                      admit_api(index, id, said, now, first);
                    } else {
                      remove_api(index, id);
                    }
                  });
  for (const std::string& id : apis) {
    const auto at = source.apis.find(id);
    if (at != source.apis.end())
      admit_api(index, id, std::shared_ptr<const Api>(at->second.said), now, first);
  }
  for_each_change(before.hostnames, snapshot.hostnames,
                  [&](const std::string& id, const std::shared_ptr<const Hostname>& said) {
                    if (said) {
                      admit_hostname(index, id, said, now, first);
                    } else {
                      remove_hostname(index, id);
                    }
                  });
  for (const std::string& id : hostnames) {
    const auto at = source.hostnames.find(id);
    if (at != source.hostnames.end() && at->second.form)
      dirty_hostnames_.insert(at->second.form->host);
  }
  if (first) {
    std::vector<std::string> gone;
    ledger_.for_each(source.options.name, [&](const std::string& id, const LedgerEntry&) {
      const bool hostname = id.starts_with(kHostnameIds);
      const bool there = hostname
                             ? snapshot.hostnames.find(id.substr(kHostnameIds.size())) != nullptr
                             : snapshot.apis.find(id) != nullptr;
      if (!there) gone.push_back(id);
    });
    for (const std::string& id : gone) ledger_.erase(source.options.name, id);
  }
}

void Core::forget(std::size_t index) {
  Source& source = sources_[index];
  std::vector<std::string> ids;
  for (const auto& [id, api] : source.apis) ids.push_back(id);
  for (const std::string& id : std::exchange(ids, {})) remove_api(index, id);
  for (const auto& [id, hostname] : source.hostnames) ids.push_back(id);
  for (const std::string& id : ids) remove_hostname(index, id);
  source.backends.clear();
  source.pools.clear();
  source.certificates.clear();
  source.products.clear();
  source.subscriptions.clear();
  source.policies.clear();
  source.products_of_api.clear();
  source.holders_of_key.clear();
  source.access = {};
  source.documents->forget();
  dirty_access_.insert(index);
}

void Core::degrade(std::size_t index, Error error) {
  Source& source = sources_[index];
  if (source.sync == SyncState::Synced) source.sync = SyncState::Stale;
  source.degraded = std::move(error);
}

void Core::admit_backends(std::size_t index, const SourceSnapshot& before,
                          std::set<std::string>& apis) {
  Source& source = sources_[index];
  std::set<std::string> changed;
  for_each_change(
      before.backends, source.snapshot.backends,
      [&](const std::string& id, const std::shared_ptr<const Backend>& said) {
        AdmittedBackend& backend = source.backends[id];
        // Where it comes from is no content: nobody needs another form of it.
        if (said && backend.said && backend.problems.empty() &&
            same_content(*said, *backend.said)) {
          backend.said = said;
          return;
        }
        changed.insert(id);
        source.pools.erase(id);
        apis.insert(backend.users.begin(), backend.users.end());
        // An Api may have come before the backend that it names.
        backend.said = said;
        backend.problems.clear();
        if (!said) {
          backend.form.reset();
          backend.compiled.reset();
          if (backend.users.empty()) source.backends.erase(id);
          return;
        }
        validate(*said,
                 describe(said->provenance, "backend " + id) + " (" + source.options.name + ")",
                 backend.problems);
        if (!backend.problems.empty()) return;
        if (!said->pool.empty()) {
          source.pools.insert(id);  // when its members are there
          return;
        }
        auto compiled = compile_backend(*said, source.options.name, tls_clients_, circuits_);
        if (!compiled) {
          backend.problems.push_back(std::move(compiled).error());
          return;
        }
        backend.form = said;
        backend.compiled = std::move(compiled).value();
      });
  admit_pools(source, changed, apis);
}

// Those that changed, or one of whose members did.
void Core::admit_pools(Source& source, const std::set<std::string>& changed, std::set<std::string>& apis) {
  for (const std::string& id : source.pools) {
    AdmittedBackend& pool = source.backends[id];
    const bool touched = changed.contains(id) ||
                         std::any_of(pool.said->pool.begin(), pool.said->pool.end(),
                                     [&](const PoolMember& member) { return changed.contains(member.backend); });
    if (!touched) continue;
    apis.insert(pool.users.begin(), pool.users.end());
    pool.problems.clear();
    auto compiled = compile_pool(*pool.said, source.options.name, [&](const std::string& member) {
      const auto at = source.backends.find(member);
      return at == source.backends.end() ? nullptr : at->second.compiled;
    });
    if (!compiled) {
      pool.problems.push_back(std::move(compiled).error());
      continue;
    }
    pool.form = pool.said;
    pool.compiled = std::move(compiled).value();
  }
}

void Core::admit_certificates(std::size_t index, const SourceSnapshot& before,
                              std::set<std::string>& hostnames) {
  Source& source = sources_[index];
  for_each_change(
      before.certificates, source.snapshot.certificates,
      [&](const std::string& id, const std::shared_ptr<const Certificate>& said) {
        AdmittedCertificate& certificate = source.certificates[id];
        hostnames.insert(certificate.users.begin(), certificate.users.end());
        certificate.said = said;
        certificate.problems.clear();
        const std::string where =
            (said ? describe(said->provenance, "certificate " + id) : "certificate " + id) + " (" +
            source.options.name + ")";
        if (!said) {
          certificate.problems.push_back(
              {ErrorCode::NotFound, "registry", "it is gone; its last good form serves on", where});
          if (certificate.users.empty()) source.certificates.erase(id);
          return;
        }
        validate(*said, where, certificate.problems);
        if (!said->defect.empty()) {
          certificate.problems.push_back(
              {ErrorCode::InvalidArgument, source.options.name, said->defect, where});
        }
        if (!certificate.problems.empty()) return;
        auto identity = make_tls_identity(said->chain_pem, said->key_pem, where);
        if (!identity) {
          certificate.problems.push_back(std::move(identity).error());
          return;
        }
        certificate.identity = std::move(identity).value();
      });
}

std::set<std::string> Core::backends_of(const AdmittedApi& api) {
  std::set<std::string> names;
  if (api.said) names.merge(backend_names(*api.said));
  if (api.form) names.merge(backend_names(*api.form));
  return names;
}

// From the forms of its backends; false, and nothing changed, where one of them has none.
bool Core::compile_form(Source& source, AdmittedApi& api, std::vector<Error>& problems) {
  std::vector<std::shared_ptr<const Backend>> forms;
  for (const std::string& name : backend_names(*api.form)) {
    const AdmittedBackend& backend = source.backends[name];
    if (!backend.form) return false;
    forms.push_back(backend.form);
    for (const PoolMember& member : backend.form->pool) {
      const auto at = source.backends.find(member.backend);
      if (at != source.backends.end() && at->second.form) forms.push_back(at->second.form);
    }
    problems.insert(problems.end(), backend.problems.begin(), backend.problems.end());
  }
  api.backend_forms = std::move(forms);
  api.backend.reset();
  api.revisions.reset();
  if (api.form->revisions.empty()) {
    api.backend = source.backends.at(api.form->backend).compiled;
  } else {
    api.revisions =
        std::make_shared<const ApiRevisions>(
            *api.form,
            [&source](const std::string& name) { return source.backends.at(name).compiled; },
            [&source](const ApiRevision& revision, const Operation* operation, std::string& defect) {
              return source.documents->compile(
                  operation ? operation->policy : revision.policy,
                  operation ? policy::ScopeKind::Operation : policy::ScopeKind::Api, operation, defect);
            });
  }
  return true;
}

void Core::release_backend(Source& source, const std::string& backend, const std::string& api) {
  const auto at = source.backends.find(backend);
  if (at == source.backends.end()) return;
  at->second.users.erase(api);
  if (!at->second.said && at->second.users.empty()) source.backends.erase(at);
}

void Core::release_certificate(Source& source, const std::string& certificate,
                               const std::string& hostname) {
  const auto at = source.certificates.find(certificate);
  if (at == source.certificates.end()) return;
  at->second.users.erase(hostname);
  if (!at->second.said && at->second.users.empty()) source.certificates.erase(at);
}

bool Core::may_not_claim(const Source& source, std::string_view host, std::string_view path) const {
  return source.options.kind != kCloudKind && protected_->forbid(host, path);
}

void Core::admit_api(std::size_t index, const std::string& id,
                     const std::shared_ptr<const Api>& said, std::int64_t now, bool first) {
  Source& source = sources_[index];
  AdmittedApi& api = source.apis[id];
  const std::string where = describe(said->provenance, id) + " (" + source.options.name + ")";
  const std::set<std::string> old_backends = backends_of(api);

  api.problems.clear();
  if (!said->policy_fragment.empty()) named_fragments_.insert(said->policy_fragment);
  validate(*said, where, api.problems);
  const bool key_is_known = api.problems.empty() || has_route_key(*said);
  if (!said->defect.empty())
    api.problems.push_back({ErrorCode::InvalidArgument, source.options.name, said->defect, where});
  api.forbidden = key_is_known && may_not_claim(source, said->host, said->path);
  if (api.forbidden) {
    api.problems.push_back(
        {ErrorCode::InvalidArgument, "registry",
         "the path is protected (config.conflict.protected): only the cloud may claim it", where});
  }
  if (said->defect.empty()) {
    for (const std::string& name : backend_names(*said)) {
      const AdmittedBackend& backend = source.backends[name];
      if (backend.form) continue;
      const std::string why =
          backend.problems.empty() ? "it is not in this source" : backend.problems.front().message;
      api.problems.push_back(
          {ErrorCode::NotFound, "registry", "backend '" + name + "': " + why, where});
    }
    check_policies(*said, *source.documents, where, api.problems);
  }

  const std::shared_ptr<const Api> old_form = api.form;
  const bool was_same = api.said == said && old_form == said;
  if (api.problems.empty()) {
    api.form = said;
    (void)compile_form(source, api, api.problems);
    api.stale = !api.problems.empty();
  } else if (api.forbidden) {
    api.form.reset();
    api.backend.reset();
    api.revisions.reset();
    api.backend_forms.clear();
    api.stamp = {};
    api.stale = false;
    ledger_.erase(source.options.name,
                  id);  // it holds none of what it held before, not even until the next sync
  } else {
    api.stale = api.form != nullptr;
    // The last good form still follows its backends.
    std::vector<Error> ignored;
    if (api.form) (void)compile_form(source, api, ignored);
  }
  api.said = said;
  const std::set<std::string> backends = backends_of(api);
  for (const std::string& one : backends) source.backends[one].users.insert(id);
  for (const std::string& one : old_backends) {
    if (!backends.contains(one)) release_backend(source, one, id);
  }

  std::string key;
  if (api.form) {
    key = route_key(*api.form);
  } else if (key_is_known && !api.forbidden) {
    key = route_key(*said);
  }
  if (key != api.key) {
    if (!api.key.empty()) unclaim(api.key, {index, id});
    api.key = key;
  }
  if (!key.empty()) claim(key, {index, id});

  if (api.form == said && !was_same) {
    const Digest content = content_digest(*said);
    const bool changed = !old_form || content_digest(*old_form) != content;
    const std::uint64_t arrival =
        changed ? (first ? source.boot_rank : ++arrivals_) : api.stamp.arrival;
    api.stamp = stamp(source, id, key, said->case_sensitive, said->witness, content, now,
                      rival_stamp(index, key));
    api.stamp.arrival = arrival;
  }
  if (key.empty()) note_state({index, id}, ApiState::Quarantined, broken_reason(api));
}

void Core::remove_api(std::size_t index, const std::string& id) {
  Source& source = sources_[index];
  const auto at = source.apis.find(id);
  if (at == source.apis.end()) return;
  if (!at->second.key.empty()) unclaim(at->second.key, {index, id});
  for (const std::string& one : backends_of(at->second)) release_backend(source, one, id);
  source.apis.erase(at);
  source.news.erase(id);
  ledger_.erase(source.options.name, id);
}

void Core::admit_hostname(std::size_t index, const std::string& id,
                          const std::shared_ptr<const Hostname>& said, std::int64_t now,
                          bool first) {
  Source& source = sources_[index];
  AdmittedHostname& hostname = source.hostnames[id];
  const std::string where = describe(said->provenance, id) + " (" + source.options.name + ")";
  hostname.problems.clear();
  validate(*said, where, hostname.problems);
  if (!said->defect.empty()) {
    hostname.problems.push_back(
        {ErrorCode::InvalidArgument, source.options.name, said->defect, where});
  }
  hostname.said = said;
  if (!hostname.problems.empty()) return;
  const std::shared_ptr<const Hostname> old_form = std::exchange(hostname.form, said);
  if (!said->certificate.empty()) source.certificates[said->certificate].users.insert(id);
  if (old_form && old_form->certificate != said->certificate)
    release_certificate(source, old_form->certificate, id);
  if (old_form && old_form->host != said->host) {
    host_claims_[old_form->host].erase({index, id});
    dirty_hostnames_.insert(old_form->host);
  }
  host_claims_[said->host].insert({index, id});
  dirty_hostnames_.insert(said->host);
  const Digest content = content_digest(*said);
  const bool changed = !old_form || content_digest(*old_form) != content;
  const std::uint64_t arrival =
      changed ? (first ? source.boot_rank : ++arrivals_) : hostname.stamp.arrival;
  hostname.stamp = stamp(source, std::string(kHostnameIds) + id, said->host, true, said->witness,
                         content, now, rival_hostname_stamp(index, said->host));
  hostname.stamp.arrival = arrival;
}

void Core::remove_hostname(std::size_t index, const std::string& id) {
  Source& source = sources_[index];
  const auto at = source.hostnames.find(id);
  if (at == source.hostnames.end()) return;
  if (at->second.form) {
    host_claims_[at->second.form->host].erase({index, id});
    dirty_hostnames_.insert(at->second.form->host);
  }
  if (at->second.form) release_certificate(source, at->second.form->certificate, id);
  source.hostnames.erase(at);
  ledger_.erase(source.options.name, std::string(kHostnameIds) + id);
}

}  // namespace gateway
