#include "expression/binder.h"
#include "expression/conversion.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

using How = Conversion::How;

constexpr Conversion kNone{};

// How far above `from` this type stands.
int distance(const Type* from, const Type* to) noexcept {
  if (!to->base) return 30;
  int steps = 1;
  for (const Type* each = from; each; each = each->base, ++steps) {
    if (each == to) return steps - 1;
  }
  return 10;
}

bool is_interface(const Type* type) noexcept {
  return type->name.size() > 1 && type->name[0] == 'I' && type->name[1] >= 'A' && type->name[1] <= 'Z';
}

int number_cost(Kind from, Kind to) noexcept {
  if (from == Kind::Char) return 3 + static_cast<int>(to);
  return 1 + static_cast<int>(to) - static_cast<int>(from) + (static_cast<int>(to) < static_cast<int>(from) ? 20 : 0);
}

}  // namespace

Conversion Binder::classify(const Bound& from, const Type* to, bool is_explicit) {
  switch (from.what) {
    case Bound::What::Error: return {How::Same, 0};
    case Bound::What::Throw: return {How::Same, 0};
    case Bound::What::Null:
      if (to->value_type && !is_nullable(to)) return kNone;
      return {How::Same, to->base ? 2 : 20};
    case Bound::What::Default: return {How::Same, 2};
    case Bound::What::Lambda: return classify_lambda(from, to);
    case Bound::What::Methods: case Bound::What::Function: {
      if (from.function) {
        std::vector<const Type*> parameters;
        const Type* result = nullptr;
        const bool fits = delegate_types(to, parameters, result) && parameters.size() == from.function->parameters.size();
        return fits ? Conversion{How::Methods, 1} : kNone;
      }
      return match_group(from, to) ? Conversion{How::Methods, 1} : kNone;
    }
    case Bound::What::Type: case Bound::What::Namespace: return kNone;
    case Bound::What::Value: break;
  }
  const Type* type = from.type;
  if (!type) return {How::Same, 0};
  if (type == to) return {How::Same, 0};
  if (is_void(type) || is_void(to)) return kNone;
  if (to == dynamic_) return {How::Same, 35};
  if (type == dynamic_) return to == object_ ? Conversion{How::Same, 1} : Conversion{How::Late, 5};
  if (is_nullable(to)) {
    Bound inner = from;
    inner.type = without_nullable(type);
    Conversion out = classify(inner, without_nullable(to), is_explicit);
    if (out.how == How::User) out = kNone;  // as the declared conversion to int? has it
    if (out) {
      ++out.cost;
      return out;
    }
  } else if (is_nullable(type)) {
    if (!to->value_type) return type->arguments[0]->is(to) ? Conversion{How::Same, 30} : kNone;
    Bound inner = from;
    inner.type = type->arguments[0];
    return is_explicit && classify(inner, to, true) ? Conversion{How::Late, 60} : kNone;
  }
  if (is_numeric(type) && is_numeric(to)) {
    if (widens(type->kind, to->kind)) return {How::Number, number_cost(type->kind, to->kind)};
    if (from.constant && from.constant->is_integral() && type->kind != Kind::Char && to->kind < Kind::Single &&
        fits(from.constant->integer(), to->kind) && (type->kind == Kind::Int32 || type->kind == Kind::Int64)) {
      return {How::Number, 25};
    }
    return is_explicit ? Conversion{How::Number, 60} : kNone;
  }
  if (to->is_enum && from.constant && from.constant->is_integral() && from.constant->integer() == 0) return {How::Enum, 25};
  if (is_explicit && ((to->is_enum && (is_numeric(type) || type->is_enum)))) return {How::Enum, 60};
  if (is_explicit && type->is_enum && is_numeric(to)) return {How::Number, 60};
  if (type->is(to)) return {How::Same, distance(type, to)};
  if (const Member* user = user_conversion(type, to, is_explicit)) return {How::User, 50, user};
  if (!is_explicit) return kNone;
  if (to->is(type)) return {How::Unbox, 60};
  if ((is_interface(type) || is_interface(to)) && (!type->value_type && !to->value_type) && type->kind != Kind::String &&
      to->kind != Kind::String) {
    return {How::Unbox, 60};
  }
  return kNone;
}

Bound Binder::convert(const Bound& from, const Type* to, std::size_t offset) {
  if (from.failed() || !to) return {};
  if (const Conversion conversion = classify(from, to)) return apply(from, to, conversion, offset);
  if (from.what == Bound::What::Lambda) {
    std::vector<const Type*> parameters;
    const Type* result = nullptr;
    if (!delegate_types(to, parameters, result)) {
      error(offset, "a lambda is no '" + display(to) + "'");
    } else if (parameters.size() != from.syntax->parameters.size()) {
      error(offset, "the lambda must have " + std::to_string(parameters.size()) + " parameters");
    } else {
      (void)convert_lambda(from, to, offset);
    }
    return {};
  }
  if (from.what == Bound::What::Null) {
    error(offset, "null is no '" + display(to) + "'");
    return {};
  }
  if (from.what == Bound::What::Methods && invoke_of(to)) {
    error(offset, "no overload of '" + from.methods->name + "' fits '" + display(to) + "'");
    return {};
  }
  const Bound it = as_value(from, offset);
  if (it.failed()) return {};
  std::string message = "cannot convert '" + display(from.type) + "' to '" + display(to) + "'";
  if (classify(from, to, true)) message += "; a cast is missing: (" + display(to) + ")";
  error(offset, message);
  return {};
}

Bound Binder::call_conversion(const Bound& from, const Type* to, const Member& member) {
  Bound operand = from;
  const Type* parameter = member.parameters[0].type;
  if (is_numeric(parameter) && operand.type != parameter) operand.node = make<NumberNode>(parameter->kind, false, *operand.node);
  auto* call = make<CallNode>();
  call->call = member.call;
  call->args.push_back(operand.node);
  const Node* node = call;
  const Type* wanted = without_nullable(to);
  if (member.result != wanted && is_numeric(member.result) && is_numeric(wanted)) node = make<NumberNode>(wanted->kind, checked_, *node);
  else if (member.result != to && !member.result->is(wanted) && wanted->is(member.result)) node = make<CastNode>(*wanted, false, *node);
  return value(node, to);
}

Bound Binder::apply(const Bound& from, const Type* to, const Conversion& conversion, std::size_t offset) {
  if (from.failed()) return {};
  switch (from.what) {
    case Bound::What::Default: return value(make<DefaultNode>(*to), to);
    case Bound::What::Lambda: return convert_lambda(from, to, offset);
    case Bound::What::Methods: case Bound::What::Function: return convert_group(from, to, offset);
    default: break;
  }
  Bound out = value(from.node, to);
  switch (conversion.how) {
    case How::Same:
      out.constant = from.constant;
      return out;
    case How::Number: {
      const Type* wanted = without_nullable(to);
      const auto* node = make<NumberNode>(wanted->kind, checked_, *from.node);
      out.node = node;
      if (from.constant) {
        if (const Value* folded = fold(*node)) return constant(*folded, to);
      }
      return out;
    }
    case How::Enum: out.node = make<EnumNode>(*without_nullable(to), *from.node); return out;
    case How::User: return call_conversion(from, to, *conversion.user);
    case How::Late: out.node = make<CastNode>(*to, true, *from.node); return out;
    case How::Unbox: out.node = make<CastNode>(*to, false, *from.node); return out;
    default: return out;
  }
}

}  // namespace gateway::expression
