#pragma once

#include <string>
#include <vector>

#include <gateway/ingress_source.h>
#include <gateway/resources.h>

#include "sources/ingress/objects.h"
#include "sources/ingress/routes_of_ingress.h"

namespace gateway::kubernetes {

// All that is known of the Service behind a backend.
struct ServiceView {
  const Service* service = nullptr;                 // null: there is none (yet)
  std::vector<const ServiceEndpoints*> endpoints;   // its EndpointSlices, else its Endpoints
};

// Why requests must not go to this Service whatever the port; empty = they may.
[[nodiscard]] std::string service_defect(const Service& service, const IngressTranslation& translation);

// The Backend for one port of a Service: the ready addresses of all slices, each once, in order; where
// none is ready, those that still serve while they terminate. A Service or port that is not there
// gives a Backend without endpoints. `missing_is_dns`: what is unknown is left to the resolver instead.
[[nodiscard]] Backend resolve_backend(const BackendReference& reference, const ServiceView& view,
                                      const IngressTranslation& translation, bool missing_is_dns);

}  // namespace gateway::kubernetes
