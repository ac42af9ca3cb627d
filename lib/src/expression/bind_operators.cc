#include <array>

#include "expression/binder.h"
#include "expression/conversion.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

namespace {

std::string text_of_type(const Bound& it) { return it.is_value() && it.type ? "'" + display(it.type) + "'" : "null"; }

bool operator_of(std::string_view text, Operator& op) noexcept {
  for (int i = 0; i <= static_cast<int>(Operator::NotEqual); ++i) {
    op = static_cast<Operator>(i);
    if (text_of(op) == text) return true;
  }
  return false;
}

}  // namespace

Bound Binder::late_operator(const std::vector<Bound>& operands, std::string_view op) {
  auto* node = make<LateNode>();
  node->is_operator = true;
  node->name = op;
  for (const Bound& each : operands) node->args.push_back(each.node);
  Operator code{};
  const bool gives_bool = op == "!" || (operator_of(op, code) && is_comparison(code));
  return value(node, gives_bool ? bool_ : dynamic_);
}

Bound Binder::bind_binary(const Expr& expr) {
  if (expr.text == "&&" || expr.text == "||") return bind_logic(expr);
  if (expr.text == "??") return bind_coalesce(expr);
  const Bound a = bind_value(*expr.a);
  const Bound b = bind_value(*expr.b);
  if (a.failed() || b.failed()) return {};
  return operate(a, b, expr.text, expr.offset);
}

Bound Binder::bind_logic(const Expr& expr) {
  const Bound a = bind_condition(*expr.a);
  const Bound b = bind_condition(*expr.b);
  if (a.failed() || b.failed()) return {};
  const auto* node = make<LogicNode>(expr.text == "&&", *a.node, *b.node);
  if (a.constant && b.constant) return constant(*fold(*node), bool_);
  return value(node, bool_);
}

Bound Binder::bind_coalesce(const Expr& expr) {
  const Bound a = bind_value(*expr.a);
  const Bound b = bind(*expr.b);
  if (a.failed() || b.failed()) return {};
  if (a.what == Bound::What::Null) return as_value(b, expr.b->offset);
  if (a.type->value_type && !is_nullable(a.type)) {
    error(expr.offset, "?? needs a value that can be null, not '" + display(a.type) + "'");
    return {};
  }
  const Type* plain = without_nullable(a.type);
  const Type* type = classify(b, plain) ? plain : classify(b, a.type) ? a.type : nullptr;
  if (b.what == Bound::What::Null) type = a.type;
  if (!type && b.is_value() && classify(a, b.type)) type = b.type;
  if (!type) {
    error(expr.offset, "?? cannot give both " + text_of_type(a) + " and " + text_of_type(b));
    return {};
  }
  const Bound other = convert(b, type, expr.b->offset);
  Bound first = a;
  if (type != plain && type != a.type) {
    Bound inner = a;
    first = convert(inner, type, expr.a->offset);
  }
  if (first.failed() || other.failed()) return {};
  return value(make<CoalesceNode>(*first.node, *other.node), type);
}

Bound Binder::concat(const Bound& a, const Bound& b) {
  if (a.constant && b.constant) {
    const ConcatNode node({a.node, b.node});
    if (const Value* folded = fold(node)) return constant(*folded, string_);
  }
  std::vector<const Node*> parts;
  const auto* left = dynamic_cast<const ConcatNode*>(a.node);
  // Only what was made by + on the left, not in brackets of another type: strings add up either way.
  if (left && a.type == string_) parts = left->parts;
  else parts.push_back(a.node);
  parts.push_back(b.node);
  return value(make<ConcatNode>(std::move(parts)), string_);
}

