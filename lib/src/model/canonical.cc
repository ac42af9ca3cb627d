#include "model/canonical.h"

#include <openssl/sha.h>
#include <rapidjson/writer.h>

namespace gateway {
namespace {

// RapidJSON's output stream onto a std::string.
struct StringStream {
  using Ch = char;
  void Put(char c) { text.push_back(c); }
  void Flush() {}
  std::string& text;
};
using Writer = rapidjson::Writer<StringStream>;

void put(Writer& writer, std::string_view name, std::string_view text) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void put_text(Writer& writer, std::string_view name, std::string_view text) {
  if (!text.empty()) put(writer, name, text);
}
void put_number(Writer& writer, std::string_view name, std::int64_t number) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  writer.Int64(number);
}
void put_flag(Writer& writer, std::string_view name, bool flag, bool usual) {
  if (flag == usual) return;
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  writer.Bool(flag);
}

void put_provenance(Writer& writer, const Provenance& provenance) {
  if (provenance == Provenance()) return;
  writer.Key("provenance");
  writer.StartObject();
  put_text(writer, "kind", provenance.kind);
  put_text(writer, "name", provenance.name);
  put_text(writer, "revision", provenance.revision);
  put_text(writer, "space", provenance.space);
  writer.EndObject();
}

const char* word(TlsVersion version) {
  switch (version) {
    case TlsVersion::Tls1_0: return "1.0";
    case TlsVersion::Tls1_1: return "1.1";
    case TlsVersion::Tls1_2: return "1.2";
    case TlsVersion::Tls1_3: return "1.3";
  }
  return "";
}

const char* word(Versioning versioning) {
  switch (versioning) {
    case Versioning::None: return "none";
    case Versioning::Segment: return "segment";
    case Versioning::Query: return "query";
    case Versioning::Header: return "header";
  }
  return "";
}

// What people wrote in a policy document may be a secret.
void put_policy(Writer& writer, std::string_view document, CanonicalForm form) {
  if (document.empty()) return;
  if (form == CanonicalForm::Full) {
    put(writer, "policy", document);
  } else {
    put(writer, "policySha256", hex(sha256(document)));
  }
}

void write(Writer& writer, const Operation& operation, CanonicalForm form) {
  writer.StartObject();
  put_text(writer, "defect", operation.defect);
  put(writer, "id", operation.id);
  put(writer, "method", operation.method);
  put_text(writer, "name", operation.name);
  put_policy(writer, operation.policy, form);
  put(writer, "urlTemplate", operation.url_template);
  writer.EndObject();
}

void write(Writer& writer, const ApiRevision& revision, CanonicalForm form) {
  const ApiRevision usual;
  writer.StartObject();
  put_text(writer, "backend", revision.backend);
  put_flag(writer, "current", revision.current, true);
  put_text(writer, "displayName", revision.display_name);
  put(writer, "id", revision.id);
  if (revision.key_header != usual.key_header) put(writer, "keyHeader", revision.key_header);
  if (revision.key_query != usual.key_query) put(writer, "keyQuery", revision.key_query);
  put(writer, "name", revision.name);
  put_flag(writer, "online", revision.online, true);
  writer.Key("operations");
  writer.StartArray();
  for (const Operation& operation : revision.operations) write(writer, operation, form);
  writer.EndArray();
  put_policy(writer, revision.policy, form);
  if (!revision.http || !revision.https) {
    writer.Key("protocols");
    writer.StartArray();
    if (revision.http) writer.String("http");
    if (revision.https) writer.String("https");
    writer.EndArray();
  }
  if (revision.revision != usual.revision) put(writer, "revision", revision.revision);
  if (form == CanonicalForm::Full) {
    put_text(writer, "schema", revision.schema);
  } else if (!revision.schema.empty()) {
    put(writer, "schemaSha256", hex(sha256(revision.schema)));
  }
  put_flag(writer, "subscriptionRequired", revision.subscription_required, false);
  put_text(writer, "version", revision.version);
  writer.EndObject();
}

void write(Writer& writer, const Api& api, CanonicalForm form) {
  const bool full = form == CanonicalForm::Full;
  writer.StartObject();
  put_text(writer, "backend", api.backend);
  put_flag(writer, "caseSensitive", api.case_sensitive, true);
  if (full && api.witness.changed_at) put_number(writer, "changedAt", *api.witness.changed_at);
  if (full && api.witness.created_at != 0) put_number(writer, "createdAt", api.witness.created_at);
  put_text(writer, "defect", api.defect);
  if (full && api.witness.generation != 0) put_number(writer, "generation", api.witness.generation);
  put_text(writer, "host", api.host);
  put(writer, "id", api.id);
  if (full) put_text(writer, "identity", api.witness.identity);
  if (api.match == MatchType::Exact) put(writer, "match", "exact");
  if (api.path != "/") put(writer, "path", api.path);
  put_text(writer, "policyFragment", api.policy_fragment);
  if (full) put_provenance(writer, api.provenance);
  put_flag(writer, "redirectToHttps", api.redirect_to_https, false);
  if (!api.revisions.empty()) {
    writer.Key("revisions");
    writer.StartArray();
    for (const ApiRevision& revision : api.revisions) write(writer, revision, form);
    writer.EndArray();
  }
  put_text(writer, "versionParameter", api.version_parameter);
  if (api.versioning != Versioning::None) put(writer, "versioning", word(api.versioning));
  writer.EndObject();
}

void write(Writer& writer, const CircuitBreaker& rule) {
  writer.StartObject();
  put_flag(writer, "acceptRetryAfter", rule.accept_retry_after, false);
  if (!rule.error_reasons.empty()) {
    writer.Key("errorReasons");
    writer.StartArray();
    for (const std::string& reason : rule.error_reasons)
      writer.String(reason.data(), static_cast<rapidjson::SizeType>(reason.size()));
    writer.EndArray();
  }
  if (rule.failure_count != 0) put_number(writer, "failureCount", rule.failure_count);
  if (rule.failure_percentage != 0) put_number(writer, "failurePercentage", rule.failure_percentage);
  put_number(writer, "intervalSeconds", rule.interval_seconds);
  if (!rule.statuses.empty()) {
    writer.Key("statuses");
    writer.StartArray();
    for (const StatusRange& range : rule.statuses) {
      writer.StartObject();
      put_number(writer, "max", range.max);
      put_number(writer, "min", range.min);
      writer.EndObject();
    }
    writer.EndArray();
  }
  put_number(writer, "tripSeconds", rule.trip_seconds);
  writer.EndObject();
}

void write(Writer& writer, const Backend& backend, CanonicalForm form) {
  writer.StartObject();
  put_text(writer, "affinityCookie", backend.affinity_cookie);
  if (backend.circuit_breaker) {
    writer.Key("circuitBreaker");
    write(writer, *backend.circuit_breaker);
  }
  if (!backend.endpoints.empty()) {
    writer.Key("endpoints");
    writer.StartArray();
    for (const Endpoint& endpoint : backend.endpoints) {
      writer.StartObject();
      put(writer, "address", endpoint.address);
      put_number(writer, "port", endpoint.port);
      writer.EndObject();
    }
    writer.EndArray();
  }
  put_text(writer, "hostHeader", backend.host_header);
  put(writer, "id", backend.id);
  put_text(writer, "pathPrefix", backend.path_prefix);
  if (!backend.pool.empty()) {
    writer.Key("pool");
    writer.StartArray();
    for (const PoolMember& member : backend.pool) {
      writer.StartObject();
      put(writer, "backend", member.backend);
      put_number(writer, "priority", member.priority);
      put_number(writer, "weight", member.weight);
      writer.EndObject();
    }
    writer.EndArray();
  }
  if (backend.protocol == BackendProtocol::Https) put(writer, "protocol", "https");
  if (form == CanonicalForm::Full) put_provenance(writer, backend.provenance);
  put_text(writer, "tlsCa", backend.tls_ca_pem);
  put_text(writer, "tlsServerName", backend.tls_server_name);
  put_flag(writer, "tlsSystemCas", backend.tls_system_cas, false);
  put_flag(writer, "tlsVerify", backend.tls_verify, true);
  writer.EndObject();
}

void write(Writer& writer, const Hostname& hostname, CanonicalForm form) {
  const bool full = form == CanonicalForm::Full;
  writer.StartObject();
  put_text(writer, "certificate", hostname.certificate);
  if (full && hostname.witness.changed_at) put_number(writer, "changedAt", *hostname.witness.changed_at);
  put_text(writer, "clientCa", hostname.client_ca_pem);
  if (full && hostname.witness.created_at != 0) put_number(writer, "createdAt", hostname.witness.created_at);
  put_text(writer, "defect", hostname.defect);
  if (full && hostname.witness.generation != 0) put_number(writer, "generation", hostname.witness.generation);
  put_text(writer, "host", hostname.host);
  put_flag(writer, "http2", hostname.http2, true);
  put(writer, "id", hostname.id);
  if (full) put_text(writer, "identity", hostname.witness.identity);
  if (hostname.min_version != TlsVersion::Tls1_2) put(writer, "minVersion", word(hostname.min_version));
  put_flag(writer, "negotiateClientCertificate", hostname.negotiate_client_certificate, false);
  if (full) put_provenance(writer, hostname.provenance);
  writer.EndObject();
}

void write(Writer& writer, const Certificate& certificate, CanonicalForm form) {
  const bool full = form == CanonicalForm::Full;
  writer.StartObject();
  if (full) {
    put_text(writer, "chain", certificate.chain_pem);
  } else {
    put(writer, "chainSha256", hex(sha256(certificate.chain_pem)));
  }
  put_text(writer, "defect", certificate.defect);
  put(writer, "id", certificate.id);
  if (full) {
    put_text(writer, "key", certificate.key_pem);
    put_provenance(writer, certificate.provenance);
  } else {
    put(writer, "keySha256", hex(sha256(certificate.key_pem)));
  }
  writer.EndObject();
}

void put_groups(Writer& writer, const std::vector<Group>& groups) {
  if (groups.empty()) return;
  writer.Key("groups");
  writer.StartArray();
  for (const Group& group : groups) {
    writer.StartObject();
    put(writer, "id", group.id);
    put_text(writer, "name", group.name);
    writer.EndObject();
  }
  writer.EndArray();
}

void write(Writer& writer, const Product& product, CanonicalForm form) {
  writer.StartObject();
  writer.Key("apis");
  writer.StartArray();
  for (const std::string& api : product.apis) {
    writer.String(api.data(), static_cast<rapidjson::SizeType>(api.size()));
  }
  writer.EndArray();
  put_flag(writer, "approvalRequired", product.approval_required, false);
  put_text(writer, "defect", product.defect);
  put_text(writer, "displayName", product.display_name);
  put_groups(writer, product.groups);
  put(writer, "id", product.id);
  put_policy(writer, product.policy, form);
  if (form == CanonicalForm::Full) put_provenance(writer, product.provenance);
  put_flag(writer, "published", product.published, true);
  put_flag(writer, "subscriptionRequired", product.subscription_required, true);
  if (product.subscriptions_limit != 0) put_number(writer, "subscriptionsLimit", product.subscriptions_limit);
  writer.EndObject();
}

void write(Writer& writer, const Subscription& subscription, CanonicalForm form) {
  const bool full = form == CanonicalForm::Full;
  const auto put_key = [&](std::string_view name, const std::string& key) {
    if (full) {
      put_text(writer, name, key);
    } else if (!key.empty()) {
      put(writer, std::string(name) + "Sha256", hex(sha256(key)));
    }
  };
  writer.StartObject();
  put_flag(writer, "active", subscription.active, true);
  put_text(writer, "created", subscription.created);
  put_text(writer, "defect", subscription.defect);
  put_text(writer, "displayName", subscription.display_name);
  put_text(writer, "end", subscription.end);
  put(writer, "id", subscription.id);
  put_key("primaryKey", subscription.primary_key);
  if (full) put_provenance(writer, subscription.provenance);
  switch (subscription.scope) {
    case Subscription::Scope::AllApis: put(writer, "scope", "all"); break;
    case Subscription::Scope::Api: put(writer, "scope", "api"); break;
    case Subscription::Scope::Product: put(writer, "scope", "product"); break;
  }
  put_key("secondaryKey", subscription.secondary_key);
  put_text(writer, "start", subscription.start);
  put_text(writer, "target", subscription.target);
  put_text(writer, "user", subscription.user);
  writer.EndObject();
}

void write(Writer& writer, const Policy& policy, CanonicalForm form) {
  writer.StartObject();
  put_text(writer, "defect", policy.defect);
  if (form == CanonicalForm::Full) {
    put(writer, "document", policy.document);
  } else {
    put(writer, "documentSha256", hex(sha256(policy.document)));
  }
  put(writer, "id", policy.id);
  if (form == CanonicalForm::Full) put_provenance(writer, policy.provenance);
  writer.EndObject();
}

void write(Writer& writer, const User& user, CanonicalForm form) {
  writer.StartObject();
  put_text(writer, "defect", user.defect);
  put_text(writer, "email", user.email);
  put_text(writer, "firstName", user.first_name);
  put_groups(writer, user.groups);
  put(writer, "id", user.id);
  if (!user.identities.empty()) {
    writer.Key("identities");
    writer.StartArray();
    for (const auto& [provider, id] : user.identities) {
      writer.StartObject();
      put(writer, "id", id);
      put(writer, "provider", provider);
      writer.EndObject();
    }
    writer.EndArray();
  }
  put_text(writer, "lastName", user.last_name);
  put_text(writer, "note", user.note);
  if (form == CanonicalForm::Full) put_provenance(writer, user.provenance);
  put_text(writer, "registered", user.registered);
  writer.EndObject();
}

void write(Writer& writer, const NamedValue& value, CanonicalForm form) {
  writer.StartObject();
  put_text(writer, "defect", value.defect);
  put_text(writer, "displayName", value.display_name);
  put(writer, "id", value.id);
  if (form == CanonicalForm::Full) put_provenance(writer, value.provenance);
  put_flag(writer, "secret", value.secret, false);
  if (form == CanonicalForm::Full) {
    put_text(writer, "value", value.value);
  } else {
    put(writer, "valueSha256", hex(sha256(value.id + '\x01' + value.value)));
  }
  writer.EndObject();
}

void write(Writer& writer, const PolicyFragment& fragment, CanonicalForm form) {
  writer.StartObject();
  put_text(writer, "defect", fragment.defect);
  if (form == CanonicalForm::Full) {
    put(writer, "document", fragment.document);
  } else {
    put(writer, "documentSha256", hex(sha256(fragment.document)));
  }
  put(writer, "id", fragment.id);
  if (form == CanonicalForm::Full) put_provenance(writer, fragment.provenance);
  writer.EndObject();
}

void write(Writer& writer, const EventHubLogger& logger, CanonicalForm form) {
  writer.StartObject();
  if (form == CanonicalForm::Full) {
    put_text(writer, "connectionString", logger.connection_string);
  } else {
    put(writer, "connectionStringSha256", hex(sha256(logger.connection_string)));
  }
  put_text(writer, "defect", logger.defect);
  put(writer, "id", logger.id);
  put_text(writer, "name", logger.name);
  if (form == CanonicalForm::Full) put_provenance(writer, logger.provenance);
  writer.EndObject();
}

template <typename T>
void write_one(const T& resource, CanonicalForm form, std::string& out) {
  StringStream stream{out};
  Writer writer(stream);
  write(writer, resource, form);
}

template <typename T>
void write_all(Writer& writer, const char* name, const SharedMap<T>& resources) {
  if (resources.empty()) return;
  writer.Key(name);
  writer.StartArray();
  for (const std::string_view id : resources.sorted_names()) {
    write(writer, *resources.find(id), CanonicalForm::Full);
  }
  writer.EndArray();
}

template <typename T>
Digest digest_of(const T& resource) {
  std::string text;
  write_one(resource, CanonicalForm::Content, text);
  return sha256(text);
}

}  // namespace

