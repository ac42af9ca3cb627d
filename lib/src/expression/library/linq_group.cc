#include "expression/library/linq_objects.h"

namespace gateway::expression {

void GroupingObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    eval.charge(1);
    if (!each(data, items[i])) return;
  }
}

namespace {

// ILookup<K, T>: groups by key, in the order in which the keys came.
struct LookupObject final : Enumerable {
  LookupObject(const Type* the_type, Arena& arena) : Enumerable(the_type), table(arena) {}
  KeyTable table;  // to GroupingObjects
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override {
    for (std::size_t i = 0; i < table.slots(); ++i) {
      eval.charge(1);
      if (!each(data, Value(table.at(i)->value))) return;
    }
  }
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(table.size());
  }
};

// What the overloads of GroupBy and ToLookup are made of; null functions where they have none.
struct Grouping {
  const Type* key_type;
  const Type* element_type;
  Value key, element, comparer;
};

LookupObject* group(Evaluation& eval, const Value& source, const Grouping& by) {
  const Type* type = generic_type(eval, "ILookup<object, object>", {by.key_type, by.element_type});
  const Type* group_type = generic_type(eval, "IGrouping<object, object>", {by.key_type, by.element_type});
  auto* out = eval.arena().make<LookupObject>(type, eval.arena());
  use_comparer(out->table, by.comparer);
  each_of(eval, source, [&](const Value& item) {
    const Value key = eval.invoke(by.key, {item});
    const Value element = by.element.is_null() ? item : eval.invoke(by.element, {item});
    const auto place = out->table.put(eval, key);
    if (place.added) {
      place.entry->value = Value::of(eval.arena().make<GroupingObject>(group_type, eval.arena(), key));
    }
    static_cast<GroupingObject*>(place.entry->value.object())->items.push_back(element);
    return true;
  });
  return out;
}

// Type parameters are T, K and, where there is an element selector, E.
template <bool WithElement, bool WithComparer>
Grouping grouping_args(Call& call) {
  Grouping by{type_arg(call, 1), type_arg(call, WithElement ? 2 : 0), function_arg(call, 1, "keySelector"), {}, {}};
  if constexpr (WithElement) by.element = function_arg(call, 2, "elementSelector");
  if constexpr (WithComparer) by.comparer = call.args[WithElement ? 3 : 2];
  return by;
}

template <bool WithElement, bool WithComparer>
Value group_by(Call& call) {
  const Value source = sequence_arg(call, 0, "source");
  const Grouping by = grouping_args<WithElement, WithComparer>(call);
  const Type* group_type =
      generic_type(call.eval, "IGrouping<object, object>", {by.key_type, by.element_type});
  return make_lazy(call.eval, group_type, {source}, [=](Evaluation& eval, Taker take) {
    each_of(eval, Value::of(group(eval, source, by)), take);
  });
}

// GroupBy(source, keySelector[, elementSelector], resultSelector).
template <bool WithElement>
Value group_into(Call& call) {
  const Value source = sequence_arg(call, 0, "source");
  const Grouping by = grouping_args<WithElement, false>(call);
  const Value result = function_arg(call, WithElement ? 3 : 2, "resultSelector");
  return make_lazy(call.eval, type_arg(call, WithElement ? 3 : 2), {source}, [=](Evaluation& eval, Taker take) {
    each_of(eval, Value::of(group(eval, source, by)), [&](const Value& item) {
      return take(eval.invoke(result, {static_cast<GroupingObject*>(item.object())->key, item}));
    });
  });
}

template <bool WithElement, bool WithComparer>
Value to_lookup(Call& call) {
  const Value source = sequence_arg(call, 0, "source");
  return Value::of(group(call.eval, source, grouping_args<WithElement, WithComparer>(call)));
}

Value lookup_get(Call& call) {
  auto& lookup = self<LookupObject>(call);
  if (const KeyTable::Entry* entry = lookup.table.find(call.eval, call.args[1])) return entry->value;
  const auto& arguments = lookup.type->arguments;
  return array_value(call.eval, arguments.size() == 2 ? arguments[1] : nullptr, {});
}

