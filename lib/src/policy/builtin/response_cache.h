#pragma once

#include <cstdint>
#include <string_view>

#include "policy/run.h"
#include "policy/services.h"

// What cache-lookup and cache-store know together.
namespace gateway::policy {

enum class Downstream : std::uint8_t { None, Private, Public };  // downstream-caching-type

// What cache-lookup leaves for cache-store; in the arena.
struct CacheTicket : expression::Object {
  using Object::Object;
  Cache* cache = nullptr;
  std::string_view key;
  Downstream downstream = Downstream::None;
  bool must_revalidate = true;
  bool may_store = true;      // the client said no-store
  std::int64_t duration_ms = 0;  // of cache-store
};

void leave_ticket(Run& run, CacheTicket& ticket);
// Null: no cache-lookup looked for this request.
[[nodiscard]] CacheTicket* find_ticket(const Run& run) noexcept;

// Says to the client how long it may keep the response.
void say_downstream(Run& run, const CacheTicket& ticket, std::int64_t left_ms);

}  // namespace gateway::policy
