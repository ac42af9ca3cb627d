#include <algorithm>

#include "arm/read_balancing.h"
#include "arm/facts.h"
#include "arm/service_url.h"
#include "base/strings.h"

// What policy documents refer to: named values, fragments, backends, loggers, users.
namespace gateway::arm {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxDocument = std::size_t{1} << 20;

Provenance provenance_of(std::string_view kind, const std::string& name) {
  return {.kind = std::string(kind), .space = "", .name = name, .revision = ""};
}

}  // namespace

NamedValue read_named_value(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  NamedValue value;
  value.id = id_parts(resource.id)[1];
  value.provenance = provenance_of("NamedValue", value.id);
  value.display_name = value.id;
  properties.read("displayName", value.display_name, 256);
  properties.read("secret", value.secret);
  properties.read("value", value.value, kMaxText);
  if (!properties.find("value")) {
    const bool vault = properties.find("keyVault") != nullptr;
    properties.complain("value", vault ? "is missing: a reference to a key vault cannot be followed here"
                                       : "is missing");
  }
  value.defect = join_problems(problems);
  return value;
}

PolicyFragment read_fragment(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  PolicyFragment fragment;
  fragment.id = id_parts(resource.id)[1];
  fragment.provenance = provenance_of("PolicyFragment", fragment.id);
  properties.read("value", fragment.document, kMaxDocument);
  if (!properties.find("value")) properties.complain("value", "is missing");
  fragment.defect = join_problems(problems);
  return fragment;
}

EventHubLogger read_logger(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  EventHubLogger logger;
  logger.id = id_parts(resource.id)[1];
  logger.provenance = provenance_of("Logger", logger.id);
  const Members credentials = properties.object("credentials");
  credentials.read("name", logger.name, kMaxText);
  credentials.read("connectionString", logger.connection_string, kMaxText);
  logger.defect = join_problems(problems);
  return logger;
}

User read_user(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  User user;
  user.id = id_parts(resource.id)[1];
  user.provenance = provenance_of("User", user.id);
  properties.read("email", user.email, kMaxText);
  properties.read("firstName", user.first_name, kMaxText);
  properties.read("lastName", user.last_name, kMaxText);
  properties.read("note", user.note, kMaxText);
  properties.read("registrationDate", user.registered, 64);
  user.defect = join_problems(problems);
  return user;
}

std::optional<Backend> read_backend(const Resource& resource, Problems& problems) {
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  const std::string name(id_parts(resource.id)[1]);
  std::string type;
  if (properties.find("type")) (void)properties.read("type", type, 100);
  if (equals_ignoring_case(type, "Pool")) {
    Backend pool;
    pool.id = std::string(kBackendIds) + name;
    pool.provenance = provenance_of("Backend", name);
    const std::size_t before = problems.size();
    read_pool(envelope.properties_value(), properties, pool);
    if (problems.size() > before) return std::nullopt;
    return pool;
  }
  std::string url;
  if (!properties.find("url")) {
    properties.complain("url", "is missing");
    return std::nullopt;
  }
  if (!properties.read("url", url, 2000)) return std::nullopt;
  std::vector<std::string> wrong;
  std::optional<Backend> backend = read_service_url(url, false, wrong);
  for (const std::string& one : wrong) properties.complain("url", one);
  if (!backend || !wrong.empty()) return std::nullopt;
  backend->id = std::string(kBackendIds) + name;
  backend->provenance = provenance_of("Backend", name);
  const Members tls = properties.object("tls");
  bool chain = true, host = true;
  tls.read("validateCertificateChain", chain);
  tls.read("validateCertificateName", host);
  backend->tls_verify = chain && host;
  const std::size_t before = problems.size();
  read_circuit_breaker(envelope.properties_value(), properties, *backend);
  if (problems.size() > before) return std::nullopt;
  return backend;
}

}  // namespace gateway::arm
