#include "arm/read_balancing.h"

#include <string>

#include "arm/facts.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

using rapidjson::Value;

const Value* member(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto at = object.FindMember(name);
  return at == object.MemberEnd() || at->value.IsNull() ? nullptr : &at->value;
}
std::string_view text(const Value* value) {
  return value && value->IsString() ? std::string_view(value->GetString(), value->GetStringLength()) : std::string_view();
}
template <typename T>
void read_number(const Value* value, T& out, std::int64_t least, std::int64_t most, const Members& members,
                 std::string_view name) {
  if (!value) return;
  if (!value->IsInt64() || value->GetInt64() < least || value->GetInt64() > most) {
    members.complain(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return;
  }
  out = static_cast<T>(value->GetInt64());
}
void read_seconds(const Value* value, std::int64_t& out, const Members& members, std::string_view name) {
  if (!value) return;
  const auto seconds = read_duration(text(value));
  if (!seconds || *seconds < 1 || *seconds > 86'400) {
    members.complain(name, "must be a duration from PT1S to P1D");
    return;
  }
  out = *seconds;
}

}  // namespace

std::optional<std::int64_t> read_duration(std::string_view said) noexcept {
  if (!said.starts_with('P') || said.size() > 40) return std::nullopt;
  said.remove_prefix(1);
  std::int64_t out = 0;
  bool in_time = false, any = false;
  while (!said.empty()) {
    if (said.front() == 'T' && !in_time) {
      in_time = true;
      said.remove_prefix(1);
      continue;
    }
    std::size_t end = 0;
    while (end < said.size() && is_digit(said[end])) ++end;
    const auto number = parse_decimal(said.substr(0, end), 2'678'400);
    if (!number || end >= said.size()) return std::nullopt;
    const char unit = said[end];
    const std::int64_t factor = !in_time ? (unit == 'D' ? 86'400 : 0) : unit == 'H' ? 3600 : unit == 'M' ? 60 : unit == 'S' ? 1 : 0;
    if (factor == 0) return std::nullopt;
    out += static_cast<std::int64_t>(*number) * factor;
    any = true;
    said.remove_prefix(end + 1);
  }
  if (!any || out > 2'678'400) return std::nullopt;
  return out;
}

void read_circuit_breaker(const Value& properties, const Members& members, Backend& backend) {
  const Value* breaker = member(properties, "circuitBreaker");
  const Value* rules = breaker ? member(*breaker, "rules") : nullptr;
  if (!rules) return;
  if (!rules->IsArray() || rules->Size() > 1) {
    members.complain("circuitBreaker.rules", "must be a list of at most one rule");
    return;
  }
  if (rules->Empty()) return;
  const Value& said = (*rules)[0];
  CircuitBreaker rule;
  if (const Value* condition = member(said, "failureCondition")) {
    read_number(member(*condition, "count"), rule.failure_count, 1, 1'000'000, members, "circuitBreaker.rules[0].failureCondition.count");
    read_number(member(*condition, "percentage"), rule.failure_percentage, 1, 100, members, "circuitBreaker.rules[0].failureCondition.percentage");
    read_seconds(member(*condition, "interval"), rule.interval_seconds, members, "circuitBreaker.rules[0].failureCondition.interval");
    if (const Value* ranges = member(*condition, "statusCodeRanges"); ranges && ranges->IsArray()) {
      for (const Value& one : ranges->GetArray()) {
        StatusRange range;
        read_number(member(one, "min"), range.min, 100, 599, members, "circuitBreaker.rules[0].failureCondition.statusCodeRanges");
        read_number(member(one, "max"), range.max, 100, 599, members, "circuitBreaker.rules[0].failureCondition.statusCodeRanges");
        rule.statuses.push_back(range);
      }
    }
    if (const Value* reasons = member(*condition, "errorReasons"); reasons && reasons->IsArray()) {
      for (const Value& one : reasons->GetArray())
        if (one.IsString()) rule.error_reasons.emplace_back(text(&one));
    }
  }
  if (rule.failure_count > 0) rule.failure_percentage = 0;
  read_seconds(member(said, "tripDuration"), rule.trip_seconds, members, "circuitBreaker.rules[0].tripDuration");
  const Value* accept = member(said, "acceptRetryAfter");
  rule.accept_retry_after = accept && accept->IsBool() && accept->GetBool();
  backend.circuit_breaker = std::move(rule);
}

void read_pool(const Value& properties, const Members& members, Backend& backend) {
  const Value* pool = member(properties, "pool");
  const Value* services = pool ? member(*pool, "services") : nullptr;
  if (!services || !services->IsArray() || services->Empty()) {
    members.complain("pool.services", "must be a list of 1 to 30 backends");
    return;
  }
  for (const Value& one : services->GetArray()) {
    PoolMember out;
    const std::string_view id = text(member(one, "id"));
    const std::string_view name = id.substr(id.rfind('/') + 1);
    if (name.empty()) members.complain("pool.services", "must name each backend by its id");
    out.backend = std::string(kBackendIds) + std::string(name);
    read_number(member(one, "priority"), out.priority, 0, 100, members, "pool.services[].priority");
    read_number(member(one, "weight"), out.weight, 1, 100, members, "pool.services[].weight");
    backend.pool.push_back(std::move(out));
  }
  const Value* affinity = member(*pool, "sessionAffinity");
  const Value* session = affinity ? member(*affinity, "sessionId") : nullptr;
  if (!session) return;
  if (!equals_ignoring_case(text(member(*session, "source")), "cookie"))
    members.complain("pool.sessionAffinity.sessionId.source", "must be Cookie");
  backend.affinity_cookie = text(member(*session, "name"));
}

}  // namespace gateway::arm
