#include "expression/nodes.h"

#include <array>

#include "expression/conversion.h"
#include "expression/late_binding.h"
#include "expression/library/composite_format.h"
#include "expression/library/core.h"
#include "expression/library/native.h"

namespace gateway::expression {

void raise_null_reference(Evaluation& eval) {
  eval.raise("NullReferenceException", "Object reference not set to an instance of an object.");
}

Value AssignNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value out = value.eval(frame);
  store(frame, variable, out);
  return out;
}

Value SequenceNode::eval(Frame& frame) const {
  for (const Node* each : before) each->eval(frame);
  return last.eval(frame);
}

Value LogicNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  if (a.eval(frame).boolean() != is_and) return Value::of(!is_and);
  return b.eval(frame);
}

Value ConditionalNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  return test.eval(frame).boolean() ? then.eval(frame) : other.eval(frame);
}

Value CoalesceNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value out = a.eval(frame);
  return out.is_null() ? b.eval(frame) : out;
}

Value ConditionalAccessNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value value = receiver.eval(frame);
  if (value.is_null()) return value;
  frame.slots[slot] = value;
  return rest.eval(frame);
}

Value ComputeNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value x = a.eval(frame);
  const Value y = b.eval(frame);
  if (lifted && (x.is_null() || y.is_null())) {
    if (!is_comparison(op)) return Value::null();
    const bool both = x.is_null() && y.is_null();
    return Value::of(op == Operator::Equal ? both : op == Operator::NotEqual && !both);
  }
  return compute(frame.eval, op, kind, x, y, checked);
}

Value NegateNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value value = operand.eval(frame);
  return value.is_null() ? value : negate(frame.eval, value, checked);
}

Value EqualNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value x = a.eval(frame);
  const Value y = b.eval(frame);
  const bool same = identity && x.is_object() && y.is_object() ? x.object() == y.object() : frame.eval.equal(x, y);
  return Value::of(same != negated);
}

Value ConcatNode::eval(Frame& frame) const {
  frame.eval.charge(parts.size());
  std::array<std::string_view, 8> few;
  std::pmr::vector<std::string_view> many(&frame.eval.arena());
  std::string_view* texts = few.data();
  if (parts.size() > few.size()) {
    many.resize(parts.size());
    texts = many.data();
  }
  std::size_t size = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    texts[i] = frame.eval.to_text(parts[i]->eval(frame));
    size += texts[i].size();
    if (!texts[i].empty()) last = i;
  }
  // Nothing is put together where only one has text.
  if (texts[last].size() == size) return Value::of(texts[last]);
  frame.eval.charge(size / 8);
  char* out = frame.eval.arena().bytes(size);
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (texts[i].empty()) continue;
    std::memcpy(out + at, texts[i].data(), texts[i].size());
    at += texts[i].size();
  }
  return Value::of(std::string_view(out, size));
}

Value InterpolatedNode::eval(Frame& frame) const {
  frame.eval.charge(parts.size());
  std::pmr::string out(&frame.eval.arena());
  for (const Part& part : parts) {
    out += part.text;
    if (!part.value) continue;
    const Value value = part.value->eval(frame);
    if (part.alignment == 0 && part.format.empty()) out += frame.eval.to_text(value);
    else format_hole(frame.eval, value, part.alignment, part.format, out);
  }
  frame.eval.charge(out.size() / 8);
  return frame.eval.text(out);
}

Value NumberNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value value = operand.eval(frame);
  if (value.is_null()) return value;
  return checked ? convert_checked(frame.eval, value, kind) : convert_number(value, kind);
}

Value EnumNode::eval(Frame& frame) const {
  const Value value = operand.eval(frame);
  if (value.is_null()) return value;
  return Value::enumeration(&type, static_cast<std::int32_t>(convert_number(value, Kind::Int32).integer()));
}

Value CastNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value value = operand.eval(frame);
  return late ? frame.eval.cast(value, &type) : unbox(frame.eval, value, &type);
}

Value IsNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value value = operand.eval(frame);
  const bool matches = is_instance(frame.eval, value, &type);
  if (matches && variable) store(frame, *variable, value);
  return Value::of(matches);
}

Value AsNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value value = operand.eval(frame);
  return is_instance(frame.eval, value, &type) ? value : Value::null();
}

Value ThrowNode::eval(Frame& frame) const {
  frame.eval.charge(100);
  const Value value = operand.eval(frame);
  if (value.is_null()) raise_null_reference(frame.eval);
  throw Raised{value};
}

Value DefaultNode::eval(Frame& frame) const { return default_value(frame.eval, &type); }
Value TypeOfNode::eval(Frame& frame) const { return type_value(frame.eval, &type); }

namespace {

[[noreturn]] void raise_index(Evaluation& eval) {
  eval.raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
}

bool holds_bytes(const Object* array) noexcept { return array->type->arguments[0]->kind == Kind::Byte; }

std::size_t index_in(Evaluation& eval, const Value& index, std::size_t size) {
  if (index.integer() < 0 || static_cast<std::uint64_t>(index.integer()) >= size) raise_index(eval);
  return static_cast<std::size_t>(index.integer());
}

}  // namespace

