#include "expression/library/linq_objects.h"

namespace gateway::expression {
namespace {

Value source_arg(Call& call) { return sequence_arg(call, 0, "source"); }

Value index_value(std::int32_t& index) { return Value::of(index++); }

template <bool WithIndex>
Value select(Call& call) {
  const Value source = source_arg(call), selector = function_arg(call, 1, "selector");
  return make_lazy(call.eval, type_arg(call, 1), {source}, [=](Evaluation& eval, Taker take) {
    std::int32_t index = 0;
    each_of(eval, source, [&](const Value& item) {
      if constexpr (WithIndex) return take(eval.invoke(selector, {item, index_value(index)}));
      return take(eval.invoke(selector, {item}));
    });
  });
}

template <bool WithIndex>
Value where(Call& call) {
  const Value source = source_arg(call), predicate = function_arg(call, 1, "predicate");
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    std::int32_t index = 0;
    each_of(eval, source, [&](const Value& item) {
      const Value holds = WithIndex ? eval.invoke(predicate, {item, index_value(index)})
                                    : eval.invoke(predicate, {item});
      return holds.boolean() ? take(item) : true;
    });
  });
}

Value select_many(Call& call) {
  const Value source = source_arg(call), selector = function_arg(call, 1, "selector");
  return make_lazy(call.eval, type_arg(call, 1), {source}, [=](Evaluation& eval, Taker take) {
    each_of(eval, source, [&](const Value& item) {
      bool more = true;
      each_of(eval, eval.invoke(selector, {item}), [&](const Value& inner) { return more = take(inner); });
      return more;
    });
  });
}

// SelectMany(source, collectionSelector, resultSelector).
Value select_many_with(Call& call) {
  const Value source = source_arg(call), selector = function_arg(call, 1, "collectionSelector"),
              result = function_arg(call, 2, "resultSelector");
  return make_lazy(call.eval, type_arg(call, 2), {source}, [=](Evaluation& eval, Taker take) {
    each_of(eval, source, [&](const Value& item) {
      bool more = true;
      each_of(eval, eval.invoke(selector, {item}),
              [&](const Value& inner) { return more = take(eval.invoke(result, {item, inner})); });
      return more;
    });
  });
}

Value skip(Call& call) {
  const Value source = source_arg(call);
  const std::int64_t count = call.args[1].integer();
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    std::int64_t left = count;
    each_of(eval, source, [&](const Value& item) { return left-- > 0 ? true : take(item); });
  });
}

Value take_first(Call& call) {
  const Value source = source_arg(call);
  const std::int64_t count = call.args[1].integer();
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    std::int64_t left = count;
    if (left <= 0) return;
    each_of(eval, source, [&](const Value& item) { return take(item) && --left > 0; });
  });
}

template <bool WithIndex>
Value skip_while(Call& call) {
  const Value source = source_arg(call), predicate = function_arg(call, 1, "predicate");
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    bool skipping = true;
    std::int32_t index = 0;
    each_of(eval, source, [&](const Value& item) {
      if (skipping) {
        skipping = (WithIndex ? eval.invoke(predicate, {item, index_value(index)})
                              : eval.invoke(predicate, {item}))
                       .boolean();
      }
      return skipping ? true : take(item);
    });
  });
}

template <bool WithIndex>
Value take_while(Call& call) {
  const Value source = source_arg(call), predicate = function_arg(call, 1, "predicate");
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    std::int32_t index = 0;
    each_of(eval, source, [&](const Value& item) {
      const Value holds = WithIndex ? eval.invoke(predicate, {item, index_value(index)})
                                    : eval.invoke(predicate, {item});
      return holds.boolean() && take(item);
    });
  });
}

Value concat(Call& call) {
  const Value first = sequence_arg(call, 0, "first"), second = sequence_arg(call, 1, "second");
  return make_lazy(call.eval, type_arg(call, 0), {first, second}, [=](Evaluation& eval, Taker take) {
    bool more = true;
    each_of(eval, first, [&](const Value& item) { return more = take(item); });
    if (more) each_of(eval, second, take);
  });
}

Value append(Call& call) {
  const Value source = source_arg(call), element = call.args[1];
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    bool more = true;
    each_of(eval, source, [&](const Value& item) { return more = take(item); });
    if (more) (void)take(element);
  });
}

Value prepend(Call& call) {
  const Value source = source_arg(call), element = call.args[1];
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    if (take(element)) each_of(eval, source, take);
  });
}

Value reverse(Call& call) {
  const Value source = source_arg(call);
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    const auto items = items_of(eval, source);
    for (auto item = items.rbegin(); item != items.rend() && take(*item); ++item) eval.charge(1);
  });
}

