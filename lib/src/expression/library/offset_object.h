#pragma once

#include <cstdint>

#include "expression/library/calendar.h"
#include "expression/type.h"

namespace gateway::expression {

// System.DateTimeOffset: clock time and how far it is ahead of UTC.
struct OffsetObject final : Object {
  OffsetObject(const Type* the_type, std::int64_t the_ticks, std::int32_t the_offset) noexcept
      : Object(the_type), ticks(the_ticks), offset_minutes(the_offset) {}
  [[nodiscard]] std::int64_t utc_ticks() const noexcept {
    return ticks - offset_minutes * kTicksPerMinute;
  }
  std::int64_t ticks;
  std::int32_t offset_minutes;
};

// Null where the value is none.
[[nodiscard]] inline const OffsetObject* as_offset(const Value& value) noexcept {
  if (!value.is_object() || !value.object()->type ||
      value.object()->type->full_name != "System.DateTimeOffset") {
    return nullptr;
  }
  return static_cast<const OffsetObject*>(value.object());
}

}  // namespace gateway::expression
