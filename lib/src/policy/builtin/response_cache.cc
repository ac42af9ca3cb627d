#include "policy/builtin/response_cache.h"

#include <algorithm>
#include <string>

namespace gateway::policy {
namespace {

// Beside the variables, under a name that no document can say.
constexpr std::string_view kTicket = "\x1f" "cache-lookup";

}  // namespace

void leave_ticket(Run& run, CacheTicket& ticket) {
  run.set_variable(kTicket, expression::Value::of(&ticket));
}

CacheTicket* find_ticket(const Run& run) noexcept {
  const expression::Value* value = run.variable(kTicket);
  return value ? static_cast<CacheTicket*>(value->object()) : nullptr;
}

void say_downstream(Run& run, const CacheTicket& ticket, std::int64_t left_ms) {
  Fields& fields = run.response.fields;
  fields.remove("Expires");
  fields.remove("Pragma");
  if (ticket.downstream == Downstream::None) {
    fields.set("Cache-Control", "no-store, must-revalidate, no-cache");
    return;
  }
  std::string text = ticket.downstream == Downstream::Private ? "private" : "public";
  if (ticket.must_revalidate) text += ", must-revalidate";
  text += ", max-age=" + std::to_string(std::max<std::int64_t>(0, left_ms / 1000));
  fields.set("Cache-Control", run.arena().copy(text));
}

}  // namespace gateway::policy
