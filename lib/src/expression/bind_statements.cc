#include <algorithm>

#include "expression/binder.h"
#include "expression/nodes.h"
#include "expression/statements.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

Binder::BoundStatement Binder::bind_block(const std::vector<const Stmt*>& body) {
  function_->blocks.emplace_back();
  auto* out = make<BlockStatement>();
  // Local functions are known in all of their block.
  std::vector<std::pair<const Stmt*, LocalFunction*>> functions;
  for (const Stmt* each : body) {
    if (each->kind == StmtKind::Function) declare_function(*each, functions);
  }
  // Their bodies may name what is declared before them: those are bound where they stand, and made at once.
  bool ends = true;
  std::vector<const Statement*> made;
  for (const Stmt* each : body) {
    if (each->kind == StmtKind::Function) {
      for (const auto& [stmt, function] : functions) {
        if (stmt != each) continue;
        if (const Statement* statement = bind_function(*stmt, *function)) made.push_back(statement);
      }
      continue;
    }
    const BoundStatement bound = bind_statement(*each);
    if (bound.statement) out->body.push_back(bound.statement);
    ends = ends && bound.ends;
  }
  out->body.insert(out->body.begin(), made.begin(), made.end());
  for (const Symbol* each : function_->blocks.back()) {
    if (each->variable) out->locals.push_back(each->variable);
  }
  function_->blocks.pop_back();
  return {out, ends};
}

void Binder::declare_function(const Stmt& stmt, std::vector<std::pair<const Stmt*, LocalFunction*>>& into) {
  LocalFunction& function = local_functions_.emplace_back();
  function.result = resolve(stmt.type);
  if (!function.result) function.result = object_;
  for (const auto& each : stmt.function->parameters) {
    Parameter parameter;
    parameter.name = each.name;
    parameter.type = each.type ? resolve(each.type) : nullptr;
    if (!each.type) error(each.offset, "a parameter needs a type");
    if (!parameter.type) parameter.type = object_;
    function.parameters.push_back(std::move(parameter));
  }
  function.symbol = declare(stmt.name, nullptr, stmt.function->offset);
  function.symbol->function = &function;
  into.emplace_back(&stmt, &function);
}

const Statement* Binder::bind_function(const Stmt& stmt, LocalFunction& function) {
  std::vector<const Type*> parameters;
  for (const Parameter& each : function.parameters) parameters.push_back(each.type);
  const bool nothing = is_void(function.result);
  const std::size_t before = errors_->size();
  const LambdaResult& body = bind_lambda(*stmt.function, parameters, nothing ? nullptr : function.result, nothing && !stmt.function->a);
  errors_->insert(errors_->end(), body.errors.begin(), body.errors.end());
  if (errors_->size() > before) return nullptr;
  const Type* type = named("System.Delegate");
  const auto* lambda = make<LambdaNode>(*type, *body.code, body.captured);
  return make<ExpressionStatement>(*make<AssignNode>(*function.symbol->variable, *lambda));
}

