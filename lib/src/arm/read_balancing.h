#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rapidjson/document.h>

#include <gateway/resources.h>

#include "arm/members.h"

namespace gateway::arm {

// Whole seconds of an ISO 8601 duration of days, hours, minutes and seconds ("PT1M30S", "P1D"); empty: it is none, or
// more than 31 days.
[[nodiscard]] std::optional<std::int64_t> read_duration(std::string_view text) noexcept;
// properties.circuitBreaker, pool and sessionAffinity of a backend resource.
void read_circuit_breaker(const rapidjson::Value& properties, const Members& members, Backend& backend);
void read_pool(const rapidjson::Value& properties, const Members& members, Backend& backend);

}  // namespace gateway::arm
