#pragma once

#include <gateway/cloud_source.h>

namespace gateway::cloud {

// All but the intervals. The Error names the field and what is allowed, and no secret.
[[nodiscard]] Result<void> check_options(const CloudSourceOptions& options);
[[nodiscard]] Result<void> check_intervals(const CloudSourceOptions& options);

}  // namespace gateway::cloud
