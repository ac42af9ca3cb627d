#include <algorithm>

#include "expression/binder.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

bool Binder::delegate_types(const Type* type, std::vector<const Type*>& parameters, const Type*& result) const {
  const Member* invoke = invoke_of(type);
  if (!invoke) return false;
  Bindings bindings(catalog_);
  bindings.add(type);
  for (const Parameter& each : invoke->parameters) parameters.push_back(bindings.apply(each.type));
  result = bindings.apply(invoke->result);
  return true;
}

// `expected` null: what it gives is to be found out. The same lambda is bound once for the same types.
const LambdaResult& Binder::bind_lambda(const Expr& expr, const std::vector<const Type*>& parameters,
                                        const Type* expected, bool gives_nothing) {
  const LambdaKey key{&expr, function_, parameters, expected, gives_nothing};
  if (const auto known = lambdas_.find(key); known != lambdas_.end()) return known->second;
  if (expected && expr.a) {
    const auto found_out = lambdas_.find({&expr, function_, parameters, nullptr, false});
    if (found_out != lambdas_.end() && found_out->second.type == expected) return found_out->second;
  }
  LambdaResult result;
  FunctionScope& scope = functions_.emplace_back();
  scope.parent = function_;
  scope.expected = expected;
  scope.gives_nothing = gives_nothing;
  scope.blocks.emplace_back();
  std::vector<CompileError>* outer_errors = std::exchange(errors_, &result.errors);
  FunctionScope* outer = std::exchange(function_, &scope);
  auto* code = make<FunctionCode>();
  for (std::size_t i = 0; i < expr.parameters.size(); ++i) {
    const auto& parameter = expr.parameters[i];
    const Type* type = parameter.type ? resolve(parameter.type) : parameters[i];
    if (parameter.type && type && type != parameters[i]) {
      error(parameter.offset, "'" + std::string(parameter.name) + "' must be '" + display(parameters[i]) + "'");
    }
    code->parameters.push_back(declare(parameter.name, type, parameter.offset)->variable);
  }
  if (expr.a) {
    Bound body = bind(*expr.a);
    if (body.what != Bound::What::Throw) {
      if (expected) body = convert(body, expected, expr.a->offset);
      else body = as_value(body, expr.a->offset);
    }
    code->expression = body.node;
    result.type = body.type;
    result.is_void = body.type && is_void(body.type);
  } else {
    const BoundStatement body = bind_block(expr.body->body);
    code->block = body.statement;
    const bool returns = std::any_of(scope.returned.begin(), scope.returned.end(), [](const Bound& it) { return it.what != Bound::What::Error; });
    result.is_void = !returns && body.ends;
    result.type = expected ? expected : result.is_void ? void_ : best_common(scope.returned);
    if (body.ends && result.errors.empty() && (returns || (expected && !is_void(expected)))) error(expr.body->end, "not every path returns a value");
    if (!result.type && returns && scope.returned.size() > 1 && result.errors.empty()) result.type = object_;
  }
  function_ = outer;
  errors_ = outer_errors;
  code->slots = scope.slots;
  for (const auto& [from, own] : scope.captures) result.captured.push_back(from);
  result.code = code;
  result_.has_lambdas = true;
  return lambdas_.emplace(key, std::move(result)).first->second;
}

Conversion Binder::classify_lambda(const Bound& lambda, const Type* to) {
  std::vector<const Type*> parameters;
  const Type* result = nullptr;
  if (!delegate_types(to, parameters, result) || parameters.size() != lambda.syntax->parameters.size()) return {};
  if (std::any_of(parameters.begin(), parameters.end(), is_open)) return {};
  const LambdaResult& body = bind_lambda(*lambda.syntax, parameters, nullptr, is_void(result) && !lambda.syntax->a);
  // With mistakes of its own it fits: they are told once.
  if (!body.errors.empty()) return {Conversion::How::Lambda, 1};
  if (is_void(result)) return {Conversion::How::Lambda, body.is_void ? 0 : 3};
  if (body.is_void) return {};
  if (!body.type) return {Conversion::How::Lambda, 1};
  const Bound given = value(nullptr, body.type);
  if (const Conversion conversion = classify(given, result)) return {Conversion::How::Lambda, conversion.cost};
  // A constant may be what its type is not.
  const LambdaResult& converted = bind_lambda(*lambda.syntax, parameters, result, false);
  return converted.errors.empty() ? Conversion{Conversion::How::Lambda, 25} : Conversion{};
}

Bound Binder::convert_lambda(const Bound& lambda, const Type* to, std::size_t) {
  std::vector<const Type*> parameters;
  const Type* result = nullptr;
  if (!delegate_types(to, parameters, result)) return {};
  const bool nothing = is_void(result);
  const LambdaResult& body = bind_lambda(*lambda.syntax, parameters, nothing ? nullptr : result, nothing && !lambda.syntax->a);
  if (!body.errors.empty()) {
    errors_->insert(errors_->end(), body.errors.begin(), body.errors.end());
    return {};
  }
  return value(make<LambdaNode>(*to, *body.code, body.captured), to);
}

// The method of the group that takes what the delegate is called with.
std::optional<Match> Binder::match_group(const Bound& group, const Type* to) {
  std::vector<const Type*> parameters;
  const Type* result = nullptr;
  if (!delegate_types(to, parameters, result)) return std::nullopt;
  std::vector<GivenArgument> arguments(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) arguments[i].bound = value(nullptr, parameters[i]);
  auto match = choose(group.methods->candidates, arguments, group.methods->type_arguments);
  if (!match || match->expanded) return std::nullopt;
  const Type* gives = match->bindings->apply(match->candidate.member->result);
  if (!is_void(result) && !is_open(result) && !classify(value(nullptr, gives), result)) return std::nullopt;
  return match;
}

const Type* Binder::group_result(const Bound& group, const std::vector<const Type*>& parameters) {
  if (group.function) return group.function->result;
  std::vector<GivenArgument> arguments(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) arguments[i].bound = value(nullptr, parameters[i]);
  const auto match = choose(group.methods->candidates, arguments, group.methods->type_arguments);
  return match ? match->bindings->apply(match->candidate.member->result) : nullptr;
}

Bound Binder::convert_group(const Bound& group, const Type* to, std::size_t offset) {
  if (group.function) return value(make<LocalNode>(*reach(*group.function->symbol, *function_)), to);
  const auto match = match_group(group, to);
  if (!match) {
    error(offset, "no overload of '" + group.methods->name + "' fits '" + display(to) + "'");
    return {};
  }
  const Member& member = *match->candidate.member;
  auto* node = make<MethodNode>();
  node->type = to;
  node->receiver = group.methods->receiver;
  node->call = member.call;
  if (member.type_parameters.empty()) node->type_args = match->candidate.owner->arguments;
  for (const auto& name : member.type_parameters) node->type_args.push_back(match->bindings->get(name));
  for (std::size_t i = 0; i < member.parameters.size(); ++i) {
    const Type* type = match->bindings->apply(member.parameters[i].type);
    if (!match->sources[i].empty()) node->parameters.push_back(type);
    else if (member.parameters[i].fallback.is_null()) node->fallbacks.push_back(make<DefaultNode>(*type));
    else node->fallbacks.push_back(make<ConstantNode>(member.parameters[i].fallback));
  }
  return value(node, to);
}

}  // namespace gateway::expression
