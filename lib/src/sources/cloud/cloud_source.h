#pragma once

#include <chrono>
#include <memory>

#include <gateway/cloud_source.h>

#include "base/backoff.h"

namespace gateway {

// How patient the source is. Tests are less so.
struct CloudTiming {
  Backoff::Limits backoff;
  std::chrono::milliseconds stream_silence{45'000};  // a stream of events without a word is dead
  std::chrono::milliseconds snapshot_limit{
      600'000};  // for a whole snapshot, however slowly it comes
  std::chrono::milliseconds events_again{
      300'000};                                 // a service without events is asked for them again
  std::chrono::milliseconds save_pause{2'000};  // between two backups
};

// Takes any interval.
[[nodiscard]] Result<std::unique_ptr<ConfigSource>> make_cloud_source(CloudSourceOptions options,
                                                                      CloudTiming timing);

}  // namespace gateway
