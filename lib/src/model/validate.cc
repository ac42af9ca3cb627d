#include "model/validate.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/strings.h"
#include "model/url_template.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxName = 253;      // RFC 1035 §2.3.4, without the trailing dot
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxText = 1024;     // ids and provenance
constexpr std::size_t kMaxPath = 8192;

// Appends Errors that all speak of one object.
class Problems {
 public:
  Problems(std::string_view where, std::vector<Error>& out) : where_(where), out_(out) {}
  void add(std::string_view field, std::string message) {
    out_.push_back({ErrorCode::InvalidArgument, "configuration", std::move(message),
                    std::string(where_) + ": " + std::string(field), false});
  }

 private:
  std::string_view where_;
  std::vector<Error>& out_;
};

bool is_ipv4(const std::string& text) noexcept {
  in_addr parsed{};
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1;
}

bool is_ipv6(const std::string& text) noexcept {
  in6_addr parsed{};
  return inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

// A DNS name of letters, digits and hyphens; underscores where the resolver alone will see it.
bool is_dns_name(std::string_view name, bool underscores) {
  if (name.empty() || name.size() > kMaxName) return false;
  for (const std::string_view label : split(name, '.')) {
    if (label.empty() || label.size() > kMaxLabel) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
      if (!is_alpha(c) && !is_digit(c) && c != '-' && !(underscores && c == '_')) return false;
    }
  }
  return true;
}

// Names such as "127.1", "0x7f000001" and "2130706433", which resolvers take for IPv4 addresses.
bool looks_like_number(std::string_view name) {
  const std::string_view last = split(name, '.').back();
  const bool decimal = last.find_first_not_of("0123456789") == std::string_view::npos;
  const bool hexadecimal = last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X') &&
                           last.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  return decimal || hexadecimal;
}

// Why nothing may be proxied to this IP address; nullopt when it is not one, "" when it is sound.
std::optional<std::string> address_problem(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  in_addr v4{};
  bool is_v4 = inet_pton(AF_INET, text.c_str(), &v4) == 1;
  if (is_v4) {
    std::memcpy(bytes.data(), &v4, 4);
  } else {
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
      std::memmove(bytes.data(), bytes.data() + 12, 4);
      is_v4 = true;
    }
  }
  const bool link_local = is_v4 ? bytes[0] == 169 && bytes[1] == 254
                                : bytes[0] == 0xFE && (bytes[1] & 0xC0u) == 0x80;
  if (link_local) return "is link-local: nothing is ever proxied there";
  const bool multicast = is_v4 ? bytes[0] >= 224 : bytes[0] == 0xFF;
  const std::size_t length = is_v4 ? 4 : 16;
  const bool unspecified = std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length),
                                       [](unsigned char b) { return b == 0; });
  if (multicast || unspecified) return "is not the address of one host";
  return "";
}

bool is_pchar(char c) noexcept {
  return is_alpha(c) || is_digit(c) ||
         (c != '\0' && std::strchr("-._~!$&'()*+,;=:@", c) != nullptr);
}

