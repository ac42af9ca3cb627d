#pragma once

#include <span>
#include <string_view>

#include "policy/liquid/values.h"

namespace gateway::policy::liquid {

// A filter by its name in either spelling: DividedBy, divided_by. Null: there is none.
struct Filter {
  std::string_view name;  // without '_', in lower case
  std::string_view said;  // as the documentation writes it
  std::size_t least = 0, most = 0;  // arguments
  Value (*apply)(Evaluation& eval, const Value& input, std::span<const Value> arguments) = nullptr;
};
[[nodiscard]] const Filter* find_filter(std::string_view name);
[[nodiscard]] std::span<const Filter> all_filters();

}  // namespace gateway::policy::liquid
