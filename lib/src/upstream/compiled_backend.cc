#include "upstream/compiled_backend.h"

#include <arpa/inet.h>

#include "model/canonical.h"
#include "tls/tls_session.h"

namespace gateway {
namespace {

struct Numeric {
  bool is_ip = false;
  bool link_local = false;
};

Numeric look(const std::string& address) {
  Numeric result;
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    result.is_ip = true;
    result.link_local = (ntohl(four.s_addr) >> 16) == 0xa9fe;
  } else if (inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    result.is_ip = true;
    result.link_local = IN6_IS_ADDR_LINKLOCAL(&six) ||
                        (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 169 && six.s6_addr[13] == 254);
  }
  return result;
}

}  // namespace

Result<std::shared_ptr<const CompiledBackend>> compile_backend(const Backend& backend, const std::string& source) {
  auto compiled = std::make_shared<CompiledBackend>();
  compiled->id = backend.id + "@" + source;
  compiled->protocol = backend.protocol;
  compiled->host_header = backend.host_header;
  compiled->path_prefix = backend.path_prefix;
  compiled->tls_server_name = backend.tls_server_name;
  const std::string where = "backend " + compiled->id;
  std::string tls_key;
  if (backend.protocol == BackendProtocol::Https) {
    TlsClientOptions options;
    options.ca_pem = backend.tls_ca_pem;
    options.verify = backend.tls_verify;
    auto client = TlsClient::create(options);
    if (!client) {
      Error error = std::move(client).error();
      error.where = where + ": " + error.where;
      return error;
    }
    compiled->tls = std::move(client).value();
    tls_key = "|tls|" + backend.tls_server_name + (backend.tls_verify ? "|verify|" : "|any|") + hex(sha256(backend.tls_ca_pem));
  }
  for (const Endpoint& endpoint : backend.endpoints) {
    const Numeric numeric = look(endpoint.address);
    if (numeric.link_local) {
      return Error{ErrorCode::InvalidArgument, "upstream",
                   "endpoint " + endpoint.address + " is link-local; such addresses are never proxied to", where};
    }
    CompiledEndpoint one;
    one.address = endpoint.address;
    one.port = endpoint.port;
    one.numeric = numeric.is_ip;
    one.pool_key = (endpoint.address.find(':') == std::string::npos ? endpoint.address : "[" + endpoint.address + "]") + ":" +
                   std::to_string(endpoint.port) + tls_key;
    compiled->endpoints.push_back(std::move(one));
  }
  return std::shared_ptr<const CompiledBackend>(std::move(compiled));
}

}  // namespace gateway
