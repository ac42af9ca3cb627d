#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway::policy {

// "; did you mean \"set-header\"?", or "".
[[nodiscard]] std::string did_you_mean(std::string_view written,
                                       const std::vector<std::string_view>& names);
// "\"a\", \"b\""
[[nodiscard]] std::string listed(const std::vector<std::string_view>& names);

// "<name>", fit for a message.
[[nodiscard]] std::string tag(std::string_view name);

}  // namespace gateway::policy
