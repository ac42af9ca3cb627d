#include "arm/translate.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arm/build_api.h"
#include "arm/facts.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

template <typename T>
using ByName = std::map<std::string, T, std::less<>>;

struct GatewayNode {
  bool there = false;
  ByName<Hostname> hostnames;
  ByName<AuthorityFacts> authorities;
  [[nodiscard]] bool empty() const { return !there && hostnames.empty() && authorities.empty(); }
};

struct ProductNode {
  std::optional<Product> product;
  std::optional<PolicyFacts> policy;
  ByName<std::string> links;  // API names, by "apis/{name}" and "apiLinks/{name}"
  [[nodiscard]] bool empty() const { return !product && !policy && links.empty(); }
};

// What becomes one or more Apis: a version set, or an API that is in none.
struct Family {
  std::set<std::string, std::less<>> members;
  std::vector<std::string> api_ids;  // in the snapshot
};
using FamilyKey = std::pair<bool, std::string>;  // whether a version set; its or the API's name

// An equal value keeps its pointer.
template <typename T>
void put(SharedMap<T>& map, T value) {
  const T* before = map.find(value.id);
  if (before && *before == value) return;
  const std::string id = value.id;
  map.set(id, std::make_shared<const T>(std::move(value)));
}

// Makes `now` of what was `ids` so far.
template <typename T>
void replace(SharedMap<T>& map, std::vector<std::string>& ids, std::vector<T> now) {
  std::vector<std::string> kept;
  for (T& value : now) {
    kept.push_back(value.id);
    put(map, std::move(value));
  }
  for (const std::string& id : ids) {
    if (std::find(kept.begin(), kept.end(), id) == kept.end()) map.erase(id);
  }
  ids = std::move(kept);
}

template <typename T>
void assign(ByName<T>& map, std::string_view name, std::optional<T> value) {
  if (value) {
    map.insert_or_assign(std::string(name), std::move(*value));
  } else if (const auto at = map.find(name); at != map.end()) {
    map.erase(at);
  }
}

template <typename Node>
Node& node_of(ByName<Node>& map, std::string_view name) {
  const auto at = map.find(name);
  return at != map.end() ? at->second : map.try_emplace(std::string(name)).first->second;
}

template <typename Node>
void prune(ByName<Node>& map, std::string_view name) {
  if (const auto at = map.find(name); at != map.end() && at->second.empty()) map.erase(at);
}

// What `read` says of the resource; nothing of one that is gone.
template <typename Read>
auto facts_of(const Resource* resource, Read&& read) -> std::optional<decltype(read(*resource))> {
  if (!resource) return std::nullopt;
  return read(*resource);
}

}  // namespace

class Translator::Impl {
 public:
  explicit Impl(TranslatorOptions options) : options_(std::move(options)) {}

  // A null resource is one that is gone.
  void take(std::string_view id, const Resource* resource) {
    const Taker taker = taker_of(kind_of(id));
    if (!taker) return;
    const auto parts = id_parts(id);
    if (parts.size() % 2 != 0) return;
    rejected_.erase(std::string(id));
    (this->*taker)({parts, id}, resource);
  }

  SourceSnapshot snapshot() {
    if (std::exchange(tls_dirty_, false)) rebuild_tls();
    for (const std::string& name : std::exchange(dirty_apis_, {})) rebuild_backends(name);
    for (const FamilyKey& key : std::exchange(dirty_families_, {})) rebuild_family(key);
    for (const std::string& name : std::exchange(dirty_products_, {})) rebuild_product(name);
    out_.rejected = tls_problems_;
    for (const auto& [id, problem] : rejected_) out_.rejected.push_back(problem);
    return out_;
  }

 private:
  struct Id {
    std::vector<std::string_view> parts;
    std::string_view whole;
  };
  using Taker = void (Impl::*)(const Id&, const Resource*);

