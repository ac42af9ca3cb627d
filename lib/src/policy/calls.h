#pragma once

#include <memory>

#include "policy/services.h"
#include "upstream/pool.h"

namespace gateway::policy {

// On one worker's pools; all outlive it, and the Pendings that it gives may outlive it. `reporter` may be
// null: nobody hears of detached calls that fail.
[[nodiscard]] std::unique_ptr<HttpCalls> make_http_calls(WorkerContext& worker, Pools& pools, Reporter* reporter);

}  // namespace gateway::policy
