#include "policy/dynamic_backends.h"

#include <netinet/in.h>

#include <optional>

#include "base/strings.h"
#include "model/canonical.h"
#include "policy/recent.h"
#include "tls/tls_session.h"
#include "tls/tls_table.h"
#include "upstream/forbidden_addresses.h"

namespace gateway::policy {
namespace {

Error refuse(std::string why) {
  return Error{ErrorCode::InvalidArgument, "policy", std::move(why), {}};
}

bool is_numeric(const std::string& host, bool& link_local) {
  sockaddr_storage address;
  if (!parse_ip(host, address)) return false;
  link_local = is_link_local(reinterpret_cast<const sockaddr*>(&address));
  return true;
}

std::string key_of(const BackendProxy& proxy) {
  return "|proxy|" + proxy.address + "|" + std::to_string(proxy.port) + "|" + hex(sha256(proxy.authorization));
}

class DynamicBackendsImpl final : public DynamicBackends {
 public:
  std::shared_ptr<const CompiledBackend> get(const Url& base, std::shared_ptr<TlsClient> client,
                                             std::string& why) override;
  std::shared_ptr<TlsClient> client(const std::shared_ptr<const ClientIdentity>& identity,
                                    const std::shared_ptr<const TlsClientOptions>& trust,
                                    std::string& why) override;
  std::shared_ptr<const CompiledBackend> variant(const std::shared_ptr<const CompiledBackend>& of,
                                                 const std::shared_ptr<const ClientIdentity>& identity,
                                                 const std::shared_ptr<const BackendProxy>& proxy,
                                                 std::string& why) override;

