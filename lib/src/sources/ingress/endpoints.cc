#include "sources/ingress/endpoints.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "model/validate.h"

namespace gateway::kubernetes {
namespace {

bool is_ip_address(const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address) == 1;
}

const ServicePort* find_port(const Service& service, const PortReference& wanted) {
  for (const auto& port : service.ports) {
    if (wanted.name.empty() ? port.port == wanted.number : port.name == wanted.name) return &port;
  }
  return nullptr;
}

std::string dns_name(const ObjectName& service, const IngressTranslation& translation) {
  std::string name = service.name + '.' + service.space;
  if (!translation.dns_suffix.empty()) name += '.' + translation.dns_suffix;
  return name;
}

// Calls visit(address, port) for every address of the port, in every slice.
template <typename Visit>
void for_each_address(const ServiceView& view, const ServicePort& port, Visit visit) {
  for (const auto* object : view.endpoints) {
    for (const auto& slice : object->slices) {
      std::uint16_t number = slice.any_port ? port.target_port : 0;
      for (const auto& candidate : slice.ports) {
        if (candidate.name == port.name) number = candidate.port;
      }
      if (number == 0) continue;
      for (const auto& address : slice.addresses) {
        if (is_ip_address(address.ip)) visit(address, number);
      }
    }
  }
}

std::vector<Endpoint> usable_addresses(const ServiceView& view, const ServicePort& port) {
  std::vector<Endpoint> ready;
  std::vector<Endpoint> leaving;
  for_each_address(view, port, [&](const EndpointSlice::Address& address, std::uint16_t number) {
    if (address.ready) {
      ready.push_back({address.ip, number});
    } else if (address.serving && address.terminating) {
      leaving.push_back({address.ip, number});
    }
  });
  auto& chosen = ready.empty() ? leaving : ready;
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return std::move(chosen);
}

std::vector<Endpoint> find_endpoints(const BackendReference& reference, const ServiceView& view,
                                     const IngressTranslation& translation, bool missing_is_dns) {
  const std::string dns = dns_name(reference.service, translation);
  if (!view.service) {
    if (missing_is_dns && reference.port.number != 0) return {{dns, reference.port.number}};
    return {};
  }
  const auto* port = find_port(*view.service, reference.port);
  if (view.service->is_external_name) {
    // Such a Service often declares no ports: a number then speaks for itself.
    const auto number = port ? (port->target_port ? port->target_port : port->port)
                             : reference.port.number;
    if (number == 0 || !service_defect(*view.service, translation).empty()) return {};
    return {{view.service->external_name, number}};
  }
  if (!port) return {};
  const bool by_name = translation.endpoints == IngressTranslation::Endpoints::ServiceName;
  if (by_name || (missing_is_dns && view.endpoints.empty())) {
    // A headless Service's name leads to the pods themselves, past any port mapping.
    return {{dns, view.service->headless && port->target_port ? port->target_port : port->port}};
  }
  return usable_addresses(view, *port);
}

}  // namespace

std::string service_defect(const Service& service, const IngressTranslation& translation) {
  if (!service.is_external_name) return {};
  const std::string subject = "Service " + service.name.key();
  if (!translation.allow_external_name) {
    return subject + ": spec.type: ExternalName is not allowed by the gateway's settings; allowed are "
                     "ClusterIP, NodePort, LoadBalancer";
  }
  const auto& name = service.external_name;
  const bool local = name == "localhost" || name.ends_with(".localhost");
  if (local || name.empty() || is_ip_address(name) || name.starts_with("*") || !valid_host_pattern(name)) {
    return subject + ": spec.externalName: " + quote(name) +
           " is not allowed: a DNS name that is not the local host's";
  }
  return {};
}

Backend resolve_backend(const BackendReference& reference, const ServiceView& view,
                        const IngressTranslation& translation, bool missing_is_dns) {
  Backend backend;
  backend.id = reference.id();
  backend.provenance = {"Service", reference.service.space, reference.service.name,
                        view.service ? view.service->revision : std::string()};
  backend.endpoints = find_endpoints(reference, view, translation, missing_is_dns);
  const bool external = view.service && view.service->is_external_name;
  const std::string name =
      external ? view.service->external_name : dns_name(reference.service, translation);
  if (!translation.preserve_host) backend.host_header = name;
  const auto* port = view.service ? find_port(*view.service, reference.port) : nullptr;
  if (port && (port->app_protocol == "https" || port->app_protocol == "kubernetes.io/wss")) {
    backend.protocol = BackendProtocol::Https;
    backend.tls_server_name = name;
  }
  return backend;
}

}  // namespace gateway::kubernetes
