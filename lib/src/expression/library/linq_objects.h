#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "expression/library/arguments.h"
#include "expression/library/sequences.h"

// System.Linq.Enumerable: what its files share.
namespace gateway::expression {

void declare_linq_lazy(Catalog& catalog);
void declare_linq_sets(Catalog& catalog);
void declare_linq_order(Catalog& catalog);
void declare_linq_group(Catalog& catalog);
void declare_linq_elements(Catalog& catalog);
void declare_linq_numbers(Catalog& catalog);
void declare_linq_results(Catalog& catalog);

inline constexpr std::string_view kNoElements = "Sequence contains no elements";
inline constexpr std::string_view kNoMatch = "Sequence contains no matching element";

// The static class Enumerable.
[[nodiscard]] inline Catalog::Declaration linq(Catalog& catalog) {
  return catalog.declare("System.Linq.Enumerable", {.is_static = true});
}

// What iterates over another sequence when it is iterated itself. Iterating a chain of them recurses, so
// that its length is limited.
struct QueryObject : Enumerable {
  static constexpr unsigned kDeepest = 256;
  QueryObject(const Type* the_type, unsigned the_depth) : Enumerable(the_type), depth(the_depth) {}
  unsigned depth;

 protected:
  ~QueryObject() = default;
};

// One more than the deepest of these sequences. Throws BudgetExceeded.
[[nodiscard]] unsigned query_depth(std::initializer_list<Value> sources);

// Takes the items of a lazy sequence; false: no more are wanted.
struct Taker {
  bool (*each)(void*, const Value&);
  void* data;
  bool operator()(const Value& item) const { return each(data, item); }
};

template <typename Body>
struct LazyObject final : QueryObject {
  LazyObject(const Type* the_type, unsigned the_depth, const Body& the_body)
      : QueryObject(the_type, the_depth), body(the_body) {}
  Body body;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override {
    body(eval, Taker{each, data});
  }
};

// An IEnumerable<element> whose items `body(eval, taker)` gives whenever it is iterated. Nothing that
// `body` holds may need a destructor.
template <typename Body>
[[nodiscard]] Value make_lazy(Evaluation& eval, const Type* element, std::initializer_list<Value> sources,
                              const Body& body) {
  static_assert(std::is_trivially_destructible_v<Body>);
  const Type* type = generic_type(eval, "IEnumerable<object>", {element});
  return Value::of(eval.arena().make<LazyObject<Body>>(type, query_depth(sources), body));
}

// As for_each, and charges for each item.
template <typename F>
void each_of(Evaluation& eval, const Value& sequence, F&& each) {
  eval.for_each(sequence, [&](const Value& item) {
    eval.charge(2);
    return each(item);
  });
}

// IGrouping<K, T>.
struct GroupingObject final : Enumerable {
  GroupingObject(const Type* the_type, Arena& arena, const Value& the_key)
      : Enumerable(the_type), key(the_key), items(&arena) {}
  Value key;
  std::pmr::vector<Value> items;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(items.size());
  }
};

}  // namespace gateway::expression
