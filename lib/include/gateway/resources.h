#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gateway/export.h>

// The typed elements of a SourceSnapshot. All are plain values; a snapshot holds them as
// shared_ptr<const T>, so that an equal pointer means "unchanged" and is the cheap way to say so.
// Ids are scoped to their source: "users" of one source never meets "users" of another.
namespace gateway {

// Which object said this: for people, logs and `explain`; it never decides anything but ties.
struct Provenance {
  std::string kind;         // "Ingress", "Api", …
  std::string space;        // the namespace, where the source knows such; may be empty
  std::string name;
  std::string revision;     // the object's own revision, such as a resourceVersion; may be empty
  bool operator==(const Provenance&) const = default;
};

// When the content last changed, as far as the source can tell.
struct Witness {
  // Whole seconds since 1970-01-01T00:00:00Z; absent when the source cannot vouch for it.
  std::optional<std::int64_t> changed_at;
  // When the object was created, same unit; 0 when unknown. Decides between two objects of one source.
  std::int64_t created_at = 0;
  // The object's identity and change counter (Kubernetes: uid and generation). A counter that rose
  // for the same identity while `changed_at` stood still says that `changed_at` is not to be trusted.
  std::string identity;
  std::int64_t generation = 0;
  bool operator==(const Witness&) const = default;
};

enum class MatchType : std::uint8_t {
  Exact,   // the whole path, trailing slash significant
  Prefix,  // element by element; a trailing slash is ignored on both sides
};

// The unit of exposure and of conflict: a host pattern and a path that lead to a backend.
struct Api {
  std::string id;
  std::string host;               // "" = any host, "a.example" = that host, "*.example" = exactly one label more
  std::string path = "/";         // starts with '/'; normalised by the registry
  MatchType match = MatchType::Prefix;
  bool case_sensitive = true;     // Kubernetes paths are; cloud paths are not
  std::string backend;            // id of a Backend of the same source
  bool redirect_to_https = false; // a plain-text request is answered with 308 to https://
  Witness witness;
  Provenance provenance;
  // Why the source itself could not build this Api; empty = sound. Such an Api is quarantined: its
  // last good form serves on, else nothing of this source is served under its RouteKey.
  std::string defect;
  bool operator==(const Api&) const = default;
};

struct Endpoint {
  std::string address;  // an IP address, or a DNS name to be resolved by the gateway
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
  auto operator<=>(const Endpoint&) const = default;
};

enum class BackendProtocol : std::uint8_t { Http, Https };

// Where requests go.
struct Backend {
  std::string id;
  BackendProtocol protocol = BackendProtocol::Http;
  std::vector<Endpoint> endpoints;  // none = 503 with reason `no_endpoint`
  std::string host_header;          // "" = the client's Host is preserved; else this one is sent
  std::string path_prefix;          // put before the forwarded path; "" or starts with '/', no trailing '/'
  // Https only: the name sent as SNI and checked in the certificate ("" = the endpoint's address), the
  // trusted CAs as PEM ("" = the gateway's default trust store), and whether to check at all.
  std::string tls_server_name;
  std::string tls_ca_pem;
  bool tls_verify = true;
  Provenance provenance;
  bool operator==(const Backend&) const = default;
};

// A certificate chain with its key. Keys never leave the process and are in no history, log or dump.
struct Certificate {
  std::string id;
  std::string chain_pem;  // leaf first
  std::string key_pem;    // PKCS#8, SEC1 or PKCS#1
  Provenance provenance;
  std::string defect;     // as Api::defect: the last good certificate of this id serves on
  bool operator==(const Certificate&) const = default;
};

enum class TlsVersion : std::uint8_t { Tls1_2, Tls1_3 };

// A host pattern that TLS is terminated for.
struct Hostname {
  std::string id;
  std::string host;         // "a.example", "*.example", or "" for the default binding
  std::string certificate;  // id of a Certificate of the same source; "" = the default certificate
  TlsVersion min_version = TlsVersion::Tls1_2;
  bool http2 = true;        // offer "h2" in ALPN where the data plane speaks it
  Witness witness;
  Provenance provenance;
  std::string defect;
  bool operator==(const Hostname&) const = default;
};

}  // namespace gateway
