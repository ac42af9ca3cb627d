#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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

// One method and URL template of an ApiRevision.
struct Operation {
  std::string id;            // unique in its revision
  std::string method;        // a token of RFC 9110 §9.1, compared as written: "GET"
  // Relative to the API: "/customers/{id}/orders?date={date}". "{name}" is one element or a part of
  // one, a last "*" or "{*name}" any remainder; the query part names parameters that must be there.
  std::string url_template;
  std::string policy;        // the policy document of its scope (XML); "" = none
  std::string name;          // for people and policies; "" = the id
  std::string defect;        // why it cannot be served: requests for it answer 503; empty = sound
  bool operator==(const Operation&) const = default;
};

// One revision of one version of an Api.
struct ApiRevision {
  std::string id;              // unique in its source: "users-v2;rev=3"
  std::string name;            // without the revision: what Products and Subscriptions speak of
  std::string version;         // "" = the original, for requests that name none
  std::string revision = "1";  // "1", "2", …; what ";rev=N" names
  bool current = true;         // answers requests that name no revision; one of each version
  bool online = true;          // false: not reachable
  bool http = true;            // the protocols that it is served over
  bool https = true;
  std::string backend;         // id of a Backend of the same source
  bool subscription_required = false;
  std::string key_header = "Ocp-Apim-Subscription-Key";
  std::string key_query = "subscription-key";
  std::vector<Operation> operations;  // unique by method and template
  std::string policy;          // the policy document of its scope (XML); "" = none
  std::string display_name;    // for people and policies; "" = the name
  // What validate-content and its like check against, and where mock-response has its examples from: an OpenAPI 3
  // or Swagger 2 document (JSON) with the paths and components of these operations; "" = none. Paths are the
  // operations' URL templates. "x-schemas" holds further documents by schema-id: {"components": …}, whose references
  // begin at the root of this one, or {"x-xml-schema": the text of an XML schema}.
  std::string schema;
  bool operator==(const ApiRevision&) const = default;
};

// Where a request says which version it wants.
enum class Versioning : std::uint8_t {
  None,
  Segment,  // the path element after the Api's path
  Query,    // the query parameter `version_parameter`
  Header,   // the header field `version_parameter`
};