  // Null for kinds that say nothing to a gateway.
  static Taker taker_of(std::string_view kind) {
    static constexpr std::pair<std::string_view, Taker> kTakers[] = {
        {"apis", &Impl::take_api},
        {"apis/policies", &Impl::take_api_policy},
        {"apis/operations", &Impl::take_operation},
        {"apis/operations/policies", &Impl::take_operation_policy},
        {"apis/schemas", &Impl::take_schema},
        {"apis/releases", &Impl::take_release},
        {"schemas", &Impl::take_service_schema},
        {"apiVersionSets", &Impl::take_version_set},
        {"products", &Impl::take_product},
        {"products/policies", &Impl::take_product_policy},
        {"products/apis", &Impl::take_product_api},
        {"products/apiLinks", &Impl::take_product_link},
        {"subscriptions", &Impl::take_subscription},
        {"policies", &Impl::take_global_policy},
        {"gateways", &Impl::take_gateway},
        {"gateways/apis", &Impl::take_assignment},
        {"gateways/hostnameConfigurations", &Impl::take_hostname},
        {"gateways/certificateAuthorities", &Impl::take_authority},
        {"certificates", &Impl::take_certificate},
        {"namedValues", &Impl::take_named_value},
        {"policyFragments", &Impl::take_fragment},
        {"loggers", &Impl::take_logger},
        {"users", &Impl::take_user},
        {"backends", &Impl::take_backend},
    };
    for (const auto& [known, taker] : kTakers) {
      if (known == kind) return taker;
    }
    return nullptr;
  }

  // --- what each kind of resource changes ---

  void change_api(std::string_view name,
                  const std::function<void(NamedApi&, RevisionNode&)>& change) {
    const std::string_view base = split_revision(name).first;
    NamedApi& api = node_of(apis_, base);
    change(api, node_of(api.revisions, name));
    prune(api.revisions, name);
    prune(apis_, base);
    dirty_apis_.emplace(base);
  }

  void take_api(const Id& id, const Resource* resource) {
    change_api(id.parts[1],
               [&](NamedApi&, RevisionNode& node) { node.facts = facts_of(resource, read_api); });
  }
  void take_api_policy(const Id& id, const Resource* resource) {
    change_api(id.parts[1], [&](NamedApi&, RevisionNode& node) {
      node.policy = facts_of(resource, read_policy);
    });
  }
  void take_operation(const Id& id, const Resource* resource) {
    change_api(id.parts[1], [&](NamedApi&, RevisionNode& node) {
      node_of(node.operations, id.parts[3]).facts = facts_of(resource, read_operation);
      prune(node.operations, id.parts[3]);
    });
  }
  void take_operation_policy(const Id& id, const Resource* resource) {
    change_api(id.parts[1], [&](NamedApi&, RevisionNode& node) {
      node_of(node.operations, id.parts[3]).policy = facts_of(resource, read_policy);
      prune(node.operations, id.parts[3]);
    });
  }
  void take_schema(const Id& id, const Resource* resource) {
    change_api(id.parts[1], [&](NamedApi&, RevisionNode& node) {
      assign(node.schemas, id.parts[3], facts_of(resource, read_schema));
    });
  }
  void take_release(const Id& id, const Resource* resource) {
    change_api(id.parts[1], [&](NamedApi&, RevisionNode& node) {
      assign(node.releases, id.parts[3], facts_of(resource, read_times));
    });
  }
  void take_service_schema(const Id& id, const Resource* resource) {
    assign(service_schemas_, id.parts[1], facts_of(resource, read_schema));
    for (const auto& [name, api] : apis_) dirty_apis_.insert(name);
  }
  void take_assignment(const Id& id, const Resource* resource) {
    if (options_.gateway.empty() || id.parts[1] != options_.gateway) return;
    change_api(id.parts[3], [&](NamedApi& api, RevisionNode&) {
      assign(api.assignments, id.parts[3], facts_of(resource, read_times));
    });
  }
  void take_version_set(const Id& id, const Resource* resource) {
    assign(version_sets_, id.parts[1], facts_of(resource, read_version_set));
    dirty_families_.emplace(true, id.parts[1]);
  }

