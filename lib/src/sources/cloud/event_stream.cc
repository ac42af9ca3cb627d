#include "sources/cloud/event_stream.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/strings.h"

namespace gateway::cloud {
namespace {

constexpr std::uint64_t kMaxRetryMs = 3'600'000;

}  // namespace

bool EventStream::push(std::string_view bytes, const std::function<bool(Event)>& take) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto feed = bytes.find('\n');
    const auto end = std::min(bytes.substr(0, feed).find('\r'), feed);
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() + data_.size() > max_event_) return false;
    if (end == std::string_view::npos) {
      line_ += part;
      return true;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    std::string joined;
    std::string_view line = part;
    if (!line_.empty()) {
      joined = std::exchange(line_, {});
      joined += part;
      line = joined;
    }
    if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF"))
      line.remove_prefix(3);
    if (!take_line(line, take)) return true;
  }
  return true;
}

bool EventStream::take_line(std::string_view line, const std::function<bool(Event)>& take) {
  if (!line.empty()) {
    const auto colon = line.find(':');
    std::string_view value =
        colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
    return true;
  }
  std::string type = std::exchange(type_, {});
  if (!std::exchange(has_data_, false)) return true;
  Event event{type.empty() ? "message" : std::move(type), id_, std::exchange(data_, {})};
  return take(std::move(event));
}

void EventStream::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (const auto given = parse_decimal(value, kMaxRetryMs))
      retry_ = std::chrono::milliseconds(*given);
  }
}

}  // namespace gateway::cloud