Digest sha256(std::string_view bytes) noexcept {
  Digest digest{};
  SHA256(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string hex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

void write_canonical(const Api& api, CanonicalForm form, std::string& out) { write_one(api, form, out); }
void write_canonical(const Backend& backend, CanonicalForm form, std::string& out) {
  write_one(backend, form, out);
}
void write_canonical(const Hostname& hostname, CanonicalForm form, std::string& out) {
  write_one(hostname, form, out);
}
void write_canonical(const Certificate& certificate, CanonicalForm form, std::string& out) {
  write_one(certificate, form, out);
}
void write_canonical(const Product& product, CanonicalForm form, std::string& out) {
  write_one(product, form, out);
}
void write_canonical(const Subscription& subscription, CanonicalForm form, std::string& out) {
  write_one(subscription, form, out);
}
void write_canonical(const Policy& policy, CanonicalForm form, std::string& out) {
  write_one(policy, form, out);
}

void write_canonical(const User& user, CanonicalForm form, std::string& out) { write_one(user, form, out); }
void write_canonical(const NamedValue& value, CanonicalForm form, std::string& out) {
  write_one(value, form, out);
}
void write_canonical(const PolicyFragment& fragment, CanonicalForm form, std::string& out) {
  write_one(fragment, form, out);
}
void write_canonical(const EventHubLogger& logger, CanonicalForm form, std::string& out) {
  write_one(logger, form, out);
}

Digest content_digest(const Api& api) { return digest_of(api); }
Digest content_digest(const Hostname& hostname) { return digest_of(hostname); }

std::string write_configuration_document(const SourceSnapshot& snapshot) {
  std::string text;
  StringStream stream{text};
  Writer writer(stream);
  writer.StartObject();
  put(writer, "apiVersion", "gateway/v1");
  write_all(writer, "apis", snapshot.apis);
  write_all(writer, "backends", snapshot.backends);
  write_all(writer, "certificates", snapshot.certificates);
  put_text(writer, "epoch", snapshot.epoch);
  write_all(writer, "fragments", snapshot.fragments);
  write_all(writer, "hostnames", snapshot.hostnames);
  put(writer, "kind", "Configuration");
  write_all(writer, "loggers", snapshot.loggers);
  write_all(writer, "namedValues", snapshot.named_values);
  write_all(writer, "policies", snapshot.policies);
  write_all(writer, "products", snapshot.products);
  put_text(writer, "revision", snapshot.revision);
  write_all(writer, "subscriptions", snapshot.subscriptions);
  write_all(writer, "users", snapshot.users);
  writer.EndObject();
  return text;
}

}  // namespace gateway
