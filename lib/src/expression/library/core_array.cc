#include <algorithm>
#include <string>

#include "expression/conversion.h"
#include "expression/library/core.h"
#include "expression/library/native.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

// byte[] and every other array alike.
class ArrayView {
 public:
  explicit ArrayView(Object* object) : type_(object->type) {
    if (type_->arguments[0]->kind == Kind::Byte) bytes_ = static_cast<BytesObject*>(object);
    else list_ = static_cast<ListObject*>(object);
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_ ? bytes_->bytes.size() : list_->items.size(); }
  [[nodiscard]] Value get(std::size_t i) const noexcept {
    return bytes_ ? Value::integer(Kind::Byte, bytes_->bytes[i]) : list_->items[i];
  }
  void set(std::size_t i, const Value& value) const noexcept {
    if (bytes_) bytes_->bytes[i] = static_cast<std::uint8_t>(value.integer());
    else list_->items[i] = value;
  }
  [[nodiscard]] const Type* element() const noexcept { return type_->arguments[0]; }

 private:
  const Type* type_;
  BytesObject* bytes_ = nullptr;
  ListObject* list_ = nullptr;
};

ArrayView array_at(Call& call, std::size_t index) {
  if (!call.args[index].is_object()) raise_null(call.eval, "array");
  const ArrayView out(call.args[index].object());
  call.eval.charge(out.size() / 4 + 1);
  return out;
}

// A new T[] of the values.
Value made_array(Call& call, const Type* element, std::span<const Value> items) {
  Arena& arena = call.eval.arena();
  const Type* type = call.eval.catalog().array_of(element);
  if (element->kind == Kind::Byte) {
    auto* data = reinterpret_cast<std::uint8_t*>(arena.bytes(std::max<std::size_t>(items.size(), 1)));
    for (std::size_t i = 0; i < items.size(); ++i) data[i] = static_cast<std::uint8_t>(items[i].integer());
    return Value::of(arena.make<BytesObject>(type, std::span(data, items.size())));
  }
  auto* out = arena.make<ListObject>(type, arena);
  out->items.assign(items.begin(), items.end());
  return Value::of(out);
}

bool test(Call& call, const Value& function, const Value& item) {
  return call.eval.invoke(function, {item}).boolean();
}

// The first, or last, item that the predicate takes.
std::int32_t find_index(Call& call, bool last) {
  const ArrayView array = array_at(call, 0);
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::size_t at = last ? array.size() - 1 - i : i;
    if (test(call, call.args.back(), array.get(at))) return static_cast<std::int32_t>(at);
  }
  return -1;
}

Value find(Call& call, bool last) {
  const std::int32_t at = find_index(call, last);
  const ArrayView array = array_at(call, 0);
  return at < 0 ? default_value(call.eval, array.element()) : array.get(static_cast<std::size_t>(at));
}

Value find_all(Call& call) {
  const ArrayView array = array_at(call, 0);
  std::pmr::vector<Value> out(&call.eval.arena());
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (test(call, call.args[1], array.get(i))) out.push_back(array.get(i));
  }
  return made_array(call, array.element(), out);
}

Value true_for_all(Call& call) {
  const ArrayView array = array_at(call, 0);
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (!test(call, call.args[1], array.get(i))) return Value::of(false);
  }
  return Value::of(true);
}

Value convert_all(Call& call) {
  const ArrayView array = array_at(call, 0);
  std::pmr::vector<Value> out(&call.eval.arena());
  for (std::size_t i = 0; i < array.size(); ++i) out.push_back(call.eval.invoke(call.args[1], {array.get(i)}));
  return made_array(call, call.type_args[1], out);
}

Value for_each(Call& call) {
  const ArrayView array = array_at(call, 0);
  for (std::size_t i = 0; i < array.size(); ++i) call.eval.invoke(call.args[1], {array.get(i)});
  return Value::null();
}

Value index_of(Call& call, bool last) {
  const ArrayView array = array_at(call, 0);
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::size_t at = last ? array.size() - 1 - i : i;
    if (call.eval.equal(array.get(at), call.args[1])) return Value::of(static_cast<std::int32_t>(at));
  }
  return Value::of(std::int32_t{-1});
}

Value reverse(Call& call) {
  const ArrayView array = array_at(call, 0);
  for (std::size_t i = 0; i < array.size() / 2; ++i) {
    const Value front = array.get(i);
    array.set(i, array.get(array.size() - 1 - i));
    array.set(array.size() - 1 - i, front);
  }
  return Value::null();
}

// By a Comparison<T>, or by the values' own order. Merging is safe whatever the comparison says.
Value sort(Call& call) {
  const ArrayView array = array_at(call, 0);
  std::pmr::vector<Value> from(&call.eval.arena()), to(&call.eval.arena());
  for (std::size_t i = 0; i < array.size(); ++i) from.push_back(array.get(i));
  to.resize(from.size());
  const auto less = [&](const Value& a, const Value& b) {
    call.eval.charge(2);
    return call.args.size() > 1 ? call.eval.invoke(call.args[1], {a, b}).integer() < 0 : call.eval.compare(a, b) < 0;
  };
  for (std::size_t width = 1; width < from.size(); width *= 2) {
    for (std::size_t at = 0; at < from.size(); at += 2 * width) {
      const std::size_t middle = std::min(at + width, from.size()), end = std::min(at + 2 * width, from.size());
      std::size_t left = at, right = middle;
      for (std::size_t out = at; out < end; ++out) {
        const bool take_right = left == middle || (right < end && less(from[right], from[left]));
        to[out] = take_right ? from[right++] : from[left++];
      }
    }
    from.swap(to);
  }
  for (std::size_t i = 0; i < from.size(); ++i) array.set(i, from[i]);
  return Value::null();
}

