#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "observe/metrics.h"

namespace gateway {

// Appends what all workers counted together, in Prometheus text format.
void write_worker_metrics(std::span<const WorkerMetrics* const> workers, std::uint64_t access_log_dropped,
                          std::string& out);

}  // namespace gateway
