#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::cloud {

// Reads server-sent events (WHATWG HTML, "Server-sent events") however they are cut into pieces.
class EventStream {
 public:
  struct Event {
    std::string type;  // "message" where none is said
    std::string id;    // the last one said, by this event or an earlier one
    std::string data;
  };
  // One event, its fields and the line under way, may hold so many bytes in all.
  explicit EventStream(std::size_t max_event) : max_event_(max_event) {}

  // Calls take(event) for each event that is now whole. Stops when take returns false, and forgets
  // the rest. False when an event is too large; nothing may be pushed any more then.
  [[nodiscard]] bool push(std::string_view bytes, const std::function<bool(Event)>& take);

  // What the peer wants to be waited before the next connection.
  [[nodiscard]] std::optional<std::chrono::milliseconds> reconnection_time() const noexcept {
    return retry_;
  }

 private:
  // False: stop.
  bool take_line(std::string_view line, const std::function<bool(Event)>& take);
  void take_field(std::string_view name, std::string_view value);

  std::size_t max_event_;
  std::string line_;        // that has not ended
  bool first_line_ = true;  // a byte order mark may stand there
  bool after_cr_ = false;   // a line feed that comes next belongs to the line before
  std::string type_;
  std::string data_;
  bool has_data_ = false;
  std::string id_;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace gateway::cloud
