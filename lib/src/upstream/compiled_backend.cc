#include "upstream/compiled_backend.h"

#include <algorithm>

#include "model/canonical.h"
#include "tls/tls_session.h"
#include "upstream/circuit.h"
#include "upstream/forbidden_addresses.h"

namespace gateway {
namespace {

std::string settings_of(const Backend& backend) {
  return (backend.tls_verify ? "|verify|" : "|any|") + hex(sha256(backend.tls_ca_pem)) +
         (backend.tls_system_cas ? "|system" : "");
}

TlsClientOptions tls_options(const Backend& backend) {
  TlsClientOptions options;
  options.ca_pem = backend.tls_ca_pem;
  options.system_cas = backend.tls_system_cas;
  options.verify = backend.tls_verify;
  return options;
}

}  // namespace

Result<std::shared_ptr<TlsClient>> TlsClients::get(const Backend& backend) {
  std::weak_ptr<TlsClient>& known = clients_[settings_of(backend)];
  if (auto client = known.lock()) return client;
  auto made = TlsClient::create(tls_options(backend));
  if (!made) return made;
  known = *made;
  if (clients_.size() > 2 * std::max<std::size_t>(clients_swept_, 32)) {
    std::erase_if(clients_, [](const auto& entry) { return entry.second.expired(); });
    clients_swept_ = clients_.size();
  }
  return made;
}

Result<std::shared_ptr<const CompiledBackend>> compile_backend(const Backend& backend,
                                                               const std::string& source,
                                                               TlsClients& clients, Circuits& circuits) {
  auto compiled = std::make_shared<CompiledBackend>();
  compiled->id = backend.id + "@" + source;
  compiled->protocol = backend.protocol;
  compiled->host_header = backend.host_header;
  compiled->path_prefix = backend.path_prefix;
  compiled->tls_server_name = backend.tls_server_name;
  const std::string where = "backend " + compiled->id;
  std::string tls_key;
  if (backend.protocol == BackendProtocol::Https) {
    auto client = clients.get(backend);
    if (!client) {
      Error error = std::move(client).error();
      error.where = where + ": " + error.where;
      return error;
    }
    compiled->tls = std::move(client).value();
    compiled->trust = std::make_shared<const TlsClientOptions>(tls_options(backend));
    tls_key = "|tls|" + backend.tls_server_name + settings_of(backend);
  }
  for (const Endpoint& endpoint : backend.endpoints) {
    sockaddr_storage address;
    const bool numeric = parse_ip(endpoint.address, address);
    if (numeric && is_link_local(reinterpret_cast<const sockaddr*>(&address))) {
      return Error{
          ErrorCode::InvalidArgument, "upstream",
          "endpoint " + endpoint.address + " is link-local; such addresses are never proxied to",
          where};
    }
    CompiledEndpoint one;
    one.address = endpoint.address;
    one.port = endpoint.port;
    one.numeric = numeric;
    one.authority =
        (endpoint.address.find(':') == std::string::npos ? endpoint.address
                                                         : "[" + endpoint.address + "]") +
        ":" + std::to_string(endpoint.port);
    one.pool_key = one.authority + tls_key;
    compiled->endpoints.push_back(std::move(one));
  }
  if (backend.circuit_breaker) compiled->circuit = circuits.get(compiled->id, *backend.circuit_breaker);
  return std::shared_ptr<const CompiledBackend>(std::move(compiled));
}

Result<std::shared_ptr<const CompiledBackend>> compile_pool(const Backend& backend, const std::string& source,
                                                            const MemberOf& member_of) {
  auto compiled = std::make_shared<CompiledBackend>();
  compiled->id = backend.id + "@" + source;
  compiled->affinity_cookie = backend.affinity_cookie;
  compiled->turn = std::make_shared<std::atomic<std::uint64_t>>(0);
  for (const PoolMember& said : backend.pool) {
    CompiledMember member;
    member.backend = member_of(said.backend);
    if (!member.backend || !member.backend->members.empty()) {
      return Error{ErrorCode::NotFound, "upstream",
                   "its member '" + said.backend + (member.backend ? "' is a pool itself" : "' is not there"),
                   "backend " + compiled->id};
    }
    member.priority = said.priority;
    member.weight = said.weight;
    member.token = hex(sha256(compiled->id + "|" + said.backend)).substr(0, 16);
    compiled->members.push_back(std::move(member));
  }
  std::stable_sort(compiled->members.begin(), compiled->members.end(),
                   [](const auto& a, const auto& b) { return a.priority < b.priority; });
  // What a policy tells of the URL is its first member's.
  const CompiledBackend& first = *compiled->members.front().backend;
  compiled->protocol = first.protocol;
  compiled->path_prefix = first.path_prefix;
  return std::shared_ptr<const CompiledBackend>(std::move(compiled));
}

}  // namespace gateway