 private:
  static constexpr std::size_t kBackends = 1000;
  static constexpr std::size_t kClients = 200;
  struct Known {
    std::shared_ptr<const CompiledBackend> backend;
    std::shared_ptr<TlsClient> client;  // keeps its address from being another's
  };
  struct Variant {
    std::weak_ptr<const CompiledBackend> of;
    std::shared_ptr<const CompiledBackend> backend;
  };
  struct Client {
    std::shared_ptr<const TlsClientOptions> trust;  // as Known::client
    std::shared_ptr<TlsClient> client;
  };
  Recent<Known> backends_{kBackends};
  Recent<Variant> variants_{kBackends};
  Recent<Client> clients_{kClients};
  std::shared_ptr<TlsClient> usual_client_;
  std::uint64_t serial_ = 0;
};

std::string address_text(const void* pointer) {
  return std::to_string(reinterpret_cast<std::uintptr_t>(pointer));
}

std::shared_ptr<const CompiledBackend> DynamicBackendsImpl::get(const Url& base,
                                                                std::shared_ptr<TlsClient> client,
                                                                std::string& why) {
  std::string key;
  key.append(base.scheme).append("|").append(base.host).append("|").append(std::to_string(base.port));
  key.append("|").append(address_text(client.get()));
  if (const Known* known = backends_.find(key)) return known->backend;
  std::string text;
  text.append(base.scheme).append("://").append(base.host);
  if (base.port != 0) text.append(":").append(std::to_string(base.port));
  const auto url = parse_call_url(text);
  if (!url) {
    why = url.error().message;
    return nullptr;
  }
  std::string client_key = "usual";
  if (client) {
    client_key = "dynamic#" + std::to_string(++serial_);
  } else if (url->secure) {
    if (!usual_client_) {
      auto made = TlsClient::create({});
      if (!made) {
        why = made.error().message;
        return nullptr;
      }
      usual_client_ = std::move(made).value();
    }
  }
  auto made = make_call_backend({*url, client ? client : usual_client_, client_key, nullptr, false});
  if (!made) {
    why = made.error().message;
    return nullptr;
  }
  return backends_.put(std::move(key), {std::move(made).value(), std::move(client)}).backend;
}

std::shared_ptr<TlsClient> DynamicBackendsImpl::client(const std::shared_ptr<const ClientIdentity>& identity,
                                                       const std::shared_ptr<const TlsClientOptions>& trust,
                                                       std::string& why) {
  std::string key = identity->fingerprint + "|" + address_text(trust.get());
  if (const Client* known = clients_.find(key)) return known->client;
  TlsClientOptions options;
  if (trust) options = *trust;
  options.client_chain_pem = identity->chain_pem;
  options.client_key_pem = identity->key_pem;
  auto made = TlsClient::create(options);
  if (!made) {
    why = made.error().message;
    return nullptr;
  }
  return clients_.put(std::move(key), {trust, std::move(made).value()}).client;
}

std::shared_ptr<const CompiledBackend> DynamicBackendsImpl::variant(
    const std::shared_ptr<const CompiledBackend>& of, const std::shared_ptr<const ClientIdentity>& identity,
    const std::shared_ptr<const BackendProxy>& proxy, std::string& why) {
  const bool certificate = identity && of->tls;  // over plain HTTP nobody asks for one
  if (!certificate && !proxy) return of;
  std::string suffix;
  if (certificate) suffix += "|client|" + identity->fingerprint;
  if (proxy) suffix += key_of(*proxy);
  std::string key = address_text(of.get()) + suffix;
  if (const Variant* known = variants_.find(key); known && known->of.lock() == of) return known->backend;
  auto made = std::make_shared<CompiledBackend>(*of);
  if (certificate) {
    made->tls = client(identity, of->trust, why);
    if (!made->tls) return nullptr;
  }
  if (proxy) made->proxy = proxy;
  for (CompiledEndpoint& endpoint : made->endpoints) endpoint.pool_key += suffix;
  return variants_.put(std::move(key), {of, std::move(made)}).backend;
}

}  // namespace

std::unique_ptr<DynamicBackends> make_dynamic_backends() {
  return std::make_unique<DynamicBackendsImpl>();
}

Result<std::shared_ptr<const ClientIdentity>> make_client_identity(std::string chain_pem, std::string key_pem,
                                                                   std::string_view where) {
  const auto checked = make_tls_identity(chain_pem, key_pem, where);
  if (!checked) return checked.error();
  auto made = std::make_shared<ClientIdentity>();
  made->fingerprint = hex(sha256(chain_pem + "\n" + key_pem));
  made->chain_pem = std::move(chain_pem);
  made->key_pem = std::move(key_pem);
  return std::shared_ptr<const ClientIdentity>(std::move(made));
}

Result<std::shared_ptr<const BackendProxy>> make_backend_proxy(std::string_view text, std::string authorization) {
  const auto url = parse_call_url(text);
  if (!url) return refuse("proxy: " + url.error().message);
  if (url->secure) return refuse("a proxy is spoken to in plain HTTP: its URL must begin with http://");
  auto made = std::make_shared<BackendProxy>();
  bool link_local = false;
  made->address = url->host;
  made->port = url->port;
  made->numeric = is_numeric(url->host, link_local);
  made->authorization = std::move(authorization);
  if (link_local) return refuse("the proxy " + url->authority + " is link-local; such addresses are never called");
  return std::shared_ptr<const BackendProxy>(std::move(made));
}

Result<std::shared_ptr<const CompiledBackend>> make_call_backend(const CallBackend& said) {
  const CallUrl& url = said.url;
  auto made = std::make_shared<CompiledBackend>();
  CompiledEndpoint endpoint;
  bool link_local = false;
  endpoint.address = url.host;
  endpoint.port = url.port;
  endpoint.numeric = is_numeric(url.host, link_local);
  if (link_local && !said.link_local)
    return refuse(url.authority + " is link-local; such addresses are never called");
  endpoint.authority = (url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]") + ":" +
                       std::to_string(url.port);
  endpoint.pool_key = endpoint.authority;
  made->id = url.authority;
  made->protocol = url.secure ? BackendProtocol::Https : BackendProtocol::Http;
  made->host_header = url.authority;
  if (url.secure) {
    made->tls = said.client;
    made->tls_server_name = url.host;
    endpoint.pool_key += "|call|" + said.client_key;
  }
  if (said.proxy) {
    made->proxy = said.proxy;
    endpoint.pool_key += key_of(*said.proxy);
  }
  if (said.link_local) endpoint.pool_key += "|link-local";
  made->link_local = said.link_local;
  made->endpoints.push_back(std::move(endpoint));
  return std::shared_ptr<const CompiledBackend>(std::move(made));
}

}  // namespace gateway::policy
