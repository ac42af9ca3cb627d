#include "expression/statements.h"

#include <array>
#include <optional>

#include "expression/conversion.h"
#include "expression/late_binding.h"

namespace gateway::expression {

Flow ExpressionStatement::exec(Frame& frame) const {
  node.eval(frame);
  return Flow::Next;
}

Flow BlockStatement::exec(Frame& frame) const {
  frame.eval.charge(1);
  for (const Variable* local : locals) {
    if (local->boxed) frame.slots[local->slot] = Value();
  }
  for (const Statement* each : body) {
    if (const Flow flow = each->exec(frame); flow != Flow::Next) return flow;
  }
  return Flow::Next;
}

Flow IfStatement::exec(Frame& frame) const {
  frame.eval.charge(1);
  if (test.eval(frame).boolean()) return then.exec(frame);
  return other ? other->exec(frame) : Flow::Next;
}

Flow LoopStatement::exec(Frame& frame) const {
  for (bool first = true;; first = false) {
    frame.eval.charge(1);
    if (test && (tests_first || !first) && !test->eval(frame).boolean()) return Flow::Next;
    const Flow flow = body->exec(frame);
    if (flow == Flow::Break) return Flow::Next;
    if (flow == Flow::Return) return flow;
    for (const Node* step : steps) step->eval(frame);
  }
}

Flow ForeachStatement::exec(Frame& frame) const {
  const Value values = sequence.eval(frame);
  Flow left = Flow::Next;
  frame.eval.for_each(values, [&](const Value& each) {
    frame.eval.charge(1);
    if (variable.boxed) frame.slots[variable.slot] = Value();
    frame.slots[slot] = each;
    store(frame, variable, item ? item->eval(frame) : each);
    const Flow flow = body.exec(frame);
    if (flow == Flow::Return) left = flow;
    return flow == Flow::Next || flow == Flow::Continue;
  });
  return left;
}

Flow SwitchStatement::exec(Frame& frame) const {
  frame.slots[slot] = value->eval(frame);
  const Case* chosen = nullptr;
  for (const Case& each : cases) {
    frame.eval.charge(1);
    if (!each.test) {
      chosen = &each;
    } else if (each.test->eval(frame).boolean()) {
      chosen = &each;
      break;
    }
  }
  if (!chosen) return Flow::Next;
  const Flow flow = sections[chosen->section]->exec(frame);
  return flow == Flow::Break ? Flow::Next : flow;
}

Flow JumpStatement::exec(Frame& frame) const {
  frame.eval.charge(1);
  if (value) frame.result = value->eval(frame);
  return flow;
}

Flow TryStatement::guarded(Frame& frame) const {
  Value caught;
  const Clause* chosen = nullptr;
  try {
    return body->exec(frame);
  } catch (const Raised& raised) {
    caught = raised.exception;
  }
  for (const Clause& clause : clauses) {
    if (clause.type && !is_instance(frame.eval, caught, clause.type)) continue;
    frame.slots[clause.slot] = caught;
    if (clause.variable) {
      if (clause.variable->boxed) frame.slots[clause.variable->slot] = Value();
      store(frame, *clause.variable, caught);
    }
    if (clause.when) {
      // What a filter raises makes it false.
      try {
        if (!clause.when->eval(frame).boolean()) continue;
      } catch (const Raised&) {
        continue;
      }
    }
    chosen = &clause;
    break;
  }
  if (!chosen) throw Raised{caught};
  return chosen->body->exec(frame);
}

Flow TryStatement::exec(Frame& frame) const {
  frame.eval.charge(1);
  if (!last) return guarded(frame);
  std::optional<Raised> raised;
  Flow flow = Flow::Next;
  try {
    flow = guarded(frame);
  } catch (const Raised& it) {
    raised = it;
  }
  const Value result = frame.result;
  last->exec(frame);
  frame.result = result;
  if (raised) throw Raised{raised->exception};
  return flow;
}

Flow UsingStatement::exec(Frame& frame) const {
  for (const Statement* each : made) each->exec(frame);
  std::optional<Raised> raised;
  Flow flow = Flow::Next;
  try {
    flow = body.exec(frame);
  } catch (const Raised& it) {
    raised = it;
  }
  for (auto each = held.rbegin(); each != held.rend(); ++each) {
    const Value value = (*each)->eval(frame);
    if (value.is_null() || !own_member(frame.eval.catalog().type_of(value), "Dispose", 0)) continue;
    std::array<Value, 1> args = {value};
    frame.eval.call_member("Dispose", args);
  }
  if (raised) throw Raised{raised->exception};
  return flow;
}

}  // namespace gateway::expression
