#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gateway/environment.h>
#include <gateway/resources.h>

namespace gateway {

using Milliseconds = std::chrono::milliseconds;

// Time limits of the request path. 0 = none.
struct Timeouts {
  Milliseconds client_header{15'000};    // from the first byte of a request (or of a connection) to the end of its head
  Milliseconds client_body{30'000};      // between two reads of a request body
  Milliseconds client_write{30'000};     // between two writes that make progress to a client that reads slowly
  Milliseconds client_idle{75'000};      // between two requests of a kept connection
  Milliseconds tls_handshake{10'000};
  Milliseconds connect{5'000};           // to one endpoint
  Milliseconds backend_header{60'000};   // from the end of the request to the head of the response
  Milliseconds backend_body{60'000};     // between two reads of a response body
  Milliseconds backend_idle{60'000};     // of a kept connection in a pool
};

struct Limits {
  std::size_t header_bytes = 32 * 1024;      // of one head, start line included; more = 431 (414 for the target alone)
  std::size_t header_count = 100;            // more = 431
  std::size_t connections = 65'536;          // of clients, per gateway; more = closed at once after accept
  std::size_t pool_idle_per_endpoint = 64;   // kept idle connections per worker and endpoint
  std::size_t body_watermark = 256 * 1024;   // bytes buffered in one direction of an exchange before reading pauses
};

struct ListenerOptions {
  std::string address = "::";   // an IP address; "::" is dual stack
  std::uint16_t port = 0;       // 0 = any free port; see Gateway::port()
  bool tls = false;
};

// A small HTTP server of the gateway's own, on the control thread.
struct ControlEndpoint {
  bool enabled = false;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;       // 0 = any free port
};

// How two sources that claim one RouteKey are told apart.
enum class ConflictRule : std::uint8_t { LastWriteWins, ArrivalOrder, Precedence };

struct ConflictOptions {
  ConflictRule rule = ConflictRule::LastWriteWins;
  // Kinds or instance names of sources, strongest first: the order of `Precedence`, and the tie-break
  // of the others. Sources not named come last, by instance name.
  std::vector<std::string> precedence{"ingress", "file", "cloud"};
  // "host/path" or "/path" (any host): what a source of kind "cloud" alone may claim and answer, with all below.
  std::vector<std::string> protected_paths;
};

// How policy documents run.
struct PolicyOptions {
  // The source, by kind or instance name, whose global document runs on Ingress routes too ("" = none does).
  // While it is configured and not synced these routes answer 503.
  std::string routes_source = "cloud";
  // Policies that the vendor's self-hosted gateway does not offer make their document broken; else they are
  // skipped with a warning.
  bool refuse_not_offered = false;
  std::size_t body_bytes = 8u << 20;     // of one body that a policy reads; more: 413 for requests, 502 for responses
  std::size_t cache_bytes = 64u << 20;   // of values and responses kept in process
  // Where counters and the cache are shared with other gateways: "redis://…", "rediss://…" or
  // "host:port,password=…,ssl=True". "" = in process. A secret.
  std::string redis;
  // What policies see as context.Deployment.
  std::string gateway_id = "gateway", instance_id, region, service_id, service_name;
  // Workload identity (Microsoft Entra): the file of the service account's token, and whose it is. "" = the
  // machine's metadata service is asked.
  std::string federated_token_file, client_id, tenant_id;
  std::string authority = "https://login.microsoftonline.com/";
  // Whose requests, by a subscription key or header value, may ask for a trace. "" = nobody's. A secret.
  std::string debug_credential;
};

struct GatewayOptions {
  std::vector<ListenerOptions> listeners;   // none is allowed: a gateway that only merges
  unsigned workers = 1;                     // threads that carry traffic; 1..256
  Timeouts timeouts;
  Limits limits;
  ConflictOptions conflict;
  // Where the ledger of stamps lives (a folder that exists and can be written); "" = no ledger:
  // then only stamps that sources give count, and a warning says so.
  std::string state_folder;
  // The certificate for clients without or with unknown SNI. Absent: one is made at start.
  std::string default_chain_pem;
  std::string default_key_pem;
  bool redirect_to_https = false;           // for every host that has TLS: 308 on plain-text listeners
  bool access_log = false;
  std::string status_path = "/status-0123456789abcdef";  // answered on every listener above all routes; "" = off
  Milliseconds start_timeout{0};            // how long start waits for all sources; 0 = for ever. See start_serves_partial
  bool start_serves_partial = false;        // after start_timeout: serve what is there, instead of failing
  Milliseconds drain_delay{5'000};          // ready fails, connections are still accepted
  Milliseconds drain_timeout{30'000};       // then exchanges have this long to end
  bool allow_encoded_slash = false;         // "%2F" in paths; refused with 400 otherwise
  // GET /explain, /status, /config: for operators, on loopback. See lib/src/runtime/README.md.
  ControlEndpoint admin;
  // GET /metrics, /live, /ready: for Prometheus and probes.
  ControlEndpoint monitor;
  PolicyOptions policies;
  Environment environment;
};

struct SourceOptions {
  std::string name;   // the instance, unique in the gateway: "ingress"
  std::string kind;   // what ConflictOptions::precedence speaks of: "ingress", "file", "cloud", "memory"; "" = the name
  // Scopes the ledger: the identity of the cluster or the service; another identity forgets its stamps. May be empty.
  std::string scope;
};

}  // namespace gateway