// Zip(first, second[, resultSelector]); pairs are ValueTuples without a selector, which is not offered.
Value zip(Call& call) {
  const Value first = sequence_arg(call, 0, "first"), second = sequence_arg(call, 1, "second"),
              result = function_arg(call, 2, "resultSelector");
  return make_lazy(call.eval, type_arg(call, 2), {first, second}, [=](Evaluation& eval, Taker take) {
    const auto others = items_of(eval, second);
    std::size_t at = 0;
    if (others.empty()) return;
    each_of(eval, first, [&](const Value& item) {
      const bool more = take(eval.invoke(result, {item, others[at]}));
      return more && ++at < others.size();
    });
  });
}

Value default_if_empty(Call& call) {
  const Value source = source_arg(call);
  const Value fallback = call.args.size() > 1 ? call.args[1] : default_of(call.eval, type_arg(call, 0));
  return make_lazy(call.eval, type_arg(call, 0), {source}, [=](Evaluation& eval, Taker take) {
    bool any = false;
    each_of(eval, source, [&](const Value& item) {
      any = true;
      return take(item);
    });
    if (!any) (void)take(fallback);
  });
}

Value cast(Call& call) {
  const Value source = source_arg(call);
  const Type* to = type_arg(call, 0);
  return make_lazy(call.eval, to, {source}, [=](Evaluation& eval, Taker take) {
    each_of(eval, source, [&](const Value& item) { return take(to ? eval.cast(item, to) : item); });
  });
}

Value of_type(Call& call) {
  const Value source = source_arg(call);
  const Type* wanted = type_arg(call, 0);
  return make_lazy(call.eval, wanted, {source}, [=](Evaluation& eval, Taker take) {
    each_of(eval, source, [&](const Value& item) {
      const bool fits = !item.is_null() && (!wanted || eval.catalog().type_of(item)->is(wanted));
      return fits ? take(item) : true;
    });
  });
}

Value range(Call& call) {
  const std::int64_t start = call.args[0].integer(), count = call.args[1].integer();
  if (count < 0 || start + count - 1 > std::numeric_limits<std::int32_t>::max()) {
    raise_range(call.eval, "count", "Specified argument was out of the range of valid values.");
  }
  return make_lazy(call.eval, call.eval.catalog().find("int"), {}, [=](Evaluation& eval, Taker take) {
    for (std::int64_t i = 0; i < count; ++i) {
      eval.charge(2);
      if (!take(Value::of(static_cast<std::int32_t>(start + i)))) return;
    }
  });
}

Value repeat(Call& call) {
  const Value element = call.args[0];
  const std::int64_t count = call.args[1].integer();
  if (count < 0) raise_range(call.eval, "count", "Specified argument was out of the range of valid values.");
  return make_lazy(call.eval, type_arg(call, 0), {}, [=](Evaluation& eval, Taker take) {
    for (std::int64_t i = 0; i < count; ++i) {
      eval.charge(2);
      if (!take(element)) return;
    }
  });
}

Value empty(Call& call) { return array_value(call.eval, type_arg(call, 0), {}); }

}  // namespace

void declare_linq_lazy(Catalog& catalog) {
  linq(catalog)
      .member("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)",
              select<false>)
      .member("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)",
              select<true>)
      .member("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)",
              where<false>)
      .member("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)",
              where<true>)
      .member("static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, "
              "Func<T, IEnumerable<R>> selector)",
              select_many)
      .member("static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, "
              "Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)",
              select_many_with)
      .member("static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", skip)
      .member("static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", take_first)
      .member("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)",
              skip_while<false>)
      .member("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)",
              skip_while<true>)
      .member("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)",
              take_while<false>)
      .member("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)",
              take_while<true>)
      .member("static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", concat)
      .member("static IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", append)
      .member("static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", prepend)
      .member("static IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", reverse)
      .member("static IEnumerable<R> Zip<A, B, R>(this IEnumerable<A> first, IEnumerable<B> second, "
              "Func<A, B, R> resultSelector)",
              zip)
      .member("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", default_if_empty)
      .member("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)",
              default_if_empty)
      .member("static IEnumerable<R> Cast<R>(this IEnumerable source)", cast)
      .member("static IEnumerable<R> OfType<R>(this IEnumerable source)", of_type)
      .member("static IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)",
              [](Call& call) { return call.args[0]; })
      .member("static IEnumerable<int> Range(int start, int count)", range)
      .member("static IEnumerable<T> Repeat<T>(T element, int count)", repeat)
      .member("static IEnumerable<T> Empty<T>()", empty);
}

}  // namespace gateway::expression