// What is wrong with a path that is matched or put in front of one; "" when nothing. The request's
// path is normalised before it is matched: a rule that no normal path can equal is a mistake.
std::string path_problem(std::string_view path) {
  if (!path.starts_with('/')) return "must start with '/'";
  if (path.size() > kMaxPath) return "must be at most " + std::to_string(kMaxPath) + " bytes long";
  if (path.find("//") != std::string_view::npos) return "must not contain '//'";
  for (const std::string_view element : split(path, '/')) {
    if (element == "." || element == "..") return "must not contain the elements '.' and '..'";
  }
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '/' || is_pchar(c)) continue;
    if (c != '%') {
      return "must be made of letters, digits, /-._~!$&'()*+,;=:@ and %XX for every other byte, not " +
             quote(path.substr(i, 1));
    }
    const std::string_view code = path.substr(i, 3);
    if (code.size() < 3 || !is_hex_digit(code[1]) || !is_hex_digit(code[2])) {
      return "has a '%' without two hexadecimal digits after it";
    }
    if (code == "%2F" || code == "%2f" || code == "%5C" || code == "%5c" || code == "%00") {
      return "must not contain an encoded slash, backslash or NUL (" + std::string(code) + ")";
    }
    const auto upper = [](char h) { return h >= 'a' && h <= 'f' ? static_cast<char>(h - 32) : h; };
    if (upper(code[1]) != code[1] || upper(code[2]) != code[2]) {
      return "must have upper-case hexadecimal digits: %" + std::string{upper(code[1]), upper(code[2])} +
             " instead of " + std::string(code);
    }
    const auto nibble = [](char h) { return is_digit(h) ? h - '0' : h - 'A' + 10; };
    const char plain = static_cast<char>(nibble(code[1]) * 16 + nibble(code[2]));
    if (is_alpha(plain) || is_digit(plain) || (plain > 0 && std::strchr("-._~", plain) != nullptr)) {
      return "must have '" + std::string(1, plain) + "' plain instead of " + std::string(code);
    }
    i += 2;
  }
  return "";
}

std::string host_problem(std::string_view host) {
  constexpr std::string_view kAllowed =
      "; allowed are a DNS name (a.example), '*.' before one, or nothing for any host";
  if (valid_host_pattern(host)) return "";
  const std::string lower = to_lower(host);
  if (lower != host && valid_host_pattern(lower)) {
    return quote(host) + " has upper-case letters: write it in lower case, " + quote(lower);
  }
  if (host.find(':') != std::string_view::npos) {
    return quote(host) + " must be without a port" + std::string(kAllowed);
  }
  return quote(host) + " is no host pattern" + std::string(kAllowed);
}

void check_text(std::string_view field, std::string_view text, bool required, Problems& problems) {
  if (required && text.empty()) problems.add(field, "must not be empty");
  if (text.size() > kMaxText) {
    problems.add(field, "must be at most " + std::to_string(kMaxText) + " bytes long");
  }
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control || !is_utf8(text)) problems.add(field, "must be UTF-8 without control characters");
}

void check_common(std::string_view id, const Provenance& provenance, Problems& problems) {
  check_text("id", id, true, problems);
  check_text("provenance.kind", provenance.kind, false, problems);
  check_text("provenance.space", provenance.space, false, problems);
  check_text("provenance.name", provenance.name, false, problems);
  check_text("provenance.revision", provenance.revision, false, problems);
}

// A field name (RFC 9110 §5.1) or a method (§9.1).
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  });
}

void check_revision(const ApiRevision& revision, const std::string& field, Problems& problems) {
  check_text(field + "id", revision.id, true, problems);
  check_text(field + "name", revision.name, true, problems);
  check_text(field + "version", revision.version, false, problems);
  if (revision.version.find('/') != std::string::npos) {
    problems.add(field + "version", "must not contain '/'");
  }
  if (!parse_decimal(revision.revision, 1'000'000).value_or(0)) {
    problems.add(field + "revision", quote(revision.revision) + " must be a number from 1 to 1000000");
  }
  check_text(field + "backend", revision.backend, true, problems);
  if (!revision.http && !revision.https) {
    problems.add(field + "protocols", "must have http, https or both");
  }
  if (!is_token(revision.key_header)) problems.add(field + "keyHeader", "must be a field name");
  check_text(field + "keyQuery", revision.key_query, true, problems);
  for (std::size_t i = 0; i < revision.operations.size(); ++i) {
    const Operation& operation = revision.operations[i];
    const std::string at = field + "operations[" + std::to_string(i) + "].";
    check_text(at + "id", operation.id, true, problems);
    if (!is_token(operation.method)) {
      problems.add(at + "method", quote(operation.method) + " must be a method such as GET");
    }
    if (auto problem = url_template_problem(operation.url_template); !problem.empty()) {
      problems.add(at + "urlTemplate", quote(operation.url_template) + " " + problem);
    }
  }
}

