#include <gateway/environment.h>

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>

namespace gateway {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t unix_ms() const noexcept override { return read_ns(CLOCK_REALTIME) / 1'000'000; }
  std::int64_t steady_ns() const noexcept override { return read_ns(CLOCK_MONOTONIC); }

 private:
  static std::int64_t read_ns(clockid_t id) noexcept {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
  }
};

class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) const noexcept override {
    while (!out.empty()) {
      const ssize_t n = getrandom(out.data(), out.size(), 0);
      if (n > 0) {
        out = out.subspan(static_cast<std::size_t>(n));
      } else if (errno != EINTR) {
        std::abort();  // a kernel without entropy: keys made from less would be worse than no gateway
      }
    }
  }
};

}  // namespace

Environment Environment::system() {
  return {std::make_shared<const SystemClock>(), std::make_shared<const SystemEntropy>()};
}

}  // namespace gateway
