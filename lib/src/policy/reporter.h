#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <gateway/environment.h>
#include <gateway/observer.h>

#include "policy/services.h"

namespace gateway::policy {

// Tells the gateway's observer, and counts what emit-metric says. Thread-safe. The observer outlives it.
class ObserverReporter final : public Reporter {
 public:
  ObserverReporter(Observer& observer, const Environment& environment)
      : observer_(observer), environment_(environment) {}

  void trace(std::string_view severity, std::string_view source, std::string_view message,
             const std::vector<std::pair<std::string_view, std::string_view>>& metadata,
             std::string_view request_id) noexcept override;
  void metric(std::string_view ns, std::string_view name, double value,
              const std::vector<std::pair<std::string_view, std::string_view>>& dimensions) noexcept override;
  void warn(std::string_view what) noexcept override;

  // Prometheus text: gateway_policy_metric{namespace,name,…}: sum and count of each.
  void write_metrics(std::string& out) const;

 private:
  static constexpr std::size_t kSeries = 10'000;  // more are counted together, under the label overflow
  static constexpr std::size_t kWarnings = 256;
  struct Series {
    double sum = 0;
    std::uint64_t count = 0;
  };
  Observer& observer_;
  const Environment environment_;
  mutable std::mutex mutex_;
  std::map<std::string, Series, std::less<>> series_;          // by labels
  std::map<std::string, std::int64_t, std::less<>> warned_ms_;  // by text
};

}  // namespace gateway::policy