Binder::BoundStatement Binder::bind_statement(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::Block: {
      const bool checked_before = checked_;
      const bool unchecked_before = unchecked_;
      if (!stmt.name.empty()) {
        checked_ = stmt.name == "checked";
        unchecked_ = !checked_;
      }
      const BoundStatement out = bind_block(stmt.body);
      checked_ = checked_before;
      unchecked_ = unchecked_before;
      return out;
    }
    case StmtKind::Empty: case StmtKind::Function: return {make<BlockStatement>(), true};
    case StmtKind::Declare: return bind_declaration(stmt);
    case StmtKind::Expression: {
      static constexpr ExprKind kAllowed[] = {ExprKind::Call, ExprKind::Assign, ExprKind::Increment, ExprKind::New, ExprKind::ConditionalAccess};
      const Bound bound = bind_value(*stmt.a);
      if (bound.failed()) return {};
      if (std::find(std::begin(kAllowed), std::end(kAllowed), stmt.a->kind) == std::end(kAllowed)) {
        error(stmt.offset, "only a call, an assignment or new can stand as a statement");
        return {};
      }
      return {make<ExpressionStatement>(*bound.node), true};
    }
    case StmtKind::If: return bind_if(stmt);
    case StmtKind::While: case StmtKind::Do: return bind_loop(stmt);
    case StmtKind::For: return bind_for(stmt);
    case StmtKind::Foreach: return bind_foreach(stmt);
    case StmtKind::Switch: return bind_switch(stmt);
    case StmtKind::Break:
      if (function_->breakables == 0) error(stmt.offset, "there is no loop or switch to break");
      break_seen_ = true;
      return {make<JumpStatement>(Flow::Break, nullptr), false};
    case StmtKind::Continue:
      if (function_->loops == 0) error(stmt.offset, "there is no loop to continue");
      return {make<JumpStatement>(Flow::Continue, nullptr), false};
    case StmtKind::Return: return bind_return(stmt);
    case StmtKind::Throw: return bind_throw(stmt);
    case StmtKind::Try: return bind_try(stmt);
    case StmtKind::Using: return bind_using(stmt);
  }
  return {};
}

Binder::BoundStatement Binder::bind_declaration(const Stmt& stmt) {
  const bool inferred = stmt.type->name == "var" && stmt.type->suffix.empty() && stmt.type->arguments.empty();
  const Type* written = inferred ? nullptr : resolve(stmt.type);
  auto* out = make<BlockStatement>();
  for (const Declarator& declarator : stmt.declarators) {
    const Type* type = written;
    Bound given;
    if (declarator.value) {
      given = bind(*declarator.value);
      if (inferred) {
        given = as_value(given, declarator.value->offset);
        if (given.what == Bound::What::Null) {
          error(declarator.offset, "'var' needs a value of a type, not null");
          given = {};
        } else if (given.is_value() && is_void(given.type)) {
          error(declarator.value->offset, "this has no value");
          given = {};
        }
        type = given.type;
      } else if (type) {
        given = convert(given, type, declarator.value->offset);
      }
    } else if (inferred || stmt.is_const) {
      error(declarator.offset, "'" + std::string(declarator.name) + "' needs a value");
    }
    Symbol* symbol = declare(declarator.name, type, declarator.offset);
    if (!type || (declarator.value && given.failed())) continue;
    if (stmt.is_const) {
      if (given.constant) symbol->constant = given.constant;
      else if (given.what != Bound::What::Null && !given.failed() && !stmt.type->name.empty() && declarator.value->kind != ExprKind::Literal) {
        error(declarator.value->offset, "a constant needs a constant value");
      }
      symbol->read_only = true;
    }
    const Node* node = declarator.value ? given.node : make<DefaultNode>(*type);
    out->body.push_back(make<ExpressionStatement>(*make<AssignNode>(*symbol->variable, *node)));
  }
  return {out, true};
}

Binder::BoundStatement Binder::bind_if(const Stmt& stmt) {
  const Bound test = bind_condition(*stmt.a);
  function_->blocks.emplace_back();
  const BoundStatement then = bind_statement(*stmt.first);
  function_->blocks.pop_back();
  BoundStatement other;
  if (stmt.second) {
    function_->blocks.emplace_back();
    other = bind_statement(*stmt.second);
    function_->blocks.pop_back();
  }
  bool ends = then.ends || !stmt.second || other.ends;
  if (test.constant) ends = test.constant->boolean() ? then.ends : !stmt.second || other.ends;
  if (test.failed() || !then.statement || (stmt.second && !other.statement)) return {nullptr, ends};
  return {make<IfStatement>(*test.node, *then.statement, other.statement), ends};
}