Bound Binder::compute_numbers(const Bound& a, const Bound& b, Operator op, std::size_t offset) {
  const Type* x = without_nullable(a.type);
  const Type* y = without_nullable(b.type);
  const bool lifted = is_nullable(a.type) || is_nullable(b.type);
  const bool shift = op == Operator::ShiftLeft || op == Operator::ShiftRight;
  Kind kind = shift ? promote(x->kind) : promote(x->kind, y->kind);
  // A constant that the other type holds does not widen it.
  if (kind == Kind::Null || (kind == Kind::Int64 && (x->kind == Kind::UInt32 || y->kind == Kind::UInt32))) {
    const auto fits_in = [&](const Bound& it, const Type* other) {
      return it.constant && it.type->kind == Kind::Int32 && it.constant->integer() >= 0 &&
             (other->kind == Kind::UInt32 || other->kind == Kind::UInt64);
    };
    if (fits_in(a, y)) kind = y->kind;
    if (fits_in(b, x)) kind = x->kind;
  }
  const bool bitwise = op == Operator::And || op == Operator::Or || op == Operator::Xor || shift;
  if (kind == Kind::Null || (bitwise && (kind == Kind::Double || kind == Kind::Single)) ||
      (shift && (y->kind == Kind::Double || y->kind == Kind::Single))) {
    error(offset, "'" + std::string(text_of(op)) + "' has no meaning for " + text_of_type(a) + " and " + text_of_type(b));
    return {};
  }
  const Type* type = catalog_.type_of(kind == Kind::Double ? Value::of(0.0) : kind == Kind::Single ? Value::single(0) : Value::integer(kind, 0));
  const auto as = [&](const Bound& it, const Type* from) {
    return from->kind == kind || shift ? (from->kind < Kind::Int32 ? make<NumberNode>(kind, false, *it.node) : it.node)
                                       : make<NumberNode>(kind, false, *it.node);
  };
  const bool constants = a.constant && b.constant;
  const auto* node = make<ComputeNode>(op, kind, constants ? !unchecked_ : checked_, lifted, *as(a, x), *as(b, y));
  const Type* result = is_comparison(op) ? bool_ : type;
  if (lifted && !is_comparison(op)) result = catalog_.construct(named("System.Nullable<>"), {result});
  if (a.constant && b.constant) {
    if (const Value* folded = fold(*node)) return constant(*folded, result);
    error(offset, op == Operator::Divide || op == Operator::Remainder ? "division by zero" : "the constant overflows");
    return {};
  }
  return value(node, result);
}

// Operators of two enums, or of one and a number.
std::optional<Bound> Binder::enums(const Bound& a, const Bound& b, Operator op, std::size_t) {
  const Type* x = without_nullable(a.type);
  const Type* y = without_nullable(b.type);
  if (!x->is_enum && !y->is_enum) return std::nullopt;
  const bool lifted = is_nullable(a.type) || is_nullable(b.type);
  const Type* type = x->is_enum ? x : y;
  if (op == Operator::Add || op == Operator::Subtract) {
    if (x->is_enum && y->is_enum && op == Operator::Add) return std::nullopt;
    if (!classify(x->is_enum ? b : a, type) && (x->is_enum ? y : x)->kind > Kind::Int32) return std::nullopt;
    const auto* sum = make<ComputeNode>(op, Kind::Int32, checked_, lifted, *make<NumberNode>(Kind::Int32, false, *a.node),
                                        *make<NumberNode>(Kind::Int32, false, *b.node));
    if (x == y) return value(sum, int_);
    return value(make<EnumNode>(*type, *sum), type);
  }
  const Conversion from_a = classify(a, type), from_b = classify(b, type);
  const bool known = is_comparison(op) || op == Operator::And || op == Operator::Or || op == Operator::Xor;
  if (!known || (!from_a && !is_nullable(a.type)) || (!from_b && !is_nullable(b.type))) return std::nullopt;
  const Node* left = from_a ? apply(a, type, from_a, 0).node : a.node;
  const Node* right = from_b ? apply(b, type, from_b, 0).node : b.node;
  const auto* node = make<ComputeNode>(op, Kind::Enum, false, lifted, *left, *right);
  const Type* result = is_comparison(op) ? bool_ : type;
  if (a.constant && b.constant) {
    if (const Value* folded = fold(*node)) return constant(*folded, result);
  }
  return value(node, result);
}

