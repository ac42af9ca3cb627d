#include "expression/library/time.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "expression/library/libraries.h"

namespace gateway::expression {

Value offset_value(Evaluation& eval, std::int64_t ticks, std::int32_t offset_minutes) {
  const std::int64_t utc = checked_ticks(eval, ticks - offset_minutes * kTicksPerMinute);
  const std::int64_t clock = checked_ticks(eval, utc + offset_minutes * kTicksPerMinute);
  return Value::of(eval.arena().make<OffsetObject>(eval.catalog().find("DateTimeOffset"), clock,
                                                   offset_minutes));
}

std::int64_t checked_ticks(Evaluation& eval, std::int64_t ticks) {
  if (ticks < 0 || ticks > kMaxTicks) {
    eval.raise("ArgumentOutOfRangeException",
               "The added or subtracted value results in an un-representable DateTime.");
  }
  return ticks;
}
std::int64_t add_ticks(Evaluation& eval, std::int64_t ticks, std::int64_t more) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(ticks, more, &sum)) sum = -1;
  return checked_ticks(eval, sum);
}
std::int64_t add_units(Evaluation& eval, std::int64_t ticks, double count, std::int64_t unit) {
  const double most = static_cast<double>(kMaxTicks) / static_cast<double>(unit);
  if (!(std::abs(count) <= most)) raise_range(eval, "value", "Value to add was out of range.");
  const double whole = std::trunc(count);
  const double rest = std::round((count - whole) * static_cast<double>(unit) * 1000) / 1000;
  return add_ticks(eval, ticks,
                   static_cast<std::int64_t>(whole) * unit + static_cast<std::int64_t>(rest));
}
std::int64_t add_months(Evaluation& eval, std::int64_t ticks, std::int64_t months) {
  if (months < -120000 || months > 120000)
    raise_range(eval, "months", "Months value must be between +/-120000.");
  DateParts parts = parts_of(ticks);
  const std::int64_t total = parts.year * std::int64_t{12} + parts.month - 1 + months;
  if (total < 12 || total >= 12 * 10000) {
    raise_range(eval, "months",
                "The added or subtracted value results in an un-representable DateTime.");
  }
  parts.year = static_cast<int>(total / 12);
  parts.month = static_cast<int>(total % 12) + 1;
  parts.day = std::min(parts.day, days_in_month(parts.year, parts.month));
  return parts.ticks();
}
std::int64_t add_years(Evaluation& eval, std::int64_t ticks, std::int64_t years) {
  if (years < -10000 || years > 10000)
    raise_range(eval, "years", "Years value must be between +/-10000.");
  return add_months(eval, ticks, years * 12);
}

std::int64_t ticks_of_args(Call& call, std::size_t count) {
  const auto part = [&](std::size_t index) { return static_cast<int>(integer_arg(call, index)); };
  DateParts parts{part(0), part(1), part(2)};
  if (!parts.valid())
    call.eval.raise("ArgumentOutOfRangeException",
                    "Year, Month, and Day parameters describe an un-representable DateTime.");
  if (count > 3) {
    parts.hour = part(3);
    parts.minute = part(4);
    parts.second = part(5);
    if (!parts.valid())
      call.eval.raise("ArgumentOutOfRangeException",
                      "Hour, Minute, and Second parameters describe an un-representable DateTime.");
  }
  if (count > 6) {
    if (part(6) < 0 || part(6) > 999)
      raise_range(call.eval, "millisecond", "Valid values are between 0 and 999, inclusive.");
    parts.fraction = part(6) * static_cast<int>(kTicksPerMillisecond);
  }
  return parts.ticks();
}

std::int32_t offset_arg(Call& call, std::size_t index) {
  const std::int64_t ticks = call.args[index].ticks();
  if (ticks % kTicksPerMinute != 0)
    raise_argument(call.eval, "offset", "Offset must be specified in whole minutes.");
  if (std::abs(ticks / kTicksPerMinute) > 14 * 60) {
    raise_range(call.eval, "offset", "Offset must be within plus or minus 14 hours.");
  }
  return static_cast<std::int32_t>(ticks / kTicksPerMinute);
}

std::uint32_t date_styles(Call& call) {
  std::uint32_t styles = 0;
  for (const Value& arg : call.args) {
    if (arg.kind() == Kind::Enum) styles = static_cast<std::uint32_t>(arg.enum_number());
  }
  return styles;
}

std::optional<ParsedDate> parse_exact_args(Call& call, std::uint32_t styles) {
  const std::string_view text = optional_text(call, 0);
  const std::int64_t today = now_ticks(call.eval);
  if (call.args[1].is_string())
    return parse_date_exact(text, optional_text(call, 1), styles, today);
  std::optional<ParsedDate> out;
  if (call.args[1].is_null()) return out;
  call.eval.for_each(call.args[1], [&](const Value& format) {
    call.eval.charge(10);
    if (format.is_string()) out = parse_date_exact(text, format.text(), styles, today);
    return !out;
  });
  return out;
}

void declare_time(Catalog& catalog) {
  catalog.declare("System.DateTimeKind", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("Unspecified", 0)
      .enumerator("Utc", 1)
      .enumerator("Local", 2);
  auto days = catalog.declare("System.DayOfWeek",
                              {.kind = Kind::Enum, .value_type = true, .is_enum = true});
  for (std::size_t i = 0; i < kDayNames.size(); ++i)
    days.enumerator(kDayNames[i], static_cast<std::int32_t>(i));
  catalog
      .declare("System.Globalization.DateTimeStyles",
               {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("AllowLeadingWhite", DateStyles::kLeadingWhite)
      .enumerator("AllowTrailingWhite", DateStyles::kTrailingWhite)
      .enumerator("AllowInnerWhite", DateStyles::kInnerWhite)
      .enumerator("AllowWhiteSpaces", 7)
      .enumerator("NoCurrentDateDefault", DateStyles::kNoCurrentDate)
      .enumerator("AdjustToUniversal", DateStyles::kAdjustToUniversal)
      .enumerator("AssumeLocal", DateStyles::kAssumeLocal)
      .enumerator("AssumeUniversal", DateStyles::kAssumeUniversal)
      .enumerator("RoundtripKind", DateStyles::kRoundtripKind);
  declare_date_time(catalog);
  declare_date_arithmetic(catalog);
  declare_date_parsing(catalog);
  declare_time_span(catalog);
  declare_date_time_offset(catalog);
  declare_offset_parsing(catalog);
  declare_time_zone(catalog);
}

}  // namespace gateway::expression
