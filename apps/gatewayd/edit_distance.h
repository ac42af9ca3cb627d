#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatewayd {

// How many characters must be put in, taken out, changed or swapped with their neighbour to make one
// text of the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that is nearest to `text` in any case; "" when none is near enough to be meant.
[[nodiscard]] std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace gatewayd