Binder::BoundStatement Binder::bind_loop(const Stmt& stmt) {
  auto* out = make<LoopStatement>();
  out->tests_first = stmt.kind == StmtKind::While;
  // What a condition declares is known inside.
  function_->blocks.emplace_back();
  Bound test = out->tests_first ? bind_condition(*stmt.a) : Bound{};
  const bool outer_break = std::exchange(break_seen_, false);
  ++function_->loops;
  ++function_->breakables;
  const BoundStatement body = bind_statement(*stmt.first);
  --function_->loops;
  --function_->breakables;
  const bool broken = std::exchange(break_seen_, outer_break);
  if (!out->tests_first) test = bind_condition(*stmt.a);
  function_->blocks.pop_back();
  const bool forever = test.constant && test.constant->boolean();
  if (test.failed() || !body.statement) return {nullptr, !forever || broken};
  out->test = forever ? nullptr : test.node;
  out->body = body.statement;
  return {out, !forever || broken};
}

Binder::BoundStatement Binder::bind_for(const Stmt& stmt) {
  function_->blocks.emplace_back();
  auto* whole = make<BlockStatement>();
  auto* out = make<LoopStatement>();
  bool failed = false;
  const auto add = [&](const Stmt& first) {
    const BoundStatement bound = bind_statement(first);
    failed |= !bound.statement;
    if (bound.statement) whole->body.push_back(bound.statement);
  };
  if (stmt.first) add(*stmt.first);
  for (const Stmt* each : stmt.body) add(*each);
  Bound test;
  if (stmt.a) {
    test = bind_condition(*stmt.a);
    failed |= test.failed();
  }
  const bool outer_break = std::exchange(break_seen_, false);
  ++function_->loops;
  ++function_->breakables;
  const BoundStatement body = bind_statement(*stmt.second);
  --function_->loops;
  --function_->breakables;
  const bool broken = std::exchange(break_seen_, outer_break);
  for (const Expr* each : stmt.steps) {
    const Bound step = bind_value(*each);
    failed |= step.failed();
    out->steps.push_back(step.node);
  }
  for (const Symbol* each : function_->blocks.back()) {
    if (each->variable) whole->locals.push_back(each->variable);
  }
  function_->blocks.pop_back();
  const bool forever = !stmt.a || (test.constant && test.constant->boolean());
  if (failed || !body.statement) return {nullptr, !forever || broken};
  out->test = forever ? nullptr : test.node;
  out->body = body.statement;
  whole->body.push_back(out);
  return {whole, !forever || broken};
}

Binder::BoundStatement Binder::bind_foreach(const Stmt& stmt) {
  const Bound sequence = bind_value(*stmt.a);
  function_->blocks.emplace_back();
  const Type* item = nullptr;
  if (sequence.is_value()) {
    if (sequence.type == dynamic_) {
      item = dynamic_;
    } else if (const Type* instance = instance_of(sequence.type, named("IEnumerable<>"))) {
      item = instance->arguments.empty() ? object_ : instance->arguments[0];
    } else {
      error(stmt.a->offset, "'" + display(sequence.type) + "' cannot be iterated");
    }
  } else if (!sequence.failed()) {
    error(stmt.a->offset, "null cannot be iterated");
  }
  const bool inferred = stmt.type->name == "var";
  const Type* type = inferred ? item : resolve(stmt.type);
  Variable* held = new_variable();
  const Node* converted = nullptr;
  if (item && type && type != item) {
    const Bound each = value(make<LocalNode>(*held), item);
    const Conversion conversion = classify(each, type, true);
    if (!conversion) error(stmt.offset, "an item is '" + display(item) + "', not '" + display(type) + "'");
    else if (conversion.how != Conversion::How::Same) converted = apply(each, type, conversion, stmt.offset).node;
  }
  Symbol* symbol = declare(stmt.name, type, stmt.offset);
  symbol->read_only = true;
  const bool outer_break = break_seen_;
  ++function_->loops;
  ++function_->breakables;
  const BoundStatement body = bind_statement(*stmt.first);
  --function_->loops;
  --function_->breakables;
  break_seen_ = outer_break;
  function_->blocks.pop_back();
  if (!item || !type || !body.statement) return {};
  return {make<ForeachStatement>(*symbol->variable, *sequence.node, converted, held->slot, *body.statement), true};
}