void check_revisions(const Api& api, Problems& problems) {
  if (api.match != MatchType::Prefix) problems.add("match", "must be prefix where there are revisions");
  if (api.versioning == Versioning::Header && !is_token(api.version_parameter)) {
    problems.add("versionParameter", "must be a field name");
  }
  if (api.versioning == Versioning::Query) {
    check_text("versionParameter", api.version_parameter, true, problems);
  }
  std::set<std::pair<std::string, std::string>> seen;
  std::set<std::string> current;
  for (std::size_t i = 0; i < api.revisions.size(); ++i) {
    const ApiRevision& revision = api.revisions[i];
    const std::string field = "revisions[" + std::to_string(i) + "].";
    check_revision(revision, field, problems);
    const std::string version = to_lower(revision.version);
    if (api.versioning == Versioning::None && !version.empty()) {
      problems.add(field + "version", quote(revision.version) + " needs a versioning scheme");
    }
    if (!seen.emplace(version, revision.revision).second) {
      problems.add(field + "revision", "an earlier one has the same version and revision");
    }
    if (revision.current && !current.insert(version).second) {
      problems.add(field + "current", "an earlier revision of this version is the current one");
    }
  }
}

void check_witness(const Witness& witness, Problems& problems) {
  if (witness.changed_at && *witness.changed_at < 0) problems.add("changedAt", "must not be before 1970");
  if (witness.created_at < 0) problems.add("createdAt", "must not be before 1970");
  if (witness.generation < 0) problems.add("generation", "must not be negative");
  check_text("identity", witness.identity, false, problems);
}

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// Never asks a terminal: an encrypted key is simply one that cannot be read.
int no_password(char*, int, int, void*) { return 0; }

Owned<BIO> reader(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Every certificate of a PEM text; nothing when one of them is broken or none is there.
std::vector<Owned<X509>> read_certificates(std::string_view pem) {
  std::vector<Owned<X509>> chain;
  if (pem.size() > (16u << 20)) return chain;
  const Owned<BIO> bio = reader(pem);
  for (;;) {
    Owned<X509> next(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!next) break;
    chain.push_back(std::move(next));
  }
  const auto last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE) chain.clear();
  ERR_clear_error();
  return chain;
}

}  // namespace

bool valid_host_pattern(std::string_view host) noexcept {
  if (host.empty()) return true;
  if (host.size() > kMaxName) return false;
  const bool wildcard = host.starts_with("*.");
  if (wildcard) host.remove_prefix(2);
  for (const char c : host) {
    if (c >= 'A' && c <= 'Z') return false;
  }
  if (!is_dns_name(host, false)) return false;
  return !(wildcard && is_ipv4(std::string(host)));
}

std::string describe(const Provenance& provenance, std::string_view id) {
  if (provenance.kind.empty() || provenance.name.empty()) return std::string(id);
  const std::string space = provenance.space.empty() ? "" : provenance.space + "/";
  return provenance.kind + " " + space + provenance.name;
}

void validate(const Api& api, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(api.id, api.provenance, problems);
  check_witness(api.witness, problems);
  if (auto problem = host_problem(api.host); !problem.empty()) problems.add("host", std::move(problem));
  if (auto problem = path_problem(api.path); !problem.empty()) {
    problems.add("path", quote(api.path) + " " + problem);
  }
  if (!api.defect.empty()) return;
  if (!api.policy_fragment.empty()) {
    check_text("policyFragment", api.policy_fragment, true, problems);
    if (!api.revisions.empty()) problems.add("policyFragment", "is of APIs without revisions; these have policies of their own");
  }
  if (!api.revisions.empty()) {
    check_revisions(api, problems);
    return;
  }
  check_text("backend", api.backend, true, problems);
  if (api.versioning != Versioning::None) problems.add("versioning", "needs revisions");
}

