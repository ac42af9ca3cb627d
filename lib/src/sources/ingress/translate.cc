#include "sources/ingress/translate.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "sources/ingress/endpoints.h"
#include "sources/ingress/objects.h"
#include "sources/ingress/routes_of_ingress.h"

namespace gateway {
namespace {

using namespace kubernetes;

// Equal in all that serves: the revision of the object it came from moves with its status too.
template <typename T>
bool same_content(const T& a, const T& b) {
  if (a.provenance.revision == b.provenance.revision) return a == b;
  T copy = a;
  copy.provenance.revision = b.provenance.revision;
  return copy == b;
}

// Sets the resource unless an equal one is there, which then keeps its pointer.
template <typename T>
void put(SharedMap<T>& map, T value) {
  const T* held = map.find(value.id);
  if (held && same_content(*held, value)) return;
  const std::string id = value.id;
  map.set(id, std::make_shared<const T>(std::move(value)));
}

// Replaces the resources `ids` by `values`, and `ids` by their ids.
template <typename T>
void replace(SharedMap<T>& map, std::vector<std::string>& ids, std::vector<T> values) {
  std::vector<std::string> now;
  now.reserve(values.size());
  for (const auto& value : values) now.push_back(value.id);
  std::sort(now.begin(), now.end());
  for (const auto& id : ids) {
    if (!std::binary_search(now.begin(), now.end(), id)) map.erase(id);
  }
  for (auto& value : values) put(map, std::move(value));
  ids = std::move(now);
}

using Names = std::set<std::string>;
// Who depends on what: from a key to the keys of those that name it.
using Dependents = std::unordered_map<std::string, Names>;

void forget(Dependents& dependents, const std::string& key, const std::string& who) {
  const auto at = dependents.find(key);
  if (at == dependents.end()) return;
  at->second.erase(who);
  if (at->second.empty()) dependents.erase(at);
}

std::vector<std::string> sorted_keys(const Dependents& dependents) {
  std::vector<std::string> keys;
  keys.reserve(dependents.size());
  for (const auto& [key, who] : dependents) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

struct IngressTranslator::Impl {
  // An Ingress with what was last made of it.
  struct IngressState {
    Ingress object;
    bool taken = false;
    std::string told_revision;  // up to which changes were noted
    std::vector<std::string> apis;
    std::vector<std::string> hostnames;
    Names backends;
    Names services;
    Names secrets;
  };
  struct BackendState {
    BackendReference reference;
    Names ingresses;
  };

  explicit Impl(Options given) : options(std::move(given)) {
    if (!options.clock) options.clock = Environment::system().clock;
  }

  // --- objects in

  void upsert(const rapidjson::Value& object, std::string_view where) {
    const Kind kind = kind_of(object);
    if (kind == Kind::Other) return;
    std::vector<Error> found;
    const auto name = read_name(object, kind, found);
    if (name) {
      read(object, kind, *name, found);
      tell(kind, name->key(), where, std::move(found));
    } else {
      tell(kind, std::string(where), where, std::move(found));
    }
  }

  void read(const rapidjson::Value& object, Kind kind, const ObjectName& name,
            std::vector<Error>& found) {
    const std::string key = name.key();
    switch (kind) {
      case Kind::Ingress: {
        const ReadOptions how{options.clock->unix_ms() / 1000, options.manifests};
        if (auto ingress = read_ingress(object, how, found)) {
          ingresses[key].object = std::move(*ingress);
          changed_ingresses.insert(key);
        }
        break;
      }
      case Kind::IngressClass:
        if (auto ingress_class = read_ingress_class(object, found)) {
          classes[key] = std::move(*ingress_class);
          touch_classes();
        }
        break;
      case Kind::Service:
        if (auto service = read_service(object, found)) {
          services[key] = std::move(*service);
          touch_service(key);
        }
        break;
      case Kind::EndpointSlice:
        if (auto slice = read_endpoint_slice(object, found)) put_endpoints(slices, slices_of, std::move(*slice));
        break;
      case Kind::Endpoints:
        if (auto all = read_endpoints(object, found)) put_endpoints(endpoints, endpoints_of, std::move(*all));
        break;
      case Kind::Secret:
        if (auto secret = read_secret(object, found)) {
          secrets[key] = std::move(*secret);
          changed_secrets.insert(key);
        }
        break;
      case Kind::Other: break;
    }
  }

  void remove(Kind kind, const std::string& key) {
    problems.erase({kind, key});
    switch (kind) {
      case Kind::Ingress: {
        const auto at = ingresses.find(key);
        if (at == ingresses.end()) break;
        if (at->second.taken) note(at->second, Change::What::Deleted);
        withdraw(key, at->second);
        ingresses.erase(at);
        changed_ingresses.erase(key);
        break;
      }
      case Kind::IngressClass:
        if (classes.erase(key) != 0) touch_classes();
        break;
      case Kind::Service:
        if (services.erase(key) != 0) touch_service(key);
        break;
      case Kind::EndpointSlice: remove_endpoints(slices, slices_of, key); break;
      case Kind::Endpoints: remove_endpoints(endpoints, endpoints_of, key); break;
      case Kind::Secret:
        if (secrets.erase(key) != 0) changed_secrets.insert(key);
        break;
      case Kind::Other: break;
    }
  }

  using EndpointsMap = std::unordered_map<std::string, ServiceEndpoints>;

  static std::string service_key(const ServiceEndpoints& object) {
    return ObjectName{object.name.space, object.service}.key();
  }

  void put_endpoints(EndpointsMap& objects, Dependents& of_service, ServiceEndpoints object) {
    const std::string key = object.name.key();
    remove_endpoints(objects, of_service, key);
    const std::string service = service_key(object);
    of_service[service].insert(key);
    changed_services.insert(service);
    objects[key] = std::move(object);
  }

  void remove_endpoints(EndpointsMap& objects, Dependents& of_service, const std::string& key) {
    const auto at = objects.find(key);
    if (at == objects.end()) return;
    const std::string service = service_key(at->second);
    forget(of_service, service, key);
    changed_services.insert(service);
    objects.erase(at);
  }

  void tell(Kind kind, const std::string& key, std::string_view where, std::vector<Error> found) {
    for (auto& error : found) {
      if (!where.empty()) error.where += " (" + std::string(where) + ')';
    }
    if (found.empty()) {
      problems.erase({kind, key});
    } else {
      problems[{kind, key}] = std::move(found);
    }
  }

  // --- what a change touches

  void touch_classes() {
    for (const auto& [key, state] : ingresses) {
      if (!state.object.class_annotation) changed_ingresses.insert(key);
    }
  }

  void touch_service(const std::string& key) {
    changed_services.insert(key);
    const auto at = ingresses_of_service.find(key);
    if (at != ingresses_of_service.end()) {
      changed_ingresses.insert(at->second.begin(), at->second.end());
    }
  }

  // --- resources out

  bool is_ours(const IngressClass& ingress_class) const {
    return ingress_class.controller == options.translation.controller;
  }

  // The class of an Ingress without one. Several defaults: the newest, then by name, as the API
  // server's own admission chooses.
  const IngressClass* default_class() const {
    const IngressClass* chosen = nullptr;
    for (const auto& [name, candidate] : classes) {
      if (!candidate.is_default) continue;
      if (!chosen || candidate.created_at > chosen->created_at) chosen = &candidate;
    }
    return chosen;
  }

  bool takes(const Ingress& ingress) const {
    const auto& translation = options.translation;
    if (ingress.class_annotation) return *ingress.class_annotation == translation.controller;
    const bool take_unknown =
        options.unknown_class == Options::UnknownClass::Take && classes.empty();
    if (ingress.class_name) {
      const auto& name = *ingress.class_name;
      const auto& names = translation.class_names;
      if (name == translation.controller) return true;
      if (std::find(names.begin(), names.end(), name) != names.end()) return true;
      const auto at = classes.find(name);
      return at != classes.end() ? is_ours(at->second) : take_unknown;
    }
    const auto* chosen = default_class();
    return chosen ? is_ours(*chosen) : take_unknown;
  }

  void note(const IngressState& state, Change::What what) {
    const auto& object = state.object;
    Change change{what, object.name.space, object.name.name,
                  object.class_annotation.value_or(object.class_name.value_or("")), object.revision};
    changes.insert_or_assign(object.name.key(), std::move(change));
  }

  void refresh_ingress(const std::string& key) {
    const auto at = ingresses.find(key);
    if (at == ingresses.end()) return;
    auto& state = at->second;
    const bool was_taken = state.taken;
    if (!takes(state.object)) {
      if (was_taken) note(state, Change::What::Deleted);
      withdraw(key, state);
      return;
    }
    if (!was_taken) {
      note(state, Change::What::Added);
    } else if (state.told_revision != state.object.revision && !changes.contains(key)) {
      note(state, Change::What::Updated);
    }
    state.told_revision = state.object.revision;
    state.taken = true;
    auto routes = routes_of(state.object, options.translation, [this](const ObjectName& name) {
      const auto service = services.find(name.key());
      return service == services.end() ? std::string()
                                       : service_defect(service->second, options.translation);
    });
    link_backends(key, state, routes.backends);
    link_secrets(key, state, {routes.secrets.begin(), routes.secrets.end()});
    replace(current.apis, state.apis, std::move(routes.apis));
    replace(current.hostnames, state.hostnames, std::move(routes.hostnames));
    if (routes.problems.empty()) {
      defects.erase(key);
    } else {
      defects[key] = std::move(routes.problems);
    }
  }

  // Takes back everything that was made of an Ingress.
  void withdraw(const std::string& key, IngressState& state) {
    state.taken = false;
    link_backends(key, state, {});
    link_secrets(key, state, {});
    replace(current.apis, state.apis, {});
    replace(current.hostnames, state.hostnames, {});
    defects.erase(key);
  }

  void link_backends(const std::string& key, IngressState& state,
                     const std::vector<BackendReference>& wanted) {
    Names ids;
    Names names;
    for (const auto& reference : wanted) {
      const std::string id = reference.id();
      const std::string service = reference.service.key();
      ids.insert(id);
      names.insert(service);
      auto& backend = backends[id];
      if (backend.ingresses.empty()) {
        backend.reference = reference;
        backends_of_service[service].insert(id);
        changed_backends.insert(id);
      }
      backend.ingresses.insert(key);
      ingresses_of_service[service].insert(key);
    }
    for (const auto& id : state.backends) {
      if (ids.contains(id)) continue;
      const auto at = backends.find(id);
      at->second.ingresses.erase(key);
      if (!at->second.ingresses.empty()) continue;
      forget(backends_of_service, at->second.reference.service.key(), id);
      backends.erase(at);
      current.backends.erase(id);
    }
    for (const auto& service : state.services) {
      if (!names.contains(service)) forget(ingresses_of_service, service, key);
    }
    state.backends = std::move(ids);
    state.services = std::move(names);
  }

  void link_secrets(const std::string& key, IngressState& state, Names wanted) {
    for (const auto& secret : wanted) {
      ingresses_of_secret[secret].insert(key);
      changed_secrets.insert(secret);
    }
    for (const auto& secret : state.secrets) {
      if (wanted.contains(secret)) continue;
      forget(ingresses_of_secret, secret, key);
      changed_secrets.insert(secret);
    }
    state.secrets = std::move(wanted);
  }

  void refresh_backend(const std::string& id) {
    const auto at = backends.find(id);
    if (at == backends.end()) return;
    const std::string service = at->second.reference.service.key();
    ServiceView view;
    if (const auto found = services.find(service); found != services.end()) view.service = &found->second;
    collect(slices, slices_of, service, view);
    if (view.endpoints.empty()) collect(endpoints, endpoints_of, service, view);
    put(current.backends, resolve_backend(at->second.reference, view, options.translation,
                                          options.missing_service_is_dns));
  }

  static void collect(const EndpointsMap& objects, const Dependents& of_service,
                      const std::string& service, ServiceView& view) {
    const auto names = of_service.find(service);
    if (names == of_service.end()) return;
    for (const auto& name : names->second) view.endpoints.push_back(&objects.at(name));
  }

  void refresh_secret(const std::string& key) {
    const auto at = secrets.find(key);
    if (at == secrets.end() || !ingresses_of_secret.contains(key)) {
      current.certificates.erase(key);
    } else {
      put(current.certificates, at->second);
    }
  }

  // Brings `current` up to date with all objects.
  void refresh() {
    for (const auto& key : std::exchange(changed_ingresses, {})) refresh_ingress(key);
    for (const auto& service : std::exchange(changed_services, {})) {
      const auto at = backends_of_service.find(service);
      if (at != backends_of_service.end()) changed_backends.insert(at->second.begin(), at->second.end());
    }
    for (const auto& id : std::exchange(changed_backends, {})) refresh_backend(id);
    for (const auto& key : std::exchange(changed_secrets, {})) refresh_secret(key);
  }

  // The problems of objects that matter: of the Ingresses of others nothing is told.
  std::vector<Error> told() const {
    std::vector<Error> all;
    for (const auto& [subject, errors] : problems) {
      if (!matters(subject.first, subject.second)) continue;
      all.insert(all.end(), errors.begin(), errors.end());
    }
    for (const auto& [key, errors] : defects) all.insert(all.end(), errors.begin(), errors.end());
    return all;
  }

  bool matters(Kind kind, const std::string& key) const {
    if (kind == Kind::Service) return ingresses_of_service.contains(key);
    if (kind == Kind::Secret) return ingresses_of_secret.contains(key);
    if (kind != Kind::Ingress) return true;
    const auto at = ingresses.find(key);
    return at == ingresses.end() || at->second.taken;
  }

  Options options;

  std::unordered_map<std::string, IngressState> ingresses;
  std::map<std::string, IngressClass> classes;
  std::unordered_map<std::string, Service> services;
  EndpointsMap slices;
  EndpointsMap endpoints;
  std::unordered_map<std::string, Certificate> secrets;

  std::unordered_map<std::string, BackendState> backends;
  Dependents slices_of;
  Dependents endpoints_of;
  Dependents backends_of_service;
  Dependents ingresses_of_service;
  Dependents ingresses_of_secret;

  Names changed_ingresses;
  Names changed_services;
  Names changed_backends;
  Names changed_secrets;

  std::map<std::pair<Kind, std::string>, std::vector<Error>> problems;  // of objects as they were read
  std::map<std::string, std::vector<Error>> defects;                    // of taken Ingresses as they were built
  std::map<std::string, Change> changes;
  SourceSnapshot current;
};

IngressTranslator::IngressTranslator(Options options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
IngressTranslator::~IngressTranslator() = default;

void IngressTranslator::upsert(const rapidjson::Value& object, std::string_view where) {
  impl_->upsert(object, where);
}

void IngressTranslator::remove(std::string_view kind, std::string_view name_space,
                               std::string_view name) {
  const Kind which = kind_of(kind);
  const std::string space(is_namespaced(which) ? name_space : std::string_view());
  impl_->remove(which, ObjectName{space, std::string(name)}.key());
}

std::vector<std::string> IngressTranslator::wanted_secrets() {
  impl_->refresh();
  return sorted_keys(impl_->ingresses_of_secret);
}

std::vector<std::string> IngressTranslator::wanted_services() {
  impl_->refresh();
  return sorted_keys(impl_->ingresses_of_service);
}

SourceSnapshot IngressTranslator::snapshot() {
  impl_->refresh();
  SourceSnapshot copy = impl_->current;
  copy.rejected = impl_->told();
  return copy;
}

std::vector<IngressTranslator::Change> IngressTranslator::take_changes() {
  impl_->refresh();
  std::vector<Change> taken;
  taken.reserve(impl_->changes.size());
  for (auto& [key, change] : std::exchange(impl_->changes, {})) taken.push_back(std::move(change));
  return taken;
}

}  // namespace gateway
