#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <uv.h>

#include <gateway/options.h>

#include "http/headers.h"
#include "observe/metrics.h"
#include "upstream/forbidden_addresses.h"
#include "upstream/timer_wheel.h"

namespace gateway {

// What the parts of one worker share. One thread.
struct WorkerContext {
  // Everything outlives the context.
  WorkerContext(uv_loop_t* the_loop, const GatewayOptions& the_options,
                const ForbiddenAddresses& the_forbidden)
      : loop(the_loop),
        options(the_options),
        forbidden(the_forbidden),
        timers(static_cast<std::int64_t>(uv_now(the_loop))) {}

  // Milliseconds of the loop's clock, read once for each turn.
  [[nodiscard]] std::int64_t now() const noexcept {
    return static_cast<std::int64_t>(uv_now(loop));
  }
  // The deadline `timeout` from now; 0 when the time-out is off.
  [[nodiscard]] std::int64_t deadline(Milliseconds timeout) const noexcept {
    return timeout.count() == 0 ? 0 : now() + timeout.count();
  }
  // The Date field's value (RFC 9110 §6.6.1), formed once a second.
  [[nodiscard]] std::string_view date();

  static constexpr std::size_t kReadBuffer = 256 * 1024;

  uv_loop_t* loop;
  const GatewayOptions& options;
  const ForbiddenAddresses& forbidden;
  TimerWheel timers;
  WorkerMetrics metrics;
  std::vector<char> read_buffer =
      std::vector<char>(kReadBuffer);  // one, as a read is handled before the next
  std::string ciphertext;              // what a TLS session makes, until it is sent
  FieldMask keep;                      // scratch for mark_hop_by_hop
  std::string path;                    // scratch for normalise_path
  std::string host;                    // scratch for parse_authority

 private:
  std::int64_t date_second_ = -1;
  std::int64_t date_turn_ms_ = -1;  // when the clock was last asked
  char date_[32] = {};
};

}  // namespace gateway
