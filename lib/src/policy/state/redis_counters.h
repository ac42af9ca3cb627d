#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "policy/services.h"
#include "policy/state/redis.h"

namespace gateway::policy {

// Counters on a Redis server, by its clock: exact over all gateways that share it, as MemoryCounters are in
// one process. Of one worker.
//
// While the server is away, `local` decides: each gateway admits up to the limit by itself, nothing waits
// for the server, and every answer says `unavailable`. What was counted there is not told to the server later.
class RedisCounters final : public Counters {
 public:
  // All outlive it. `reporter` may be null.
  RedisCounters(Redis& redis, Counters& local, Reporter* reporter);
  ~RedisCounters() override;

  bool take(const CounterQuery& query, CounterAnswer& answer,
            std::function<void(const CounterAnswer&)> later, std::unique_ptr<Pending>& pending) override;

 private:
  struct Question;
  class Waiting;
  bool ask(const std::shared_ptr<Question>& question, bool whole_script);
  void answered(const std::shared_ptr<Question>& question, RedisReply* reply);
  CounterAnswer decide_locally(const CounterQuery& query);

  Redis& redis_;
  Counters& local_;
  Reporter* reporter_;
  std::string script_sha1_;
};

}  // namespace gateway::policy
