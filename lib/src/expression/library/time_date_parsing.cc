#include "expression/library/time.h"

namespace gateway::expression {
namespace {

std::optional<DateText> parsed(Call& call) {
  const auto date = parse_date(optional_text(call, 0), now_ticks(call.eval));
  return date ? date_time_of(*date, date_styles(call)) : std::nullopt;
}
std::optional<DateText> parsed_exactly(Call& call) {
  const std::uint32_t styles = date_styles(call);
  const auto date = parse_exact_args(call, styles);
  if (!date) return std::nullopt;
  // "o" says the kind itself.
  const Value& format = call.args[1];
  const bool round_trip = format.is_string() && (format.text() == "o" || format.text() == "O");
  return date_time_of(*date, styles | (round_trip ? DateStyles::kRoundtripKind : 0));
}

template <std::optional<DateText> (*Parse)(Call&)>
Value parse(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "s");
  const auto date = Parse(call);
  if (!date) call.eval.raise("FormatException", kNoDate);
  return Value::date_time(date->ticks, date->kind);
}
template <std::optional<DateText> (*Parse)(Call&)>
Value try_parse(Call& call) {
  const auto date = Parse(call);
  call.args.back() =
      date ? Value::date_time(date->ticks, date->kind) : Value::date_time(0, kUnspecified);
  return Value::of(date.has_value());
}

}  // namespace

void declare_date_parsing(Catalog& catalog) {
  catalog.declare("System.DateTime", {.kind = Kind::DateTime, .value_type = true})
      .member("static DateTime Parse(string s)", parse<parsed>)
      .member("static DateTime Parse(string s, IFormatProvider provider)", parse<parsed>)
      .member("static DateTime Parse(string s, IFormatProvider provider, DateTimeStyles styles)",
              parse<parsed>)
      .member("static bool TryParse(string s, out DateTime result)", try_parse<parsed>)
      .member(
          "static bool TryParse(string s, IFormatProvider provider, DateTimeStyles styles, out "
          "DateTime result)",
          try_parse<parsed>)
      .member("static DateTime ParseExact(string s, string format, IFormatProvider provider)",
              parse<parsed_exactly>)
      .member(
          "static DateTime ParseExact(string s, string format, IFormatProvider provider, "
          "DateTimeStyles style)",
          parse<parsed_exactly>)
      .member(
          "static DateTime ParseExact(string s, string[] formats, IFormatProvider provider, "
          "DateTimeStyles style)",
          parse<parsed_exactly>)
      .member(
          "static bool TryParseExact(string s, string format, IFormatProvider provider, "
          "DateTimeStyles style, out DateTime result)",
          try_parse<parsed_exactly>)
      .member(
          "static bool TryParseExact(string s, string[] formats, IFormatProvider provider, "
          "DateTimeStyles style, out DateTime result)",
          try_parse<parsed_exactly>);
}

}  // namespace gateway::expression