  void change_product(std::string_view name, const std::function<void(ProductNode&)>& change) {
    change(node_of(products_, name));
    prune(products_, name);
    dirty_products_.emplace(name);
  }
  void take_product(const Id& id, const Resource* resource) {
    change_product(id.parts[1],
                   [&](ProductNode& node) { node.product = facts_of(resource, read_product); });
  }
  void take_product_policy(const Id& id, const Resource* resource) {
    change_product(id.parts[1],
                   [&](ProductNode& node) { node.policy = facts_of(resource, read_policy); });
  }
  void take_product_api(const Id& id, const Resource* resource) {
    change_product(id.parts[1], [&](ProductNode& node) {
      const auto name = facts_of(resource, [&](const Resource&) {
        return std::string(split_revision(id.parts[3]).first);
      });
      assign(node.links, "apis/" + std::string(id.parts[3]), name);
    });
  }
  void take_product_link(const Id& id, const Resource* resource) {
    change_product(id.parts[1], [&](ProductNode& node) {
      Problems problems;
      auto name =
          facts_of(resource, [&](const Resource& one) { return read_api_link(one, problems); });
      if (!problems.empty()) {
        reject(id.whole, problems);
        name.reset();
      }
      assign(node.links, "apiLinks/" + std::string(id.parts[3]), std::move(name));
    });
  }
  void take_subscription(const Id& id, const Resource* resource) {
    if (resource) {
      put(out_.subscriptions, read_subscription(*resource));
    } else {
      out_.subscriptions.erase(id.parts[1]);
    }
  }
  void take_global_policy(const Id&, const Resource* resource) {
    if (!resource) {
      out_.policies.erase(kGlobal);
      return;
    }
    PolicyFacts facts = read_policy(*resource);
    Policy policy;
    policy.id = kGlobal;
    policy.document = std::move(facts.document);
    policy.provenance = {.kind = "Policy", .space = "", .name = policy.id, .revision = ""};
    policy.defect = join_problems(facts.problems);
    put(out_.policies, std::move(policy));
  }

  template <typename T>
  void take_plain(SharedMap<T>& map, const Id& id, const Resource* resource,
                  T (*read)(const Resource&)) {
    if (resource) {
      put(map, read(*resource));
    } else {
      map.erase(id.parts[1]);
    }
  }
  void take_named_value(const Id& id, const Resource* resource) {
    take_plain(out_.named_values, id, resource, read_named_value);
  }
  void take_fragment(const Id& id, const Resource* resource) {
    take_plain(out_.fragments, id, resource, read_fragment);
  }
  void take_logger(const Id& id, const Resource* resource) {
    take_plain(out_.loggers, id, resource, read_logger);
  }
  void take_user(const Id& id, const Resource* resource) {
    take_plain(out_.users, id, resource, read_user);
  }
  void take_backend(const Id& id, const Resource* resource) {
    Problems problems;
    std::optional<Backend> backend =
        resource ? read_backend(*resource, problems) : std::optional<Backend>();
    if (!problems.empty()) reject(id.whole, problems);
    if (backend) {
      put(out_.backends, std::move(*backend));
    } else {
      out_.backends.erase(std::string(kBackendIds).append(id.parts[1]));
    }
  }

  void change_gateway(std::string_view name, const std::function<void(GatewayNode&)>& change) {
    if (!options_.gateway.empty() && name != options_.gateway) return;
    change(node_of(gateways_, name));
    prune(gateways_, name);
    tls_dirty_ = true;
  }
  void take_gateway(const Id& id, const Resource* resource) {
    change_gateway(id.parts[1], [&](GatewayNode& node) { node.there = resource != nullptr; });
  }
  void take_hostname(const Id& id, const Resource* resource) {
    change_gateway(id.parts[1], [&](GatewayNode& node) {
      assign(node.hostnames, id.parts[3], facts_of(resource, read_hostname));
    });
  }
  void take_authority(const Id& id, const Resource* resource) {
    change_gateway(id.parts[1], [&](GatewayNode& node) {
      assign(node.authorities, id.parts[3], facts_of(resource, read_authority));
    });
  }
  void take_certificate(const Id& id, const Resource* resource) {
    assign(certificates_, id.parts[1], facts_of(resource, read_certificate));
    tls_dirty_ = true;
  }

  // --- what follows from the changes ---

