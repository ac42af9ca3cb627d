#pragma once

#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "expression/evaluation.h"

namespace gateway::expression {

// Appends what IFormattable.ToString(format, invariant culture) gives for any value: numbers,
// dates, time spans, enums and Guids honour `format`; everything else ignores it. Empty: the
// default format; null appends nothing. `out` should live in the evaluation's arena
// (`std::pmr::string out(&eval.arena())`), so that its growth is bounded. Raises FormatException
// for a format that the value's type does not have.
void format_value(Evaluation& eval, const Value& value, std::string_view format,
                  std::pmr::string& out);

// One hole of a composite format or of an interpolated string: `alignment` > 0 pads at the left to
// that many UTF-16 units, < 0 at the right.
void format_hole(Evaluation& eval, const Value& value, std::int64_t alignment,
                 std::string_view format, std::pmr::string& out);

// string.Format(format, args): "{0,10:fmt}", "{{", "}}". Raises FormatException.
void composite_format(Evaluation& eval, std::string_view format, std::span<const Value> args,
                      std::pmr::string& out);

}  // namespace gateway::expression
