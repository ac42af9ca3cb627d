#pragma once

#include <memory>

#include "http/server.h"
#include "log.h"

namespace configd {

// A responder that passes all on to `inner` and logs the request when it is answered: method, path,
// status, time and client; never its query, its fields or its body. `log` outlives the server.
[[nodiscard]] std::shared_ptr<gateway::HttpServer::Responder> with_access_log(
    const gateway::HttpServer::Request& request,
    std::shared_ptr<gateway::HttpServer::Responder> inner, Log& log);

}  // namespace configd