  static Error problem(std::string_view id, std::string message) {
    return {ErrorCode::InvalidArgument, "configuration", std::move(message), std::string(id),
            false};
  }
  // `problems` begin with the id.
  void reject(std::string_view id, const Problems& problems) {
    std::string text = join_problems(problems);
    const std::string prefix = std::string(id) + ": ";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    rejected_.insert_or_assign(std::string(id), problem(id, std::move(text)));
  }

  // The gateway whose hostnames and authorities count; null where none can be told.
  const GatewayNode* chosen_gateway() {
    if (!options_.gateway.empty()) {
      const auto at = gateways_.find(options_.gateway);
      return at == gateways_.end() ? nullptr : &at->second;
    }
    if (gateways_.size() == 1) return &gateways_.begin()->second;
    for (const auto& [name, node] : gateways_) {
      if (node.hostnames.empty() && node.authorities.empty()) continue;
      tls_problems_.push_back(
          problem("/gateways/" + name,
                  "its hostnames and certificate authorities are not taken: there are " +
                      std::to_string(gateways_.size()) +
                      " gateways, and none of them is named as this one"));
    }
    return nullptr;
  }

  // The certificates that the gateway trusts, and why that may not be all of them.
  std::pair<std::string, Problems> trusted_authorities(const GatewayNode& gateway,
                                                       std::string_view gateway_name) {
    std::string pem;
    Problems problems;
    for (const auto& [name, authority] : gateway.authorities) {
      const std::string id =
          "/gateways/" + std::string(gateway_name) + "/certificateAuthorities/" + name;
      Problems own = authority.problems;
      const auto certificate = certificates_.find(name);
      if (authority.trusted && certificate == certificates_.end()) {
        own.push_back(id + ": there is no /certificates/" + name);
      } else if (authority.trusted) {
        own.insert(own.end(), certificate->second.problems.begin(),
                   certificate->second.problems.end());
        pem += certificate->second.chain_pem;
        if (!pem.empty() && !pem.ends_with('\n')) pem += '\n';
      }
      if (own.empty()) continue;
      problems.insert(problems.end(), own.begin(), own.end());
      tls_problems_.push_back(problem(id, join_problems(own)));
    }
    return {std::move(pem), std::move(problems)};
  }

  void rebuild_tls() {
    tls_problems_.clear();
    const GatewayNode* gateway = chosen_gateway();
    std::string ca_pem;
    std::vector<Hostname> hostnames;
    std::map<std::string, std::string> wanted;  // certificates, with one hostname that names each
    if (gateway) {
      const std::string name =
          options_.gateway.empty() ? gateways_.begin()->first : options_.gateway;
      auto [pem, problems] = trusted_authorities(*gateway, name);
      ca_pem = std::move(pem);
      for (const auto& [id, read] : gateway->hostnames) {
        Hostname hostname = read;
        if (hostname.negotiate_client_certificate) {
          hostname.client_ca_pem = ca_pem;
          if (!problems.empty() && !hostname.defect.empty()) hostname.defect += "; ";
          hostname.defect += join_problems(problems);
        }
        if (!hostname.certificate.empty()) {
          wanted.emplace(hostname.certificate,
                         "/gateways/" + name + "/hostnameConfigurations/" + id);
        }
        hostnames.push_back(std::move(hostname));
      }
    }
    replace(out_.hostnames, hostname_ids_, std::move(hostnames));
    std::vector<Certificate> certificates;
    for (const auto& [name, user] : wanted) certificates.push_back(build_certificate(name, user));
    // The others are there for policies.
    for (const auto& [name, facts] : certificates_) {
      if (!wanted.contains(name) && facts.problems.empty() && !facts.key_pem.empty())
        certificates.push_back(build_certificate(name, ""));
    }
    replace(out_.certificates, certificate_ids_, std::move(certificates));
    if (ca_pem == ca_pem_) return;
    ca_pem_ = std::move(ca_pem);
    for (const auto& [name, api] : apis_) dirty_apis_.insert(name);
  }

