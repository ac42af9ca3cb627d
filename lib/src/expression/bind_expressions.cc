#include <string>

#include "expression/binder.h"
#include "expression/library/decimal.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

Bound Binder::as_value(Bound bound, std::size_t offset) {
  switch (bound.what) {
    case Bound::What::Type: error(offset, "'" + display(bound.type) + "' is a type, not a value"); return {};
    case Bound::What::Namespace: error(offset, "'" + bound.name + "' is a namespace, not a value"); return {};
    case Bound::What::Methods: error(offset, "'" + bound.methods->name + "' is a method: call it with ()"); return {};
    case Bound::What::Function:
      error(offset, "'" + std::string(bound.function->symbol->name) + "' is a function: call it with ()");
      return {};
    case Bound::What::Lambda: error(offset, "a lambda needs a delegate type here"); return {};
    case Bound::What::Default: error(offset, "'default' needs a type here"); return {};
    default: return bound;
  }
}

Bound Binder::bind_value(const Expr& expr) { return as_value(bind(expr), expr.offset); }

Bound Binder::bind_condition(const Expr& expr) {
  const Bound bound = bind_value(expr);
  return bound.failed() ? bound : convert(bound, bool_, expr.offset);
}

Bound Binder::bind(const Expr& expr) {
  if (work_left_ == 0) {
    gave_up_ = true;
    return {};
  }
  --work_left_;
  return bind_any(expr);
}

Bound Binder::bind_any(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Literal: {
      if (!expr.value.is_null()) return constant(expr.value, catalog_.type_of(expr.value));
      Bound out;
      out.what = Bound::What::Null;
      out.node = make<ConstantNode>(Value::null());
      return out;
    }
    case ExprKind::Decimal: {
      bool overflow = false;
      const auto number = parse_decimal(expr.text, overflow);
      if (!number) {
        error(expr.offset, "a decimal is too large");
        return {};
      }
      const Type* type = named("decimal");
      return constant(Value::of(make<DecimalObject>(type, *number)), type);
    }
    case ExprKind::Name: return bind_name(expr);
    case ExprKind::Predefined: {
      Bound out;
      out.type = resolve(expr.type);
      out.what = out.type ? Bound::What::Type : Bound::What::Error;
      return out;
    }
    case ExprKind::Member: return bind_member(expr);
    case ExprKind::Call: return bind_call(expr);
    case ExprKind::Index: return bind_index(expr);
    case ExprKind::Unary: return bind_unary(expr);
    case ExprKind::Binary: return bind_binary(expr);
    case ExprKind::Assign: return bind_assign(expr);
    case ExprKind::Increment: return bind_increment(expr);
    case ExprKind::Conditional: return bind_conditional(expr);
    case ExprKind::ConditionalAccess: return bind_conditional_access(expr);
    case ExprKind::Placeholder: return placeholders_.back();
    case ExprKind::Cast: return bind_cast(expr);
    case ExprKind::Is: return bind_is(expr);
    case ExprKind::As: return bind_as(expr);
    case ExprKind::Lambda: {
      Bound out;
      out.what = Bound::What::Lambda;
      out.syntax = &expr;
      return out;
    }
    case ExprKind::New: return bind_new(expr);
    case ExprKind::NewArray: return bind_new_array(expr);
    case ExprKind::NewAnonymous: return bind_anonymous(expr);
    case ExprKind::Interpolated: return bind_interpolated(expr);
    case ExprKind::TypeOf: {
      const Type* type = resolve(expr.type);
      return type ? value(make<TypeOfNode>(*type), named("System.Type")) : Bound{};
    }
    case ExprKind::Default: {
      Bound out;
      if (!expr.type) {
        out.what = Bound::What::Default;
        return out;
      }
      const Type* type = resolve(expr.type);
      return type ? value(make<DefaultNode>(*type), type) : out;
    }
    case ExprKind::NameOf: return bind_name_of(expr);
    case ExprKind::Checked: {
      const bool checked_before = std::exchange(checked_, expr.text == "checked");
      const bool unchecked_before = std::exchange(unchecked_, !checked_);
      Bound out = bind_value(*expr.a);
      checked_ = checked_before;
      unchecked_ = unchecked_before;
      return out;
    }
    case ExprKind::Throw: {
      Bound out;
      const Bound thrown = convert(bind_value(*expr.a), named("System.Exception"), expr.a->offset);
      if (thrown.failed()) return out;
      out.what = Bound::What::Throw;
      out.node = make<ThrowNode>(*thrown.node);
      return out;
    }
  }
  return {};
}

