#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gateway/ingress_source.h>
#include <gateway/resources.h>

#include "sources/ingress/objects.h"

namespace gateway::kubernetes {

// A port of a Service that an Ingress sends requests to.
struct BackendReference {
  ObjectName service;
  PortReference port;
  [[nodiscard]] std::string id() const { return service.key() + ':' + port.to_string(); }
};

// What one Ingress asks for.
struct RoutesOfIngress {
  std::vector<Api> apis;            // no two with one RouteKey
  std::vector<Hostname> hostnames;  // no two with one host
  std::vector<BackendReference> backends;
  std::vector<std::string> secrets; // "namespace/name"
  std::vector<Error> problems;      // what no resource could be made of
};

// Why a Service must not be sent to at all; empty = it may.
using ServiceDefect = std::function<std::string(const ObjectName& service)>;

// The ids are made of names, hosts and paths only: a rule that comes or goes moves no other id.
[[nodiscard]] RoutesOfIngress routes_of(const Ingress& ingress, const IngressTranslation& translation,
                                        const ServiceDefect& service_defect);

}  // namespace gateway::kubernetes
