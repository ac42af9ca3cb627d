#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway::kubernetes {

// Cuts a stream into the lines of a watch, however it arrives. A line that has not ended is kept, up
// to a limit.
class LineDecoder {
 public:
  explicit LineDecoder(std::size_t max_line) : max_line_(max_line) {}

  // Calls take(line) for each line that is now whole, without its end; empty lines are skipped. Stops
  // when take returns false, and forgets the rest. False when a line is too long.
  template <typename Take>
  [[nodiscard]] bool push(std::string_view data, Take take) {
    for (auto end = data.find('\n'); end != std::string_view::npos; end = data.find('\n')) {
      std::string_view line = data.substr(0, end);
      std::string joined;
      if (!kept_.empty()) {
        joined = std::move(kept_);
        kept_.clear();
        joined += line;
        line = joined;
      }
      data.remove_prefix(end + 1);
      if (line.size() > max_line_) return false;
      if (!line.empty() && !take(line)) return true;
    }
    kept_ += data;
    return kept_.size() <= max_line_;
  }
  void clear() { kept_.clear(); }

 private:
  std::size_t max_line_;
  std::string kept_;
};

}  // namespace gateway::kubernetes