std::optional<Bound> Binder::user_operator(std::vector<Bound> operands, std::string_view op, std::size_t offset) {
  std::vector<Candidate> candidates;
  bool lifted = false;
  for (Bound& operand : operands) {
    if (!operand.is_value()) continue;
    if (is_nullable(operand.type)) {
      lifted = true;
      operand.type = operand.type->arguments[0];
    }
    for (const Type* owner = operand.type; owner; owner = owner->base) {
      for (const Member& member : members_of(owner)) {
        if (member.form == MemberForm::Operator && member.name == op && member.parameters.size() == operands.size()) {
          candidates.push_back({&member, owner});
        }
      }
    }
  }
  if (candidates.empty()) return std::nullopt;
  std::vector<GivenArgument> arguments(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    arguments[i].bound = operands[i];
    arguments[i].offset = offset;
  }
  auto match = choose(candidates, arguments, {});
  if (!match) return std::nullopt;
  if (!lifted) return call_match(*match, nullptr, false, arguments, offset);
  // Of a value that may be null: by what the values are, null makes null or false.
  Operator code{};
  const bool comparison = operator_of(op, code) && is_comparison(code);
  std::vector<const Node*> before;
  std::vector<Bound> held;
  const Node* any_null = nullptr;
  const Node* both_null = nullptr;
  const Node* null = make<ConstantNode>(Value::null());
  for (GivenArgument& argument : arguments) {
    argument.bound.node = spill(argument.bound.node, before);
    argument.bound.constant = nullptr;
    const Node* is_null = make<EqualNode>(false, false, *argument.bound.node, *null);
    any_null = any_null ? make<LogicNode>(false, *any_null, *is_null) : is_null;
    both_null = both_null ? make<LogicNode>(true, *both_null, *is_null) : is_null;
  }
  const Bound called = call_match(*match, nullptr, false, arguments, offset);
  if (called.failed()) return called;
  const Node* without = null;
  if (comparison) {
    without = code == Operator::Equal      ? both_null
              : code == Operator::NotEqual ? make<NotNode>(*both_null)
                                           : static_cast<const Node*>(make<ConstantNode>(Value::of(false)));
  }
  const Node* node = make<SequenceNode>(before, *make<ConditionalNode>(*any_null, *without, *called.node));
  const Type* type = called.type;
  if (!comparison && type->value_type) type = catalog_.construct(named("System.Nullable<>"), {type});
  return value(node, type);
}

std::optional<Bound> Binder::equality(const Bound& a, const Bound& b, Operator op) {
  const bool negated = op == Operator::NotEqual;
  const bool a_null = a.what == Bound::What::Null;
  const bool b_null = b.what == Bound::What::Null;
  if (a_null || b_null) {
    const Bound& other = a_null ? b : a;
    if (other.is_value() && other.type->value_type && !is_nullable(other.type)) return std::nullopt;
    return value(make<EqualNode>(negated, true, *a.node, *b.node), bool_);
  }
  const Type* x = without_nullable(a.type);
  const Type* y = without_nullable(b.type);
  if (x == y && (x->kind == Kind::String || x->kind == Kind::Boolean)) {
    return value(make<EqualNode>(negated, false, *a.node, *b.node), bool_);
  }
  // Objects are compared by identity; strings and boxed values that are known only as objects by value.
  if (x->is(y) || y->is(x)) return value(make<EqualNode>(negated, !x->value_type && !y->value_type, *a.node, *b.node), bool_);
  if (classify(a, b.type, true).how == Conversion::How::Unbox) return value(make<EqualNode>(negated, true, *a.node, *b.node), bool_);
  return std::nullopt;
}

