#pragma once

#include <gateway/environment.h>

#include "arm_error.h"
#include "arm_paths.h"
#include "store.h"

namespace configd {

// POST …/{action}: what gives secrets out or makes new ones. `target` is of an action, its id as
// kept.
[[nodiscard]] gateway::HttpServer::Response perform(Store& store,
                                                    const gateway::Environment& environment,
                                                    const Target& target,
                                                    const gateway::HttpServer::Request& request);

}  // namespace configd