namespace {

void check_balancing(const Backend& backend, Problems& problems) {
  if (const auto& rule = backend.circuit_breaker) {
    const bool by_count = rule->failure_count > 0, by_share = rule->failure_percentage > 0;
    if (by_count == by_share) problems.add("circuitBreaker", "must have either failureCount or failurePercentage");
    if (rule->failure_percentage > 100) problems.add("circuitBreaker.failurePercentage", "must be between 1 and 100");
    if (rule->statuses.empty() && rule->error_reasons.empty())
      problems.add("circuitBreaker", "must have statuses or errorReasons: else nothing is a failure");
    for (const StatusRange& range : rule->statuses)
      if (range.min < 100 || range.max > 599 || range.min > range.max)
        problems.add("circuitBreaker.statuses", "must be ranges between 100 and 599, min not above max");
    for (const std::int64_t seconds : {rule->interval_seconds, rule->trip_seconds})
      if (seconds < 1 || seconds > 86'400)
        problems.add("circuitBreaker", "its intervalSeconds and tripSeconds must be between 1 and 86400");
    if (!backend.pool.empty()) problems.add("circuitBreaker", "is of a pool's members, not of the pool");
  }
  if (!backend.affinity_cookie.empty()) {
    if (backend.pool.empty()) problems.add("affinityCookie", "needs a pool");
    if (!is_token(backend.affinity_cookie)) problems.add("affinityCookie", quote(backend.affinity_cookie) + " must be the name of a cookie");
  }
  if (backend.pool.empty()) return;
  if (!backend.endpoints.empty()) problems.add("endpoints", "a pool has none of its own");
  if (backend.pool.size() > 30) problems.add("pool", "must have at most 30 members");
  for (std::size_t i = 0; i < backend.pool.size(); ++i) {
    const PoolMember& member = backend.pool[i];
    const std::string field = "pool[" + std::to_string(i) + "].";
    if (member.backend.empty() || member.backend == backend.id) problems.add(field + "backend", "must be the id of another backend");
    if (member.weight < 1 || member.weight > 100) problems.add(field + "weight", "must be between 1 and 100");
    if (member.priority > 100) problems.add(field + "priority", "must be between 0 and 100");
    for (std::size_t j = 0; j < i; ++j)
      if (backend.pool[j].backend == member.backend) problems.add(field + "backend", quote(member.backend) + " is there twice");
  }
}

}  // namespace

void validate(const Backend& backend, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(backend.id, backend.provenance, problems);
  check_balancing(backend, problems);
  for (std::size_t i = 0; i < backend.endpoints.size(); ++i) {
    const Endpoint& endpoint = backend.endpoints[i];
    const std::string field = "endpoints[" + std::to_string(i) + "].";
    if (endpoint.port == 0) problems.add(field + "port", "must be between 1 and 65535");
    const auto problem = address_problem(endpoint.address);
    if (problem && !problem->empty()) {
      problems.add(field + "address", quote(endpoint.address) + " " + *problem);
    } else if (!problem && (!is_dns_name(endpoint.address, true) || looks_like_number(endpoint.address))) {
      problems.add(field + "address",
                   quote(endpoint.address) + " must be an IP address without brackets, or a DNS name");
    }
  }
  if (!backend.host_header.empty()) {
    const std::string_view text = backend.host_header;
    const bool bracketed = text.starts_with('[') && text.find(']') != std::string_view::npos;
    const auto colon = text.find(':', bracketed ? text.find(']') : 0);
    const std::string_view name = text.substr(0, colon);
    const bool port_ok =
        colon == std::string_view::npos || parse_decimal(text.substr(colon + 1), 65535).has_value();
    const bool name_ok = bracketed ? name.ends_with(']') && is_ipv6(std::string(name.substr(1, name.size() - 2)))
                                   : is_dns_name(name, true);
    if (!port_ok || !name_ok) {
      problems.add("hostHeader", quote(text) +
                                     " must be a name, an IPv4 address or an IPv6 address in brackets, with or without ':port'");
    }
  }
  if (!backend.path_prefix.empty()) {
    std::string problem = path_problem(backend.path_prefix);
    if (problem.empty() && backend.path_prefix.ends_with('/')) problem = "must not end with '/'";
    if (!problem.empty()) problems.add("pathPrefix", quote(backend.path_prefix) + " " + problem);
  }
  if (!backend.tls_server_name.empty() && !is_dns_name(backend.tls_server_name, true) &&
      !address_problem(backend.tls_server_name)) {
    problems.add("tlsServerName", quote(backend.tls_server_name) + " must be a DNS name or an IP address");
  }
  if (!backend.tls_ca_pem.empty() && read_certificates(backend.tls_ca_pem).empty()) {
    problems.add("tlsCa", "must be one or more certificates in PEM");
  }
}

void validate(const Certificate& certificate, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(certificate.id, certificate.provenance, problems);
  if (!certificate.defect.empty()) return;
  const auto chain = read_certificates(certificate.chain_pem);
  if (chain.empty()) problems.add("chain", "must be one or more certificates in PEM, the leaf first");
  const Owned<BIO> bio = reader(certificate.key_pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) problems.add("key", "must be a private key in PEM (PKCS#8, SEC1 or PKCS#1), not encrypted");
  if (key && !chain.empty() && X509_check_private_key(chain.front().get(), key.get()) != 1) {
    problems.add("key", "does not belong to the first certificate of the chain");
  }
  ERR_clear_error();
}

void validate(const Hostname& hostname, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(hostname.id, hostname.provenance, problems);
  check_witness(hostname.witness, problems);
  if (auto problem = host_problem(hostname.host); !problem.empty()) {
    problems.add("host", std::move(problem));
  }
  check_text("certificate", hostname.certificate, false, problems);
  if (!hostname.client_ca_pem.empty() && read_certificates(hostname.client_ca_pem).empty()) {
    problems.add("clientCa", "must be one or more certificates in PEM");
  }
}

void validate(const Product& product, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(product.id, product.provenance, problems);
  for (const std::string& api : product.apis) check_text("apis", api, true, problems);
}

void validate(const Subscription& subscription, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(subscription.id, subscription.provenance, problems);
  const bool target = subscription.scope != Subscription::Scope::AllApis;
  check_text("target", subscription.target, target, problems);
  const auto check_key = [&](std::string_view field, std::string_view key) {
    const bool plain = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (key.size() > 256 || !plain) {
      problems.add(field, "must be at most 256 printable ASCII characters without spaces");
    }
  };
  check_key("primaryKey", subscription.primary_key);
  check_key("secondaryKey", subscription.secondary_key);
}

void validate(const User& user, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(user.id, user.provenance, problems);
}

void validate(const NamedValue& value, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(value.id, value.provenance, problems);
  const bool plain = std::all_of(value.display_name.begin(), value.display_name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
  if (!plain || value.display_name.size() > 256)
    problems.add("displayName", quote(value.display_name) + " may have letters, digits, '.', '-' and '_', at most 256");
  if (value.value.size() > 4096) problems.add("value", "may have at most 4096 bytes");
}

void validate(const PolicyFragment& fragment, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(fragment.id, fragment.provenance, problems);
}

void validate(const EventHubLogger& logger, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(logger.id, logger.provenance, problems);
}

void validate(const Policy& policy, std::string_view where, std::vector<Error>& out) {
  Problems problems(where, out);
  check_common(policy.id, policy.provenance, problems);
  if (policy.id != "global") problems.add("id", quote(policy.id) + " must be \"global\"");
}

}  // namespace gateway