Bound Binder::bind_name(const Expr& expr) {
  if (Symbol* symbol = expr.type_arguments.empty() ? lookup(expr.text) : nullptr) {
    if (symbol->function) {
      Bound out;
      out.what = Bound::What::Function;
      out.function = symbol->function;
      return out;
    }
    if (!symbol->type) return {};
    if (symbol->is_root) return value(make<RootNode>(symbol->root), symbol->type);
    if (symbol->constant) return constant(*symbol->constant, symbol->type);
    return value(make<LocalNode>(*reach(*symbol, *function_)), symbol->type);
  }
  return type_or_namespace(std::string(expr.text), expr);
}

Bound Binder::bind_name_of(const Expr& expr) {
  const Expr* last = expr.a;
  if (last->kind != ExprKind::Name && last->kind != ExprKind::Member && last->kind != ExprKind::Predefined) {
    error(expr.offset, "nameof needs a name");
    return {};
  }
  if (last->kind == ExprKind::Member || last->kind == ExprKind::Name) {
    if (bind(*last).failed()) return {};
    return constant(Value::of(last->text), string_);
  }
  return constant(Value::of(last->type->name), string_);
}

Bound Binder::bind_conditional(const Expr& expr) {
  const Bound test = bind_condition(*expr.a);
  Bound then = bind(*expr.b);
  Bound other = bind(*expr.c);
  if (test.failed() || then.failed() || other.failed()) return {};
  if (then.what == Bound::What::Throw && other.what == Bound::What::Throw) then = as_value({}, expr.offset);
  const Type* type = nullptr;
  if (then.what == Bound::What::Null && other.what == Bound::What::Null) {
    Bound out = then;
    return out;
  }
  type = best_common({then, other});
  if (!type) {
    const auto text = [&](const Bound& it) { return it.is_value() ? "'" + display(it.type) + "'" : std::string("this"); };
    error(expr.offset, "the branches of ?: have no common type: " + text(then) + " and " + text(other));
    return {};
  }
  then = convert(then, type, expr.b->offset);
  other = convert(other, type, expr.c->offset);
  if (then.failed() || other.failed()) return {};
  if (test.constant && then.constant && other.constant) return test.constant->boolean() ? then : other;
  return value(make<ConditionalNode>(*test.node, *then.node, *other.node), type);
}

Bound Binder::bind_conditional_access(const Expr& expr) {
  const Bound receiver = bind_value(*expr.a);
  if (receiver.failed()) return {};
  if (receiver.what == Bound::What::Null || (receiver.type->value_type && !is_nullable(receiver.type))) {
    error(expr.offset, "?. needs a value that can be null");
    return {};
  }
  Variable* held = new_variable();
  placeholders_.push_back(value(make<LocalNode>(*held), without_nullable(receiver.type)));
  const Bound rest = bind_value(*expr.b);
  placeholders_.pop_back();
  if (rest.failed() || !rest.type) return {};
  const Type* type = rest.type;
  if (type->value_type && !is_nullable(type)) type = catalog_.construct(named("System.Nullable<>"), {type});
  return value(make<ConditionalAccessNode>(*receiver.node, held->slot, *rest.node), type);
}

