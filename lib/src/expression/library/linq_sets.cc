#include "expression/library/linq_objects.h"

namespace gateway::expression {
namespace {

Value comparer_arg(const Call& call, std::size_t index) {
  return index < call.args.size() ? call.args[index] : Value();
}

KeyTable* new_table(Evaluation& eval, const Value& comparer) {
  auto* table = eval.arena().make<KeyTable>(eval.arena());
  use_comparer(*table, comparer);
  return table;
}
KeyTable* table_of(Evaluation& eval, const Value& sequence, const Value& comparer) {
  KeyTable* table = new_table(eval, comparer);
  each_of(eval, sequence, [&](const Value& item) {
    (void)table->put(eval, item);
    return true;
  });
  return table;
}

Value distinct(Call& call) {
  const Value source = sequence_arg(call, 0, "source"), comparer = comparer_arg(call, 1);
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    KeyTable* seen = new_table(eval, comparer);
    each_of(eval, source, [&](const Value& item) { return seen->put(eval, item).added ? take(item) : true; });
  });
}

Value unite(Call& call) {
  const Value first = sequence_arg(call, 0, "first"), second = sequence_arg(call, 1, "second"),
              comparer = comparer_arg(call, 2);
  return make_lazy(call.eval, type_arg(call, 0), {first, second}, [=](Evaluation& eval, Taker take) {
    KeyTable* seen = new_table(eval, comparer);
    bool more = true;
    const auto once = [&](const Value& item) {
      return more = seen->put(eval, item).added ? take(item) : true;
    };
    each_of(eval, first, once);
    if (more) each_of(eval, second, once);
  });
}

Value intersect(Call& call) {
  const Value first = sequence_arg(call, 0, "first"), second = sequence_arg(call, 1, "second"),
              comparer = comparer_arg(call, 2);
  return make_lazy(call.eval, type_arg(call, 0), {first, second}, [=](Evaluation& eval, Taker take) {
    KeyTable* wanted = table_of(eval, second, comparer);
    each_of(eval, first, [&](const Value& item) { return wanted->remove(eval, item) ? take(item) : true; });
  });
}

Value except(Call& call) {
  const Value first = sequence_arg(call, 0, "first"), second = sequence_arg(call, 1, "second"),
              comparer = comparer_arg(call, 2);
  return make_lazy(call.eval, type_arg(call, 0), {first, second}, [=](Evaluation& eval, Taker take) {
    KeyTable* seen = table_of(eval, second, comparer);
    each_of(eval, first, [&](const Value& item) { return seen->put(eval, item).added ? take(item) : true; });
  });
}

Value contains(Call& call) {
  const Value source = sequence_arg(call, 0, "source"), comparer = comparer_arg(call, 2);
  bool found = false;
  each_of(call.eval, source, [&](const Value& item) {
    if (comparer.is_null()) {
      found = call.eval.equal(item, call.args[1]);
    } else {
      std::array<Value, 3> args = {comparer, item, call.args[1]};
      found = call.eval.call_member("Equals", args).boolean();
    }
    return !found;
  });
  return Value::of(found);
}

Value sequence_equal(Call& call) {
  const auto second = items_of(call.eval, sequence_arg(call, 1, "second"));
  std::size_t at = 0;
  bool equal = true;
  each_of(call.eval, sequence_arg(call, 0, "first"), [&](const Value& item) {
    equal = at < second.size() && call.eval.equal(item, second[at]);
    ++at;
    return equal;
  });
  return Value::of(equal && at == second.size());
}

}  // namespace

void declare_linq_sets(Catalog& catalog) {
  linq(catalog)
      .member("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)", distinct)
      .member("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source, IEqualityComparer<T> comparer)",
              distinct)
      .member("static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second)", unite)
      .member("static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second, "
              "IEqualityComparer<T> comparer)",
              unite)
      .member("static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second)",
              intersect)
      .member("static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second, "
              "IEqualityComparer<T> comparer)",
              intersect)
      .member("static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second)", except)
      .member("static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second, "
              "IEqualityComparer<T> comparer)",
              except)
      .member("static bool Contains<T>(this IEnumerable<T> source, T value)", contains)
      .member("static bool Contains<T>(this IEnumerable<T> source, T value, IEqualityComparer<T> comparer)",
              contains)
      .member("static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)",
              sequence_equal);
}

}  // namespace gateway::expression