// The unit of exposure and of conflict: a host pattern and a path that lead to a backend.
//
// Without revisions every request goes to `backend`, its path as it is. With them, the revision and
// its operation decide; the Api's path and a version element are not forwarded.
struct Api {
  std::string id;
  std::string host;               // "" = any host, "a.example" = that host, "*.example" = exactly one label more
  std::string path = "/";         // starts with '/'; normalised by the registry
  MatchType match = MatchType::Prefix;
  bool case_sensitive = true;     // Kubernetes paths are; cloud paths are not
  std::string backend;            // id of a Backend of the same source; "" with revisions
  Versioning versioning = Versioning::None;
  std::string version_parameter;  // of Query and Header
  std::vector<ApiRevision> revisions;
  bool redirect_to_https = false; // a plain-text request is answered with 308 to https://
  // Without revisions: a policy fragment of PolicyOptions::routes_source that runs in inbound, after the global
  // document's; "" = none. Where it is not there, or does not compile, requests are answered with 503.
  std::string policy_fragment;
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
struct StatusRange {
  int min = 0, max = 0;  // 100 to 599, both included
  bool operator==(const StatusRange&) const = default;
};

// When requests are no longer sent to a backend: as the one rule of an ARM backend's circuitBreaker. Counted in each
// gateway by itself.
struct CircuitBreaker {
  // Opens after so many failures, or, where that is 0, after that share of failures (of five requests or more), within
  // one interval.
  std::uint32_t failure_count = 0;
  std::uint32_t failure_percentage = 0;   // 1 to 100
  std::int64_t interval_seconds = 60;     // 1 to 86,400
  std::vector<StatusRange> statuses;      // responses that are failures
  std::vector<std::string> error_reasons; // "BackendConnectionFailure", "Timeout"
  std::int64_t trip_seconds = 60;         // how long it is open, 1 to 86,400; then everything counts anew
  bool accept_retry_after = false;        // a 429 or 503 with Retry-After says how long instead
  bool operator==(const CircuitBreaker&) const = default;
};

struct PoolMember {
  std::string backend;         // id of another Backend of the same source, which is no pool
  std::uint32_t priority = 1;  // members with a higher number take requests when no lower one can; 0 to 100
  std::uint32_t weight = 1;    // its share among those of its priority; 1 to 100
  bool operator==(const PoolMember&) const = default;
};

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
  bool tls_system_cas = false;      // trust the gateway's default store beside tls_ca_pem
  bool tls_verify = true;
  std::optional<CircuitBreaker> circuit_breaker;
  // A pool: other backends, which take its requests; it has no endpoints of its own then. At most 30.
  std::vector<PoolMember> pool;
  std::string affinity_cookie;      // of a pool: keeps a client at one member; "" = off
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

enum class TlsVersion : std::uint8_t { Tls1_0, Tls1_1, Tls1_2, Tls1_3 };

// A host pattern that TLS is terminated for.
struct Hostname {
  std::string id;
  std::string host;         // "a.example", "*.example", or "" for the default binding
  std::string certificate;  // id of a Certificate of the same source; "" = the default certificate
  TlsVersion min_version = TlsVersion::Tls1_2;
  // Ask the client for a certificate in the handshake; one without is let in all the same (policies
  // judge). With `client_ca_pem`, a certificate that is sent must lead to one of these roots.
  bool negotiate_client_certificate = false;
  std::string client_ca_pem;
  bool http2 = true;        // offer "h2" in ALPN where the data plane speaks it
  Witness witness;
  Provenance provenance;
  std::string defect;
  bool operator==(const Hostname&) const = default;
};

// Whom a policy may tell apart.
struct Group {
  std::string id;
  std::string name;
  bool operator==(const Group&) const = default;
};

// A set of APIs that subscriptions give access to.
struct Product {
  std::string id;
  bool subscription_required = true;  // false: an open product, for requests without a key
  std::vector<std::string> apis;      // ApiRevision::name, sorted
  std::string policy;                 // the policy document of its scope (XML); "" = none
  std::string display_name;           // for people and policies; "" = the id
  bool published = true;              // shown to policies; what is not published still works
  bool approval_required = false;
  std::int32_t subscriptions_limit = 0;  // 0 = none
  std::vector<Group> groups;
  Provenance provenance;
  std::string defect;                 // as Api::defect
  bool operator==(const Product&) const = default;
};

// What a key gives access to. Keys never leave the process and are in no history, log or dump.
struct Subscription {
  enum class Scope : std::uint8_t { AllApis, Api, Product };
  std::string id;
  Scope scope = Scope::AllApis;
  std::string target;           // Api: ApiRevision::name; Product: its id; AllApis: ""
  bool active = true;
  std::string primary_key;      // "" = none
  std::string secondary_key;
  std::string display_name;     // for people and policies; "" = the id
  std::string user;             // id of the User that owns it; "" = none
  std::string created, start, end;  // RFC 3339; "" = not said. `end` ends nothing: `active` does
  Provenance provenance;
  std::string defect;           // as Api::defect
  bool operator==(const Subscription&) const = default;
};

// A policy document that belongs to no other resource. The id "global" is the scope of all Apis.
struct Policy {
  std::string id;
  std::string document;  // XML
  Provenance provenance;
  std::string defect;    // as Api::defect
  bool operator==(const Policy&) const = default;
};

// Who owns a Subscription, as policies see it.
struct User {
  std::string id;
  std::string email, first_name, last_name, note;
  std::string registered;  // RFC 3339
  std::vector<Group> groups;
  std::vector<std::pair<std::string, std::string>> identities;  // provider, id
  Provenance provenance;
  std::string defect;      // as Api::defect
  bool operator==(const User&) const = default;
};

// A text that policy documents name as {{display name}}. Secret ones are in no history, log or dump.
struct NamedValue {
  std::string id;
  std::string display_name;  // letters, digits, '.', '-', '_'; unique in its source
  std::string value;         // 1..4096 characters
  bool secret = false;
  Provenance provenance;
  std::string defect;        // as Api::defect
  bool operator==(const NamedValue&) const = default;
};

// A piece of policy document that others include by its id.
struct PolicyFragment {
  std::string id;
  std::string document;  // XML: <fragment>…</fragment>
  Provenance provenance;
  std::string defect;    // as Api::defect
  bool operator==(const PolicyFragment&) const = default;
};

// Where log-to-eventhub sends to.
struct EventHubLogger {
  std::string id;
  std::string name;               // of the hub
  std::string connection_string;  // "Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…"; a secret
  Provenance provenance;
  std::string defect;             // as Api::defect
  bool operator==(const EventHubLogger&) const = default;
};

}  // namespace gateway
