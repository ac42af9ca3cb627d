#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/gateway.h>
#include <gateway/memory_source.h>

#include "support/connection.h"
#include "support/tls_connection.h"

namespace gateway::test {

// Becomes true within that time.
[[nodiscard]] bool eventually_within(std::chrono::milliseconds time,
                                     const std::function<bool()>& condition);
[[nodiscard]] inline bool eventually(const std::function<bool()>& condition) {
  return eventually_within(kPatience, condition);
}

// One worker, a plain listener (0) and a TLS one (1) on loopback, the access log on, no drain
// delay.
[[nodiscard]] GatewayOptions test_options();

// Resources in few words.
[[nodiscard]] gateway::Backend backend_at(std::string id,
                                          std::initializer_list<std::uint16_t> ports);
[[nodiscard]] Api api_for(std::string id, std::string host, std::string path, std::string backend);
// One route, "/" of any host, to these ports of 127.0.0.1.
[[nodiscard]] SourceSnapshot everything_to(std::initializer_list<std::uint16_t> ports);

// A line of the access log: its fields by name, numbers as text.
using AccessLine = std::map<std::string, std::string>;

// A gateway that runs, with a MemorySource that the test publishes with.
class GatewayUnderTest {
 public:
  using Policies = std::vector<std::shared_ptr<PolicyFactory>>;
  // `routes` serve when it returns.
  explicit GatewayUnderTest(SourceSnapshot routes, GatewayOptions options = test_options(), Policies policies = {});
  // Not synced: the first publish() makes it ready.
  struct Unsynced {};
  explicit GatewayUnderTest(Unsynced, GatewayOptions options = test_options());
  ~GatewayUnderTest();

  Gateway* operator->() noexcept { return gateway_.get(); }
  // Replaces all routes; they serve when it returns. The number of the Version that has them.
  std::uint64_t publish(SourceSnapshot routes);
  void set_default_route(std::initializer_list<std::uint16_t> ports) {
    publish(everything_to(ports));
  }

  [[nodiscard]] Connection connect(int receive_buffer = 0) {
    return Connection::to(gateway_->port(0), receive_buffer);
  }
  [[nodiscard]] std::unique_ptr<TlsConnection> connect_tls(const TlsWish& wish = {}) {
    return std::make_unique<TlsConnection>(gateway_->port(1), wish);
  }

  // The next line of the access log; empty when none comes.
  [[nodiscard]] AccessLine next_line();
  // The value of a sample of metrics(), such as `gateway_responses_total{class="2xx"}`.
  [[nodiscard]] std::uint64_t metric(std::string_view sample) const;
  [[nodiscard]] bool metric_becomes(std::string_view sample, std::uint64_t value) const;

 private:
  class Log;
  void start(bool synced, SourceSnapshot routes, GatewayOptions options, const Policies& policies);

  std::shared_ptr<Log> log_;
  std::unique_ptr<Gateway> gateway_;
  MemorySource* source_ = nullptr;  // the gateway's
  std::uint64_t revision_ = 0;
};

}  // namespace gateway::test
