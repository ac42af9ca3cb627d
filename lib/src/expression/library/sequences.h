#pragma once

#include <cstddef>
#include <memory_resource>
#include <vector>

#include "expression/evaluation.h"
#include "expression/library/collections.h"
#include "expression/library/native.h"

// What natives of collections and of LINQ share.
namespace gateway::expression {

// The type argument of a generic method, or of the type that a constructor makes; null: not known.
[[nodiscard]] inline const Type* type_arg(const Call& call, std::size_t index) noexcept {
  return index < call.type_args.size() ? call.type_args[index] : nullptr;
}
// default(T); null where the type is not known.
[[nodiscard]] Value default_of(Evaluation& eval, const Type* type);

// Stable, and safe with an order that contradicts itself. `less` may raise.
template <typename T, typename Less>
void merge_sort(Evaluation& eval, std::pmr::vector<T>& items, Less&& less) {
  std::pmr::vector<T> other(items.size(), &eval.arena());
  for (std::size_t width = 1; width < items.size(); width *= 2) {
    eval.charge(items.size());
    for (std::size_t from = 0; from < items.size(); from += 2 * width) {
      const std::size_t middle = std::min(from + width, items.size());
      const std::size_t end = std::min(from + 2 * width, items.size());
      std::size_t left = from, right = middle;
      for (std::size_t to = from; to < end; ++to) {
        const bool take_right =
            left == middle || (right < end && less(items[right], items[left]));
        other[to] = take_right ? items[right++] : items[left++];
      }
    }
    std::swap(items, other);
  }
}

// A sequence argument; raises ArgumentNullException.
[[nodiscard]] inline const Value& sequence_arg(Call& call, std::size_t index, std::string_view name) {
  if (call.args[index].is_null()) raise_null(call.eval, name);
  return call.args[index];
}
// A Func or Predicate; raises ArgumentNullException.
[[nodiscard]] inline const Value& function_arg(Call& call, std::size_t index, std::string_view name) {
  return sequence_arg(call, index, name);
}
// An int that must be in [low, high].
[[nodiscard]] inline std::size_t index_arg(Call& call, std::size_t index, std::size_t high) {
  const std::int64_t value = call.args[index].integer();
  if (value < 0 || static_cast<std::size_t>(value) > high) {
    raise_range(call.eval, "index",
                "Index was out of range. Must be non-negative and less than the size of the collection.");
  }
  return static_cast<std::size_t>(value);
}

// Compares keys by IComparer<…> or, where it is null, by Comparer<object>.Default.
[[nodiscard]] int compare_by(Evaluation& eval, const Value& comparer, const Value& a, const Value& b);
// An IEqualityComparer argument into a table.
void use_comparer(KeyTable& table, const Value& comparer);

// ICollection<T>.Count of any object that is one.
[[nodiscard]] Value count_of(Call& call);

void declare_list(Catalog& catalog);
void declare_dictionary(Catalog& catalog);
void declare_sets(Catalog& catalog);

}  // namespace gateway::expression
