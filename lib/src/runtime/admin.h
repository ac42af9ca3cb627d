#pragma once

#include <gateway/routes.h>

#include "runtime/control_server.h"

namespace gateway {

// The operator's view, as JSON: /status, /config, and /explain with `url`, or with `host`, `path` and
// `scheme`. `routes` outlives the server.
[[nodiscard]] ControlServer::Handler admin_handler(const RoutesView& routes);

}  // namespace gateway
