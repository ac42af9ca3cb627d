#pragma once

#include <cstdint>
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
    const Backend& backend, const std::string& source, TlsClients& clients);

}  // namespace gateway
