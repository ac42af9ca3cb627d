#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/resources.h>
#include <gateway/result.h>

#include "policy/services.h"

namespace gateway::policy {

// Events over HTTPS to an Azure Event Hub.
class EventHub {
 public:
  // The Error says what the connection string lacks, never what is in it.
  static Result<EventHub> create(const EventHubLogger& logger);

  static constexpr std::size_t kMostBytes = 200 * 1024;
  // One event, cut to kMostBytes. `partition_id` xor `partition_key`; "" = neither.
  [[nodiscard]] OutgoingCall event(std::string_view message, std::string_view partition_id,
                                   std::string_view partition_key, std::int64_t unix_ms) const;

 private:
  // "SharedAccessSignature …", good for an hour.
  [[nodiscard]] std::string signature(std::int64_t unix_ms) const;

  std::string base_;      // "https://ns.servicebus.windows.net"
  std::string hub_;
  std::string key_name_;
  std::string key_;       // a secret
};

}  // namespace gateway::policy
