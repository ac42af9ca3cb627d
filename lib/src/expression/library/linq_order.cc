#include "expression/library/linq_objects.h"

namespace gateway::expression {
namespace {

struct OrderKey {
  Value selector;
  Value comparer;
  bool descending;
};

// IOrderedEnumerable<T>.
struct OrderedObject final : QueryObject {
  OrderedObject(const Type* the_type, unsigned the_depth, Arena& arena, const Value& the_source)
      : QueryObject(the_type, the_depth), source(the_source), keys(&arena) {}
  Value source;
  std::pmr::vector<OrderKey> keys;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
};

void OrderedObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  const auto items = items_of(eval, source);
  const std::size_t width = keys.size();
  // Each key is asked for once, as .NET does.
  std::pmr::vector<Value> values(&eval.arena());
  values.reserve(items.size() * width);
  for (const Value& item : items) {
    for (const OrderKey& key : keys) values.push_back(eval.invoke(key.selector, {item}));
  }
  std::pmr::vector<std::uint32_t> order(items.size(), &eval.arena());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  merge_sort(eval, order, [&](std::uint32_t a, std::uint32_t b) {
    for (std::size_t k = 0; k < width; ++k) {
      eval.charge(2);
      const int by = compare_by(eval, keys[k].comparer, values[a * width + k], values[b * width + k]);
      if (by != 0) return keys[k].descending ? by > 0 : by < 0;
    }
    return false;
  });
  for (const std::uint32_t at : order) {
    eval.charge(1);
    if (!each(data, items[at])) return;
  }
}

template <bool Descending>
Value order_by(Call& call) {
  const Value source = sequence_arg(call, 0, "source");
  const Value selector = function_arg(call, 1, "keySelector");
  const Type* type = generic_type(call.eval, "IOrderedEnumerable<object>", {type_arg(call, 0)});
  auto* out = call.eval.arena().make<OrderedObject>(type, query_depth({source}), call.eval.arena(), source);
  out->keys.push_back({selector, call.args.size() > 2 ? call.args[2] : Value(), Descending});
  return Value::of(out);
}

template <bool Descending>
Value then_by(Call& call) {
  const auto& before = object_argument<OrderedObject>(call, 0, "source");
  const Value selector = function_arg(call, 1, "keySelector");
  auto* out = call.eval.arena().make<OrderedObject>(before.type, before.depth, call.eval.arena(), before.source);
  call.eval.charge(before.keys.size());
  out->keys = before.keys;
  out->keys.push_back({selector, call.args.size() > 2 ? call.args[2] : Value(), Descending});
  return Value::of(out);
}

}  // namespace

void declare_linq_order(Catalog& catalog) {
  catalog.declare("System.Linq.IOrderedEnumerable<T>", {.interfaces = {"IEnumerable<T>"}});
  linq(catalog)
      .member("static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
              order_by<false>)
      .member("static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, "
              "IComparer<K> comparer)",
              order_by<false>)
      .member("static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, "
              "Func<T, K> keySelector)",
              order_by<true>)
      .member("static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, "
              "Func<T, K> keySelector, IComparer<K> comparer)",
              order_by<true>)
      .member("static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, "
              "Func<T, K> keySelector)",
              then_by<false>)
      .member("static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, "
              "Func<T, K> keySelector, IComparer<K> comparer)",
              then_by<false>)
      .member("static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, "
              "Func<T, K> keySelector)",
              then_by<true>)
      .member("static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, "
              "Func<T, K> keySelector, IComparer<K> comparer)",
              then_by<true>);
}

}  // namespace gateway::expression
