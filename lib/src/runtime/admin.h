#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <gateway/routes.h>

#include "runtime/control_server.h"

namespace gateway {

// The operator's view, as JSON: /status, /config, and /explain with `url`, or with `host`, `path` and
// `scheme`. `routes` outlives the server.
// /trace with `id`, the X-Request-Id of a response, is what `trace_of` says ("" = there is none).
[[nodiscard]] ControlServer::Handler admin_handler(
    const RoutesView& routes, std::function<std::string(std::string_view)> trace_of = nullptr);

}  // namespace gateway
