#pragma once

#include <string>
#include <string_view>

#include "policy/run.h"

// Bodies whose text policies change.
namespace gateway::policy {

// Every `from` as `to`. `from` is not empty.
[[nodiscard]] std::string replace_all(std::string_view text, std::string_view from,
                                      std::string_view to);
// text/*, JSON, XML, JavaScript, a form; or no type is said.
[[nodiscard]] bool has_text(const Fields& fields);
[[nodiscard]] bool has_json(const Fields& fields);

}  // namespace gateway::policy
