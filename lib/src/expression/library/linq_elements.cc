#include "expression/library/linq_objects.h"

namespace gateway::expression {
namespace {

// The predicate of First(source, predicate), or null where this overload has none.
Value predicate_arg(Call& call) {
  return call.args.size() > 1 ? function_arg(call, 1, "predicate") : Value();
}
bool holds(Evaluation& eval, const Value& predicate, const Value& item) {
  return predicate.is_null() || eval.invoke(predicate, {item}).boolean();
}

// The first, the last or the only item that the predicate takes. False: there is none.
bool find_first(Call& call, Value& found) {
  const Value predicate = predicate_arg(call);
  bool any = false;
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    if (!holds(call.eval, predicate, item)) return true;
    found = item;
    any = true;
    return false;
  });
  return any;
}
bool find_last(Call& call, Value& found) {
  const Value predicate = predicate_arg(call);
  bool any = false;
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    if (holds(call.eval, predicate, item)) {
      found = item;
      any = true;
    }
    return true;
  });
  return any;
}
bool find_single(Call& call, Value& found) {
  const Value predicate = predicate_arg(call);
  bool any = false;
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    if (!holds(call.eval, predicate, item)) return true;
    if (any) {
      call.eval.raise("InvalidOperationException", predicate.is_null()
                                                       ? "Sequence contains more than one element"
                                                       : "Sequence contains more than one matching element");
    }
    found = item;
    return any = true;
  });
  return any;
}

template <bool (*Find)(Call&, Value&)>
Value one(Call& call) {
  Value found;
  if (Find(call, found)) return found;
  call.eval.raise("InvalidOperationException", call.args.size() > 1 ? kNoMatch : kNoElements);
}
template <bool (*Find)(Call&, Value&)>
Value one_or_default(Call& call) {
  Value found;
  return Find(call, found) ? found : default_of(call.eval, type_arg(call, 0));
}

bool find_at(Call& call, Value& found) {
  std::int64_t left = call.args[1].integer();
  bool any = false;
  if (left < 0) return false;
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    if (left-- > 0) return true;
    found = item;
    any = true;
    return false;
  });
  return any;
}
Value element_at(Call& call) {
  Value found;
  if (find_at(call, found)) return found;
  raise_range(call.eval, "index",
              "Index was out of range. Must be non-negative and less than the size of the collection.");
}

Value any(Call& call) {
  Value found;
  return Value::of(find_first(call, found));
}
Value all(Call& call) {
  const Value predicate = function_arg(call, 1, "predicate");
  bool every = true;
  each_of(call.eval, sequence_arg(call, 0, "source"),
          [&](const Value& item) { return every = holds(call.eval, predicate, item); });
  return Value::of(every);
}

std::int64_t count_items(Call& call) {
  const Value& source = sequence_arg(call, 0, "source");
  const Value predicate = predicate_arg(call);
  if (predicate.is_null() && source.is_object() && is_sequence(source.object()->type)) {
    const std::int64_t known = static_cast<Enumerable*>(source.object())->known_size();
    if (known >= 0) return known;
  }
  std::int64_t count = 0;
  each_of(call.eval, source, [&](const Value& item) {
    count += holds(call.eval, predicate, item) ? 1 : 0;
    return true;
  });
  return count;
}
Value count(Call& call) { return Value::of(static_cast<std::int32_t>(count_items(call))); }
Value long_count(Call& call) { return Value::of(count_items(call)); }

Value aggregate(Call& call) {
  const Value step = function_arg(call, 1, "func");
  Value result;
  bool begun = false;
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    result = begun ? call.eval.invoke(step, {result, item}) : item;
    return begun = true;
  });
  if (!begun) call.eval.raise("InvalidOperationException", kNoElements);
  return result;
}
// Aggregate(source, seed, func[, resultSelector]).
Value aggregate_from(Call& call) {
  const Value step = function_arg(call, 2, "func");
  Value result = call.args[1];
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    result = call.eval.invoke(step, {result, item});
    return true;
  });
  return call.args.size() > 3 ? call.eval.invoke(call.args[3], {result}) : result;
}

}  // namespace

void declare_linq_elements(Catalog& catalog) {
  auto type = linq(catalog);
  const auto both = [&](std::string_view result, std::string_view name, Native call) {
    const std::string start = "static " + std::string(result) + " " + std::string(name) +
                              "<T>(this IEnumerable<T> source";
    type.member(start + ")", call);
    type.member(start + ", Func<T, bool> predicate)", call);
  };
  both("T", "First", one<find_first>);
  both("T", "FirstOrDefault", one_or_default<find_first>);
  both("T", "Last", one<find_last>);
  both("T", "LastOrDefault", one_or_default<find_last>);
  both("T", "Single", one<find_single>);
  both("T", "SingleOrDefault", one_or_default<find_single>);
  both("bool", "Any", any);
  both("int", "Count", count);
  both("long", "LongCount", long_count);
  type.member("static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", all)
      .member("static T ElementAt<T>(this IEnumerable<T> source, int index)", element_at)
      .member("static T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)",
              one_or_default<find_at>)
      .member("static T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", aggregate)
      .member("static A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)",
              aggregate_from)
      .member("static R Aggregate<T, A, R>(this IEnumerable<T> source, A seed, Func<A, T, A> func, "
              "Func<A, R> resultSelector)",
              aggregate_from);
}

}  // namespace gateway::expression
