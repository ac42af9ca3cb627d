#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gateway/result.h>

#include "policy/call_url.h"
#include "policy/services.h"

namespace gateway::policy {

[[nodiscard]] std::unique_ptr<DynamicBackends> make_dynamic_backends();

// Checks that the key belongs to the certificate; `where` names it in the Error.
[[nodiscard]] Result<std::shared_ptr<const ClientIdentity>> make_client_identity(std::string chain_pem,
                                                                                 std::string key_pem,
                                                                                 std::string_view where);

// "http://host:port" and "Basic …".
[[nodiscard]] Result<std::shared_ptr<const BackendProxy>> make_backend_proxy(std::string_view url,
                                                                             std::string authorization);

// The backend that a URL names, for calls; not yet remembered. `client` is what TLS is done with, and
// `client_key` tells it from others.
struct CallBackend {
  const CallUrl& url;
  std::shared_ptr<TlsClient> client;  // null: not secure
  std::string client_key;
  std::shared_ptr<const BackendProxy> proxy;
  bool link_local = false;
};
[[nodiscard]] Result<std::shared_ptr<const CompiledBackend>> make_call_backend(const CallBackend& said);

}  // namespace gateway::policy