const Node* Binder::case_test(const Label& label, const Bound& subject) {
  const Node* test = nullptr;
  if (label.type) {
    const bool any = label.type->name == "var";
    const Type* type = any ? subject.type : resolve(label.type);
    Symbol* symbol = declare(label.name, type ? without_nullable(type) : nullptr, label.offset);
    if (!type || subject.failed()) return nullptr;
    if (any) test = make<SequenceNode>(std::vector<const Node*>{make<AssignNode>(*symbol->variable, *subject.node)}, *make<ConstantNode>(Value::of(true)));
    else test = make<IsNode>(*type, symbol->variable, *subject.node);
  } else {
    Bound wanted = bind(*label.value);
    if (wanted.what == Bound::What::Type && !subject.failed()) {
      test = make<IsNode>(*wanted.type, nullptr, *subject.node);
    } else {
      wanted = as_value(wanted, label.offset);
      if (wanted.is_value() && subject.is_value()) {
        if (!wanted.constant) {
          error(label.offset, "a case must be constant");
          return nullptr;
        }
        if (subject.type != object_ && subject.type != dynamic_) wanted = convert(wanted, subject.type, label.offset);
      }
      if (wanted.failed() || subject.failed()) return nullptr;
      test = make<EqualNode>(false, false, *subject.node, *wanted.node);
    }
  }
  if (!label.when) return test;
  const Bound when = bind_condition(*label.when);
  return when.failed() ? nullptr : make<LogicNode>(true, *test, *when.node);
}

Binder::BoundStatement Binder::bind_switch(const Stmt& stmt) {
  auto* out = make<SwitchStatement>();
  const Bound value_given = bind_value(*stmt.a);
  Variable* held = new_variable();
  Bound subject = value_given;
  if (!subject.failed()) subject.node = make<LocalNode>(*held);
  subject.constant = nullptr;
  out->value = value_given.node;
  out->slot = held->slot;
  bool failed = value_given.failed();
  bool has_default = false;
  bool ends = false;
  const bool outer_break = std::exchange(break_seen_, false);
  ++function_->breakables;
  function_->blocks.emplace_back();
  for (std::size_t i = 0; i < stmt.sections.size(); ++i) {
    const SwitchSection& section = stmt.sections[i];
    function_->blocks.emplace_back();
    for (const Label& label : section.labels) {
      if (!label.value && !label.type) {
        has_default = true;
        out->cases.push_back({nullptr, i});
        continue;
      }
      const Node* test = case_test(label, subject);
      failed |= !test;
      out->cases.push_back({test, i});
    }
    const BoundStatement body = bind_block(section.body);
    function_->blocks.pop_back();
    if (body.ends && body.statement) error(section.labels[0].offset, "a case must end with break, return, throw or continue");
    failed |= !body.statement;
    out->sections.push_back(body.statement);
  }
  function_->blocks.pop_back();
  --function_->breakables;
  ends = std::exchange(break_seen_, outer_break) || !has_default;
  if (failed) return {nullptr, ends};
  return {out, ends};
}

Binder::BoundStatement Binder::bind_return(const Stmt& stmt) {
  const bool whole = !function_->parent;
  if (!stmt.a) {
    if (whole || function_->expected) error(stmt.offset, "a value must be returned");
    return {make<JumpStatement>(Flow::Return, nullptr), false};
  }
  Bound bound = bind(*stmt.a);
  if (function_->gives_nothing && !bound.failed()) {
    error(stmt.offset, "nothing can be returned here");
    return {nullptr, false};
  }
  if (function_->expected) bound = convert(bound, function_->expected, stmt.a->offset);
  else bound = as_value(bound, stmt.a->offset);
  if (bound.is_value() && is_void(bound.type)) {
    error(stmt.a->offset, "this has no value");
    bound = {};
  }
  function_->returned.push_back(bound);
  if (bound.failed()) return {nullptr, false};
  return {make<JumpStatement>(Flow::Return, bound.node), false};
}

