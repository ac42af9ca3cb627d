#include <algorithm>

#include "expression/library/arguments.h"
#include "expression/library/sequences.h"

namespace gateway::expression {
namespace {

ListObject& list(const Call& call) { return self<ListObject>(call); }

// A byte[] is an IList<byte> too, and no ListObject; null: it is none.
BytesObject* as_byte_array(const Call& call) {
  const Type* element = array_element(call.args[0].object()->type);
  return element && element->kind == Kind::Byte ? &self<BytesObject>(call) : nullptr;
}

// The list, to be changed: an array has a fixed size.
ListObject& growing(Call& call) {
  // Asked before the cast: a byte[] is no ListObject.
  if (array_element(call.args[0].object()->type)) {
    call.eval.raise("NotSupportedException", "Collection was of a fixed size.");
  }
  return list(call);
}

std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

ListObject* fresh(Call& call) {
  const Type* element = type_arg(call, 0);
  return make_list(call.eval, element);
}
// A list of the same type as this one.
ListObject* another(Call& call) {
  return call.eval.arena().make<ListObject>(list(call).type, call.eval.arena());
}

Value construct(Call& call) {
  ListObject* out = fresh(call);
  if (call.args.empty()) return Value::of(out);
  if (call.args[0].kind() == Kind::Int32) {  // a capacity
    if (call.args[0].integer() < 0) {
      raise_range(call.eval, "capacity", "Non-negative number required.");
    }
    return Value::of(out);
  }
  out->items = items_of(call.eval, sequence_arg(call, 0, "collection"));
  return Value::of(out);
}

std::int32_t index_of(Call& call, const Value& item) {
  if (const BytesObject* array = as_byte_array(call)) {
    call.eval.charge(1 + array->bytes.size() / 8);
    const auto at = std::find(array->bytes.begin(), array->bytes.end(), item.integer());
    return at == array->bytes.end() ? -1 : static_cast<std::int32_t>(at - array->bytes.begin());
  }
  ListObject& it = list(call);
  for (std::size_t i = 0; i < it.items.size(); ++i) {
    call.eval.charge(2);
    if (call.eval.equal(it.items[i], item)) return static_cast<std::int32_t>(i);
  }
  return -1;
}

// The first item for which the predicate holds.
std::int32_t find_index(Call& call) {
  const Value& match = function_arg(call, 1, "match");
  ListObject& it = list(call);
  for (std::size_t i = 0; i < it.items.size(); ++i) {
    call.eval.charge(1);
    if (call.eval.invoke(match, {it.items[i]}).boolean()) return static_cast<std::int32_t>(i);
  }
  return -1;
}

// The index argument of an indexer, into `size` items.
std::size_t position_arg(Call& call, std::size_t size) {
  const std::int64_t index = call.args[1].integer();
  if (index >= 0 && static_cast<std::size_t>(index) < size) return static_cast<std::size_t>(index);
  if (array_element(call.args[0].object()->type)) {
    call.eval.raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
  }
  raise_range(call.eval, "index",
              "Index was out of range. Must be non-negative and less than the size of the collection.");
}
Value get_at(Call& call) {
  if (const BytesObject* array = as_byte_array(call)) {
    return Value::integer(Kind::Byte, array->bytes[position_arg(call, array->bytes.size())]);
  }
  return list(call).items[position_arg(call, list(call).items.size())];
}
Value set_at(Call& call) {
  if (BytesObject* array = as_byte_array(call)) {
    array->bytes[position_arg(call, array->bytes.size())] = static_cast<std::uint8_t>(call.args[2].integer());
  } else {
    list(call).items[position_arg(call, list(call).items.size())] = call.args[2];
  }
  return {};
}

Value add(Call& call) {
  growing(call).items.push_back(call.args[1]);
  return {};
}
Value add_range(Call& call) {
  ListObject& it = growing(call);
  const auto more = items_of(call.eval, sequence_arg(call, 1, "collection"));
  it.items.insert(it.items.end(), more.begin(), more.end());
  return {};
}
Value insert(Call& call) {
  ListObject& it = growing(call);
  const std::size_t at = index_arg(call, 1, it.items.size());
  call.eval.charge((it.items.size() - at) / 4);
  it.items.insert(it.items.begin() + offset(at), call.args[2]);
  return {};
}
Value insert_range(Call& call) {
  ListObject& it = growing(call);
  const std::size_t at = index_arg(call, 1, it.items.size());
  const auto more = items_of(call.eval, sequence_arg(call, 2, "collection"));
  call.eval.charge((it.items.size() - std::min(at, it.items.size())) / 4);
  it.items.insert(it.items.begin() + offset(std::min(at, it.items.size())), more.begin(), more.end());
  return {};
}
Value remove(Call& call) {
  ListObject& it = growing(call);
  const std::int32_t at = index_of(call, call.args[1]);
  if (at >= 0) it.items.erase(it.items.begin() + at);
  return Value::of(at >= 0);
}
Value remove_at(Call& call) {
  ListObject& it = growing(call);
  const std::size_t at = position_arg(call, it.items.size());
  call.eval.charge(it.items.size() / 4);
  it.items.erase(it.items.begin() + offset(at));
  return {};
}
// What the arguments `index` and `count` choose.
std::pair<std::size_t, std::size_t> range_args(Call& call) {
  const std::int64_t from = call.args[1].integer(), count = call.args[2].integer();
  if (from < 0) raise_range(call.eval, "index", "Non-negative number required.");
  if (count < 0) raise_range(call.eval, "count", "Non-negative number required.");
  const auto size = static_cast<std::int64_t>(list(call).items.size());
  if (from > size || count > size - from) {
    call.eval.raise("ArgumentException",
                    "Offset and length were out of bounds for the array or count is greater than the "
                    "number of elements from index to the end of the source collection.");
  }
  call.eval.charge(static_cast<std::uint64_t>(count));
  return {static_cast<std::size_t>(from), static_cast<std::size_t>(count)};
}
Value remove_range(Call& call) {
  ListObject& it = growing(call);
  const auto [from, count] = range_args(call);
  it.items.erase(it.items.begin() + offset(from), it.items.begin() + offset(from + count));
  return {};
}
Value get_range(Call& call) {
  const auto [from, count] = range_args(call);
  ListObject* out = another(call);
  const auto begin = list(call).items.begin() + offset(from);
  out->items.assign(begin, begin + offset(count));
  return Value::of(out);
}
// Those for which the predicate holds, and those for which it does not.
void part(Call& call, std::pmr::vector<Value>& in, std::pmr::vector<Value>& out) {
  const Value& match = function_arg(call, 1, "match");
  const auto items = list(call).items;
  for (const Value& item : items) {
    call.eval.charge(1);
    (call.eval.invoke(match, {item}).boolean() ? in : out).push_back(item);
  }
}
Value remove_all(Call& call) {
  std::pmr::vector<Value> gone(&call.eval.arena()), kept(&call.eval.arena());
  part(call, gone, kept);
  list(call).items = std::move(kept);
  return Value::of(static_cast<std::int32_t>(gone.size()));
}
Value find_all(Call& call) {
  ListObject* out = another(call);
  std::pmr::vector<Value> others(&call.eval.arena());
  part(call, out->items, others);
  return Value::of(out);
}
const Type* element_of(Call& call) {
  const Type* type = list(call).type;
  return type->arguments.empty() ? nullptr : type->arguments[0];
}
Value find(Call& call) {
  const std::int32_t at = find_index(call);
  return at < 0 ? default_of(call.eval, element_of(call)) : list(call).items[static_cast<std::size_t>(at)];
}
Value find_last(Call& call) {
  const Value& match = function_arg(call, 1, "match");
  const auto items = list(call).items;
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    call.eval.charge(1);
    if (call.eval.invoke(match, {*item}).boolean()) return *item;
  }
  return default_of(call.eval, element_of(call));
}
Value for_each(Call& call) {
  const Value& action = function_arg(call, 1, "action");
  for (std::size_t i = 0; i < list(call).items.size(); ++i) {
    call.eval.charge(1);
    (void)call.eval.invoke(action, {list(call).items[i]});
  }
  return {};
}
Value convert_all(Call& call) {
  const Value& converter = function_arg(call, 1, "converter");
  ListObject* out = make_list(call.eval, type_arg(call, 0));
  for (std::size_t i = 0; i < list(call).items.size(); ++i) {
    call.eval.charge(1);
    out->items.push_back(call.eval.invoke(converter, {list(call).items[i]}));
  }
  return Value::of(out);
}
Value sort(Call& call) {
  Evaluation& eval = call.eval;
  auto items = list(call).items;
  const Value by = call.args.size() > 1 ? call.args[1] : Value();
  const bool comparison = by.is_object() && by.object()->type->name != "StringComparer" &&
                          !by.object()->type->name.ends_with("Comparer");
  merge_sort(eval, items, [&](const Value& a, const Value& b) {
    eval.charge(2);
    return (comparison ? eval.invoke(by, {a, b}).integer() : compare_by(eval, by, a, b)) < 0;
  });
  list(call).items = std::move(items);
  return {};
}
Value reverse(Call& call) {
  call.eval.charge(list(call).items.size() / 4);
  std::reverse(list(call).items.begin(), list(call).items.end());
  return {};
}
Value to_array(Call& call) {
  call.eval.charge(list(call).items.size() / 4);
  return array_value(call.eval, element_of(call), {list(call).items, &call.eval.arena()});
}
Value last_index_of(Call& call) {
  ListObject& it = list(call);
  for (std::size_t i = it.items.size(); i-- > 0;) {
    call.eval.charge(2);
    if (call.eval.equal(it.items[i], call.args[1])) return Value::of(static_cast<std::int32_t>(i));
  }
  return Value::of(std::int32_t{-1});
}
Value clear(Call& call) {
  growing(call).items.clear();
  return {};
}
Value contains(Call& call) { return Value::of(index_of(call, call.args[1]) >= 0); }
Value index_of_item(Call& call) { return Value::of(index_of(call, call.args[1])); }

}  // namespace

