#include "expression/library/linq_objects.h"

namespace gateway::expression {
namespace {

Value to_list(Call& call) {
  ListObject* out = make_list(call.eval, type_arg(call, 0));
  out->items = items_of(call.eval, sequence_arg(call, 0, "source"));
  return Value::of(out);
}

Value to_array(Call& call) {
  return array_value(call.eval, type_arg(call, 0),
                     items_of(call.eval, sequence_arg(call, 0, "source")));
}

Value to_hash_set(Call& call) {
  SetObject* out = make_set(call.eval, type_arg(call, 0));
  if (call.args.size() > 1) use_comparer(out->table, call.args[1]);
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    (void)out->table.put(call.eval, item);
    return true;
  });
  return Value::of(out);
}

// Type parameters are T, K and, where there is an element selector, E.
template <bool WithElement, bool WithComparer>
Value to_dictionary(Call& call) {
  Evaluation& eval = call.eval;
  const Value key_of = function_arg(call, 1, "keySelector");
  DictionaryObject* out = make_dictionary(eval, type_arg(call, 1), type_arg(call, WithElement ? 2 : 0));
  if constexpr (WithComparer) use_comparer(out->table, call.args[WithElement ? 3 : 2]);
  each_of(eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    const Value key = eval.invoke(key_of, {item});
    if (key.is_null()) raise_null(eval, "key");
    const Value value =
        WithElement ? eval.invoke(function_arg(call, 2, "elementSelector"), {item}) : item;
    const auto place = out->table.put(eval, key);
    if (!place.added) {
      eval.raise("ArgumentException", "An item with the same key has already been added. Key: " +
                                          std::string(eval.to_text(key)));
    }
    place.entry->value = value;
    return true;
  });
  return Value::of(out);
}

}  // namespace

void declare_linq_results(Catalog& catalog) {
  linq(catalog)
      .member("static List<T> ToList<T>(this IEnumerable<T> source)", to_list)
      .member("static T[] ToArray<T>(this IEnumerable<T> source)", to_array)
      .member("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", to_hash_set)
      .member("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source, IEqualityComparer<T> comparer)",
              to_hash_set)
      .member("static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)",
              to_dictionary<false, false>)
      .member("static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, "
              "IEqualityComparer<K> comparer)",
              to_dictionary<false, true>)
      .member("static Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, "
              "Func<T, K> keySelector, Func<T, E> elementSelector)",
              to_dictionary<true, false>)
      .member("static Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, "
              "Func<T, K> keySelector, Func<T, E> elementSelector, IEqualityComparer<K> comparer)",
              to_dictionary<true, true>);
}

}  // namespace gateway::expression
