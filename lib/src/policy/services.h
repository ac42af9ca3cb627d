#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/environment.h>

#include "expression/catalog.h"
#include "policy/facts.h"
#include "policy/run.h"
#include "tls/tls_session.h"
#include "upstream/worker_context.h"

namespace gateway::policy {

struct IdentitySettings;
class Mailbox;

// A request of a policy's own: send-request, OpenID documents, tokens, Event Hubs.
struct OutgoingCall {
  std::string method = "GET";
  std::string url;  // http or https, absolute
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::int64_t timeout_ms = 60'000;  // to the whole response
  std::size_t max_body = std::size_t{16} << 20;
  std::shared_ptr<TlsClient> tls;    // null: the system's CAs, no client certificate
  std::string proxy_url, proxy_authorization;  // "" = none
  bool allow_link_local = false;     // for managed identity alone
};
struct CallResult {
  bool ok = false;  // a whole response came
  std::string_view reason;  // not ok: "Timeout", "BackendConnectionFailure"; static
  std::string message;      // "
  int status = 0;
  std::string status_reason;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
};
// Kept connections of one worker. One thread.
class HttpCalls {
 public:
  virtual ~HttpCalls() = default;
  // `done` is called once, never from within, unless the Pending is destroyed first.
  virtual std::unique_ptr<Pending> start(OutgoingCall call, std::function<void(CallResult&)> done) = 0;
  // Survives its exchange; nobody hears of the end but the log. A bounded number at once: false, dropped.
  virtual bool detach(OutgoingCall call) = 0;
};

// Counters of rate limits and quotas, exact over all workers; on Redis over all gateways that share it.
struct CounterQuery {
  std::string_view key;             // whole: kind, scope, and what the policy says
  std::uint64_t limit = 0;
  std::uint64_t increment = 1;
  std::int64_t period_ms = 0;       // 0 = for ever
  bool sliding = true;              // else fixed windows, aligned to `anchor_unix_ms`
  std::int64_t anchor_unix_ms = 0;
  bool only_look = false;           // counts nothing
  bool even_above = false;          // counts even where the limit is passed (deferred increments)
};
struct CounterAnswer {
  bool admitted = true;
  std::uint64_t used = 0;           // after this one
  std::uint64_t remaining = 0;
  std::int64_t retry_after_ms = 0;  // when not admitted: until one more may pass; -1 = never
  bool unavailable = false;         // the store is away: admitted by the documented choice
};
class Counters {
 public:
  virtual ~Counters() = default;
  // True: `answer` is there at once. False: `later` is called once on this worker, never from within, unless
  // the Pending is destroyed.
  virtual bool take(const CounterQuery& query, CounterAnswer& answer,
                    std::function<void(const CounterAnswer&)> later, std::unique_ptr<Pending>& pending) = 0;
};

// Values by key, with an age. Volatile: what is stored may be gone. A failure is a miss, and is logged.
struct CacheEntry {
  std::string content;  // how a Value is stored: see cache_value.h
  std::int64_t stored_unix_ms = 0;
};
class Cache {
 public:
  virtual ~Cache() = default;
  using Found = std::function<void(std::shared_ptr<const CacheEntry>)>;  // null: a miss
  // As Counters::take.
  virtual bool find(std::string_view key, std::shared_ptr<const CacheEntry>& entry, Found later,
                    std::unique_ptr<Pending>& pending) = 0;
  // Detached: they survive the exchange.
  virtual void store(std::string_view key, std::string content, std::int64_t duration_ms) = 0;
  virtual void remove(std::string_view key) = 0;
};

// How many are inside of limit-concurrency, over all workers of the gateway.
class Concurrency {
 public:
  virtual ~Concurrency() = default;
  virtual bool enter(std::string_view key, std::uint64_t max) noexcept = 0;  // false: it is full
  virtual void leave(std::string_view key) noexcept = 0;
};

// A certificate with its key that policies show to a backend. Immutable.
struct ClientIdentity {
  std::string chain_pem, key_pem;
  std::string fingerprint;  // of both
};

// Backends for URLs that only a request tells. Of one worker; the least recently used go.
class DynamicBackends {
 public:
  virtual ~DynamicBackends() = default;
  // Null: the URL is not http(s) or names nothing that may be called; `why` says so. `client` = null: default.
  virtual std::shared_ptr<const CompiledBackend> get(const Url& base, std::shared_ptr<TlsClient> client,
                                                     std::string& why) = 0;
  // A TLS client that shows this certificate; `trust` is CompiledBackend's. Null: `why`.
  virtual std::shared_ptr<TlsClient> client(const std::shared_ptr<const ClientIdentity>& identity,
                                            const std::shared_ptr<const TlsClientOptions>& trust,
                                            std::string& why) = 0;
  // `of`, reached with a client certificate, or through a proxy; null: as it is. Null: `why`.
  virtual std::shared_ptr<const CompiledBackend> variant(
      const std::shared_ptr<const CompiledBackend>& of,
      const std::shared_ptr<const ClientIdentity>& identity,
      const std::shared_ptr<const BackendProxy>& proxy, std::string& why) = 0;
};

// Where trace, emit-metric and failures of detached work are told. Thread-safe.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void trace(std::string_view severity, std::string_view source, std::string_view message,
                     const std::vector<std::pair<std::string_view, std::string_view>>& metadata,
                     std::string_view request_id) noexcept = 0;
  virtual void metric(std::string_view ns, std::string_view name, double value,
                      const std::vector<std::pair<std::string_view, std::string_view>>& dimensions) noexcept = 0;
  virtual void warn(std::string_view what) noexcept = 0;  // at most one a second of each text
};

struct PolicyLimits {
  std::size_t body = std::size_t{8} << 20;   // bytes that are buffered of one body; more: 413, 502
  std::size_t exchange_memory = std::size_t{64} << 20;
};

// What the runs of one worker share. One thread, but where a member says otherwise.
struct Services {
  WorkerContext& worker;
  const expression::Catalog& catalog;
  const Environment& environment;
  const DeploymentFacts& deployment;
  PolicyLimits limits;
  HttpCalls* calls = nullptr;
  Counters* counters = nullptr;          // may be on Redis
  Counters* local_counters = nullptr;
  Cache* cache = nullptr;                // external where configured, else internal
  Cache* internal_cache = nullptr;
  Concurrency* concurrency = nullptr;
  DynamicBackends* backends = nullptr;
  Reporter* reporter = nullptr;
  std::shared_ptr<void> openid;          // of builtin/validate_jwt: keys by URL, shared by workers
  std::shared_ptr<void> tokens;          // of authentication-managed-identity
  std::shared_ptr<Mailbox> mailbox;      // calls from other threads
  const IdentitySettings* identity = nullptr;  // "; null: the metadata service
};

}  // namespace gateway::policy