  Certificate build_certificate(const std::string& name, const std::string& user) const {
    Certificate certificate;
    certificate.id = name;
    certificate.provenance = {.kind = "Certificate", .space = "", .name = name, .revision = ""};
    const auto at = certificates_.find(name);
    if (at == certificates_.end()) {
      certificate.defect = "/certificates/" + name + ": is not there, and " + user + " names it";
      return certificate;
    }
    const CertificateFacts& facts = at->second;
    certificate.defect = join_problems(facts.problems);
    if (facts.problems.empty() && facts.key_pem.empty()) {
      certificate.defect =
          "/certificates/" + name + ": has no private key, and " + user + " names it";
    }
    if (!certificate.defect.empty()) return certificate;
    certificate.chain_pem = facts.chain_pem;
    certificate.key_pem = facts.key_pem;
    return certificate;
  }

  // The Backends of one API; its family, and the one that it was in, are to be built anew.
  void rebuild_backends(const std::string& name) {
    const auto at = apis_.find(name);
    const ApiFacts* lead = at == apis_.end() ? nullptr : at->second.lead();
    const bool served = lead && (options_.gateway.empty() || !at->second.assignments.empty());
    auto& placed = places_[name];
    if (placed.family) {
      families_[*placed.family].members.erase(name);
      dirty_families_.insert(*placed.family);
      placed.family.reset();
    }
    replace(out_.backends, placed.backend_ids,
            served ? build_backends(at->second, ca_pem_) : std::vector<Backend>());
    if (!served) {
      places_.erase(name);
      return;
    }
    placed.family =
        lead->version_set.empty() ? FamilyKey(false, name) : FamilyKey(true, lead->version_set);
    families_[*placed.family].members.insert(name);
    dirty_families_.insert(*placed.family);
  }

  void rebuild_family(const FamilyKey& key) {
    const auto at = families_.find(key);
    if (at == families_.end()) return;
    Family& family = at->second;
    ApiFamily members;
    for (const std::string& name : family.members) members.emplace(name, &apis_.find(name)->second);
    const std::string set = key.first ? key.second : std::string();
    const auto known = version_sets_.find(set);
    replace(out_.apis, family.api_ids,
            build_apis(set, known == version_sets_.end() ? nullptr : &known->second, members, service_schemas_));
    if (family.members.empty()) families_.erase(at);
  }

  void rebuild_product(const std::string& name) {
    const auto at = products_.find(name);
    if (at == products_.end() || !at->second.product) {
      out_.products.erase(name);
      return;
    }
    const ProductNode& node = at->second;
    Product product = *node.product;
    for (const auto& [link, api] : node.links) product.apis.push_back(api);
    std::sort(product.apis.begin(), product.apis.end());
    product.apis.erase(std::unique(product.apis.begin(), product.apis.end()), product.apis.end());
    if (node.policy) {
      product.policy = node.policy->document;
      if (!node.policy->problems.empty() && !product.defect.empty()) product.defect += "; ";
      product.defect += join_problems(node.policy->problems);
    }
    put(out_.products, std::move(product));
  }

  static constexpr const char* kGlobal = "global";
  struct Place {
    std::optional<FamilyKey> family;
    std::vector<std::string> backend_ids;
  };

  TranslatorOptions options_;
  ByName<NamedApi> apis_;  // by name without revision
  ByName<VersionSetFacts> version_sets_;
  ServiceSchemas service_schemas_;
  ByName<ProductNode> products_;
  ByName<GatewayNode> gateways_;
  ByName<CertificateFacts> certificates_;
  std::map<std::string, Error> rejected_;  // by resource id

  std::set<std::string, std::less<>> dirty_apis_;
  std::set<FamilyKey> dirty_families_;
  std::set<std::string, std::less<>> dirty_products_;
  bool tls_dirty_ = false;

  SourceSnapshot out_;
  std::unordered_map<std::string, Place> places_;  // of the APIs that are served
  std::map<FamilyKey, Family> families_;
  std::vector<std::string> hostname_ids_;
  std::vector<std::string> certificate_ids_;
  std::vector<Error> tls_problems_;
  std::string ca_pem_;  // trusted by Backends
};

Translator::Translator(TranslatorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
Translator::~Translator() = default;

void Translator::upsert(const Resource& resource) { impl_->take(resource.id, &resource); }
void Translator::remove(std::string_view id) { impl_->take(id, nullptr); }
SourceSnapshot Translator::snapshot() { return impl_->snapshot(); }

}  // namespace gateway::arm
