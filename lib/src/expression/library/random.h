#pragma once

#include <array>
#include <cstdint>

namespace gateway::expression {

// .NET's Random(seed): Knuth's subtractive generator, with the numbers that .NET gives.
class SubtractiveRandom {
 public:
  explicit SubtractiveRandom(std::int32_t seed) noexcept;
  // 0 to 2^31 - 2.
  std::int32_t next() noexcept;
  // 0 to less than 1.
  double sample() noexcept { return next() * (1.0 / kBig); }
  // `least` to less than `limit`; `least` where they are equal. `least` must not be above `limit`.
  std::int32_t next(std::int32_t least, std::int32_t limit) noexcept;

 private:
  static constexpr std::int32_t kBig = 2147483647;
  std::array<std::int32_t, 56> state_{};
  std::size_t at_ = 0;
  std::size_t behind_ = 21;
};

}  // namespace gateway::expression
