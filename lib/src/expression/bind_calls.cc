#include <algorithm>

#include "expression/binder.h"
#include "expression/edit_distance.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

std::vector<GivenArgument> Binder::bind_arguments(const std::vector<Argument>& arguments, bool& failed) {
  std::vector<GivenArgument> out;
  for (const Argument& argument : arguments) {
    GivenArgument given;
    given.name = argument.name;
    given.offset = argument.offset;
    given.out = argument.out;
    if (argument.declares) {
      const Type* type = argument.declares->name == "var" ? nullptr : resolve(argument.declares);
      if (argument.declares->name != "var" && !type) failed = true;
      given.declared = declare(argument.value->text, type, argument.offset);
      given.bound.what = Bound::What::Value;
      given.bound.type = type;
    } else if (argument.out) {
      const Bound bound = bind_value(*argument.value);
      failed |= bound.failed();
      given.bound = bound;
      given.bound.syntax = argument.value;
      Symbol* symbol = argument.value->kind == ExprKind::Name ? lookup(argument.value->text) : nullptr;
      if (!bound.failed() && (!symbol || symbol->read_only)) {
        error(argument.offset, "'out' needs a local variable");
        failed = true;
      }
    } else {
      given.bound = bind(*argument.value);
      if (given.bound.what == Bound::What::Type || given.bound.what == Bound::What::Namespace) {
        given.bound = as_value(given.bound, argument.value->offset);
      }
      if (given.bound.is_value() && given.bound.type && is_void(given.bound.type)) {
        error(argument.value->offset, "this has no value");
        given.bound = {};
      }
      failed |= given.bound.failed();
    }
    out.push_back(std::move(given));
  }
  return out;
}

Bound Binder::bind_call(const Expr& expr) {
  called_ = expr.a;
  const Bound function = bind(*expr.a);
  bool failed = function.failed();
  auto arguments = bind_arguments(expr.arguments, failed);
  if (failed) return {};
  switch (function.what) {
    case Bound::What::Methods: return call_group(*function.methods, std::move(arguments), expr.a->offset);
    case Bound::What::Function: return call_function(*function.function, arguments, expr.offset);
    case Bound::What::Value:
      if (function.type == dynamic_ || invoke_of(function.type)) return call_delegate(function, arguments, expr.offset);
      error(expr.offset, "'" + display(function.type) + "' cannot be called");
      return {};
    default:
      if (function.what == Bound::What::Type) error(expr.offset, "'" + display(function.type) + "' is a type: make one with new");
      else if (!as_value(function, expr.offset).failed()) error(expr.offset, "null cannot be called");
      return {};
  }
}

void Binder::report_call(const std::string& name, const std::vector<Candidate>& candidates,
                         std::vector<GivenArgument>& arguments, std::size_t offset) {
  // The mistakes inside a lambda say more than that nothing fits.
  for (const auto& [key, result] : lambdas_) {
    for (const GivenArgument& argument : arguments) {
      if (argument.bound.what == Bound::What::Lambda && std::get<0>(key) == argument.bound.syntax && !result.errors.empty()) {
        errors_->insert(errors_->end(), result.errors.begin(), result.errors.end());
        return;
      }
    }
  }
  if (candidates.size() == 1) {
    std::string why;
    const auto& parameters = candidates[0].member->parameters;
    (void)fit(candidates[0], arguments, {}, !parameters.empty() && parameters.back().params, &why);
    error(offset, "'" + name + "' cannot be called so: " + why);
    return;
  }
  std::string types;
  for (const GivenArgument& argument : arguments) {
    if (!types.empty()) types += ", ";
    types += argument.bound.is_value() && argument.bound.type ? display(argument.bound.type)
             : argument.bound.what == Bound::What::Null       ? "null"
             : argument.bound.what == Bound::What::Lambda     ? "lambda"
                                                              : "?";
  }
  error(offset, "no overload of '" + name + "' takes (" + types + ")");
}

std::vector<const Node*> Binder::match_nodes(Match& match, std::vector<GivenArgument>& arguments,
                                             std::vector<std::pair<std::size_t, GivenArgument*>>& outs) {
  const Member& member = *match.candidate.member;
  std::vector<const Node*> out;
  for (std::size_t i = 0; i < member.parameters.size(); ++i) {
    const Parameter& parameter = member.parameters[i];
    const Type* wanted = parameter_type(match, i);
    if (match.expanded && parameter.params) {
      std::vector<const Node*> items;
      for (const std::size_t source : match.sources[i]) {
        items.push_back(convert(arguments[source].bound, wanted, arguments[source].offset).node);
      }
      out.push_back(make<NewArrayNode>(*catalog_.array_of(wanted), nullptr, std::move(items)));
    } else if (match.sources[i].empty()) {
      const bool is_default = parameter.fallback.is_null();
      if (is_default) out.push_back(make<DefaultNode>(*wanted));
      else out.push_back(make<ConstantNode>(parameter.fallback));
    } else if (parameter.out) {
      GivenArgument& argument = arguments[match.sources[i][0]];
      if (argument.declared && !argument.declared->type) argument.declared->type = wanted;
      outs.emplace_back(i, &argument);
      out.push_back(make<DefaultNode>(*wanted));
    } else {
      const GivenArgument& argument = arguments[match.sources[i][0]];
      out.push_back(convert(argument.bound, wanted, argument.offset).node);
    }
  }
  return out;
}

