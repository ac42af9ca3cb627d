#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/compiler.h"
#include "policy/run.h"
#include "policy/services.h"

// What rate-limit, quota and their -by-key forms share.
namespace gateway::policy {

// The counters that one request is held against: it counts in all of them or, where one is passed, in none.
// In the arena of its run.
class Counting {
 public:
  struct One {
    CounterQuery query;  // its key lives in the arena
    bool counts = true;  // else it is looked at
    CounterAnswer answer;
  };
  // `owner`'s done(strand, this) is called when an answer came later.
  Counting(Strand& strand, Counters& counters, const Step& owner)
      : strand_(strand), counters_(counters), owner_(owner), all_(&strand.run().arena()) {}
  void add(const CounterQuery& query, bool counts = true) { all_.push_back({query, counts, {}}); }
  [[nodiscard]] const std::pmr::vector<One>& all() const noexcept { return all_; }

  // Flow::Next: all is known. Flow::Wait: the owner's done() comes, which asks again.
  Flow ask();
  // The one that is passed, for the longest time where there are several; null: none is.
  [[nodiscard]] const One* passed() const noexcept;

 private:
  // `at` in the order of asking: all are looked at, then counted; a single one is counted at once.
  [[nodiscard]] std::size_t turns() const noexcept { return all_.size() == 1 ? 1 : 2 * all_.size(); }
  bool told(const CounterAnswer& answer) noexcept;

  Strand& strand_;
  Counters& counters_;
  const Step& owner_;
  std::pmr::vector<One> all_;
  std::size_t turn_ = 0;
};

// Counts without a look at the limit; nobody waits for it.
void count_now(Run& run, const CounterQuery& query, std::uint64_t increment);

// The parts put together, in the arena, each after its size: what a client sends as one part cannot look
// like several.
[[nodiscard]] std::string_view counter_key(expression::Arena& arena,
                                           std::initializer_list<std::string_view> parts);
// What a document's scope is about: ids of API, operation or product.
[[nodiscard]] std::string_view scope_key(Run& run, ScopeKind scope);

// Whole seconds of a wait, rounded up; at least one.
[[nodiscard]] std::int64_t seconds_of(std::int64_t wait_ms) noexcept;

// increment-condition, increment-count. Where one is an expression, it is evaluated at the end, when there
// is a response.
struct Increment {
  Operand condition, count;
  bool after_response = false;

  static Increment read(ElementCompiler& in);
  [[nodiscard]] bool deferred() const noexcept {
    return after_response || condition.is_expression() || count.is_expression();
  }
  [[nodiscard]] std::uint64_t amount(Run& run) const;
  // amount() at the end of a run: an expression that fails counts as one call, and is reported.
  [[nodiscard]] std::uint64_t amount_at_end(Run& run, std::string_view policy) const;
};

// api and operation below rate-limit and quota: a limit for some only, by id or by name.
template <typename Limit>
struct NarrowLimit {
  std::string id, name;
  Limit limit;
  std::vector<NarrowLimit> operations;  // of an api

  template <typename Facts>
  [[nodiscard]] bool is_for(const Facts* facts) const noexcept {
    if (!facts) return false;
    return id.empty() ? name == facts->name : id == facts->id;
  }
};

// <api> and <operation> children; `read_limit(child_compiler)` reads what both of them say.
template <typename Limit, typename ReadLimit>
std::vector<NarrowLimit<Limit>> read_narrow_limits(ElementCompiler& in, const Element& of,
                                                   std::string_view child_name, ReadLimit read_limit) {
  std::vector<NarrowLimit<Limit>> out;
  for (const Element& element : of.children) {
    if (element.name != child_name) continue;
    ElementCompiler& child = in.child(element);
    NarrowLimit<Limit> one;
    one.id = child.literal("id", "");
    one.name = child.literal("name", "");
    if (one.id.empty() && one.name.empty())
      in.problem(element.at, "<" + std::string(child_name) + "> needs the attribute id or name");
    one.limit = read_limit(child);
    if (child_name == "api") {
      in.only_children(element, {"operation"});
      one.operations = read_narrow_limits<Limit>(in, element, "operation", read_limit);
    } else {
      in.only_children(element, {});
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace gateway::policy
