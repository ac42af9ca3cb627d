#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "expression/value.h"

namespace gateway::expression {

// What Newtonsoft takes for a date in a JSON string: "yyyy-MM-ddTHH:mm:ss", with a fraction and a zone or
// without, and "/Date(ms)/". A date with an offset is local time, which is UTC here.
[[nodiscard]] std::optional<Value> parse_json_date(std::string_view text) noexcept;
// As JSON holds a DateTime, without quotes: "2024-05-01T12:00:00.5Z".
void write_json_date(const Value& date, std::pmr::string& out);

}  // namespace gateway::expression
