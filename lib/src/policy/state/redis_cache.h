#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <gateway/environment.h>

#include "policy/services.h"
#include "policy/state/redis.h"

namespace gateway::policy {

// Values on a Redis server. While it is away everything is a miss, and nothing waits. Of one worker.
class RedisCache final : public Cache {
 public:
  // All outlive it. `reporter` may be null.
  RedisCache(Redis& redis, const Environment& environment, Reporter* reporter);

  bool find(std::string_view key, std::shared_ptr<const CacheEntry>& entry, Found later,
            std::unique_ptr<Pending>& pending) override;
  void store(std::string_view key, std::string content, std::int64_t duration_ms) override;
  void remove(std::string_view key) override;

 private:
  [[nodiscard]] std::string name_of(std::string_view key) const;
  void failed(std::string_view what) const;

  Redis& redis_;
  std::shared_ptr<const Clock> clock_;
  Reporter* reporter_;
};

}  // namespace gateway::policy
