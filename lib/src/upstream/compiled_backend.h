#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gateway/resources.h>
#include <gateway/result.h>

namespace gateway {

class TlsClient;
struct TlsClientOptions;

// A Backend, checked and ready for use. Immutable; shared by all workers; workers keep their pools
// by `pool_key`.
struct CompiledEndpoint {
  std::string address;  // numeric or a DNS name
  std::uint16_t port = 0;
  bool numeric = false;   // an IP address: no resolver is asked
  std::string authority;  // "10.0.0.1:8080", "[::1]:80"
  std::string
      pool_key;  // equal keys may share connections: address, port, protocol and TLS settings
};

// An HTTP proxy before a backend, spoken to in plain HTTP: requests in absolute form, and TLS through a
// tunnel that CONNECT opens. The backend's name is the proxy's to resolve.
struct BackendProxy {
  std::string address;  // numeric or a DNS name
  std::uint16_t port = 0;
  bool numeric = false;
  std::string authorization;  // of Proxy-Authorization; "" = none; a secret
};

class Circuit;
class Circuits;
struct CompiledBackend;

// Of a pool.
struct CompiledMember {
  std::shared_ptr<const CompiledBackend> backend;
  std::uint32_t priority = 1, weight = 1;
  std::string token;  // in the cookie of session affinity; tells nothing of the member
};

struct CompiledBackend {
  std::string id;  // "name@source"
  BackendProtocol protocol = BackendProtocol::Http;
  std::vector<CompiledEndpoint> endpoints;
  std::string host_header;
  std::string path_prefix;
  std::string tls_server_name;
  std::shared_ptr<TlsClient> tls;  // Https only
  std::shared_ptr<const TlsClientOptions> trust;  // what `tls` was made from; null: the system's CAs
  std::shared_ptr<const BackendProxy> proxy;      // null: none
  std::shared_ptr<Circuit> circuit;               // null: no breaker
  std::vector<CompiledMember> members;            // a pool, by priority; it has no endpoints
  std::string affinity_cookie;                    // of a pool; "" = none
  std::shared_ptr<std::atomic<std::uint64_t>> turn;  // of a pool: whose turn it is, for all workers
  bool link_local = false;  // may be link-local: the metadata service of managed identities alone
};

// The TLS clients of many backends: those with equal settings share one, which knows the trusted CAs
// once. One thread.
class TlsClients {
 public:
  Result<std::shared_ptr<TlsClient>> get(const Backend& backend);

 private:
  std::map<std::string, std::weak_ptr<TlsClient>> clients_;  // by settings
  std::size_t clients_swept_ = 0;  // how many were left when the dead ones went
};

// Every problem of the backend at once would be model's validation; this fails only for what that
// cannot see (a CA that does not parse). Link-local addresses (169.254.0.0/16, fe80::/10) are
// refused.
[[nodiscard]] Result<std::shared_ptr<const CompiledBackend>> compile_backend(
    const Backend& backend, const std::string& source, TlsClients& clients, Circuits& circuits);
// A pool of these; a member that is missing is a NotFound error.
using MemberOf = std::function<std::shared_ptr<const CompiledBackend>(const std::string& id)>;
[[nodiscard]] Result<std::shared_ptr<const CompiledBackend>> compile_pool(const Backend& backend,
                                                                          const std::string& source,
                                                                          const MemberOf& member_of);

}  // namespace gateway