Binder::BoundStatement Binder::bind_throw(const Stmt& stmt) {
  if (!stmt.a) {
    if (function_->caught.empty()) {
      error(stmt.offset, "there is nothing to throw again");
      return {nullptr, false};
    }
    auto* variable = make<Variable>();
    variable->slot = function_->caught.back();
    return {make<ExpressionStatement>(*make<ThrowNode>(*make<LocalNode>(*variable))), false};
  }
  const Bound thrown = convert(bind_value(*stmt.a), named("System.Exception"), stmt.a->offset);
  if (thrown.failed()) return {nullptr, false};
  return {make<ExpressionStatement>(*make<ThrowNode>(*thrown.node)), false};
}

Binder::BoundStatement Binder::bind_try(const Stmt& stmt) {
  auto* out = make<TryStatement>();
  const BoundStatement body = bind_block(stmt.first->body);
  bool failed = !body.statement;
  bool ends = body.ends;
  out->body = body.statement;
  for (const Catch& clause : stmt.catches) {
    function_->blocks.emplace_back();
    TryStatement::Clause made{nullptr, new_slot(), nullptr, nullptr, nullptr};
    if (clause.type) {
      made.type = resolve(clause.type);
      if (made.type && !made.type->is(named("System.Exception"))) {
        error(clause.offset, "'" + display(made.type) + "' is no exception");
        failed = true;
      }
      failed |= !made.type;
      if (!clause.name.empty()) made.variable = declare(clause.name, made.type, clause.offset)->variable;
    }
    if (clause.when) {
      const Bound when = bind_condition(*clause.when);
      failed |= when.failed();
      made.when = when.node;
    }
    function_->caught.push_back(made.slot);
    const BoundStatement handler = bind_block(clause.body->body);
    function_->caught.pop_back();
    function_->blocks.pop_back();
    failed |= !handler.statement;
    made.body = handler.statement;
    ends = ends || handler.ends;
    out->clauses.push_back(made);
  }
  if (stmt.second) {
    const auto loops = std::exchange(function_->loops, 0);
    const auto breakables = std::exchange(function_->breakables, 0);
    const std::size_t returns = function_->returned.size();
    const BoundStatement last = bind_block(stmt.second->body);
    function_->loops = loops;
    function_->breakables = breakables;
    if (function_->returned.size() > returns) error(stmt.second->offset, "finally cannot return");
    failed |= !last.statement;
    out->last = last.statement;
    ends = ends && last.ends;
  }
  if (failed) return {nullptr, ends};
  return {out, ends};
}

Binder::BoundStatement Binder::bind_using(const Stmt& stmt) {
  function_->blocks.emplace_back();
  std::vector<const Statement*> made;
  std::vector<const Node*> held;
  bool failed = false;
  if (stmt.second) {
    const BoundStatement declared = bind_statement(*stmt.second);
    failed |= !declared.statement;
    made.push_back(declared.statement);
    for (Symbol* each : function_->blocks.back()) {
      each->read_only = true;
      held.push_back(make<LocalNode>(*each->variable));
    }
  } else {
    const Bound bound = bind_value(*stmt.a);
    failed |= bound.failed();
    if (!bound.failed()) {
      std::vector<const Node*> before;
      held.push_back(spill(bound.node, before));
      for (const Node* each : before) made.push_back(make<ExpressionStatement>(*each));
    }
  }
  const BoundStatement body = bind_statement(*stmt.first);
  function_->blocks.pop_back();
  if (failed || !body.statement) return {nullptr, body.ends};
  return {make<UsingStatement>(std::move(made), std::move(held), *body.statement), body.ends};
}

}  // namespace gateway::expression
