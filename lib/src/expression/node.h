#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "expression/function.h"

// The compiled form: trees of nodes, made once, evaluated by many threads.
namespace gateway::expression {

// One call of a function.
struct Frame {
  Evaluation& eval;
  std::span<const Value> roots;
  Value* slots;
  Value* cells;  // what a lambda has captured
  Value result;  // of `return`
};

struct Node {
  virtual Value eval(Frame& frame) const = 0;

 protected:
  ~Node() = default;
};

enum class Flow : std::uint8_t { Next, Break, Continue, Return };

struct Statement {
  virtual Flow exec(Frame& frame) const = 0;

 protected:
  ~Statement() = default;
};

// A local of one function. One that a lambda captures lives in a Cell that both share: in a slot of the one,
// among the cells of the other.
struct Variable {
  std::size_t slot = 0;
  bool boxed = false;
  bool captured = false;
};

struct Cell final : Object {
  Cell() : Object(nullptr) {}
  Value value;
};

inline Cell& cell_in(Frame& frame, const Variable& variable) {
  if (variable.captured) return *static_cast<Cell*>(frame.cells[variable.slot].object());
  Value& slot = frame.slots[variable.slot];
  if (!slot.is_object()) slot = Value::of(frame.eval.arena().make<Cell>());
  return *static_cast<Cell*>(slot.object());
}
inline Value load(Frame& frame, const Variable& variable) {
  if (variable.captured) return cell_in(frame, variable).value;
  const Value& slot = frame.slots[variable.slot];
  if (!variable.boxed) return slot;
  return slot.is_object() ? static_cast<Cell*>(slot.object())->value : Value::null();
}
inline void store(Frame& frame, const Variable& variable, const Value& value) {
  if (variable.boxed || variable.captured) cell_in(frame, variable).value = value;
  else frame.slots[variable.slot] = value;
}

// A lambda or a local function.
struct FunctionCode {
  const Node* expression = nullptr;
  const Statement* block = nullptr;
  std::size_t slots = 0;
  std::vector<const Variable*> parameters;
};

struct Closure final : FunctionObject {
  Closure(const Type* the_type, const FunctionCode& the_code, std::span<const Value> the_roots, Value* the_cells)
      : FunctionObject(the_type), code(the_code), roots(the_roots), cells(the_cells) {}
  Value call(Evaluation& eval, std::span<Value> args) override;
  const FunctionCode& code;
  std::span<const Value> roots;
  Value* cells;
};

[[noreturn]] void raise_null_reference(Evaluation& eval);

}  // namespace gateway::expression
