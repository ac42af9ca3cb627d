#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidjson/fwd.h>

#include <gateway/result.h>

namespace configd {

// What the instances of one gateway say of themselves. In memory only, and bounded whatever they
// say: the instance that was quiet for longest makes room.
class Instances {
 public:
  static constexpr std::size_t kMaxInstances = 1'000;
  static constexpr std::size_t kMaxRejected = 100;   // of an instance; the others are counted
  static constexpr std::size_t kMaxText = 1'024;     // bytes of a text that is kept
  static constexpr std::size_t kMaxBody = 1u << 20;  // bytes of a message

  // The body of a heartbeat or an acknowledgement, received at `now` (seconds since 1970). The
  // Error names the member and what is allowed.
  gateway::Result<void> heartbeat(std::string_view body, std::int64_t now);
  gateway::Result<void> acknowledge(std::string_view body, std::int64_t now);

  // A JSON array, by name.
  [[nodiscard]] std::string to_json() const;
  [[nodiscard]] std::size_t size() const noexcept { return instances_.size(); }

 private:
  struct Instance {
    std::uint64_t heard = 0;  // counts messages: the lowest is the quietest
    std::int64_t last_heartbeat = 0;
    std::int64_t acknowledged = 0;
    std::string gateway_version;
    std::string version;
    std::string epoch;
    std::optional<std::uint64_t> uptime_seconds;
    std::optional<std::uint64_t> revision;
    std::size_t rejected_count = 0;
    std::vector<std::pair<std::string, std::string>> rejected;  // id and reason
  };

  static gateway::Result<void> read_served(const rapidjson::Value& message, Instance& instance);
  [[nodiscard]] Instance known(const std::string& name) const;
  void keep(const std::string& name, Instance instance);

  std::map<std::string, Instance, std::less<>> instances_;
  std::uint64_t messages_ = 0;
};

}  // namespace configd
