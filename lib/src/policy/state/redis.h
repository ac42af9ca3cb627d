#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/uv.h"
#include "policy/services.h"
#include "policy/state/redis_settings.h"
#include "policy/state/resp.h"
#include "tls/tls_session.h"
#include "upstream/resolver.h"
#include "upstream/transport.h"

namespace gateway::policy {

// One worker's connection to a Redis server. Commands are pipelined. It connects at once and comes back by
// itself; while the server is known to be away nothing waits for it. One thread.
class Redis final : private TransportEvents, private Resolver::Waiter, private Timed {
 public:
  // Called once: the reply, or null where there was none in time.
  using Done = std::function<void(RedisReply* reply)>;

  // `tls` where the settings say so: see redis_tls_client. `reporter` may be null.
  Redis(WorkerContext& context, const RedisSettings& settings, std::shared_ptr<TlsClient> tls,
        std::shared_ptr<const Entropy> entropy, Reporter* reporter);
  // Nobody is called any more.
  ~Redis() override;

  // False: the server is away; nothing was sent and `done` is never called. True: `done` comes, never from
  // within, after the settings' command time-out at the latest.
  [[nodiscard]] bool send(std::span<const std::string_view> words, Done done);
  // Commands are answered. For tests and metrics.
  [[nodiscard]] bool up() const noexcept { return state_ == State::Up; }
  [[nodiscard]] const RedisSettings& settings() const noexcept { return settings_; }

 private:
  enum class State : std::uint8_t { First, Away, Greeting, Up };
  struct Command {
    Done done;
    std::int64_t deadline = 0;
  };

  void connect() noexcept;
  void greet();
  void lose(std::string_view why) noexcept;
  void set_deadline() noexcept;
  bool take(RedisReply& reply);
  void warn(std::string_view what) noexcept;

  void on_open() noexcept override;
  void on_data(std::string_view bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_end(int status) noexcept override;
  void on_resolved(const sockaddr_storage* address) noexcept override;
  void on_deadline() noexcept override;

  WorkerContext& context_;
  const RedisSettings settings_;
  std::shared_ptr<TlsClient> tls_;
  Reporter* reporter_;
  Resolver resolver_;
  Backoff backoff_;
  uv::Timer again_;
  Transport::Ptr transport_;
  RespReader reader_;
  std::deque<Command> sent_;     // their replies come in this order
  std::string unsent_;           // commands that wait for the first connection
  State state_ = State::First;
  std::size_t greetings_ = 0;    // replies of the greeting that are still to come
  std::int64_t connect_deadline_ = 0;
};

// What Redis's constructor wants; null where the settings say no TLS.
[[nodiscard]] Result<std::shared_ptr<TlsClient>> redis_tls_client(const RedisSettings& settings);

}  // namespace gateway::policy
