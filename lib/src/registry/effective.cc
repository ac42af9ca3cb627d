#include <algorithm>
#include <map>
#include <type_traits>

#include "model/canonical.h"
#include "observe/metrics.h"
#include "registry/core.h"

namespace gateway {
namespace {

void write_text(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

const char* state_name(SyncState state) {
  switch (state) {
    case SyncState::NotSynced:
      return "not_synced";
    case SyncState::Synced:
      return "synced";
    case SyncState::Stale:
      return "stale";
  }
  return "";
}

}  // namespace

std::size_t Core::tombstone_count() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(effective_.begin(), effective_.end(),
                    [](const auto& entry) { return !entry.second.all.row->tombstone.empty(); }));
}

// Members in alphabetical order. What is broken says only that: its last good form depends on what
// came before, which another replica may not have seen.
void Core::write_held(const Held& held, const Held* reserved, std::string& out) const {
  const CompiledApi& row = *held.row;
  const bool serving = held.holder && !held.stale;
  out += '{';
  if (serving) {
    out += "\"api\":";
    write_canonical(*sources_[held.holder->source].apis.at(held.holder->id).form,
                    CanonicalForm::Content, out);
    out += ",\"backends\":[";
    for (const auto& backend : held.backends) {
      if (backend != held.backends.front()) out += ',';
      Backend sorted = *backend;
      std::sort(sorted.endpoints.begin(), sorted.endpoints.end());
      write_canonical(sorted, CanonicalForm::Content, out);
    }
    out += "],";
  }
  out += "\"host\":";
  write_text(row.host, out);
  out += ",\"match\":";
  out += row.match == MatchType::Exact ? "\"exact\"" : "\"prefix\"";
  out += ",\"path\":";
  write_text(row.path.empty() ? "/" : row.path, out);
  if (serving && !row.policy_fragment.empty()) {
    out += ",\"policyFragment\":";
    write_text(row.policy_fragment, out);
  }
  if (serving)
    out += row.redirect_to_https ? ",\"redirectToHttps\":true" : ",\"redirectToHttps\":false";
  if (reserved) {
    out += ",\"reserved\":";
    write_held(*reserved, nullptr, out);
  }
  out += ",\"source\":";
  write_text(row.source, out);
  out += ",\"state\":";
  out += serving ? "\"serving\"" : "\"broken\"";
  out += '}';
}

// By source; what is broken says only that, as in write_held.
void Core::write_access(std::string& out) const {
  bool first_source = true;
  std::vector<const Source*> sources;
  for (const Source& source : sources_) {
    if (!source.products.empty() || !source.subscriptions.empty() || !source.policies.empty() ||
        !source.snapshot.named_values.empty() || !source.snapshot.fragments.empty())
      sources.push_back(&source);
  }
  if (sources.empty()) return;
  out += "\"access\":{";
  std::sort(sources.begin(), sources.end(), [](const Source* a, const Source* b) {
    return a->options.name < b->options.name;
  });
  for (const Source* source : sources) {
    if (!std::exchange(first_source, false)) out += ',';
    write_text(source->options.name, out);
    out += ":{";
    const auto list = [&out](const char* name, const auto& entries) {
      std::map<std::string, const std::remove_reference_t<decltype(entries.begin()->second)>*> sorted;
      for (const auto& [id, entry] : entries) sorted.emplace(id, &entry);
      out += '"';
      out += name;
      out += "\":[";
      bool first = true;
      for (const auto& [id, entry] : sorted) {
        if (!std::exchange(first, false)) out += ',';
        if (entry->problems.empty()) {
          write_canonical(*entry->form, CanonicalForm::Content, out);
        } else {
          out += "\"broken\"";
        }
      }
      out += ']';
    };
    // What documents refer to.
    const auto referred = [&out](const char* name, const auto& resources) {
      if (resources.empty()) return;
      out += '"';
      out += name;
      out += "\":[";
      bool first = true;
      for (const std::string_view id : resources.sorted_names()) {
        if (!std::exchange(first, false)) out += ',';
        write_canonical(*resources.find(id), CanonicalForm::Content, out);
      }
      out += "],";
    };
    referred("fragments", source->snapshot.fragments);
    referred("loggers", source->snapshot.loggers);
    referred("namedValues", source->snapshot.named_values);
    list("policies", source->policies);
    out += ',';
    list("products", source->products);
    out += ',';
    list("subscriptions", source->subscriptions);
    if (!source->snapshot.users.empty()) {
      out += ',';
      referred("users", source->snapshot.users);
      out.pop_back();
    }
    out += '}';
  }
  out += "},";
}

