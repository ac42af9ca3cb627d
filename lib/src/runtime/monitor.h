#pragma once

#include <functional>
#include <string>

#include <gateway/gateway.h>
#include <gateway/routes.h>

#include "runtime/control_server.h"

namespace gateway {

// For Prometheus and probes: /metrics, /live (the control thread answers), /ready (503 with the
// reason until every source is synced, and while draining). `routes` outlives the server.
[[nodiscard]] ControlServer::Handler monitor_handler(std::function<GatewayState()> state,
                                                     std::function<std::string()> metrics,
                                                     const RoutesView& routes);

}  // namespace gateway
