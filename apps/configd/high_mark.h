#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <gateway/result.h>

namespace configd {

// The epoch and the highest revision that a database ever acknowledged, in a file of its own: a
// database that was put back from a copy is behind it.
class HighMark {
 public:
  struct Mark {
    std::string epoch;
    std::uint64_t revision = 0;
    bool operator==(const Mark&) const = default;
  };

  // Opens or makes the file (mode 0600).
  static gateway::Result<HighMark> open(const std::string& file);
  HighMark(HighMark&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), file_(std::move(other.file_)) {}
  HighMark& operator=(HighMark&&) = delete;
  ~HighMark();

  // nullopt where nothing readable was ever written.
  [[nodiscard]] std::optional<Mark> read() const;
  // Seen by whoever opens the file next, also after the process was killed; after a loss of power
  // too once it was synced. One that is lost or lags behind does no harm: see the use in store.cc.
  gateway::Result<void> write(const Mark& mark) const;
  gateway::Result<void> sync() const;

 private:
  HighMark(int fd, std::string file) : fd_(fd), file_(std::move(file)) {}
  int fd_;
  std::string file_;
};

}  // namespace configd