Bound Binder::bind_is(const Expr& expr) {
  const Bound subject = bind_value(*expr.a);
  if (!expr.type) {
    const Bound pattern = bind_value(*expr.b);
    if (subject.failed() || pattern.failed()) return {};
    if (pattern.what != Bound::What::Null && !pattern.constant) {
      error(expr.b->offset, "a type or a constant expected after 'is'");
      return {};
    }
    Bound wanted = pattern;
    if (subject.is_value() && pattern.is_value()) {
      if (const Conversion conversion = classify(pattern, subject.type); conversion) wanted = apply(pattern, subject.type, conversion, expr.offset);
    }
    return value(make<EqualNode>(false, false, *subject.node, *wanted.node), bool_);
  }
  const Type* type = nullptr;
  if (expr.type->name == "var" && !expr.text.empty()) type = subject.type ? subject.type : object_;
  else type = resolve(expr.type);
  Symbol* declared = expr.text.empty() ? nullptr : declare(expr.text, type ? without_nullable(type) : nullptr, expr.offset);
  if (subject.failed() || !type) return {};
  if (subject.is_value() && subject.type != dynamic_ && !classify(subject, type, true) && !type->is(subject.type)) {
    error(expr.offset, "'" + display(subject.type) + "' is never '" + display(type) + "'");
    return {};
  }
  return value(make<IsNode>(*type, declared ? declared->variable : nullptr, *subject.node), bool_);
}

Bound Binder::bind_as(const Expr& expr) {
  const Bound subject = bind_value(*expr.a);
  const Type* type = resolve(expr.type);
  if (subject.failed() || !type) return {};
  if (type->value_type && !is_nullable(type)) {
    error(expr.offset, "'as' needs a type that can be null: '" + display(type) + "?'");
    return {};
  }
  if (subject.is_value() && subject.type != dynamic_ && !subject.type->is(type)) {
    const Conversion conversion = classify(subject, type, true);
    if (conversion.how != Conversion::How::Unbox && conversion.how != Conversion::How::Same) {
      error(expr.offset, "'" + display(subject.type) + "' is never '" + display(type) + "'");
      return {};
    }
  }
  return value(make<AsNode>(*type, *subject.node), type);
}

Bound Binder::bind_cast(const Expr& expr) {
  const Type* type = resolve(expr.type);
  const Bound operand = bind(*expr.a);
  if (!type || operand.failed()) return {};
  const Conversion conversion = classify(operand, type, true);
  if (!conversion) {
    const Bound named_value = as_value(operand, expr.a->offset);
    if (named_value.failed()) return {};
    error(expr.offset, "cannot convert " + (operand.type ? "'" + display(operand.type) + "'" : std::string("null")) + " to '" +
                           display(type) + "'");
    return {};
  }
  Bound out = apply(operand, type, conversion, expr.offset);
  if (!out.failed()) out.type = type;
  return out;
}

Bound Binder::bind_interpolated(const Expr& expr) {
  auto* node = make<InterpolatedNode>();
  bool failed = false;
  for (const Hole& hole : expr.holes) {
    InterpolatedNode::Part part{hole.text, nullptr, 0, hole.format};
    if (hole.value) {
      const Bound bound = bind_value(*hole.value);
      failed |= bound.failed();
      if (bound.is_value() && is_void(bound.type)) {
        error(hole.value->offset, "this has no value");
        failed = true;
      }
      part.value = bound.node;
    }
    if (hole.alignment) {
      const Bound bound = bind_value(*hole.alignment);
      if (!bound.constant || bound.constant->kind() != Kind::Int32) {
        if (!bound.failed()) error(hole.alignment->offset, "an alignment must be a constant int");
        failed = true;
      } else {
        part.alignment = bound.constant->integer();
      }
    }
    node->parts.push_back(part);
  }
  if (failed) return {};
  if (node->parts.size() == 1) return constant(Value::of(node->parts[0].text), string_);
  return value(node, string_);
}

}  // namespace gateway::expression
