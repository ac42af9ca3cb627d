#include <algorithm>
#include <optional>
#include <vector>

#include <rapidjson/document.h>

#include "base/strings.h"
#include "model/canonical.h"
#include "model/member_reader.h"

namespace gateway {
namespace {

using rapidjson::Value;

void read_provenance(MemberReader& reader, Provenance& provenance) {
  reader.object("provenance", [&](const Value& value, const std::string& path) {
    MemberReader inner(value, path + ".");
    inner.read("kind", provenance.kind);
    inner.read("name", provenance.name);
    inner.read("revision", provenance.revision);
    inner.read("space", provenance.space);
    reader.adopt(inner);
  });
}

void read_witness(MemberReader& reader, Witness& witness) {
  reader.read_time("changedAt", witness.changed_at);
  std::optional<std::int64_t> created;
  if (reader.read_time("createdAt", created) && created) witness.created_at = *created;
  reader.read("identity", witness.identity);
  reader.read("generation", witness.generation, 0);
}

void read_operation(const Value& value, const std::string& path, MemberReader& outer,
                    ApiRevision& revision) {
  MemberReader reader(value, path + ".");
  Operation operation;
  reader.require("id");
  reader.read("id", operation.id);
  reader.require("method");
  reader.read("method", operation.method);
  reader.require("urlTemplate");
  reader.read("urlTemplate", operation.url_template);
  reader.read("policy", operation.policy);
  reader.read("name", operation.name);
  reader.read("defect", operation.defect);
  outer.adopt(reader);
  revision.operations.push_back(std::move(operation));
}

void read_protocols(MemberReader& reader, ApiRevision& revision) {
  if (!reader.has("protocols")) return;
  std::vector<std::string> protocols;
  if (!reader.read("protocols", protocols)) return;
  revision.http = revision.https = false;
  for (const std::string& protocol : protocols) {
    if (protocol == "http") {
      revision.http = true;
    } else if (protocol == "https") {
      revision.https = true;
    } else {
      reader.complain("protocols", "has " + quote(protocol) + "; allowed are http and https");
    }
  }
}

void read_revision(const Value& value, const std::string& path, MemberReader& outer, Api& api) {
  MemberReader reader(value, path + ".");
  ApiRevision revision;
  reader.require("id");
  reader.read("id", revision.id);
  revision.name = revision.id;
  reader.read("name", revision.name);
  reader.read("version", revision.version);
  reader.read("revision", revision.revision);
  reader.read("current", revision.current);
  reader.read("online", revision.online);
  reader.read("backend", revision.backend);
  reader.read("subscriptionRequired", revision.subscription_required);
  reader.read("keyHeader", revision.key_header);
  reader.read("keyQuery", revision.key_query);
  reader.read("policy", revision.policy);
  reader.read("displayName", revision.display_name);
  reader.read("schema", revision.schema);
  read_protocols(reader, revision);
  reader.each("operations", [&](const Value& element, const std::string& at) {
    read_operation(element, at, reader, revision);
  });
  outer.adopt(reader);
  api.revisions.push_back(std::move(revision));
}

// Takes the elements of one document into a snapshot.
class DocumentReader {
 public:
  DocumentReader(std::string_view where, SourceSnapshot& into) : where_(where), into_(into) {}

  void read(const Value& document) {
    if (!document.IsObject()) {
      reject("", "must be an object with apiVersion, kind and what is configured");
      return;
    }
    MemberReader reader(document, "");
    std::string version;
    std::string kind;
    reader.read("apiVersion", version);
    reader.read("kind", kind);
    if (version != "gateway/v1") reader.complain("apiVersion", "must be \"gateway/v1\"");
    if (kind != "Configuration") reader.complain("kind", "must be \"Configuration\"");
    std::string schema;
    reader.read("$schema", schema);
    reader.read("epoch", into_.epoch);
    reader.read("revision", into_.revision);
    reader.each("apis", [&](const Value& v, const std::string& path) { read_api(v, path); });
    reader.each("backends", [&](const Value& v, const std::string& path) { read_backend(v, path); });
    reader.each("certificates", [&](const Value& v, const std::string& path) { read_certificate(v, path); });
    reader.each("hostnames", [&](const Value& v, const std::string& path) { read_hostname(v, path); });
    reader.each("products", [&](const Value& v, const std::string& path) { read_product(v, path); });
    reader.each("subscriptions",
                [&](const Value& v, const std::string& path) { read_subscription(v, path); });
    reader.each("users", [&](const Value& v, const std::string& path) { read_user(v, path); });
    reader.each("namedValues", [&](const Value& v, const std::string& path) { read_named_value(v, path); });
    reader.each("fragments", [&](const Value& v, const std::string& path) { read_fragment(v, path); });
    reader.each("loggers", [&](const Value& v, const std::string& path) { read_logger(v, path); });
    reader.each("policies", [&](const Value& v, const std::string& path) { read_policy(v, path); });
    reader.end();
    reject_all(reader);
  }

