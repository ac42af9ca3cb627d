#pragma once

#include <chrono>
#include <memory>

#include <gateway/ingress_source.h>

#include "sources/ingress/reflector.h"

namespace gateway {

// How patient the source is. Tests are less so.
struct IngressTiming {
  kubernetes::Reflector::Timing reflector;
  std::chrono::milliseconds degrade_after{10'000};   // out of reach for so long: the snapshot is stale
  std::chrono::milliseconds secret_patience{1'000};  // a change waits so long for a Secret it begins to name
};

[[nodiscard]] std::unique_ptr<ConfigSource> make_ingress_source(IngressSourceOptions options,
                                                                IngressTiming timing);

}  // namespace gateway
