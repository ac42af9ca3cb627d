#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <gateway/observer.h>

namespace gatewayd {

enum class LogForm : std::uint8_t { None, Text, Json };

// Writes the log and the access log to a descriptor, in whole lines that never mix. Log lines are
// formed by the caller and written by a thread of the sink, which drops the oldest when it falls
// behind, so that a slow reader never holds up traffic; access-log lines are written by the caller.
class LogSink : public gateway::Observer {
 public:
  // `least` as in `telemetry.logs.std.level`.
  static std::shared_ptr<LogSink> create(LogForm form, const std::string& least, int descriptor = 1);

  // Written whatever the level and the form, None included.
  virtual void announce(std::string_view event, const std::string& message) = 0;
};

}  // namespace gatewayd
