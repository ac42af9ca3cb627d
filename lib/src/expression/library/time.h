#pragma once

#include <optional>
#include <string_view>

#include "expression/evaluation.h"
#include "expression/library/calendar.h"
#include "expression/library/date_format.h"
#include "expression/library/native.h"
#include "expression/library/offset_object.h"

namespace gateway::expression {

// The parts of declare_time.
void declare_date_time(Catalog& catalog);
void declare_date_arithmetic(Catalog& catalog);
void declare_date_parsing(Catalog& catalog);
void declare_time_span(Catalog& catalog);
void declare_date_time_offset(Catalog& catalog);
void declare_offset_parsing(Catalog& catalog);
void declare_time_zone(Catalog& catalog);

inline constexpr std::string_view kNoDate = "String was not recognized as a valid DateTime.";

[[nodiscard]] Value offset_value(Evaluation& eval, std::int64_t ticks, std::int32_t offset_minutes);
// Ticks that are a date; raises ArgumentOutOfRangeException for others.
[[nodiscard]] std::int64_t checked_ticks(Evaluation& eval, std::int64_t ticks);
// Their sum; raises ArgumentOutOfRangeException where that is no date.
[[nodiscard]] std::int64_t add_ticks(Evaluation& eval, std::int64_t ticks, std::int64_t more);
[[nodiscard]] std::int64_t add_units(Evaluation& eval, std::int64_t ticks, double count,
                                     std::int64_t unit);
[[nodiscard]] std::int64_t add_months(Evaluation& eval, std::int64_t ticks, std::int64_t months);
[[nodiscard]] std::int64_t add_years(Evaluation& eval, std::int64_t ticks, std::int64_t years);
// Ticks of the integers year, month, day [, hour, minute, second [, millisecond]] at call.args[0
// …].
[[nodiscard]] std::int64_t ticks_of_args(Call& call, std::size_t count);
// Whole minutes of an offset argument, within 14 hours.
[[nodiscard]] std::int32_t offset_arg(Call& call, std::size_t index);
// One text or an array of texts for formats: the first that fits.
[[nodiscard]] std::optional<ParsedDate> parse_exact_args(Call& call, std::uint32_t styles);
[[nodiscard]] std::uint32_t date_styles(Call& call);

}  // namespace gateway::expression
