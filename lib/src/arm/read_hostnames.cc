#include "arm/facts.h"
#include "arm/pkcs12.h"
#include "base/base64.h"
#include "base/strings.h"
#include "model/validate.h"

namespace gateway::arm {
namespace {

constexpr std::size_t kMaxId = 8192;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxPassword = 4096;
constexpr std::size_t kMaxPem = 1u << 20;
constexpr std::size_t kMaxData = 2u << 20;  // base64 of the largest PKCS#12 file

void read_host(const Members& properties, Hostname& hostname) {
  constexpr std::string_view kAllowed =
      "allowed are a DNS name, '*.' before one, or '*' for any host";
  std::string host;
  if (!properties.find("hostname")) {
    properties.complain("hostname", "is missing; " + std::string(kAllowed));
    return;
  }
  if (!properties.read("hostname", host, kMaxName) || host == "*") return;
  host = to_lower(host);
  if (host.empty() || !valid_host_pattern(host)) {
    properties.complain("hostname", "is " + quote(host) + "; " + std::string(kAllowed));
    return;
  }
  hostname.host = std::move(host);
}

void read_certificate_id(const Members& properties, Hostname& hostname) {
  std::string id;
  if (!properties.read("certificateId", id, kMaxId) || id.empty()) return;
  const auto known = short_id(id);
  if (known.ok() && kind_of(*known) == "certificates") {
    hostname.certificate = id_parts(*known)[1];
  } else {
    properties.complain(
        "certificateId",
        "is " + quote(id) + "; allowed is the id of a certificate, such as /certificates/shop");
  }
}

Result<CertificateFile> read_file(const Members& properties, std::string_view where) {
  std::string text;
  if (properties.read("pem", text, kMaxPem)) return read_pem_file(text, where);
  if (!properties.read("data", text, kMaxData)) return CertificateFile();
  const auto bytes = decode_base64(text);
  if (!bytes) {
    properties.complain("data", "must be a PKCS#12 file in base64");
    return CertificateFile();
  }
  std::string password;
  properties.read("password", password, kMaxPassword);
  return read_pkcs12(*bytes, password, where);
}

}  // namespace

Hostname read_hostname(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  const Times times = envelope.times();
  Hostname hostname;
  hostname.id = id_parts(resource.id)[3];
  hostname.provenance = {.kind = "Hostname", .space = "", .name = hostname.id, .revision = ""};
  hostname.witness.changed_at = times.changed_at;
  hostname.witness.created_at = times.created_at.value_or(0);
  read_host(properties, hostname);
  read_certificate_id(properties, hostname);
  properties.read("negotiateClientCertificate", hostname.negotiate_client_certificate);
  properties.read("http2Enabled", hostname.http2);
  bool tls10 = false;
  bool tls11 = false;
  properties.read("tls10Enabled", tls10);
  properties.read("tls11Enabled", tls11);
  hostname.min_version = tls10   ? TlsVersion::Tls1_0
                         : tls11 ? TlsVersion::Tls1_1
                                 : TlsVersion::Tls1_2;
  hostname.defect = join_problems(problems);
  return hostname;
}

CertificateFacts read_certificate(const Resource& resource) {
  CertificateFacts facts;
  const Envelope envelope(resource, facts.problems);
  const Members properties = envelope.properties();
  if (!properties.find("pem") && !properties.find("data")) {
    properties.complain("data",
                        "is missing; allowed is a PKCS#12 file in base64 (a certificate in a key "
                        "vault is not fetched)");
    return facts;
  }
  auto file = read_file(properties, resource.id);
  if (!file.ok()) {
    facts.problems.push_back(resource.id + ": " + file.error().message);
    return facts;
  }
  facts.chain_pem = std::move(file->chain_pem);
  facts.key_pem = std::move(file->key_pem);
  return facts;
}

AuthorityFacts read_authority(const Resource& resource) {
  AuthorityFacts facts;
  const Envelope envelope(resource, facts.problems);
  envelope.properties().read("isTrusted", facts.trusted);
  return facts;
}

}  // namespace gateway::arm
