#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "policy/services.h"

namespace gateway::policy {

// Concurrency of one process. Thread-safe. A key is known only while somebody is inside.
class ProcessConcurrency final : public Concurrency {
 public:
  bool enter(std::string_view key, std::uint64_t max) noexcept override;
  void leave(std::string_view key) noexcept override;
  [[nodiscard]] std::uint64_t inside(std::string_view key) const noexcept;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> inside_;
};

}  // namespace gateway::policy
