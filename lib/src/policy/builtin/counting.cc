#include "policy/builtin/counting.h"

#include <charconv>
#include <cstring>

#include "policy/builtin/resume_owner.h"

namespace gateway::policy {
bool Counting::told(const CounterAnswer& answer) noexcept {
  One& one = all_[turn_ % all_.size()];
  const bool only_looked_at = turns() > 1 && turn_ >= all_.size() && !one.counts;
  if (!only_looked_at) one.answer = answer;
  ++turn_;
  return answer.admitted;
}

Flow Counting::ask() {
  while (turn_ < turns()) {
    if (turn_ == all_.size() && passed()) return Flow::Next;
    One& one = all_[turn_ % all_.size()];
    const bool counting = turns() == 1 || turn_ >= all_.size();
    if (counting && turns() > 1 && !one.counts) {
      ++turn_;
      continue;
    }
    CounterQuery query = one.query;
    query.only_look = query.only_look || !counting || !one.counts;
    CounterAnswer answer;
    std::unique_ptr<Pending> pending;
    const bool at_once = counters_.take(
        query, answer,
        [this](const CounterAnswer& later) {
          (void)told(later);
          resume_owner(strand_, owner_, this);
        },
        pending);
    if (!at_once) {
      strand_.wait_for(std::move(pending));
      return Flow::Wait;
    }
    (void)told(answer);
  }
  return Flow::Next;
}

const Counting::One* Counting::passed() const noexcept {
  const One* longest = nullptr;
  for (const One& one : all_) {
    if (one.answer.admitted) continue;
    if (!longest || one.answer.retry_after_ms < 0 ||
        (longest->answer.retry_after_ms >= 0 && one.answer.retry_after_ms > longest->answer.retry_after_ms))
      longest = &one;
  }
  return longest;
}

void count_now(Run& run, const CounterQuery& query, std::uint64_t increment) {
  if (increment == 0) return;
  CounterQuery more = query;
  more.increment = increment;
  more.even_above = true;
  more.only_look = false;
  CounterAnswer answer;
  std::unique_ptr<Pending> nobody_waits;
  (void)run.services().counters->take(more, answer, nullptr, nobody_waits);
}

std::string_view counter_key(expression::Arena& arena, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size() + 12;
  char* const start = arena.bytes(size);
  char* at = start;
  for (const std::string_view part : parts) {
    at = std::to_chars(at, at + 11, part.size()).ptr;
    *at++ = ':';
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {start, static_cast<std::size_t>(at - start)};
}

std::string_view scope_key(Run& run, ScopeKind scope) {
  const std::string_view api = run.facts.api ? std::string_view(run.facts.api->id) : std::string_view();
  switch (scope) {
    case ScopeKind::Operation:
      return counter_key(run.arena(),
                         {"operation", api,
                          run.facts.operation ? std::string_view(run.facts.operation->id) : std::string_view()});
    case ScopeKind::Api:
      return counter_key(run.arena(), {"api", api});
    case ScopeKind::Product:
      return counter_key(run.arena(), {"product", run.facts.product ? std::string_view(run.facts.product->id)
                                                                     : std::string_view()});
    case ScopeKind::Global:
      break;
  }
  return "global";
}

std::int64_t seconds_of(std::int64_t wait_ms) noexcept {
  return wait_ms <= 1000 ? 1 : wait_ms / 1000 + (wait_ms % 1000 != 0 ? 1 : 0);
}

Increment Increment::read(ElementCompiler& in) {
  Increment out;
  out.condition = in.bool_operand("increment-condition", false);
  out.count = in.int_operand("increment-count", false, 0, 1'000'000'000);
  out.after_response = in.literal_bool("increment-after-response", false);
  return out;
}

std::uint64_t Increment::amount(Run& run) const {
  if (condition.present() && !condition.boolean(run)) return 0;
  if (!count.present()) return 1;
  const std::int64_t number = count.integer(run);
  return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

std::uint64_t Increment::amount_at_end(Run& run, std::string_view policy) const {
  try {
    return amount(run);
  } catch (const expression::Raised&) {
  } catch (const expression::BudgetExceeded&) {
  }
  if (run.services().reporter)
    run.services().reporter->warn(std::string(policy) +
                                  ": increment-condition or increment-count failed; one call is counted");
  return 1;
}

}  // namespace gateway::policy