// Rows by RouteKey; `reserved` tells who answers what of a row is protected, where that is not its
// holder.
std::string Core::effective_json() const {
  std::string out = "{";
  write_access(out);
  out += "\"hostnames\":[";
  bool first = true;
  const auto comma = [&] {
    if (!std::exchange(first, false)) out += ',';
  };
  for (const auto& [host, effective] : bindings_) {
    comma();
    const TlsBinding& binding = *effective.binding;
    out += "{\"certificate\":";
    const bool own = binding.identity != options_.default_binding->identity;
    write_text(!effective.warning.empty() ? "broken"
               : own                      ? info(*binding.identity).fingerprint_sha256
                                          : "default",
               out);
    if (!binding.client_demand.empty()) {
      out += ",\"clientCertificate\":\"" + binding.client_demand + '"';
    }
    out += ",\"host\":";
    write_text(host, out);
    out += ",\"http2\":";
    out += binding.http2 ? "true" : "false";
    out += ",\"minVersion\":";
    out += "\"1." + std::to_string(static_cast<int>(binding.min_version)) + '"';
    out += ",\"source\":";
    write_text(binding.source, out);
    out += '}';
  }
  out += ']';
  if (!protected_->rules().empty()) {
    out += ",\"protected\":[";
    first = true;
    for (const std::string& rule : protected_->rules()) {
      comma();
      write_text(rule, out);
    }
    out += ']';
  }
  out += ",\"routes\":[";
  first = true;
  for (const auto& [key, effective] : effective_) {
    comma();
    const bool other = effective.reserved && effective.reserved->row->id != effective.all.row->id;
    write_held(effective.all, other ? &*effective.reserved : nullptr, out);
  }
  out += "]}";
  return out;
}

std::vector<SourceStatus> Core::status() const {
  std::vector<SourceStatus> all;
  for (const Source& source : sources_) {
    SourceStatus status;
    status.name = source.options.name;
    status.kind = source.options.kind;
    status.state = source.sync;
    status.epoch = source.snapshot.epoch;
    status.revision = source.snapshot.revision;
    status.apis = source.apis.size();
    status.errors = source.snapshot.rejected;
    status.degraded = source.degraded;
    const auto add = [&](const std::vector<Error>& problems) {
      status.errors.insert(status.errors.end(), problems.begin(), problems.end());
    };
    for (const auto& [id, api] : source.apis) {
      if (api.reported == ApiState::Shadowed) ++status.shadowed;
      if (api.reported == ApiState::Quarantined || api.reported == ApiState::Stale)
        ++status.quarantined;
      add(api.problems);
    }
    for (const auto& [id, backend] : source.backends) {
      if (backend.said) add(backend.problems);
    }
    for (const auto& [id, certificate] : source.certificates) {
      if (certificate.said) add(certificate.problems);
    }
    for (const auto& [id, hostname] : source.hostnames) add(hostname.problems);
    for (const auto& [id, product] : source.products) add(product.problems);
    for (const auto& [id, subscription] : source.subscriptions) add(subscription.problems);
    for (const auto& [id, policy] : source.policies) add(policy.problems);
    for (const auto& [host, effective] : bindings_) {
      if (effective.warning.empty() ||
          sources_[effective.holder.source].options.name != source.options.name)
        continue;
      status.errors.push_back(
          {ErrorCode::NotFound, "registry", effective.warning, "hostname " + host});
    }
    std::sort(status.errors.begin(), status.errors.end(), [](const Error& a, const Error& b) {
      return std::tie(a.where, a.message) < std::tie(b.where, b.message);
    });
    all.push_back(std::move(status));
  }
  return all;
}

void Core::write_metrics(std::string& out) const {
  write_family(out, "gateway_source_state", "1 for the state that the source is in.", "gauge");
  const auto all = status();
  const auto source_label = [](const SourceStatus& source) {
    return "source=\"" + escape_label(source.name) + '"';
  };
  for (const SourceStatus& source : all) {
    for (SyncState state : {SyncState::NotSynced, SyncState::Synced, SyncState::Stale}) {
      write_sample(out, "gateway_source_state",
                   source_label(source) + ",state=\"" + state_name(state) + '"',
                   std::uint64_t{source.state == state ? 1u : 0u});
    }
  }
  const auto family = [&](const char* name, const char* help, auto value) {
    write_family(out, name, help, "gauge");
    for (const SourceStatus& source : all) {
      write_sample(out, name, source_label(source), static_cast<std::uint64_t>(value(source)));
    }
  };
  family("gateway_source_apis", "Apis that the source wants.",
         [](const auto& s) { return s.apis; });
  family("gateway_source_apis_shadowed", "Apis whose RouteKey another one holds.",
         [](const auto& s) { return s.shadowed; });
  family("gateway_source_apis_quarantined", "Apis that are broken.",
         [](const auto& s) { return s.quarantined; });
  family("gateway_source_errors", "Problems that the source's objects have.",
         [](const auto& s) { return s.errors.size(); });
  write_family(out, "gateway_routes", "Rows of the route table.", "gauge");
  write_sample(out, "gateway_routes", "kind=\"serving\"",
               static_cast<std::uint64_t>(route_count() - tombstone_count()));
  write_sample(out, "gateway_routes", "kind=\"tombstone\"",
               static_cast<std::uint64_t>(tombstone_count()));
}

}  // namespace gateway
