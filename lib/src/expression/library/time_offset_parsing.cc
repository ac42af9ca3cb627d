#include "expression/library/time.h"

namespace gateway::expression {
namespace {

// What says no offset is local time, which is UTC.
Value value_of(Call& call, const ParsedDate& parsed) {
  const std::int32_t offset = parsed.offset_minutes.value_or(0);
  if ((date_styles(call) & DateStyles::kAdjustToUniversal) != 0) {
    return offset_value(call.eval, parsed.ticks - offset * kTicksPerMinute, 0);
  }
  return offset_value(call.eval, parsed.ticks, offset);
}
bool representable(const ParsedDate& parsed) {
  const std::int64_t utc = parsed.ticks - parsed.offset_minutes.value_or(0) * kTicksPerMinute;
  return utc >= 0 && utc <= kMaxTicks;
}

std::optional<ParsedDate> parsed(Call& call) {
  return parse_date(optional_text(call, 0), now_ticks(call.eval));
}
std::optional<ParsedDate> parsed_exactly(Call& call) {
  return parse_exact_args(call, date_styles(call));
}

template <std::optional<ParsedDate> (*Parse)(Call&)>
Value parse(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "input");
  const auto date = Parse(call);
  if (!date || !representable(*date)) call.eval.raise("FormatException", kNoDate);
  return value_of(call, *date);
}
template <std::optional<ParsedDate> (*Parse)(Call&)>
Value try_parse(Call& call) {
  const auto date = Parse(call);
  const bool good = date && representable(*date);
  call.args.back() = good ? value_of(call, *date) : offset_value(call.eval, 0, 0);
  return Value::of(good);
}

}  // namespace

void declare_offset_parsing(Catalog& catalog) {
  catalog.declare("System.DateTimeOffset", {.value_type = true})
      .member("static DateTimeOffset Parse(string input)", parse<parsed>)
      .member("static DateTimeOffset Parse(string input, IFormatProvider formatProvider)",
              parse<parsed>)
      .member(
          "static DateTimeOffset Parse(string input, IFormatProvider formatProvider, "
          "DateTimeStyles styles)",
          parse<parsed>)
      .member("static bool TryParse(string input, out DateTimeOffset result)", try_parse<parsed>)
      .member(
          "static bool TryParse(string input, IFormatProvider formatProvider, DateTimeStyles "
          "styles, out DateTimeOffset result)",
          try_parse<parsed>)
      .member(
          "static DateTimeOffset ParseExact(string input, string format, IFormatProvider "
          "formatProvider)",
          parse<parsed_exactly>)
      .member(
          "static DateTimeOffset ParseExact(string input, string format, IFormatProvider "
          "formatProvider, DateTimeStyles styles)",
          parse<parsed_exactly>)
      .member(
          "static bool TryParseExact(string input, string format, IFormatProvider formatProvider, "
          "DateTimeStyles styles, out DateTimeOffset result)",
          try_parse<parsed_exactly>);
}

}  // namespace gateway::expression
