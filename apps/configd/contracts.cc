#include "contracts.h"

#include "base/strings.h"

namespace configd {
namespace {

using enum Shape;
constexpr bool kRequired = true;
constexpr std::int64_t kPolicyBytes = 512 * 1024;

constexpr Member kApi[] = {
    {"path", Text, kRequired, 0, 400},
    {"displayName", Text, false, 1, 300},
    {"description", Text},
    {"serviceUrl", Text, false, 0, 2000},
    {"protocols", Texts, false, 0, -1, "http|https|ws|wss"},
    {"type", Text, false, 0, -1, "http|soap|websocket|graphql|grpc|odata"},
    {"subscriptionRequired", Flag},
    {"subscriptionKeyParameterNames", Object},
    {"subscriptionKeyParameterNames.header", Text, false, 1, 256},
    {"subscriptionKeyParameterNames.query", Text, false, 1, 256},
    {"apiRevision", Text, false, 1, 100},
    {"apiRevisionDescription", Text, false, 0, 256},
    {"apiVersion", Text, false, 0, 100},
    {"apiVersionDescription", Text, false, 0, 256},
    {"apiVersionSetId", Text, false, 0, -1, {}, Role::Reference, "apiVersionSets"},
    {"apiVersionSet", Object},
    {"isCurrent", Flag},
    {"isOnline", Flag, false, 0, -1, {}, Role::ReadOnly},
    {"authenticationSettings", Object},
    {"sourceApiId", Text, false, 0, -1, {}, Role::WriteOnly},
    {"format", Text, false, 0, -1, "openapi|openapi+json|swagger-json", Role::WriteOnly},
    {"value", Text, false, 0, -1, {}, Role::WriteOnly},
    {"translateRequiredQueryParameters", Text, false, 0, -1, "template|query", Role::WriteOnly},
};
constexpr Member kOperation[] = {
    {"displayName", Text, kRequired, 1, 300},
    {"method", Text, kRequired, 1, 100},
    {"urlTemplate", Text, kRequired, 1, 1000},
    {"description", Text},
    {"templateParameters", List},
    {"templateParameters[].name", Text, kRequired, 1},
    {"templateParameters[].type", Text, kRequired},
    {"templateParameters[].required", Flag},
    {"templateParameters[].values", Texts},
    {"request", Object},
    {"request.queryParameters", List},
    {"request.queryParameters[].name", Text, kRequired, 1},
    {"request.queryParameters[].type", Text, kRequired},
    {"request.headers", List},
    {"request.headers[].name", Text, kRequired, 1},
    {"request.headers[].type", Text, kRequired},
    {"request.representations", List},
    {"request.representations[].contentType", Text, kRequired, 1},
    {"responses", List},
    {"responses[].statusCode", Integer, kRequired, 100, 599},
    {"responses[].representations", List},
    {"responses[].representations[].contentType", Text, kRequired, 1},
    {"responses[].headers", List},
};
constexpr Member kPolicy[] = {
    {"format", Text, false, 0, -1, "xml|rawxml"},
    {"value", Text, kRequired, 1, kPolicyBytes},
};
constexpr Member kPolicyFragment[] = {
    {"format", Text, false, 0, -1, "xml|rawxml"},
    {"value", Text, kRequired, 1, kPolicyBytes},
    {"description", Text, false, 0, 1000},
};
constexpr Member kSchema[] = {
    {"contentType", Text, false, 1},
    {"schemaType", Text, false, 0, -1, "json|xml"},
    {"document", Object},
};
constexpr Member kRelease[] = {
    {"apiId", Text, kRequired, 0, -1, {}, Role::Reference, "apis"},
    {"notes", Text},
    {"createdDateTime", Time, false, 0, -1, {}, Role::ReadOnly},
    {"updatedDateTime", Time, false, 0, -1, {}, Role::ReadOnly},
};
constexpr Member kVersionSet[] = {
    {"displayName", Text, kRequired, 1, 100},
    {"description", Text},
    {"versioningScheme", Text, kRequired, 0, -1, "Segment|Query|Header"},
    {"versionQueryName", Text, false, 1, 100},
    {"versionHeaderName", Text, false, 1, 100},
};
constexpr Member kProduct[] = {
    {"displayName", Text, kRequired, 1, 300},
    {"description", Text, false, 0, 1000},
    {"terms", Text},
    {"state", Text, false, 0, -1, "notPublished|published"},
    {"subscriptionRequired", Flag},
    {"approvalRequired", Flag},
    {"subscriptionsLimit", Integer, false, 0},
};
constexpr Member kLink[] = {
    {"provisioningState", Text, false, 0, -1, {}, Role::ReadOnly},
};
constexpr Member kApiLink[] = {
    {"apiId", Text, kRequired, 0, -1, {}, Role::Reference, "apis"},
};
constexpr Member kSubscription[] = {
    {"displayName", Text, kRequired, 1, 100},
    {"scope", Text, kRequired, 1},
    {"state", Text, false, 0, -1, "active|suspended|submitted|rejected|cancelled|expired"},
    {"primaryKey", Text, false, 1, 256, {}, Role::Secret},
    {"secondaryKey", Text, false, 1, 256, {}, Role::Secret},
    {"ownerId", Text},
    {"allowTracing", Flag},
    {"startDate", Time},
    {"expirationDate", Time},
    {"createdDate", Time, false, 0, -1, {}, Role::ReadOnly},
};
constexpr Member kBackend[] = {
    {"url", Text, false, 1, 2000},
    {"protocol", Text, false, 0, -1, "http|soap"},
    {"type", Text, false, 0, -1, "Single|Pool"},
    {"title", Text, false, 1, 300},
    {"description", Text, false, 0, 2000},
    {"resourceId", Text, false, 1, 2000},
    {"credentials", Object},
    {"credentials.header", Object},
    {"credentials.query", Object},
    {"credentials.authorization", Object},
    {"credentials.authorization.scheme", Text, kRequired, 1, 100},
    {"credentials.authorization.parameter", Text, kRequired, 1, 300},
    {"credentials.certificate", Texts, false, 0, 32},
    {"credentials.certificateIds", Texts, false, 0, 32, {}, Role::Reference, "certificates"},
    {"tls", Object},
    {"tls.validateCertificateChain", Flag},
    {"tls.validateCertificateName", Flag},
    {"proxy", Object},
    {"proxy.url", Text, kRequired, 1, 2000},
    {"proxy.username", Text},
    {"proxy.password", Text},
    {"circuitBreaker", Object},
    {"circuitBreaker.rules", List},
    {"circuitBreaker.rules[].name", Text},
    {"circuitBreaker.rules[].tripDuration", Duration},
    {"circuitBreaker.rules[].acceptRetryAfter", Flag},
    {"circuitBreaker.rules[].failureCondition", Object},
    {"circuitBreaker.rules[].failureCondition.count", Integer, false, 1},
    {"circuitBreaker.rules[].failureCondition.percentage", Integer, false, 1, 100},
    {"circuitBreaker.rules[].failureCondition.interval", Duration},
    {"circuitBreaker.rules[].failureCondition.errorReasons", Texts, false, 0, 10},
    {"circuitBreaker.rules[].failureCondition.statusCodeRanges", List, false, 0, 10},
    {"circuitBreaker.rules[].failureCondition.statusCodeRanges[].min", Integer, kRequired, 200,
     599},
    {"circuitBreaker.rules[].failureCondition.statusCodeRanges[].max", Integer, kRequired, 200,
     599},
    {"pool", Object},
    {"pool.services", List, false, 1, 30},
    {"pool.services[].id", Text, kRequired, 0, -1, {}, Role::Reference, "backends"},
    {"pool.services[].priority", Integer, false, 0, 100},
    {"pool.services[].weight", Integer, false, 0, 100},
};
constexpr Member kNamedValue[] = {
    {"displayName", Text, kRequired, 1, 256},
    {"value", Text, false, 1, 4096},
    {"secret", Flag},
    {"tags", Texts, false, 0, 32},
    {"keyVault", Object},
    {"keyVault.secretIdentifier", Text, kRequired, 1},
    {"keyVault.identityClientId", Text},
};
constexpr Member kCertificate[] = {
    {"data", Text, false, 1, 2 << 20, {}, Role::Secret},
    {"pem", Text, false, 1, 2 << 20, {}, Role::Secret},
    {"password", Text, false, 0, 4096, {}, Role::Secret},
    {"subject", Text, false, 0, -1, {}, Role::ReadOnly},
    {"thumbprint", Text, false, 0, -1, {}, Role::ReadOnly},
    {"expirationDate", Time, false, 0, -1, {}, Role::ReadOnly},
};
constexpr Member kGateway[] = {
    {"description", Text, false, 0, 1000},
    {"locationData", Object},
    {"locationData.name", Text, kRequired, 1, 256},
    {"locationData.city", Text, false, 0, 256},
    {"locationData.district", Text, false, 0, 256},
    {"locationData.countryOrRegion", Text, false, 0, 256},
};
constexpr Member kHostname[] = {
    {"hostname", Text, kRequired, 1, 255},
    {"certificateId", Text, false, 0, -1, {}, Role::Reference, "certificates"},
    {"negotiateClientCertificate", Flag},
    {"tls10Enabled", Flag},
    {"tls11Enabled", Flag},
    {"http2Enabled", Flag},
};
constexpr Member kCertificateAuthority[] = {{"isTrusted", Flag}};
constexpr Member kLogger[] = {{"credentials", Object, false, 0, -1, {}, Role::Secret}};
constexpr Member kCache[] = {{"connectionString", Text, false, 1, 300, {}, Role::Secret}};
constexpr Member kAuthorizationServer[] = {
    {"clientSecret", Text, false, 0, -1, {}, Role::Secret},
    {"resourceOwnerPassword", Text, false, 0, -1, {}, Role::Secret},
};
constexpr Member kOpenIdProvider[] = {{"clientSecret", Text, false, 0, -1, {}, Role::Secret}};
constexpr Member kUser[] = {{"password", Text, false, 0, -1, {}, Role::Secret}};

constexpr Contract kContracts[] = {
    {"apis", "API", kApi},
    {"apis/operations", "operation", kOperation},
    {"apis/operations/policies", "policy", kPolicy},
    {"apis/policies", "policy", kPolicy},
    {"apis/releases", "release", kRelease},
    {"apis/schemas", "schema", kSchema},
    {"apis/diagnostics", "diagnostic", {}},
    {"apiVersionSets", "API version set", kVersionSet},
    {"authorizationServers", "authorization server", kAuthorizationServer},
    {"backends", "backend", kBackend},
    {"caches", "cache", kCache},
    {"certificates", "certificate", kCertificate},
    {"diagnostics", "diagnostic", {}},
    {"gateways", "gateway", kGateway},
    {"gateways/apis", "API of a gateway", kLink, true},
    {"gateways/certificateAuthorities", "certificate authority", kCertificateAuthority},
    {"gateways/hostnameConfigurations", "hostname configuration", kHostname},
    {"groups", "group", {}},
    {"loggers", "logger", kLogger},
    {"namedValues", "named value", kNamedValue},
    {"openidConnectProviders", "OpenID Connect provider", kOpenIdProvider},
    {"policies", "policy", kPolicy},
    {"policyFragments", "policy fragment", kPolicyFragment},
    {"products", "product", kProduct},
    {"products/apiLinks", "API of a product", kApiLink},
    {"products/apis", "API of a product", kLink, true},
    {"products/groups", "group of a product", kLink, true},
    {"products/policies", "policy", kPolicy},
    {"schemas", "schema", kSchema},
    {"subscriptions", "subscription", kSubscription},
    {"tags", "tag", {}},
    {"users", "user", kUser},
};

}  // namespace

const Contract* find_contract(std::string_view kind) noexcept {
  for (const Contract& contract : kContracts) {
    if (contract.kind == kind) return &contract;
  }
  return nullptr;
}

std::string_view spelled_collection(std::string_view parent, std::string_view collection) noexcept {
  for (const Contract& contract : kContracts) {
    const std::size_t slash = contract.kind.rfind('/');
    const bool top = slash == std::string_view::npos;
    const std::string_view above = top ? std::string_view() : contract.kind.substr(0, slash);
    const std::string_view last = top ? contract.kind : contract.kind.substr(slash + 1);
    if (above == parent && gateway::equals_ignoring_case(last, collection)) return last;
  }
  return {};
}

}  // namespace configd