std::size_t range_arg(Call& call, std::size_t index, std::string_view name) {
  if (integer_arg(call, index) < 0) raise_range(call.eval, name, "Non-negative number required.");
  return static_cast<std::size_t>(integer_arg(call, index));
}

void copy_items(Call& call, const ArrayView& from, std::size_t first, const ArrayView& to, std::size_t at, std::size_t count) {
  if (first > from.size() || count > from.size() - first) {
    raise_argument(call.eval, "sourceArray", "Source array was not long enough.");
  }
  if (at > to.size() || count > to.size() - at) {
    raise_argument(call.eval, "destinationArray", "Destination array was not long enough.");
  }
  if (from.element() != to.element() && (from.element()->value_type || to.element()->value_type)) {
    call.eval.raise("ArrayTypeMismatchException", "Source array type cannot be assigned to destination array type.");
  }
  std::pmr::vector<Value> held(&call.eval.arena());
  for (std::size_t i = 0; i < count; ++i) held.push_back(from.get(first + i));
  for (std::size_t i = 0; i < count; ++i) {
    if (!held[i].is_null() && !is_instance(call.eval, held[i], to.element())) {
      call.eval.raise("InvalidCastException", "At least one element in the source array could not be cast down to the destination array type.");
    }
    to.set(at + i, held[i]);
  }
}

Value copy(Call& call) {
  const bool offsets = call.args.size() == 5;
  const std::size_t to = offsets ? 2 : 1;
  copy_items(call, array_at(call, 0), offsets ? range_arg(call, 1, "sourceIndex") : 0, array_at(call, to),
             offsets ? range_arg(call, 3, "destinationIndex") : 0, range_arg(call, call.args.size() - 1, "length"));
  return Value::null();
}

Value copy_to(Call& call) {
  const ArrayView from = array_at(call, 0);
  copy_items(call, from, 0, array_at(call, 1), range_arg(call, 2, "index"), from.size());
  return Value::null();
}

Value clear(Call& call) {
  const ArrayView array = array_at(call, 0);
  const bool part = call.args.size() > 1;
  const std::size_t from = part ? range_arg(call, 1, "index") : 0;
  const std::size_t count = part ? range_arg(call, 2, "length") : array.size();
  if (from > array.size() || count > array.size() - from) {
    call.eval.raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
  }
  for (std::size_t i = 0; i < count; ++i) array.set(from + i, default_value(call.eval, array.element()));
  return Value::null();
}

Value clone(Call& call) {
  const ArrayView array = array_at(call, 0);
  std::pmr::vector<Value> items(&call.eval.arena());
  for (std::size_t i = 0; i < array.size(); ++i) items.push_back(array.get(i));
  return made_array(call, array.element(), items);
}

Value get_value(Call& call) {
  const ArrayView array(call.args[0].object());
  const std::int64_t index = integer_arg(call, 1);
  if (index < 0 || static_cast<std::size_t>(index) >= array.size()) {
    call.eval.raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
  }
  return array.get(static_cast<std::size_t>(index));
}

Value length(Call& call) { return Value::of(static_cast<std::int32_t>(ArrayView(call.args[0].object()).size())); }

}  // namespace

void declare_array(Catalog& catalog) {
  catalog.declare("System.Array")
      .member("int Length { get; }", length)
      .member("long LongLength { get; }", [](Call& call) { return Value::of(static_cast<std::int64_t>(ArrayView(call.args[0].object()).size())); })
      .member("int Rank { get; }", [](Call&) { return Value::of(std::int32_t{1}); })
      .member("int GetLength(int dimension)", length)
      .member("object GetValue(int index)", get_value)
      .member("object Clone()", clone)
      .member("void CopyTo(Array array, int index)", copy_to)
      .member("static bool Exists<T>(T[] array, Predicate<T> match)", [](Call& call) { return Value::of(find_index(call, false) >= 0); })
      .member("static T Find<T>(T[] array, Predicate<T> match)", [](Call& call) { return find(call, false); })
      .member("static T FindLast<T>(T[] array, Predicate<T> match)", [](Call& call) { return find(call, true); })
      .member("static T[] FindAll<T>(T[] array, Predicate<T> match)", find_all)
      .member("static int FindIndex<T>(T[] array, Predicate<T> match)", [](Call& call) { return Value::of(find_index(call, false)); })
      .member("static int FindLastIndex<T>(T[] array, Predicate<T> match)", [](Call& call) { return Value::of(find_index(call, true)); })
      .member("static bool TrueForAll<T>(T[] array, Predicate<T> match)", true_for_all)
      .member("static TOutput[] ConvertAll<TInput, TOutput>(TInput[] array, Converter<TInput, TOutput> converter)", convert_all)
      .member("static void ForEach<T>(T[] array, Action<T> action)", for_each)
      .member("static int IndexOf<T>(T[] array, T value)", [](Call& call) { return index_of(call, false); })
      .member("static int LastIndexOf<T>(T[] array, T value)", [](Call& call) { return index_of(call, true); })
      .member("static void Reverse(Array array)", reverse)
      .member("static void Sort<T>(T[] array)", sort)
      .member("static void Sort<T>(T[] array, Comparison<T> comparison)", sort)
      .member("static void Copy(Array sourceArray, Array destinationArray, int length)", copy)
      .member("static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)", copy)
      .member("static void Clear(Array array)", clear)
      .member("static void Clear(Array array, int index, int length)", clear)
      .member("static T[] Empty<T>()", [](Call& call) { return made_array(call, call.type_args[0], {}); });
}

}  // namespace gateway::expression
