#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "expression/node.h"
#include "expression/numbers.h"

namespace gateway::expression {

struct ConstantNode final : Node {
  explicit ConstantNode(const Value& the_value) : value(the_value) {}
  Value eval(Frame&) const override { return value; }
  Value value;
};

struct RootNode final : Node {
  explicit RootNode(std::size_t the_index) : index(the_index) {}
  Value eval(Frame& frame) const override { return frame.roots[index]; }
  std::size_t index;
};

struct LocalNode final : Node {
  explicit LocalNode(const Variable& the_variable) : variable(the_variable) {}
  Value eval(Frame& frame) const override { return load(frame, variable); }
  const Variable& variable;
};

struct AssignNode final : Node {
  AssignNode(const Variable& the_variable, const Node& the_value) : variable(the_variable), value(the_value) {}
  Value eval(Frame& frame) const override;
  const Variable& variable;
  const Node& value;
};

// `before` in order, then `last`, which is the result.
struct SequenceNode final : Node {
  SequenceNode(std::vector<const Node*> the_before, const Node& the_last) : before(std::move(the_before)), last(the_last) {}
  Value eval(Frame& frame) const override;
  std::vector<const Node*> before;
  const Node& last;
};

struct NotNode final : Node {
  explicit NotNode(const Node& the_operand) : operand(the_operand) {}
  Value eval(Frame& frame) const override { return Value::of(!operand.eval(frame).boolean()); }
  const Node& operand;
};

struct LogicNode final : Node {
  LogicNode(bool the_and, const Node& the_a, const Node& the_b) : is_and(the_and), a(the_a), b(the_b) {}
  Value eval(Frame& frame) const override;
  bool is_and;
  const Node& a;
  const Node& b;
};

struct ConditionalNode final : Node {
  ConditionalNode(const Node& the_test, const Node& the_then, const Node& the_other)
      : test(the_test), then(the_then), other(the_other) {}
  Value eval(Frame& frame) const override;
  const Node& test;
  const Node& then;
  const Node& other;
};

struct CoalesceNode final : Node {
  CoalesceNode(const Node& the_a, const Node& the_b) : a(the_a), b(the_b) {}
  Value eval(Frame& frame) const override;
  const Node& a;
  const Node& b;
};

// receiver?.rest: the receiver is kept in a slot, from which `rest` takes it.
struct ConditionalAccessNode final : Node {
  ConditionalAccessNode(const Node& the_receiver, std::size_t the_slot, const Node& the_rest)
      : receiver(the_receiver), slot(the_slot), rest(the_rest) {}
  Value eval(Frame& frame) const override;
  const Node& receiver;
  std::size_t slot;
  const Node& rest;
};

// Arithmetic and comparison of operands of one kind. `lifted`: null makes null, or false.
struct ComputeNode final : Node {
  ComputeNode(Operator the_op, Kind the_kind, bool the_checked, bool the_lifted, const Node& the_a, const Node& the_b)
      : op(the_op), kind(the_kind), checked(the_checked), lifted(the_lifted), a(the_a), b(the_b) {}
  Value eval(Frame& frame) const override;
  Operator op;
  Kind kind;
  bool checked, lifted;
  const Node& a;
  const Node& b;
};

struct NegateNode final : Node {
  NegateNode(bool the_checked, const Node& the_operand) : checked(the_checked), operand(the_operand) {}
  Value eval(Frame& frame) const override;
  bool checked;
  const Node& operand;
};

// == and != of strings, objects, null and whatever has no operator of its own.
struct EqualNode final : Node {
  EqualNode(bool the_negated, bool the_identity, const Node& the_a, const Node& the_b)
      : negated(the_negated), identity(the_identity), a(the_a), b(the_b) {}
  Value eval(Frame& frame) const override;
  bool negated;
  bool identity;  // objects are equal only to themselves
  const Node& a;
  const Node& b;
};

struct ConcatNode final : Node {
  explicit ConcatNode(std::vector<const Node*> the_parts) : parts(std::move(the_parts)) {}
  Value eval(Frame& frame) const override;
  std::vector<const Node*> parts;
};

struct InterpolatedNode final : Node {
  struct Part {
    std::string_view text;  // before it
    const Node* value;      // null: the end
    std::int64_t alignment;
    std::string_view format;
  };
  Value eval(Frame& frame) const override;
  std::vector<Part> parts;
};

struct NumberNode final : Node {
  NumberNode(Kind the_kind, bool the_checked, const Node& the_operand)
      : kind(the_kind), checked(the_checked), operand(the_operand) {}
  Value eval(Frame& frame) const override;
  Kind kind;
  bool checked;
  const Node& operand;
};

struct EnumNode final : Node {
  EnumNode(const Type& the_type, const Node& the_operand) : type(the_type), operand(the_operand) {}
  Value eval(Frame& frame) const override;
  const Type& type;
  const Node& operand;
};

// A cast that only looks, or one by whatever the value is.
struct CastNode final : Node {
  CastNode(const Type& the_type, bool the_late, const Node& the_operand)
      : type(the_type), late(the_late), operand(the_operand) {}
  Value eval(Frame& frame) const override;
  const Type& type;
  bool late;
  const Node& operand;
};

struct IsNode final : Node {
  IsNode(const Type& the_type, const Variable* the_variable, const Node& the_operand)
      : type(the_type), variable(the_variable), operand(the_operand) {}
  Value eval(Frame& frame) const override;
  const Type& type;
  const Variable* variable;  // that a match is put in; may be null
  const Node& operand;
};

struct AsNode final : Node {
  AsNode(const Type& the_type, const Node& the_operand) : type(the_type), operand(the_operand) {}
  Value eval(Frame& frame) const override;
  const Type& type;
  const Node& operand;
};

struct ThrowNode final : Node {
  explicit ThrowNode(const Node& the_operand) : operand(the_operand) {}
  Value eval(Frame& frame) const override;
  const Node& operand;
};

struct DefaultNode final : Node {
  explicit DefaultNode(const Type& the_type) : type(the_type) {}
  Value eval(Frame& frame) const override;
  const Type& type;
};

struct TypeOfNode final : Node {
  explicit TypeOfNode(const Type& the_type) : type(the_type) {}
  Value eval(Frame& frame) const override;
  const Type& type;
};

// Arrays

struct NewArrayNode final : Node {
  NewArrayNode(const Type& the_array, const Node* the_size, std::vector<const Node*> the_items)
      : array(the_array), size(the_size), items(std::move(the_items)) {}
  Value eval(Frame& frame) const override;
  const Type& array;
  const Node* size;  // null: as many as there are items
  std::vector<const Node*> items;
};

struct ElementNode final : Node {
  ElementNode(const Node& the_array, const Node& the_index) : array(the_array), index(the_index) {}
  Value eval(Frame& frame) const override;
  const Node& array;
  const Node& index;
};

struct SetElementNode final : Node {
  SetElementNode(const Node& the_array, const Node& the_index, const Node& the_value)
      : array(the_array), index(the_index), value(the_value) {}
  Value eval(Frame& frame) const override;
  const Node& array;
  const Node& index;
  const Node& value;
};

struct AnonymousObject final : Object {
  AnonymousObject(const Type* the_type, std::span<Value> the_values) : Object(the_type), values(the_values) {}
  std::span<Value> values;
};

struct AnonymousNode final : Node {
  AnonymousNode(const Type& the_type, std::vector<const Node*> the_values) : type(the_type), values(std::move(the_values)) {}
  Value eval(Frame& frame) const override;
  const Type& type;
  std::vector<const Node*> values;
};
// The native that reads the member of an anonymous object at this position; null: too many.
[[nodiscard]] Native anonymous_getter(std::size_t position) noexcept;
inline constexpr std::size_t kAnonymousMembers = 32;
void declare_anonymous_basics(Type& type, const Type* text, const Type* boolean, const Type* object, const Type* integer);

// Calls

// Where an `out` argument goes after the call.
struct OutArgument {
  std::size_t position;
  const Variable* variable;
};

struct CallNode final : Node {
  Value eval(Frame& frame) const override;
  Native call = nullptr;
  bool checks_receiver = false;  // null there raises NullReferenceException
  bool gives_last = false;       // a setter: the result is the value set
  std::vector<const Node*> args;
  std::vector<const Type*> type_args;
  std::vector<OutArgument> outs;
};

// A delegate's Invoke, or a local function.
struct InvokeNode final : Node {
  InvokeNode(const Node& the_function, std::vector<const Node*> the_args) : function(the_function), args(std::move(the_args)) {}
  Value eval(Frame& frame) const override;
  const Node& function;
  std::vector<const Node*> args;
};

// By the run-time type of args[0].
struct LateNode final : Node {
  Value eval(Frame& frame) const override;
  MemberForm form = MemberForm::Method;
  bool is_operator = false;
  bool gives_last = false;
  std::string name;
  std::vector<const Node*> args;
  std::vector<const Type*> type_args;
};

struct LambdaNode final : Node {
  LambdaNode(const Type& the_type, const FunctionCode& the_code, std::vector<const Variable*> the_captured)
      : type(the_type), code(the_code), captured(std::move(the_captured)) {}
  Value eval(Frame& frame) const override;
  const Type& type;
  const FunctionCode& code;
  std::vector<const Variable*> captured;  // of the function that makes it
};

// A method as a delegate: static, or of a receiver.
struct MethodNode final : Node {
  Value eval(Frame& frame) const override;
  const Type* type = nullptr;
  const Node* receiver = nullptr;
  Native call = nullptr;
  std::vector<const Type*> type_args;
  std::vector<const Node*> fallbacks;    // of optional parameters behind those of the delegate
  std::vector<const Type*> parameters;  // what arguments are converted to
};

}  // namespace gateway::expression