Bound Binder::operate(Bound a, Bound b, std::string_view text, std::size_t offset) {
  if (a.failed() || b.failed()) return {};
  Operator op{};
  operator_of(text, op);
  const bool values = a.is_value() && b.is_value();
  for (const Bound* each : {&a, &b}) {
    if (each->is_value() && is_void(each->type)) {
      error(offset, "an operand has no value");
      return {};
    }
  }
  if (op == Operator::Add && ((a.is_value() && a.type == string_) || (b.is_value() && b.type == string_))) {
    // What a type says of its own "+" comes before text: XNamespace + "name".
    if (values && a.type != b.type && a.type != dynamic_ && b.type != dynamic_) {
      if (auto out = user_operator({a, b}, text, offset)) return *out;
    }
    return concat(a, b);
  }
  if ((a.is_value() && a.type == dynamic_) || (b.is_value() && b.type == dynamic_)) return late_operator({a, b}, text);
  if (values) {
    const Type* x = without_nullable(a.type);
    const Type* y = without_nullable(b.type);
    if (is_numeric(x) && is_numeric(y)) return compute_numbers(a, b, op, offset);
    if (auto out = enums(a, b, op, offset)) return *out;
    const bool logical = op == Operator::And || op == Operator::Or || op == Operator::Xor;
    if (logical && x == bool_ && y == bool_) {
      const auto* node = make<ComputeNode>(op, Kind::Boolean, false, is_nullable(a.type) || is_nullable(b.type), *a.node, *b.node);
      return value(node, bool_);
    }
  }
  const bool equal = op == Operator::Equal || op == Operator::NotEqual;
  const bool builtin = equal && values && (a.type == b.type) && (a.type == string_ || a.type == bool_);
  const bool with_null = equal && !values;
  if (!builtin && !with_null) {
    if (auto out = user_operator({a, b}, text, offset)) return *out;
  }
  if (equal) {
    if (auto out = equality(a, b, op)) {
      if (a.constant && b.constant && !out->failed()) {
        if (const Value* folded = fold(*out->node)) return constant(*folded, bool_);
      }
      return *out;
    }
  }
  error(offset, "'" + std::string(text) + "' has no meaning for " + text_of_type(a) + " and " + text_of_type(b));
  return {};
}

Bound Binder::bind_unary(const Expr& expr) {
  const Bound a = bind_value(*expr.a);
  if (a.failed()) return {};
  const auto wrong = [&]() -> Bound {
    error(expr.offset, "'" + std::string(expr.text) + "' has no meaning for " + text_of_type(a));
    return {};
  };
  if (!a.is_value()) return wrong();
  if (a.type == dynamic_) return late_operator({a}, expr.text);
  const Type* type = without_nullable(a.type);
  const auto folded = [&](const Node* node, const Type* result) {
    if (a.constant) {
      if (const Value* known = fold(*node)) return constant(*known, result);
    }
    return value(node, result);
  };
  if (expr.text == "!") {
    if (type == bool_ && a.type == bool_) return folded(make<NotNode>(*a.node), bool_);
    if (auto out = user_operator({a}, "!", expr.offset)) return *out;
    const Conversion conversion = classify(a, bool_);
    return conversion ? value(make<NotNode>(*apply(a, bool_, conversion, expr.offset).node), bool_) : wrong();
  }
  if (!is_numeric(type)) {
    if (expr.text == "~" && type->is_enum) {
      const auto* flipped = make<ComputeNode>(Operator::Xor, Kind::Int32, false, false, *make<NumberNode>(Kind::Int32, false, *a.node),
                                              *make<ConstantNode>(Value::of(std::int32_t{-1})));
      return folded(make<EnumNode>(*type, *flipped), type);
    }
    if (auto out = user_operator({a}, expr.text, expr.offset)) return *out;
    return wrong();
  }
  Kind kind = promote(type->kind);
  if (expr.text == "-" && kind == Kind::UInt32) kind = Kind::Int64;
  if (expr.text == "-" && kind == Kind::UInt64) return wrong();
  const Node* operand = kind == type->kind ? a.node : make<NumberNode>(kind, false, *a.node);
  const Value sample = kind == Kind::Double ? Value::of(0.0) : kind == Kind::Single ? Value::single(0) : Value::integer(kind, -1);
  const Type* result = catalog_.type_of(sample);
  const Type* given = is_nullable(a.type) ? catalog_.construct(named("System.Nullable<>"), {result}) : result;
  if (expr.text == "+") return folded(operand, given);
  if (expr.text == "-") return folded(make<NegateNode>(checked_, *operand), given);
  if (kind == Kind::Double || kind == Kind::Single) return wrong();
  const Value ones = kind == Kind::UInt32 ? Value::integer(kind, 0xFFFFFFFF) : sample;
  return folded(make<ComputeNode>(Operator::Xor, kind, false, is_nullable(a.type), *operand, *make<ConstantNode>(ones)), given);
}

}  // namespace gateway::expression
