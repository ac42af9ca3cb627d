#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expression/evaluation.h"

// What the natives of this library share: their arguments, and .NET's words for what is wrong with
// them.
namespace gateway::expression {

inline constexpr std::string_view kBadFormat = "Input string was not in a correct format.";

[[noreturn]] inline void raise_null(Evaluation& eval, std::string_view parameter) {
  eval.raise("ArgumentNullException",
             "Value cannot be null. (Parameter '" + std::string(parameter) + "')");
}
[[noreturn]] inline void raise_range(Evaluation& eval, std::string_view parameter,
                                     std::string_view what) {
  eval.raise("ArgumentOutOfRangeException",
             std::string(what) + " (Parameter '" + std::string(parameter) + "')");
}
[[noreturn]] inline void raise_argument(Evaluation& eval, std::string_view parameter,
                                        std::string_view what) {
  eval.raise("ArgumentException",
             std::string(what) + " (Parameter '" + std::string(parameter) + "')");
}

// A string argument; raises ArgumentNullException for null. Charges for looking at it.
inline std::string_view text_arg(Call& call, std::size_t index, std::string_view parameter) {
  const Value& value = call.args[index];
  if (!value.is_string()) raise_null(call.eval, parameter);
  call.eval.charge(1 + value.text().size() / 8);
  return value.text();
}
// The string that an instance member is called on.
inline std::string_view self_text(Call& call) {
  call.eval.charge(1 + call.args[0].text().size() / 8);
  return call.args[0].text();
}
// A string argument for which null means "".
inline std::string_view optional_text(Call& call, std::size_t index) {
  const Value& value = call.args[index];
  if (!value.is_string()) return {};
  call.eval.charge(1 + value.text().size() / 8);
  return value.text();
}
inline std::int64_t integer_arg(const Call& call, std::size_t index) {
  return call.args[index].integer();
}

// Text made in the arena as a value.
inline Value made(Call& call, const std::pmr::string& text) {
  call.eval.charge(text.size() / 8);
  return call.eval.text(text);
}
inline std::pmr::string arena_text(Call& call) { return std::pmr::string(&call.eval.arena()); }

// The number of an enum argument; `fallback` for anything else.
inline std::int32_t enum_arg(const Call& call, std::size_t index, std::int32_t fallback = 0) {
  return call.args[index].kind() == Kind::Enum ? call.args[index].enum_number() : fallback;
}

inline std::int64_t now_ticks(const Evaluation& eval) {
  return 621'355'968'000'000'000 + eval.environment().clock->unix_ms() * 10'000;
}

}  // namespace gateway::expression
