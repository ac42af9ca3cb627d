#pragma once

#include <string>

namespace gatewayd {

// The CPUs this process may use, rounded up, at least 1: the lesser of its affinity and the limit of
// its cgroups (v1 and v2, ancestors too). `root` is where /proc and /sys are looked for.
[[nodiscard]] unsigned usable_cpus(const std::string& root = "");

}  // namespace gatewayd
