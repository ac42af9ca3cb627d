#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gateway/export.h>
#include <gateway/result.h>
#include <gateway/source.h>

namespace gateway {

// How Kubernetes objects become resources; the same for the API server and for manifest files.
struct IngressTranslation {
  std::string controller = "azure-api-management/gateway";  // IngressClass.spec.controller, and the annotation's value
  std::vector<std::string> class_names;      // ingressClassName values taken without looking at IngressClass objects
  enum class Endpoints : std::uint8_t { Addresses, ServiceName } endpoints = Endpoints::Addresses;
  std::string dns_suffix = "svc.cluster.local";
  bool preserve_host = true;                 // false: the Service's DNS name is sent as Host
  bool allow_external_name = false;
  bool redirect_to_https = false;            // for hosts with TLS
};

struct IngressSourceOptions {
  // Where the API server is and who we are: a kubeconfig file with its context ("" = current), or,
  // with no kubeconfig, the pod's service account.
  std::string kubeconfig;
  std::string context;
  std::string service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  std::string service_host;                  // KUBERNETES_SERVICE_HOST, in-cluster only
  std::uint16_t service_port = 443;          // KUBERNETES_SERVICE_PORT
  // Absent = the pod's own namespace in a cluster, else "default"; "" = all namespaces.
  std::optional<std::string> name_space;
  IngressTranslation translation;
  std::size_t max_response_bytes = 256u << 20;
};

// Follows networking.k8s.io/v1 Ingress objects of a Kubernetes API server with list and watch.
[[nodiscard]] GATEWAY_EXPORT Result<std::unique_ptr<ConfigSource>> make_ingress_source(
    IngressSourceOptions options);

}  // namespace gateway
