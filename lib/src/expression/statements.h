#pragma once

#include <vector>

#include "expression/node.h"

namespace gateway::expression {

struct ExpressionStatement final : Statement {
  explicit ExpressionStatement(const Node& the_node) : node(the_node) {}
  Flow exec(Frame& frame) const override;
  const Node& node;
};

struct BlockStatement final : Statement {
  Flow exec(Frame& frame) const override;
  std::vector<const Variable*> locals;  // anew each time
  std::vector<const Statement*> body;
};

struct IfStatement final : Statement {
  IfStatement(const Node& the_test, const Statement& the_then, const Statement* the_other)
      : test(the_test), then(the_then), other(the_other) {}
  Flow exec(Frame& frame) const override;
  const Node& test;
  const Statement& then;
  const Statement* other;
};

// for, while and do.
struct LoopStatement final : Statement {
  Flow exec(Frame& frame) const override;
  const Node* test = nullptr;  // null: forever
  bool tests_first = true;
  const Statement* body = nullptr;
  std::vector<const Node*> steps;
};

struct ForeachStatement final : Statement {
  ForeachStatement(const Variable& the_variable, const Node& the_sequence, const Node* the_item, std::size_t the_slot,
                   const Statement& the_body)
      : variable(the_variable), sequence(the_sequence), item(the_item), slot(the_slot), body(the_body) {}
  Flow exec(Frame& frame) const override;
  const Variable& variable;
  const Node& sequence;
  const Node* item;  // the conversion of what is in the slot; null: as it is
  std::size_t slot;
  const Statement& body;
};

struct SwitchStatement final : Statement {
  struct Case {
    const Node* test;  // looks at the slot; null: default
    std::size_t section;
  };
  Flow exec(Frame& frame) const override;
  const Node* value = nullptr;
  std::size_t slot = 0;
  std::vector<Case> cases;
  std::vector<const Statement*> sections;
};

struct JumpStatement final : Statement {
  JumpStatement(Flow the_flow, const Node* the_value) : flow(the_flow), value(the_value) {}
  Flow exec(Frame& frame) const override;
  Flow flow;
  const Node* value;  // of return
};

struct TryStatement final : Statement {
  struct Clause {
    const Type* type;  // null: everything
    std::size_t slot;  // the exception, for `throw;`
    const Variable* variable;  // may be null
    const Node* when;          // "
    const Statement* body;
  };
  Flow exec(Frame& frame) const override;
  Flow guarded(Frame& frame) const;
  const Statement* body = nullptr;
  std::vector<Clause> clauses;
  const Statement* last = nullptr;  // finally; may be null
};

struct UsingStatement final : Statement {
  UsingStatement(std::vector<const Statement*> the_made, std::vector<const Node*> the_held, const Statement& the_body)
      : made(std::move(the_made)), held(std::move(the_held)), body(the_body) {}
  Flow exec(Frame& frame) const override;
  std::vector<const Statement*> made;
  std::vector<const Node*> held;
  const Statement& body;
};

}  // namespace gateway::expression
