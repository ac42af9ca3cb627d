#include <algorithm>
#include <string>

#include "expression/library/time.h"
#include "expression/library/time_zone.h"

// https://learn.microsoft.com/dotnet/api/system.timezoneinfo
namespace gateway::expression {
namespace {

struct ZoneObject final : Object {
  ZoneObject(const Type* the_type, std::string_view the_id, std::optional<ZoneRules> the_rules)
      : Object(the_type), id(the_id), rules(std::move(the_rules)) {}
  std::string_view id;
  std::optional<ZoneRules> rules;  // absent: UTC
};

constexpr std::uint64_t kLoad = 5000;  // steps: a small file is read

std::int64_t unix_of(std::int64_t ticks) {
  const std::int64_t from = ticks - kUnixEpochTicks;
  return from >= 0 ? from / kTicksPerSecond : -((-from + kTicksPerSecond - 1) / kTicksPerSecond);
}

Value zone_value(Evaluation& eval, std::string_view id, std::optional<ZoneRules> rules) {
  return Value::of(eval.arena().make<ZoneObject>(eval.catalog().find("TimeZoneInfo"),
                                                 eval.arena().copy(id), std::move(rules)));
}
Value utc(Call& call) { return zone_value(call.eval, "UTC", std::nullopt); }
Value find(Evaluation& eval, std::string_view id) {
  if (id == "UTC") return zone_value(eval, id, std::nullopt);
  eval.charge(kLoad);
  auto rules = ZoneRules::load(id);
  if (!rules) {
    eval.raise("TimeZoneNotFoundException", "The time zone ID '" + std::string(id.substr(0, 64)) +
                                                "' was not found on the local computer.");
  }
  return zone_value(eval, id, std::move(rules));
}
Value find_by_id(Call& call) { return find(call.eval, text_arg(call, 0, "id")); }

ZoneObject& zone(Call& call, std::size_t index) {
  if (call.args[index].is_null()) raise_null(call.eval, "destinationTimeZone");
  return *static_cast<ZoneObject*>(call.args[index].object());
}

std::int64_t offset_ticks_at_utc(const ZoneObject& zone, std::int64_t utc_ticks) {
  return zone.rules ? zone.rules->at_utc(unix_of(utc_ticks)).seconds * kTicksPerSecond : 0;
}
std::int64_t clamped(std::int64_t ticks) { return std::clamp<std::int64_t>(ticks, 0, kMaxTicks); }

// Clock time in a zone from UTC. Its kind is Utc in UTC, else unspecified.
Value from_utc(const ZoneObject& zone, std::int64_t utc_ticks) {
  return Value::date_time(clamped(utc_ticks + offset_ticks_at_utc(zone, utc_ticks)),
                          zone.rules ? kUnspecified : kUtc);
}
std::int64_t to_utc(Call& call, const ZoneObject& zone, std::int64_t ticks) {
  if (!zone.rules) return ticks;
  const auto local = zone.rules->at_local(unix_of(ticks));
  if (local.invalid) {
    raise_argument(
        call.eval, "dateTime",
        "The supplied DateTime represents an invalid time. For example, when the clock is adjusted "
        "forward, any time in the period that is skipped is invalid.");
  }
  return clamped(ticks - local.offset.seconds * kTicksPerSecond);
}

Value convert_offset(Call& call, const OffsetObject& date, const ZoneObject& to) {
  const std::int64_t offset = offset_ticks_at_utc(to, date.utc_ticks());
  return offset_value(call.eval, date.utc_ticks() + offset,
                      static_cast<std::int32_t>(offset / kTicksPerMinute));
}
// (dateTime, destination): what has no kind is local, which is UTC.
Value convert(Call& call) {
  const ZoneObject& to = zone(call, 1);
  if (const OffsetObject* date = as_offset(call.args[0])) return convert_offset(call, *date, to);
  return from_utc(to, call.args[0].ticks());
}
Value convert_between(Call& call) {
  return from_utc(zone(call, 2), to_utc(call, zone(call, 1), call.args[0].ticks()));
}
Value convert_by_id(Call& call) {
  const Value to = find(call.eval, text_arg(call, 1, "destinationTimeZoneId"));
  const ZoneObject& target = *static_cast<ZoneObject*>(to.object());
  if (const OffsetObject* date = as_offset(call.args[0]))
    return convert_offset(call, *date, target);
  return from_utc(target, call.args[0].ticks());
}
Value convert_between_ids(Call& call) {
  const Value from = find(call.eval, text_arg(call, 1, "sourceTimeZoneId"));
  const Value to = find(call.eval, text_arg(call, 2, "destinationTimeZoneId"));
  return from_utc(*static_cast<ZoneObject*>(to.object()),
                  to_utc(call, *static_cast<ZoneObject*>(from.object()), call.args[0].ticks()));
}
Value convert_from_utc(Call& call) {
  if (call.args[0].date_time_kind() == kLocal) {
    raise_argument(call.eval, "dateTime",
                   "The conversion could not be completed because the supplied DateTime did not "
                   "have the Kind property set correctly.");
  }
  return from_utc(zone(call, 1), call.args[0].ticks());
}
Value convert_to_utc(Call& call) {
  std::int64_t ticks = call.args[0].ticks();
  if (call.args.size() > 1) ticks = to_utc(call, zone(call, 1), ticks);
  return Value::date_time(ticks, kUtc);
}

// What a zone says of a DateTime: of UTC at that moment, else of its own clock.
ZoneRules::Local local_of(Call& call) {
  const ZoneObject& self = zone(call, 0);
  if (!self.rules) return {};
  if (const OffsetObject* date = as_offset(call.args[1]))
    return {self.rules->at_utc(unix_of(date->utc_ticks()))};
  if (call.args[1].date_time_kind() != kUnspecified)
    return {self.rules->at_utc(unix_of(call.args[1].ticks()))};
  return self.rules->at_local(unix_of(call.args[1].ticks()));
}
Value utc_offset(Call& call) {
  return Value::time_span(local_of(call).offset.seconds * kTicksPerSecond);
}
Value daylight(Call& call) { return Value::of(local_of(call).offset.daylight); }
Value ambiguous(Call& call) { return Value::of(local_of(call).ambiguous); }
Value invalid(Call& call) { return Value::of(local_of(call).invalid); }

Value id(Call& call) { return Value::of(zone(call, 0).id); }
Value base_offset(Call& call) {
  const ZoneObject& self = zone(call, 0);
  return Value::time_span(self.rules ? self.rules->standard_offset() * kTicksPerSecond : 0);
}
Value equals(Call& call) {
  return Value::of(!call.args[1].is_null() && call.args[1].is_object() &&
                   call.args[1].object()->type == call.args[0].object()->type &&
                   zone(call, 0).id == zone(call, 1).id);
}

}  // namespace

void declare_time_zone(Catalog& catalog) {
  catalog.declare("System.TimeZoneInfo")
      .member("static TimeZoneInfo Utc { get; }", utc)
      .member("static TimeZoneInfo Local { get; }", utc)
      .member("static TimeZoneInfo FindSystemTimeZoneById(string id)", find_by_id)
      .member("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)",
              convert)
      .member(
          "static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo "
          "destinationTimeZone)",
          convert)
      .member(
          "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, "
          "TimeZoneInfo destinationTimeZone)",
          convert_between)
      .member(
          "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string "
          "destinationTimeZoneId)",
          convert_by_id)
      .member(
          "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, "
          "string destinationTimeZoneId)",
          convert_by_id)
      .member(
          "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string "
          "sourceTimeZoneId, string destinationTimeZoneId)",
          convert_between_ids)
      .member(
          "static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)",
          convert_from_utc)
      .member("static DateTime ConvertTimeToUtc(DateTime dateTime)", convert_to_utc)
      .member("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)",
              convert_to_utc)
      .member("string Id { get; }", id)
      .member("string DisplayName { get; }", id)
      .member("string StandardName { get; }", id)
      .member("TimeSpan BaseUtcOffset { get; }", base_offset)
      .member("bool SupportsDaylightSavingTime { get; }",
              [](Call& call) {
                return Value::of(zone(call, 0).rules && zone(call, 0).rules->has_daylight());
              })
      .member("TimeSpan GetUtcOffset(DateTime dateTime)", utc_offset)
      .member("TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)", utc_offset)
      .member("bool IsDaylightSavingTime(DateTime dateTime)", daylight)
      .member("bool IsDaylightSavingTime(DateTimeOffset dateTimeOffset)", daylight)
      .member("bool IsAmbiguousTime(DateTime dateTime)", ambiguous)
      .member("bool IsInvalidTime(DateTime dateTime)", invalid)
      .member("bool Equals(TimeZoneInfo other)", equals)
      .member("string ToString()", id);
}

}  // namespace gateway::expression