Bound Binder::call_match(Match& match, const Node* receiver, bool checks_receiver, std::vector<GivenArgument>& arguments,
                         std::size_t) {
  const Member& member = *match.candidate.member;
  const std::size_t before = errors_->size();
  std::vector<std::pair<std::size_t, GivenArgument*>> outs;
  auto* call = make<CallNode>();
  call->call = member.call;
  call->checks_receiver = checks_receiver;
  if (receiver) call->args.push_back(receiver);
  const auto nodes = match_nodes(match, arguments, outs);
  if (errors_->size() > before || std::find(nodes.begin(), nodes.end(), nullptr) != nodes.end()) return {};
  call->args.insert(call->args.end(), nodes.begin(), nodes.end());
  for (const auto& [position, argument] : outs) {
    Symbol* symbol = argument->declared ? argument->declared : lookup(argument->bound.syntax->text);
    call->outs.push_back({position + (receiver ? 1 : 0), reach(*symbol, *function_)});
  }
  if (member.type_parameters.empty()) {
    call->type_args = match.candidate.owner->arguments;
  } else {
    for (const auto& name : member.type_parameters) call->type_args.push_back(match.bindings->get(name));
  }
  return value(call, match.bindings->apply(member.result));
}

Bound Binder::call_late(const MethodGroup& group, const std::vector<GivenArgument>& arguments, std::size_t offset) {
  auto* call = make<LateNode>();
  call->name = group.name;
  call->type_args = group.type_arguments;
  call->args.push_back(group.receiver);
  for (const GivenArgument& argument : arguments) {
    if (argument.out || argument.bound.what == Bound::What::Lambda || !argument.bound.node) {
      error(offset, "'" + group.name + "' of a dynamic value takes values only: cast it first");
      return {};
    }
    call->args.push_back(argument.bound.node);
  }
  return value(call, group.type_arguments.size() == 1 ? group.type_arguments[0] : dynamic_);
}

Bound Binder::call_group(const MethodGroup& group, std::vector<GivenArgument> arguments, std::size_t offset) {
  if (group.on == dynamic_) {
    Bound out = call_late(group, arguments, offset);
    // What a late-bound generic gives is of that type or is not known.
    if (!out.failed() && out.type != dynamic_) out.node = make<CastNode>(*out.type, true, *out.node);
    return out;
  }
  if (auto match = choose(group.candidates, arguments, group.type_arguments)) {
    return call_match(*match, group.receiver, group.receiver && !is_nullable(group.on), arguments, offset);
  }
  std::vector<Candidate> all = group.candidates;
  if (group.receiver) {
    std::vector<Candidate> extensions;
    for (const Member* each : catalog_.extensions(group.name)) extensions.push_back({each, object_});
    std::vector<GivenArgument> with_receiver = arguments;
    GivenArgument self;
    self.bound = value(group.receiver, group.on);
    self.offset = group.offset;
    with_receiver.insert(with_receiver.begin(), self);
    if (auto match = choose(extensions, with_receiver, group.type_arguments)) {
      return call_match(*match, nullptr, false, with_receiver, offset);
    }
    if (all.empty()) {
      report_call(group.name, extensions, with_receiver, group.offset);
      return {};
    }
  }
  report_call(group.name, all, arguments, group.offset);
  return {};
}

Bound Binder::call_function(const LocalFunction& function, std::vector<GivenArgument>& arguments, std::size_t offset) {
  Member member;
  member.name = std::string(function.symbol->name);
  member.parameters = function.parameters;
  member.result = function.result;
  const Candidate candidate{&member, object_};
  std::string why;
  auto match = fit(candidate, arguments, {}, false, &why);
  if (!match) {
    error(offset, "'" + member.name + "' cannot be called so: " + why);
    return {};
  }
  std::vector<std::pair<std::size_t, GivenArgument*>> outs;
  auto nodes = match_nodes(*match, arguments, outs);
  if (std::find(nodes.begin(), nodes.end(), nullptr) != nodes.end()) return {};
  const auto* target = make<LocalNode>(*reach(*function.symbol, *function_));
  return value(make<InvokeNode>(*target, std::move(nodes)), function.result);
}

Bound Binder::call_delegate(const Bound& function, std::vector<GivenArgument>& arguments, std::size_t offset) {
  if (function.type == dynamic_) {
    MethodGroup group;
    group.name = "Invoke";
    group.receiver = function.node;
    return call_late(group, arguments, offset);
  }
  const Candidate candidate{invoke_of(function.type), function.type};
  std::string why;
  auto match = fit(candidate, arguments, {}, false, &why);
  if (!match) {
    error(offset, "this function cannot be called so: " + why);
    return {};
  }
  std::vector<std::pair<std::size_t, GivenArgument*>> outs;
  auto nodes = match_nodes(*match, arguments, outs);
  if (std::find(nodes.begin(), nodes.end(), nullptr) != nodes.end()) return {};
  return value(make<InvokeNode>(*function.node, std::move(nodes)), match->bindings->apply(candidate.member->result));
}

}  // namespace gateway::expression
