#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/export.h>

namespace gateway {

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };

[[nodiscard]] GATEWAY_EXPORT std::string_view to_string(LogLevel level) noexcept;

struct LogRecord {
  LogLevel level = LogLevel::Info;
  std::string_view event;   // a stable PascalCase name, such as "IngressAdded"
  std::string_view origin;  // the part that speaks: "ingress", "registry", …
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
};

// What a host hears from its gateway. Every method may be called from any thread of the library, at
// the same time; it must not block for long and must not call back into the Gateway.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void log(const LogRecord& record) noexcept { (void)record; }
  // Whole lines of the access log, each a JSON object that ends in '\n'. Disk thread only, so it may
  // write to a file. Called only where GatewayOptions::access_log is on.
  virtual void access_log(std::string_view lines) noexcept { (void)lines; }
  // A new Version serves on all workers. Control thread.
  virtual void published(std::uint64_t version) noexcept { (void)version; }
  // Every source is synced for the first time, or `start_timeout` let the gateway serve without. Control thread.
  virtual void ready() noexcept {}
};

}  // namespace gateway
