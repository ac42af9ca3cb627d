#include <string>
#include <utility>

#include "expression/library/core.h"
#include "expression/library/native.h"

namespace gateway::expression {
namespace {

struct TupleObject final : Object {
  TupleObject(const Type* the_type, std::span<Value> the_items) : Object(the_type), items(the_items) {}
  std::span<Value> items;
};

TupleObject& self(Call& call) { return *static_cast<TupleObject*>(call.args[0].object()); }

Value create(Call& call) {
  const std::string open = "System.Tuple<" + std::string(call.args.size() - 1, ',') + ">";
  const Type* type = call.eval.catalog().construct(call.eval.catalog().find(open),
                                                   {call.type_args.begin(), call.type_args.end()});
  auto* items = static_cast<Value*>(call.eval.arena().allocate(sizeof(Value) * call.args.size(), alignof(Value)));
  std::uninitialized_copy(call.args.begin(), call.args.end(), items);
  return Value::of(call.eval.arena().make<TupleObject>(type, std::span(items, call.args.size())));
}

template <std::size_t I>
Value item(Call& call) {
  return self(call).items[I];
}

Value equals(Call& call) {
  if (!call.args[1].is_object() || call.args[1].object()->type != call.args[0].object()->type) return Value::of(false);
  const auto& other = *static_cast<TupleObject*>(call.args[1].object());
  for (std::size_t i = 0; i < other.items.size(); ++i) {
    if (!call.eval.equal(self(call).items[i], other.items[i])) return Value::of(false);
  }
  return Value::of(true);
}

Value compare(Call& call) {
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  if (!call.args[1].is_object() || call.args[1].object()->type != call.args[0].object()->type) {
    raise_argument(call.eval, "obj", "Argument must be of the same type.");
  }
  const auto& other = *static_cast<TupleObject*>(call.args[1].object());
  for (std::size_t i = 0; i < other.items.size(); ++i) {
    const int order = call.eval.compare(self(call).items[i], other.items[i]);
    if (order != 0) return Value::of(std::int32_t{order});
  }
  return Value::of(std::int32_t{0});
}

Value hash(Call& call) {
  std::uint32_t out = 17;
  for (const Value& each : self(call).items) out = out * 31 + static_cast<std::uint32_t>(call.eval.hash(each));
  return Value::of(static_cast<std::int32_t>(out));
}

Value to_text(Call& call) {
  auto out = arena_text(call);
  out += '(';
  for (const Value& each : self(call).items) {
    if (out.size() > 1) out += ", ";
    out += call.eval.to_text(each);
  }
  out += ')';
  return made(call, out);
}

template <std::size_t... I>
void declare(Catalog& catalog, std::index_sequence<I...>) {
  std::string types, parameters;
  for (std::size_t i = 1; i <= sizeof...(I); ++i) {
    const std::string number = std::to_string(i);
    types += (i > 1 ? ", T" : "T") + number;
    parameters += (i > 1 ? ", T" : "T") + number + " item" + number;
  }
  auto type = catalog.declare("System.Tuple<" + types + ">");
  type.member("new(" + parameters + ")", create)
      .member("bool Equals(object obj)", equals)
      .member("int CompareTo(object obj)", compare)
      .member("int GetHashCode()", hash)
      .member("string ToString()", to_text);
  (type.member("T" + std::to_string(I + 1) + " Item" + std::to_string(I + 1) + " { get; }", item<I>), ...);
  catalog.declare("System.Tuple", {.is_static = true})
      .member("static Tuple<" + types + "> Create<" + types + ">(" + parameters + ")", create);
}

}  // namespace

void declare_tuples(Catalog& catalog) {
  declare(catalog, std::make_index_sequence<1>{});
  declare(catalog, std::make_index_sequence<2>{});
  declare(catalog, std::make_index_sequence<3>{});
  declare(catalog, std::make_index_sequence<4>{});
  declare(catalog, std::make_index_sequence<5>{});
  declare(catalog, std::make_index_sequence<6>{});
  declare(catalog, std::make_index_sequence<7>{});
}

}  // namespace gateway::expression
