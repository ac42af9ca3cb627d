#include "expression/library/random.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "expression/library/native.h"
#include "expression/library/primitives.h"

namespace gateway::expression {
namespace {

std::int32_t wrapping_minus(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

struct RandomObject final : Object {
  RandomObject(const Type* the_type, std::int32_t seed) : Object(the_type), numbers(seed) {}
  SubtractiveRandom numbers;
};

std::int32_t entropy(Evaluation& eval) {
  std::array<std::byte, 4> bytes{};
  eval.environment().entropy->fill(bytes);
  std::int32_t out = 0;
  std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

Value create(Call& call, std::int32_t seed) {
  call.eval.charge(30);
  return Value::of(call.eval.arena().make<RandomObject>(call.eval.catalog().find("Random"), seed));
}
SubtractiveRandom& self(Call& call) {
  return static_cast<RandomObject*>(call.args[0].object())->numbers;
}

Value next_below(Call& call) {
  const std::int64_t limit = integer_arg(call, 1);
  if (limit < 0) raise_range(call.eval, "maxValue", "'maxValue' must be greater than zero.");
  return Value::of(static_cast<std::int32_t>(self(call).sample() * static_cast<double>(limit)));
}
Value next_between(Call& call) {
  const std::int64_t least = integer_arg(call, 1);
  const std::int64_t limit = integer_arg(call, 2);
  if (least > limit)
    raise_range(call.eval, "minValue", "'minValue' cannot be greater than maxValue.");
  return Value::of(
      self(call).next(static_cast<std::int32_t>(least), static_cast<std::int32_t>(limit)));
}
Value next_bytes(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "buffer");
  auto& bytes = static_cast<BytesObject*>(call.args[1].object())->bytes;
  call.eval.charge(bytes.size());
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(self(call).next());
  return Value::null();
}

}  // namespace

SubtractiveRandom::SubtractiveRandom(std::int32_t seed) noexcept {
  const std::int32_t magnitude =
      seed == std::numeric_limits<std::int32_t>::min() ? kBig : std::abs(seed);
  std::int32_t previous = 161803398 - magnitude;
  state_[55] = previous;
  std::int32_t value = 1;
  std::size_t index = 0;
  for (int i = 1; i < 55; ++i) {
    index += 21;
    if (index >= 55) index -= 55;
    state_[index] = value;
    value = wrapping_minus(previous, value);
    if (value < 0) value += kBig;
    previous = state_[index];
  }
  for (int round = 1; round < 5; ++round) {
    for (std::size_t i = 1; i < 56; ++i) {
      std::size_t other = i + 30;
      if (other >= 55) other -= 55;
      state_[i] = wrapping_minus(state_[i], state_[1 + other]);
      if (state_[i] < 0) state_[i] += kBig;
    }
  }
}

std::int32_t SubtractiveRandom::next() noexcept {
  if (++at_ >= 56) at_ = 1;
  if (++behind_ >= 56) behind_ = 1;
  std::int32_t value = wrapping_minus(state_[at_], state_[behind_]);
  if (value == kBig) --value;
  if (value < 0) value += kBig;
  return state_[at_] = value;
}

std::int32_t SubtractiveRandom::next(std::int32_t least, std::int32_t limit) noexcept {
  const std::int64_t range = std::int64_t{limit} - least;
  if (range <= kBig)
    return static_cast<std::int32_t>(sample() * static_cast<double>(range)) + least;
  std::int32_t large = next();
  if (next() % 2 == 0) large = -large;
  const double share = (static_cast<double>(large) + (kBig - 1)) / (2.0 * kBig - 1);
  return static_cast<std::int32_t>(static_cast<std::int64_t>(share * static_cast<double>(range)) +
                                   least);
}

void declare_random(Catalog& catalog) {
  catalog.declare("System.Random")
      .member("new()", [](Call& call) { return create(call, entropy(call.eval)); })
      .member(
          "new(int seed)",
          [](Call& call) { return create(call, static_cast<std::int32_t>(integer_arg(call, 0))); })
      .member("static Random Shared { get; }",
              [](Call& call) { return create(call, entropy(call.eval)); })
      .member("int Next()", [](Call& call) { return Value::of(self(call).next()); })
      .member("int Next(int maxValue)", next_below)
      .member("int Next(int minValue, int maxValue)", next_between)
      .member("double NextDouble()", [](Call& call) { return Value::of(self(call).sample()); })
      .member("void NextBytes(byte[] buffer)", next_bytes);
}

}  // namespace gateway::expression
