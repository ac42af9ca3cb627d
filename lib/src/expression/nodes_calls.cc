#include <array>

#include "expression/conversion.h"
#include "expression/late_binding.h"
#include "expression/nodes.h"

namespace gateway::expression {
namespace {

// The arguments of one call: few of them on the stack.
class Arguments {
 public:
  Arguments(Frame& frame, const std::vector<const Node*>& nodes) : size_(nodes.size()) {
    if (size_ > few_.size()) {
      at_ = static_cast<Value*>(frame.eval.arena().allocate(sizeof(Value) * size_, alignof(Value)));
    }
    for (std::size_t i = 0; i < size_; ++i) at_[i] = nodes[i]->eval(frame);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  [[nodiscard]] std::span<Value> all() noexcept { return {at_, size_}; }

 private:
  std::array<Value, 5> few_;
  Value* at_ = few_.data();
  std::size_t size_;
};

}  // namespace

Value CallNode::eval(Frame& frame) const {
  frame.eval.charge(2);
  Arguments arguments(frame, args);
  const auto all = arguments.all();
  if (checks_receiver && all[0].is_null()) raise_null_reference(frame.eval);
  Call made{frame.eval, all, type_args};
  const Value given = gives_last ? all.back() : Value();
  const Value out = call(made);
  for (const OutArgument& each : outs) store(frame, *each.variable, all[each.position]);
  return gives_last ? given : out;
}

Value InvokeNode::eval(Frame& frame) const {
  frame.eval.charge(2);
  const Value target = function.eval(frame);
  Arguments arguments(frame, args);
  if (!target.is_object()) raise_null_reference(frame.eval);
  return static_cast<FunctionObject*>(target.object())->call(frame.eval, arguments.all());
}

Value LateNode::eval(Frame& frame) const {
  Arguments arguments(frame, args);
  const auto all = arguments.all();
  if (is_operator) return late_operator(frame.eval, name, all);
  const Value given = gives_last ? all.back() : Value();
  if (form == MemberForm::Indexer || form == MemberForm::IndexSetter) {
    // An array has its elements, not a member.
    const Value& target = all[0];
    if (target.is_object() && target.object()->type->name.ends_with("[]") && all[1].is_integral()) {
      const ConstantNode array(target), index(all[1]), value(all.back());
      return form == MemberForm::Indexer ? ElementNode(array, index).eval(frame)
                                         : SetElementNode(array, index, value).eval(frame);
    }
  }
  const Value out = late_call(frame.eval, form, name, all, type_args);
  return gives_last ? given : out;
}

Value LambdaNode::eval(Frame& frame) const {
  frame.eval.charge(2);
  Arena& arena = frame.eval.arena();
  Value* cells = nullptr;
  if (!captured.empty()) {
    cells = static_cast<Value*>(arena.allocate(sizeof(Value) * captured.size(), alignof(Value)));
    for (std::size_t i = 0; i < captured.size(); ++i) {
      new (cells + i) Value(Value::of(static_cast<Object*>(&cell_in(frame, *captured[i]))));
    }
  }
  return Value::of(arena.make<Closure>(&type, code, frame.roots, cells));
}

Value Closure::call(Evaluation& eval, std::span<Value> args) {
  const Evaluation::Nesting nesting(eval);
  eval.charge(3);
  std::array<Value, 12> few;
  Value* slots = few.data();
  if (code.slots > few.size()) {
    slots = static_cast<Value*>(eval.arena().allocate(sizeof(Value) * code.slots, alignof(Value)));
    for (std::size_t i = 0; i < code.slots; ++i) new (slots + i) Value();
  }
  Frame frame{eval, roots, slots, cells, Value()};
  for (std::size_t i = 0; i < code.parameters.size() && i < args.size(); ++i) store(frame, *code.parameters[i], args[i]);
  if (code.expression) return code.expression->eval(frame);
  code.block->exec(frame);
  return frame.result;
}

namespace {

struct MethodObject final : FunctionObject {
  MethodObject(const Type* the_type, const MethodNode& the_node, const Value& the_receiver, std::span<Value> the_fallbacks)
      : FunctionObject(the_type), node(the_node), receiver(the_receiver), fallbacks(the_fallbacks) {}

  Value call(Evaluation& eval, std::span<Value> given) override {
    const Evaluation::Nesting nesting(eval);
    eval.charge(3);
    std::array<Value, 16> args;
    std::size_t count = 0;
    if (node.receiver) args[count++] = receiver;
    for (std::size_t i = 0; i < given.size() && count < args.size(); ++i) {
      args[count++] = i < node.parameters.size() ? convert_implicitly(eval, given[i], node.parameters[i]) : given[i];
    }
    for (std::size_t i = 0; i < fallbacks.size() && count < args.size(); ++i) args[count++] = fallbacks[i];
    Call made{eval, std::span(args.data(), count), node.type_args};
    return node.call(made);
  }

  const MethodNode& node;
  Value receiver;
  std::span<Value> fallbacks;
};

}  // namespace

Value MethodNode::eval(Frame& frame) const {
  frame.eval.charge(2);
  const Value target = receiver ? receiver->eval(frame) : Value();
  if (receiver && target.is_null()) raise_null_reference(frame.eval);
  Arena& arena = frame.eval.arena();
  auto* values = static_cast<Value*>(arena.allocate(sizeof(Value) * fallbacks.size() + 1, alignof(Value)));
  for (std::size_t i = 0; i < fallbacks.size(); ++i) new (values + i) Value(fallbacks[i]->eval(frame));
  return Value::of(arena.make<MethodObject>(type, *this, target, std::span(values, fallbacks.size())));
}

}  // namespace gateway::expression