// Join and GroupJoin: parameters are outer, inner, outerKeySelector, innerKeySelector, resultSelector; type
// parameters O, I, K, R.
template <bool Grouped>
Value join(Call& call) {
  const Value outer = sequence_arg(call, 0, "outer"), inner = sequence_arg(call, 1, "inner"),
              outer_key = function_arg(call, 2, "outerKeySelector"),
              inner_key = function_arg(call, 3, "innerKeySelector"),
              result = function_arg(call, 4, "resultSelector");
  const Grouping by{type_arg(call, 2), type_arg(call, 1), inner_key, {}, {}};
  return make_lazy(call.eval, type_arg(call, 3), {outer, inner}, [=](Evaluation& eval, Taker take) {
    LookupObject* lookup = group(eval, inner, by);
    each_of(eval, outer, [&](const Value& item) {
      const Value key = eval.invoke(outer_key, {item});
      const KeyTable::Entry* entry = key.is_null() ? nullptr : lookup->table.find(eval, key);
      if constexpr (Grouped) {
        const Value matches = entry ? entry->value : array_value(eval, by.element_type, {});
        return take(eval.invoke(result, {item, matches}));
      }
      bool more = true;
      if (entry) {
        each_of(eval, entry->value,
                [&](const Value& match) { return more = take(eval.invoke(result, {item, match})); });
      }
      return more;
    });
  });
}

}  // namespace

void declare_linq_group(Catalog& catalog) {
  catalog.declare("System.Linq.IGrouping<TKey, TElement>", {.interfaces = {"IEnumerable<TElement>"}})
      .member("TKey Key { get; }", [](Call& call) { return self<GroupingObject>(call).key; });
  catalog
      .declare("System.Linq.ILookup<TKey, TElement>",
               {.interfaces = {"IEnumerable<IGrouping<TKey, TElement>>"}})
      .member("int Count { get; }", count_of)
      .member("bool Contains(TKey key)",
              [](Call& call) {
                return Value::of(self<LookupObject>(call).table.find(call.eval, call.args[1]) != nullptr);
              })
      .member("IEnumerable<TElement> this[TKey key] { get; }", lookup_get);
  linq(catalog)
      .member("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, "
              "Func<T, K> keySelector)",
              group_by<false, false>)
      .member("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, "
              "Func<T, K> keySelector, IEqualityComparer<K> comparer)",
              group_by<false, true>)
      .member("static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>(this IEnumerable<T> source, "
              "Func<T, K> keySelector, Func<T, E> elementSelector)",
              group_by<true, false>)
      .member("static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> keySelector, "
              "Func<K, IEnumerable<T>, R> resultSelector)",
              group_into<false>)
      .member("static IEnumerable<R> GroupBy<T, K, E, R>(this IEnumerable<T> source, Func<T, K> keySelector, "
              "Func<T, E> elementSelector, Func<K, IEnumerable<E>, R> resultSelector)",
              group_into<true>)
      .member("static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
              to_lookup<false, false>)
      .member("static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, "
              "IEqualityComparer<K> comparer)",
              to_lookup<false, true>)
      .member("static ILookup<K, E> ToLookup<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, "
              "Func<T, E> elementSelector)",
              to_lookup<true, false>)
      .member("static IEnumerable<R> Join<O, I, K, R>(this IEnumerable<O> outer, IEnumerable<I> inner, "
              "Func<O, K> outerKeySelector, Func<I, K> innerKeySelector, Func<O, I, R> resultSelector)",
              join<false>)
      .member("static IEnumerable<R> GroupJoin<O, I, K, R>(this IEnumerable<O> outer, IEnumerable<I> inner, "
              "Func<O, K> outerKeySelector, Func<I, K> innerKeySelector, "
              "Func<O, IEnumerable<I>, R> resultSelector)",
              join<true>);
}

}  // namespace gateway::expression
