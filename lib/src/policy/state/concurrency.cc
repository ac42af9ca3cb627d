#include "policy/state/concurrency.h"

namespace gateway::policy {

bool ProcessConcurrency::enter(std::string_view key, std::uint64_t max) noexcept {
  if (max == 0) return false;
  const std::lock_guard lock(mutex_);
  const auto at = inside_.find(key);
  if (at == inside_.end()) {
    inside_.emplace(key, 1);
    return true;
  }
  if (at->second >= max) return false;
  ++at->second;
  return true;
}

void ProcessConcurrency::leave(std::string_view key) noexcept {
  const std::lock_guard lock(mutex_);
  const auto at = inside_.find(key);
  if (at != inside_.end() && --at->second == 0) inside_.erase(at);
}

std::uint64_t ProcessConcurrency::inside(std::string_view key) const noexcept {
  const std::lock_guard lock(mutex_);
  const auto at = inside_.find(key);
  return at == inside_.end() ? 0 : at->second;
}

}  // namespace gateway::policy
