#include "expression/library/arguments.h"
#include "expression/library/sequences.h"

namespace gateway::expression {
namespace {

KeyTable& table(const Call& call) { return self<SetObject>(call).table; }

// new(), new(items), new(comparer), new(items, comparer).
Value construct_set(Call& call) {
  SetObject* out = make_set(call.eval, type_arg(call, 0));
  for (const Value& arg : call.args) {
    if (arg.is_object() && !is_sequence(arg.object()->type)) use_comparer(out->table, arg);
  }
  if (call.args.empty()) return Value::of(out);
  const bool items = call.args[0].is_string() ||
                     (call.args[0].is_object() && is_sequence(call.args[0].object()->type));
  if (items) {
    call.eval.for_each(call.args[0], [&](const Value& item) {
      (void)out->table.put(call.eval, item);
      return true;
    });
  }
  return Value::of(out);
}

Value set_add(Call& call) { return Value::of(table(call).put(call.eval, call.args[1]).added); }
Value set_contains(Call& call) { return Value::of(table(call).find(call.eval, call.args[1]) != nullptr); }
Value set_remove(Call& call) { return Value::of(table(call).remove(call.eval, call.args[1])); }
Value set_clear(Call& call) {
  table(call).clear();
  return {};
}

std::pmr::vector<Value> others(Call& call) {
  return items_of(call.eval, sequence_arg(call, 1, "other"));
}
// The other sequence as a set with this set's equality.
SetObject* other_set(Call& call) {
  auto* out = call.eval.arena().make<SetObject>(call.args[0].object()->type, call.eval.arena());
  out->table.comparer = table(call).comparer;
  out->table.ignore_case = table(call).ignore_case;
  for (const Value& item : others(call)) (void)out->table.put(call.eval, item);
  return out;
}
// Every key of `a` is in `b`.
bool within(Evaluation& eval, KeyTable& a, KeyTable& b) {
  for (std::size_t i = 0; i < a.slots(); ++i) {
    const KeyTable::Entry* entry = a.at(i);
    if (entry && !b.find(eval, entry->key)) return false;
  }
  return true;
}
// Removes the keys for which `gone` says so.
template <typename Gone>
std::int32_t remove_if(Call& call, Gone&& gone) {
  std::int32_t count = 0;
  for (const Value& key : items_of(call.eval, call.args[0])) {
    if (gone(key) && table(call).remove(call.eval, key)) ++count;
  }
  return count;
}

Value union_with(Call& call) {
  for (const Value& item : others(call)) (void)table(call).put(call.eval, item);
  return {};
}
Value except_with(Call& call) {
  for (const Value& item : others(call)) (void)table(call).remove(call.eval, item);
  return {};
}
Value intersect_with(Call& call) {
  SetObject* other = other_set(call);
  (void)remove_if(call, [&](const Value& key) { return !other->table.find(call.eval, key); });
  return {};
}
Value symmetric_except_with(Call& call) {
  for (const Value& item : items_of(call.eval, Value::of(other_set(call)))) {
    if (!table(call).remove(call.eval, item)) (void)table(call).put(call.eval, item);
  }
  return {};
}
Value remove_where(Call& call) {
  const Value& match = function_arg(call, 1, "match");
  return Value::of(
      remove_if(call, [&](const Value& key) { return call.eval.invoke(match, {key}).boolean(); }));
}
Value subset_of(Call& call) {
  return Value::of(within(call.eval, table(call), other_set(call)->table));
}
Value superset_of(Call& call) {
  return Value::of(within(call.eval, other_set(call)->table, table(call)));
}
Value set_equals(Call& call) {
  KeyTable& other = other_set(call)->table;
  return Value::of(other.size() == table(call).size() && within(call.eval, other, table(call)));
}
Value overlaps(Call& call) {
  for (const Value& item : others(call)) {
    if (table(call).find(call.eval, item)) return Value::of(true);
  }
  return Value::of(false);
}

LineObject& line(const Call& call) { return self<LineObject>(call); }

template <bool IsStack>
Value construct_line(Call& call) {
  Evaluation& eval = call.eval;
  const Type* type = generic_type(eval, IsStack ? "Stack<object>" : "Queue<object>", {type_arg(call, 0)});
  auto* out = eval.arena().make<LineObject>(type, eval.arena(), IsStack);
  if (!call.args.empty() && call.args[0].kind() != Kind::Int32) {
    out->items = items_of(eval, sequence_arg(call, 0, "collection"));
  }
  return Value::of(out);
}
Value put(Call& call) {
  ++line(call).version;
  line(call).items.push_back(call.args[1]);
  return {};
}
// Its next item; `take` removes it.
bool next(Call& call, bool take, Value& out) {
  LineObject& it = line(call);
  if (it.items.size() == it.first) return false;
  out = it.stack ? it.items.back() : it.items[it.first];
  if (!take) return true;
  ++it.version;
  if (it.stack) {
    it.items.pop_back();
  } else if (++it.first * 2 > it.items.size()) {
    call.eval.charge(it.first / 4);
    it.items.erase(it.items.begin(), it.items.begin() + static_cast<std::ptrdiff_t>(it.first));
    it.first = 0;
  }
  return true;
}
template <bool Take>
Value next_or_raise(Call& call) {
  Value out;
  if (next(call, Take, out)) return out;
  call.eval.raise("InvalidOperationException", line(call).stack ? "Stack empty." : "Queue empty.");
}
template <bool Take>
Value try_next(Call& call) {
  Value out;
  const bool any = next(call, Take, out);
  const Type* type = call.args[0].object()->type;
  if (!any && !type->arguments.empty()) out = default_of(call.eval, type->arguments[0]);
  call.args[1] = out;
  return Value::of(any);
}
Value line_clear(Call& call) {
  ++line(call).version;
  line(call).items.clear();
  line(call).first = 0;
  return {};
}
Value line_contains(Call& call) {
  for (std::size_t i = line(call).first; i < line(call).items.size(); ++i) {
    call.eval.charge(2);
    if (call.eval.equal(line(call).items[i], call.args[1])) return Value::of(true);
  }
  return Value::of(false);
}
Value line_to_array(Call& call) {
  const Type* type = call.args[0].object()->type;
  return array_value(call.eval, type->arguments.empty() ? nullptr : type->arguments[0],
                     items_of(call.eval, call.args[0]));
}

}  // namespace

void declare_sets(Catalog& catalog) {
  const auto set_members = [](Catalog::Declaration type) {
    type.member("bool Add(T item)", set_add)
        .member("bool Contains(T item)", set_contains)
        .member("bool Remove(T item)", set_remove)
        .member("void Clear()", set_clear)
        .member("void UnionWith(IEnumerable<T> other)", union_with)
        .member("void ExceptWith(IEnumerable<T> other)", except_with)
        .member("void IntersectWith(IEnumerable<T> other)", intersect_with)
        .member("void SymmetricExceptWith(IEnumerable<T> other)", symmetric_except_with)
        .member("bool IsSubsetOf(IEnumerable<T> other)", subset_of)
        .member("bool IsSupersetOf(IEnumerable<T> other)", superset_of)
        .member("bool SetEquals(IEnumerable<T> other)", set_equals)
        .member("bool Overlaps(IEnumerable<T> other)", overlaps);
    return type;
  };
  set_members(catalog.declare("System.Collections.Generic.ISet<T>", {.interfaces = {"ICollection<T>"}}));
  set_members(catalog.declare("System.Collections.Generic.HashSet<T>",
                              {.interfaces = {"ISet<T>", "IReadOnlyCollection<T>"}}))
      .member("new()", construct_set)
      .member("new(IEnumerable<T> collection)", construct_set)
      .member("new(IEqualityComparer<T> comparer)", construct_set)
      .member("new(IEnumerable<T> collection, IEqualityComparer<T> comparer)", construct_set)
      .member("int Count { get; }", count_of)
      .member("int RemoveWhere(Predicate<T> match)", remove_where);
  catalog.declare("System.Collections.Generic.Queue<T>", {.interfaces = {"IReadOnlyCollection<T>"}})
      .member("new()", construct_line<false>)
      .member("new(int capacity)", construct_line<false>)
      .member("new(IEnumerable<T> collection)", construct_line<false>)
      .member("int Count { get; }", count_of)
      .member("void Enqueue(T item)", put)
      .member("T Dequeue()", next_or_raise<true>)
      .member("T Peek()", next_or_raise<false>)
      .member("bool TryDequeue(out T result)", try_next<true>)
      .member("bool TryPeek(out T result)", try_next<false>)
      .member("bool Contains(T item)", line_contains)
      .member("T[] ToArray()", line_to_array)
      .member("void Clear()", line_clear);
  catalog.declare("System.Collections.Generic.Stack<T>", {.interfaces = {"IReadOnlyCollection<T>"}})
      .member("new()", construct_line<true>)
      .member("new(int capacity)", construct_line<true>)
      .member("new(IEnumerable<T> collection)", construct_line<true>)
      .member("int Count { get; }", count_of)
      .member("void Push(T item)", put)
      .member("T Pop()", next_or_raise<true>)
      .member("T Peek()", next_or_raise<false>)
      .member("bool TryPop(out T result)", try_next<true>)
      .member("bool TryPeek(out T result)", try_next<false>)
      .member("bool Contains(T item)", line_contains)
      .member("T[] ToArray()", line_to_array)
      .member("void Clear()", line_clear);
}

}  // namespace gateway::expression
