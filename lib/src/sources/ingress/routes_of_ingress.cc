#include "sources/ingress/routes_of_ingress.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/strings.h"

namespace gateway::kubernetes {
namespace {

// The path as far as collisions go: a Prefix is the same with and without its trailing slash.
std::string key_path(const std::string& path, MatchType match) {
  std::string key = path;
  if (match == MatchType::Prefix && key.size() > 1 && key.back() == '/') key.pop_back();
  return key;
}

// As part of an id, which goes to logs: what is no plain text is quoted.
std::string printable(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  return plain ? text : quote(text);
}

// True when `pattern` is `host` or the wildcard of its parent.
bool covers(const std::string& pattern, const std::string& host) {
  if (pattern == host) return true;
  const auto dot = host.find('.');
  return pattern.starts_with("*.") && dot != std::string::npos &&
         host.compare(dot, std::string::npos, pattern, 1, std::string::npos) == 0;
}

class Builder {
 public:
  Builder(const Ingress& ingress, const IngressTranslation& translation,
          const ServiceDefect& service_defect)
      : ingress_(ingress), translation_(translation), service_defect_(service_defect) {}

  RoutesOfIngress build() {
    for (const auto& rule : ingress_.rules) add_rule(rule);
    add_default_backend();
    for (const auto& tls : ingress_.tls) add_tls(tls);
    for (auto& [key, made] : apis_) {
      made.api.redirect_to_https = translation_.redirect_to_https && has_tls(made.api.host);
      made.api.policy_fragment = ingress_.policy_fragment;
      out_.apis.push_back(std::move(made.api));
    }
    return std::move(out_);
  }

 private:
  struct Made {
    Api api;
    bool implementation_specific = false;
  };

  void report(const std::string& field_and_reason) {
    const auto colon = field_and_reason.find(": ");
    out_.problems.push_back({ErrorCode::InvalidArgument, "ingress", field_and_reason.substr(colon + 2),
                             "Ingress " + ingress_.name.key() + ": " +
                                 field_and_reason.substr(0, colon)});
  }

  Provenance provenance() const {
    return {"Ingress", ingress_.name.space, ingress_.name.name, ingress_.revision};
  }

  // Of two paths with one RouteKey the longer spelling stays ("/foo/" over "/foo"), then the one whose
  // type was spelled out, then the first.
  void add_path(const std::string& host, const IngressPath& path, const std::string& rule_defect) {
    const auto key = std::tuple(host, key_path(path.path, path.match), path.match);
    if (const auto held = apis_.find(key); held != apis_.end()) {
      const auto& other = held->second;
      if (path.path.size() < other.api.path.size()) return;
      if (path.path.size() == other.api.path.size() &&
          (path.implementation_specific || !other.implementation_specific)) {
        return;
      }
    }
    Api api;
    api.host = host;
    api.path = path.path;
    api.match = path.match;
    api.id = ingress_.name.key() + ':' + printable(host) + printable(path.path) +
             (path.match == MatchType::Exact ? ":exact" : ":prefix");
    api.witness = ingress_.witness;
    api.provenance = provenance();
    api.defect = !rule_defect.empty() ? rule_defect : path.defect;
    attach(api, path.backend);
    apis_.insert_or_assign(key, Made{std::move(api), path.implementation_specific});
  }

  void attach(Api& api, const IngressBackend& backend) {
    if (!backend.defect.empty()) {
      if (api.defect.empty()) api.defect = backend.defect;
      return;
    }
    if (backend.service.empty()) return;
    BackendReference reference{{ingress_.name.space, backend.service}, backend.port};
    api.backend = reference.id();
    if (api.defect.empty()) api.defect = service_defect_(reference.service);
    if (backends_.insert(api.backend).second) out_.backends.push_back(std::move(reference));
  }

  void add_rule(const IngressRule& rule) {
    if (!rule.has_paths) {
      // "http catch-all": the whole host goes to the default backend, where there is one.
      if (!rule.defect.empty()) {
        report(rule.defect);
      } else if (ingress_.default_backend) {
        add_path(rule.host, {"/", MatchType::Prefix, false, *ingress_.default_backend, {}}, {});
      }
      return;
    }
    if (rule.paths.empty() && !rule.defect.empty()) report(rule.defect);
    for (const auto& path : rule.paths) {
      if (path.path.empty()) {
        report(path.defect);
      } else {
        add_path(rule.host, path, rule.defect);
      }
    }
  }

  void add_default_backend() {
    if (!ingress_.default_backend) return;
    const auto key = std::tuple(std::string(), std::string("/"), MatchType::Prefix);
    if (apis_.contains(key)) return;
    add_path("", {"/", MatchType::Prefix, false, *ingress_.default_backend, {}}, {});
  }

  void add_tls(const IngressTls& tls) {
    if (tls.hosts.empty()) {
      if (!tls.defect.empty()) {
        report(tls.defect);
        return;
      }
      std::set<std::string> hosts;
      for (const auto& rule : ingress_.rules) hosts.insert(rule.host);
      if (hosts.empty()) hosts.insert("");
      for (const auto& host : hosts) add_hostname(host, tls);
      return;
    }
    for (const auto& host : tls.hosts) add_hostname(host, tls);
  }

  void add_hostname(const std::string& host, const IngressTls& tls) {
    if (!hosts_.insert(host).second) return;
    Hostname hostname;
    hostname.id = ingress_.name.key() + ':' + printable(host);
    hostname.host = host;
    if (!tls.secret.empty()) {
      hostname.certificate = ObjectName{ingress_.name.space, tls.secret}.key();
      if (secrets_.insert(hostname.certificate).second) out_.secrets.push_back(hostname.certificate);
    }
    hostname.witness = ingress_.witness;
    hostname.provenance = provenance();
    hostname.defect = tls.defect;
    out_.hostnames.push_back(std::move(hostname));
  }

  bool has_tls(const std::string& host) const {
    return std::any_of(out_.hostnames.begin(), out_.hostnames.end(),
                       [&](const Hostname& hostname) { return covers(hostname.host, host); });
  }

  const Ingress& ingress_;
  const IngressTranslation& translation_;
  const ServiceDefect& service_defect_;
  std::map<std::tuple<std::string, std::string, MatchType>, Made> apis_;
  std::set<std::string> backends_;
  std::set<std::string> secrets_;
  std::set<std::string> hosts_;
  RoutesOfIngress out_;
};

}  // namespace

RoutesOfIngress routes_of(const Ingress& ingress, const IngressTranslation& translation,
                          const ServiceDefect& service_defect) {
  return Builder(ingress, translation, service_defect).build();
}

}  // namespace gateway::kubernetes
