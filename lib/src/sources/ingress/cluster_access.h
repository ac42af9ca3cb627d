#pragma once

#include <cstdint>
#include <string>

#include <gateway/ingress_source.h>
#include <gateway/result.h>

namespace gateway::kubernetes {

// Where an API server is and who we are to it.
struct ClusterAccess {
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  std::string base_path;        // before every API path; no trailing '/'
  std::string tls_server_name;  // "" = host
  bool verify = true;
  std::string ca_pem;
  std::string client_chain_pem;
  std::string client_key_pem;
  std::string token;
  std::string name_space;       // that of the context or of the pod; "" = none said
  bool operator==(const ClusterAccess&) const = default;

  // "https://host:port", for people.
  [[nodiscard]] std::string url() const;
};

// Reads the kubeconfig or the pod's service account, whichever the options say; to be called again for
// rotated tokens and certificates. Reads files: not for a thread that must not block. The Error names
// the file and the field, never what a secret holds.
[[nodiscard]] Result<ClusterAccess> read_cluster_access(const IngressSourceOptions& options);

}  // namespace gateway::kubernetes
