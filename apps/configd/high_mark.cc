#include "high_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/strings.h"

namespace configd {
namespace {

// "<32 hex digits> <20 digits>\n": of fixed length, so that it is overwritten in place and in one
// sector.
constexpr std::size_t kEpoch = 32, kDigits = 20, kLength = kEpoch + 1 + kDigits + 1;

gateway::Error error(const std::string& file, int number) {
  gateway::Error made;
  made.code = gateway::ErrorCode::Unavailable;
  made.origin = "store";
  made.message = std::strerror(number);
  made.where = file;
  return made;
}

}  // namespace

gateway::Result<HighMark> HighMark::open(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return error(file, errno);
  HighMark mark(fd, file);
  if (::fchmod(fd, 0600) != 0) return error(file, errno);
  return mark;
}

HighMark::~HighMark() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<HighMark::Mark> HighMark::read() const {
  std::array<char, kLength + 1> buffer{};
  if (::pread(fd_, buffer.data(), buffer.size(), 0) != static_cast<ssize_t>(kLength))
    return std::nullopt;
  const std::string_view text(buffer.data(), kLength);
  if (text[kEpoch] != ' ' || text.back() != '\n') return std::nullopt;
  const auto revision = gateway::parse_decimal(text.substr(kEpoch + 1, kDigits));
  if (!revision) return std::nullopt;
  return Mark{std::string(text.substr(0, kEpoch)), *revision};
}

gateway::Result<void> HighMark::write(const Mark& mark) const {
  const std::string digits = std::to_string(mark.revision);
  const std::string text =
      mark.epoch + ' ' + std::string(kDigits - digits.size(), '0') + digits + '\n';
  if (::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return error(file_, errno);
  return {};
}

gateway::Result<void> HighMark::sync() const {
  if (::fdatasync(fd_) != 0) return error(file_, errno);
  return {};
}

}  // namespace configd
