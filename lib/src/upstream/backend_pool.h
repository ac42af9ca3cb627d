#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "upstream/compiled_backend.h"

namespace gateway {

// Which member of a pool takes a request: of the group with the lowest priority number that has one whose circuit is
// closed, by weight in turn. With session affinity, the member that the cookie names, as long as it may take it.
struct PoolChoice {
  const CompiledMember* member = nullptr;  // null: no circuit is closed
  bool by_cookie = false;
  std::int64_t closed_in_ms = 0;           // null member: until the first one may be tried again
};
// `cookie`: the request's Cookie field, "" = none. `failed`: a member that just failed, taken only where there is no
// other; null: none.
[[nodiscard]] PoolChoice choose_member(const CompiledBackend& pool, std::string_view cookie,
                                       const CompiledMember* failed, std::int64_t now_ms) noexcept;

}  // namespace gateway