Value NewArrayNode::eval(Frame& frame) const {
  Arena& arena = frame.eval.arena();
  std::size_t count = items.size();
  if (size) {
    const std::int64_t asked = size->eval(frame).integer();
    if (asked < 0) frame.eval.raise("OverflowException", "Arithmetic operation resulted in an overflow.");
    count = static_cast<std::size_t>(asked);
  }
  if (count > arena.limit() / sizeof(Value)) throw BudgetExceeded{"the memory of an evaluation"};
  frame.eval.charge(count / 4 + 1);
  if (array.arguments[0]->kind == Kind::Byte) {
    auto* bytes = reinterpret_cast<std::uint8_t*>(count == 0 ? nullptr : arena.bytes(count));
    if (count > 0) std::memset(bytes, 0, count);
    for (std::size_t i = 0; i < items.size(); ++i) bytes[i] = static_cast<std::uint8_t>(items[i]->eval(frame).integer());
    return Value::of(arena.make<BytesObject>(&array, std::span(bytes, count)));
  }
  auto* out = arena.make<ListObject>(&array, arena);
  if (items.empty()) {
    out->items.assign(count, default_value(frame.eval, array.arguments[0]));
  } else {
    out->items.reserve(items.size());
    for (const Node* item : items) out->items.push_back(item->eval(frame));
  }
  return Value::of(out);
}

Value ElementNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value target = array.eval(frame);
  const Value at = index.eval(frame);
  if (target.is_null()) raise_null_reference(frame.eval);
  if (holds_bytes(target.object())) {
    const auto& bytes = static_cast<BytesObject*>(target.object())->bytes;
    return Value::integer(Kind::Byte, bytes[index_in(frame.eval, at, bytes.size())]);
  }
  const auto& items = static_cast<ListObject*>(target.object())->items;
  return items[index_in(frame.eval, at, items.size())];
}

Value SetElementNode::eval(Frame& frame) const {
  frame.eval.charge(1);
  const Value target = array.eval(frame);
  const Value at = index.eval(frame);
  const Value item = value.eval(frame);
  if (target.is_null()) raise_null_reference(frame.eval);
  if (holds_bytes(target.object())) {
    const auto& bytes = static_cast<BytesObject*>(target.object())->bytes;
    bytes[index_in(frame.eval, at, bytes.size())] = static_cast<std::uint8_t>(item.integer());
  } else {
    auto* list = static_cast<ListObject*>(target.object());
    const std::size_t position = index_in(frame.eval, at, list->items.size());
    // An array may be known as one of a base of what it holds.
    if (!item.is_null() && !is_instance(frame.eval, item, list->type->arguments[0])) {
      frame.eval.raise("ArrayTypeMismatchException", "Attempted to access an element as a type incompatible with the array.");
    }
    list->items[position] = item;
  }
  return item;
}

// Anonymous objects

namespace {

template <std::size_t I>
Value anonymous_member(Call& call) {
  return static_cast<AnonymousObject*>(call.args[0].object())->values[I];
}
template <std::size_t... I>
constexpr std::array<Native, sizeof...(I)> getters(std::index_sequence<I...>) {
  return {anonymous_member<I>...};
}
constexpr auto kGetters = getters(std::make_index_sequence<kAnonymousMembers>{});

AnonymousObject& anonymous(Call& call) { return *static_cast<AnonymousObject*>(call.args[0].object()); }

Value anonymous_text(Call& call) {
  const AnonymousObject& it = anonymous(call);
  auto out = arena_text(call);
  out += "{";
  for (std::size_t i = 0; i < it.values.size(); ++i) {
    out += i > 0 ? ", " : " ";
    out += it.type->members[i].name;
    out += " = ";
    out += call.eval.to_text(it.values[i]);
  }
  out += " }";
  return made(call, out);
}

Value anonymous_equals(Call& call) {
  const AnonymousObject& it = anonymous(call);
  if (!call.args[1].is_object() || call.args[1].object()->type != it.type) return Value::of(false);
  const auto& other = *static_cast<AnonymousObject*>(call.args[1].object());
  for (std::size_t i = 0; i < it.values.size(); ++i) {
    if (!call.eval.equal(it.values[i], other.values[i])) return Value::of(false);
  }
  return Value::of(true);
}

Value anonymous_hash(Call& call) {
  std::uint32_t out = 17;
  for (const Value& each : anonymous(call).values) out = out * 31 + static_cast<std::uint32_t>(call.eval.hash(each));
  return Value::of(static_cast<std::int32_t>(out));
}

}  // namespace

Native anonymous_getter(std::size_t position) noexcept {
  return position < kGetters.size() ? kGetters[position] : nullptr;
}

void declare_anonymous_basics(Type& type, const Type* text, const Type* boolean, const Type* object, const Type* integer) {
  type.members.push_back({.name = "ToString", .result = text, .call = anonymous_text});
  type.members.push_back({.name = "Equals", .parameters = {{.name = "value", .type = object}}, .result = boolean, .call = anonymous_equals});
  type.members.push_back({.name = "GetHashCode", .result = integer, .call = anonymous_hash});
}

Value AnonymousNode::eval(Frame& frame) const {
  frame.eval.charge(values.size());
  Arena& arena = frame.eval.arena();
  auto* made = static_cast<Value*>(arena.allocate(sizeof(Value) * values.size() + 1, alignof(Value)));
  for (std::size_t i = 0; i < values.size(); ++i) new (made + i) Value(values[i]->eval(frame));
  return Value::of(arena.make<AnonymousObject>(&type, std::span(made, values.size())));
}

}  // namespace gateway::expression