 private:
  void read_api(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Api api;
    reader.require("id");
    reader.read("id", api.id);
    bool key = reader.read("host", api.host);
    key = reader.read("path", api.path) && key;
    key = reader.read("match", api.match, {{"exact", MatchType::Exact}, {"prefix", MatchType::Prefix}}) && key;
    reader.read("caseSensitive", api.case_sensitive);
    reader.read("backend", api.backend);
    reader.read("redirectToHttps", api.redirect_to_https);
    reader.read("policyFragment", api.policy_fragment);
    reader.read("versioning", api.versioning,
                {{"none", Versioning::None},
                 {"segment", Versioning::Segment},
                 {"query", Versioning::Query},
                 {"header", Versioning::Header}});
    reader.read("versionParameter", api.version_parameter);
    reader.each("revisions", [&](const Value& element, const std::string& at) {
      read_revision(element, at, reader, api);
    });
    reader.read("defect", api.defect);
    read_witness(reader, api.witness);
    read_provenance(reader, api.provenance);
    // Without its RouteKey there is nothing that a quarantine could hold on to.
    take(std::move(api), reader, path, key, into_.apis);
  }

  static void read_balancing(MemberReader& reader, Backend& backend) {
    const auto number = [](MemberReader& from, std::string_view name, auto& out, std::int64_t least, std::int64_t most) {
      std::int64_t value = out;
      from.read(name, value, least, most);
      out = static_cast<std::remove_reference_t<decltype(out)>>(value);
    };
    reader.each("pool", [&](const Value& element, const std::string& at) {
      MemberReader inner(element, at + ".");
      PoolMember member;
      inner.require("backend");
      inner.read("backend", member.backend);
      number(inner, "priority", member.priority, 0, 100);
      number(inner, "weight", member.weight, 1, 100);
      backend.pool.push_back(std::move(member));
      reader.adopt(inner);
    });
    reader.read("affinityCookie", backend.affinity_cookie);
    reader.object("circuitBreaker", [&](const Value& element, const std::string& at) {
      MemberReader inner(element, at + ".");
      CircuitBreaker rule;
      number(inner, "failureCount", rule.failure_count, 1, 1'000'000);
      number(inner, "failurePercentage", rule.failure_percentage, 1, 100);
      number(inner, "intervalSeconds", rule.interval_seconds, 1, 86'400);
      number(inner, "tripSeconds", rule.trip_seconds, 1, 86'400);
      inner.read("acceptRetryAfter", rule.accept_retry_after);
      inner.read("errorReasons", rule.error_reasons);
      inner.each("statuses", [&](const Value& range, const std::string& range_at) {
        MemberReader limits(range, range_at + ".");
        StatusRange one;
        limits.require("min");
        limits.require("max");
        number(limits, "min", one.min, 100, 599);
        number(limits, "max", one.max, 100, 599);
        rule.statuses.push_back(one);
        inner.adopt(limits);
      });
      backend.circuit_breaker = std::move(rule);
      reader.adopt(inner);
    });
  }

  void read_backend(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Backend backend;
    reader.require("id");
    reader.read("id", backend.id);
    reader.read("protocol", backend.protocol,
                {{"http", BackendProtocol::Http}, {"https", BackendProtocol::Https}});
    reader.each("endpoints", [&](const Value& element, const std::string& element_path) {
      MemberReader inner(element, element_path + ".");
      Endpoint endpoint;
      std::int64_t port = 0;
      inner.require("address");
      inner.read("address", endpoint.address);
      inner.require("port");
      inner.read("port", port, 1, 65535);
      endpoint.port = static_cast<std::uint16_t>(port);
      backend.endpoints.push_back(std::move(endpoint));
      reader.adopt(inner);
    });
    read_balancing(reader, backend);
    reader.read("hostHeader", backend.host_header);
    reader.read("pathPrefix", backend.path_prefix);
    reader.read("tlsServerName", backend.tls_server_name);
    reader.read("tlsCa", backend.tls_ca_pem);
    reader.read("tlsSystemCas", backend.tls_system_cas);
    reader.read("tlsVerify", backend.tls_verify);
    read_provenance(reader, backend.provenance);
    reader.end();
    if (!reader.problems().empty()) {
      reject_all(reader);
    } else {
      insert(std::move(backend), path, into_.backends);
    }
  }

  void read_certificate(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Certificate certificate;
    reader.require("id");
    reader.read("id", certificate.id);
    reader.read("chain", certificate.chain_pem);
    reader.read("key", certificate.key_pem);
    reader.read("defect", certificate.defect);
    read_provenance(reader, certificate.provenance);
    take(std::move(certificate), reader, path, true, into_.certificates);
  }

  void read_hostname(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Hostname hostname;
    reader.require("id");
    reader.read("id", hostname.id);
    const bool key = reader.read("host", hostname.host);
    reader.read("certificate", hostname.certificate);
    reader.read("minVersion", hostname.min_version,
                {{"1.0", TlsVersion::Tls1_0},
                 {"1.1", TlsVersion::Tls1_1},
                 {"1.2", TlsVersion::Tls1_2},
                 {"1.3", TlsVersion::Tls1_3}});
    reader.read("negotiateClientCertificate", hostname.negotiate_client_certificate);
    reader.read("clientCa", hostname.client_ca_pem);
    reader.read("http2", hostname.http2);
    reader.read("defect", hostname.defect);
    read_witness(reader, hostname.witness);
    read_provenance(reader, hostname.provenance);
    take(std::move(hostname), reader, path, key, into_.hostnames);
  }

  void read_product(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Product product;
    reader.require("id");
    reader.read("id", product.id);
    reader.read("subscriptionRequired", product.subscription_required);
    reader.read("apis", product.apis);
    std::sort(product.apis.begin(), product.apis.end());
    product.apis.erase(std::unique(product.apis.begin(), product.apis.end()), product.apis.end());
    reader.read("policy", product.policy);
    reader.read("displayName", product.display_name);
    reader.read("published", product.published);
    reader.read("approvalRequired", product.approval_required);
    std::int64_t limit = 0;
    reader.read("subscriptionsLimit", limit, 0, 1'000'000'000);
    product.subscriptions_limit = static_cast<std::int32_t>(limit);
    read_groups(reader, product.groups);
    reader.read("defect", product.defect);
    read_provenance(reader, product.provenance);
    take(std::move(product), reader, path, true, into_.products);
  }

  void read_subscription(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Subscription subscription;
    reader.require("id");
    reader.read("id", subscription.id);
    reader.read("scope", subscription.scope,
                {{"all", Subscription::Scope::AllApis},
                 {"api", Subscription::Scope::Api},
                 {"product", Subscription::Scope::Product}});
    reader.read("target", subscription.target);
    reader.read("active", subscription.active);
    reader.read("primaryKey", subscription.primary_key);
    reader.read("secondaryKey", subscription.secondary_key);
    reader.read("displayName", subscription.display_name);
    reader.read("user", subscription.user);
    reader.read("created", subscription.created);
    reader.read("start", subscription.start);
    reader.read("end", subscription.end);
    reader.read("defect", subscription.defect);
    read_provenance(reader, subscription.provenance);
    take(std::move(subscription), reader, path, true, into_.subscriptions);
  }

  static void read_groups(MemberReader& reader, std::vector<Group>& groups) {
    reader.each("groups", [&](const Value& element, const std::string& at) {
      MemberReader inner(element, at + ".");
      Group group;
      inner.require("id");
      inner.read("id", group.id);
      inner.read("name", group.name);
      reader.adopt(inner);
      groups.push_back(std::move(group));
    });
  }

  void read_user(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    User user;
    reader.require("id");
    reader.read("id", user.id);
    reader.read("email", user.email);
    reader.read("firstName", user.first_name);
    reader.read("lastName", user.last_name);
    reader.read("note", user.note);
    reader.read("registered", user.registered);
    read_groups(reader, user.groups);
    reader.each("identities", [&](const Value& element, const std::string& at) {
      MemberReader inner(element, at + ".");
      std::string id, provider;
      inner.read("id", id);
      inner.read("provider", provider);
      reader.adopt(inner);
      user.identities.emplace_back(std::move(provider), std::move(id));
    });
    reader.read("defect", user.defect);
    read_provenance(reader, user.provenance);
    take(std::move(user), reader, path, true, into_.users);
  }

  void read_named_value(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    NamedValue named;
    reader.require("id");
    reader.read("id", named.id);
    named.display_name = named.id;
    reader.read("displayName", named.display_name);
    reader.read("value", named.value);
    reader.read("secret", named.secret);
    reader.read("defect", named.defect);
    read_provenance(reader, named.provenance);
    take(std::move(named), reader, path, true, into_.named_values);
  }

  void read_fragment(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    PolicyFragment fragment;
    reader.require("id");
    reader.read("id", fragment.id);
    reader.require("document");
    reader.read("document", fragment.document);
    reader.read("defect", fragment.defect);
    read_provenance(reader, fragment.provenance);
    take(std::move(fragment), reader, path, true, into_.fragments);
  }

  void read_logger(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    EventHubLogger logger;
    reader.require("id");
    reader.read("id", logger.id);
    reader.read("name", logger.name);
    reader.read("connectionString", logger.connection_string);
    reader.read("defect", logger.defect);
    read_provenance(reader, logger.provenance);
    take(std::move(logger), reader, path, true, into_.loggers);
  }

  void read_policy(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Policy policy;
    reader.require("id");
    reader.read("id", policy.id);
    reader.require("document");
    reader.read("document", policy.document);
    reader.read("defect", policy.defect);
    read_provenance(reader, policy.provenance);
    take(std::move(policy), reader, path, true, into_.policies);
  }

  // A resource that can say itself that it is broken is taken with its defect, so that its last good
  // form serves on; one that has no name or no place is rejected.
  template <typename T>
  void take(T resource, MemberReader& reader, const std::string& path, bool placed,
            SharedMap<T>& resources) {
    reader.end();
    if (!reader.problems().empty() && (!placed || resource.id.empty())) {
      reject_all(reader);
      return;
    }
    for (const auto& [member, message] : reader.problems()) {
      if (!resource.defect.empty()) resource.defect += "; ";
      resource.defect += std::string(where_) + ": " + member + " " + message;
    }
    insert(std::move(resource), path, resources);
  }

  template <typename T>
  void insert(T resource, const std::string& path, SharedMap<T>& resources) {
    if (resource.id.empty()) {
      reject(path + ".id", "must not be empty");
    } else if (resources.find(resource.id)) {
      reject(path, "the id " + quote(resource.id) + " is taken by an earlier element; it must be unique");
    } else {
      const std::string id = resource.id;
      resources.set(id, std::make_shared<const T>(std::move(resource)));
    }
  }

  void reject(const std::string& path, std::string message) {
    std::string where(where_);
    if (!path.empty()) where += (where.empty() ? "" : ": ") + path;
    into_.rejected.push_back(
        {ErrorCode::InvalidArgument, "configuration", std::move(message), std::move(where), false});
  }
  void reject_all(const MemberReader& reader) {
    for (const auto& [path, message] : reader.problems()) reject(path, message);
  }

  std::string_view where_;
  SourceSnapshot& into_;
};

}  // namespace

void read_configuration_document(const rapidjson::Value& document, std::string_view where,
                                 SourceSnapshot& into) {
  DocumentReader(where, into).read(document);
}

}  // namespace gateway