void declare_list(Catalog& catalog) {
  catalog.declare("System.Collections.Generic.IReadOnlyList<T>", {.interfaces = {"IReadOnlyCollection<T>"}})
      .member("T this[int index] { get; }", get_at);
  catalog.declare("System.Collections.Generic.IList<T>", {.interfaces = {"ICollection<T>"}})
      .member("T this[int index] { get; }", get_at)
      .member("T this[int index] { set; }", set_at)
      .member("int IndexOf(T item)", index_of_item)
      .member("void Insert(int index, T item)", insert)
      .member("void RemoveAt(int index)", remove_at)
      .member("void Add(T item)", add)
      .member("bool Remove(T item)", remove)
      .member("bool Contains(T item)", contains)
      .member("void Clear()", clear);
  catalog
      .declare("System.Collections.Generic.List<T>", {.interfaces = {"IList<T>", "IReadOnlyList<T>"}})
      .member("new()", construct)
      .member("new(int capacity)", construct)
      .member("new(IEnumerable<T> collection)", construct)
      .member("int Count { get; }", count_of)
      .member("int Capacity { get; }", count_of)
      .member("T this[int index] { get; }", get_at)
      .member("T this[int index] { set; }", set_at)
      .member("void Add(T item)", add)
      .member("void AddRange(IEnumerable<T> collection)", add_range)
      .member("void Insert(int index, T item)", insert)
      .member("void InsertRange(int index, IEnumerable<T> collection)", insert_range)
      .member("bool Remove(T item)", remove)
      .member("void RemoveAt(int index)", remove_at)
      .member("void RemoveRange(int index, int count)", remove_range)
      .member("int RemoveAll(Predicate<T> match)", remove_all)
      .member("List<T> GetRange(int index, int count)", get_range)
      .member("void Clear()", clear)
      .member("bool Contains(T item)", contains)
      .member("int IndexOf(T item)", index_of_item)
      .member("int LastIndexOf(T item)", last_index_of)
      .member("bool Exists(Predicate<T> match)", [](Call& call) { return Value::of(find_index(call) >= 0); })
      .member("bool TrueForAll(Predicate<T> match)",
              [](Call& call) {
                std::pmr::vector<Value> in(&call.eval.arena()), out(&call.eval.arena());
                part(call, in, out);
                return Value::of(out.empty());
              })
      .member("T Find(Predicate<T> match)", find)
      .member("T FindLast(Predicate<T> match)", find_last)
      .member("List<T> FindAll(Predicate<T> match)", find_all)
      .member("int FindIndex(Predicate<T> match)", [](Call& call) { return Value::of(find_index(call)); })
      .member("void ForEach(Action<T> action)", for_each)
      .member("List<R> ConvertAll<R>(Func<T, R> converter)", convert_all)
      .member("void Sort()", sort)
      .member("void Sort(Comparison<T> comparison)", sort)
      .member("void Sort(IComparer<T> comparer)", sort)
      .member("void Reverse()", reverse)
      .member("T[] ToArray()", to_array);
}

}  // namespace gateway::expression
