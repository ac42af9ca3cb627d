#include <limits>

#include "base/strings.h"
#include "policy/builtin/caching.h"
#include "policy/builtin/list.h"
#include "policy/builtin/response_cache.h"
#include "policy/state/cached_response.h"

// cache-store: keeps the response that cache-lookup did not find, for `duration` seconds: a 200, or what
// cache-response says. Only a response that is kept is buffered.
namespace gateway::policy {
namespace {

void keep(Run& run, const CacheTicket& ticket) {
  if (run.response.body.state == Body::State::Consumed) return;
  ticket.cache->store(ticket.key, write_cached_response(run.response, ticket.duration_ms), ticket.duration_ms);
  say_downstream(run, ticket, ticket.duration_ms);
}

// Runs when the body is whole.
class KeepResponse final : public Step {
 public:
  KeepResponse() {
    name = "cache-store";
    section = Section::Outbound;
    reads_response_body = true;
  }
  Flow run(Strand& strand) const override {
    if (const CacheTicket* ticket = find_ticket(strand.run())) keep(strand.run(), *ticket);
    return Flow::Next;
  }
};

class CacheStore final : public Step {
 public:
  explicit CacheStore(ElementCompiler& in)
      : duration_(in.int_operand("duration", true, 0, std::numeric_limits<std::int32_t>::max())),
        cache_response_(in.bool_operand("cache-response", false)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&duration_, &cache_response_});
    when_whole_.push_back(std::make_unique<KeepResponse>());
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    CacheTicket* ticket = find_ticket(run);
    if (!ticket || !ticket->may_store) return Flow::Next;
    const bool wanted = cache_response_.present() ? cache_response_.boolean(run) : run.response.status == 200;
    if (!wanted) return Flow::Next;
    ticket->duration_ms = duration_ms(run, duration_);
    if (ticket->duration_ms == 0 || too_large(run)) return Flow::Next;
    if (run.response.body.state != Body::State::Streaming) {
      keep(run, *ticket);
      return Flow::Next;
    }
    strand.enter(when_whole_);
    return Flow::Enter;
  }

 private:
  // What is known to be too large passes by unbuffered.
  static bool too_large(Run& run) {
    const HeaderField* length = run.response.fields.list.find(HeaderId::ContentLength);
    return run.response.body.state == Body::State::Streaming && length &&
           parse_decimal(length->value).value_or(0) > run.services().limits.body;
  }

  Operand duration_, cache_response_;
  Block when_whole_;
};

}  // namespace

std::unique_ptr<Step> compile_cache_store(ElementCompiler& in) { return std::make_unique<CacheStore>(in); }

}  // namespace gateway::policy
