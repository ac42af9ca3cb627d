#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "expression/evaluation.h"

namespace gateway::expression {

// System.Guid. A value type; its type's name is "Guid".
struct GuidObject final : Object {
  using Bytes = std::array<std::uint8_t, 16>;  // in the order they are written
  GuidObject(const Type* the_type, const Bytes& the_bytes) : Object(the_type), bytes(the_bytes) {}
  Bytes bytes;
};

[[nodiscard]] Value make_guid(Evaluation& eval, const GuidObject::Bytes& bytes);
// A version 4 Guid of the environment's entropy.
[[nodiscard]] Value make_random_guid(Evaluation& eval);

// The forms N, D, B, P and X, with white space around; nullopt: it is none of them.
[[nodiscard]] std::optional<GuidObject::Bytes> parse_guid(std::string_view text) noexcept;
// `format`: "" (is D), N, D, B, P or X in either case; "" for any other.
[[nodiscard]] std::string format_guid(const GuidObject::Bytes& bytes, std::string_view format);

}  // namespace gateway::expression
