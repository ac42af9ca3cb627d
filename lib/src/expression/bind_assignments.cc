#include <algorithm>

#include "expression/binder.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

// Evaluated once, before; what is given back reads it again.
const Node* Binder::spill(const Node* node, std::vector<const Node*>& before) {
  if (dynamic_cast<const ConstantNode*>(node) || dynamic_cast<const RootNode*>(node)) return node;
  const Variable* held = new_variable();
  before.push_back(make<AssignNode>(*held, *node));
  return make<LocalNode>(*held);
}

Binder::Place Binder::place_of_property(const Bound& receiver, std::string_view name, std::size_t offset, bool reads) {
  Place out;
  use(receiver.type, name);
  if (receiver.type == dynamic_) {
    out.form = Place::Form::Late;
    out.name = name;
    out.args.push_back(reads ? spill(receiver.node, out.before) : receiver.node);
    auto* get = make<LateNode>();
    get->form = MemberForm::Property;
    get->name = name;
    get->args = out.args;
    out.get = get;
    out.type = dynamic_;
    return out;
  }
  const auto setters = members(receiver.type, name, MemberForm::Setter, false);
  const auto getters = members(receiver.type, name, MemberForm::Property, false);
  if (setters.empty()) {
    if (getters.empty()) no_member(receiver.type, name, false, offset);
    else error(offset, "'" + std::string(name) + "' of '" + display(receiver.type) + "' cannot be set");
    return out;
  }
  out.form = Place::Form::Member;
  out.setter = make<Candidate>(setters[0]);
  const Node* target = reads ? spill(receiver.node, out.before) : receiver.node;
  out.args.push_back(target);
  if (!getters.empty()) out.get = get_property(getters[0], target, receiver.type).node;
  Bindings bindings(catalog_);
  bindings.add(setters[0].owner);
  out.type = bindings.apply(setters[0].member->result);
  return out;
}

Binder::Place Binder::place_of_member(const Expr& expr, bool reads) {
  const Bound receiver = bind_value(*expr.a);
  if (receiver.failed()) return {};
  if (!receiver.is_value()) {
    error(expr.offset, "null has no members");
    return {};
  }
  return place_of_property(receiver, expr.text, expr.offset, reads);
}

Binder::Place Binder::place_in(const Bound& receiver, std::vector<GivenArgument> arguments, std::size_t offset, bool reads) {
  Place out;
  const Type* type = receiver.type;
  if (type == dynamic_) {
    out.form = Place::Form::Late;
    out.member = MemberForm::IndexSetter;
    out.name = "Item";
    out.args.push_back(reads ? spill(receiver.node, out.before) : receiver.node);
    for (const GivenArgument& each : arguments) {
      if (!each.bound.node) return as_value(each.bound, each.offset), Place{};
      out.args.push_back(reads ? spill(each.bound.node, out.before) : each.bound.node);
    }
    auto* get = make<LateNode>();
    get->form = MemberForm::Indexer;
    get->name = "Item";
    get->args = out.args;
    out.get = get;
    out.type = dynamic_;
    return out;
  }
  if (is_array(type)) {
    const Type* index_type = int_;
    if (arguments.size() != 1) {
      error(offset, "an array has one index");
      return out;
    }
    if (arguments[0].bound.is_value() && !classify(arguments[0].bound, int_)) index_type = named("long");
    const Bound index = convert(arguments[0].bound, index_type, arguments[0].offset);
    if (index.failed()) return out;
    out.form = Place::Form::Element;
    out.args = {receiver.node, index.node};
    if (reads) {
      for (const Node*& each : out.args) each = spill(each, out.before);
    }
    out.get = make<ElementNode>(*out.args[0], *out.args[1]);
    out.type = type->arguments[0];
    return out;
  }
  auto getters = members(type, "Item", MemberForm::Indexer, false);
  auto setters = members(type, "Item", MemberForm::IndexSetter, false);
  if (getters.empty() && setters.empty()) {
    error(offset, "'" + display(type) + "' has no index");
    return out;
  }
  auto& candidates = getters.empty() ? setters : getters;
  auto match = choose(candidates, arguments, {});
  if (!match) {
    report_call("[]", candidates, arguments, offset);
    return out;
  }
  std::vector<std::pair<std::size_t, GivenArgument*>> outs;
  const Node* target = reads ? spill(receiver.node, out.before) : receiver.node;
  auto indices = match_nodes(*match, arguments, outs);
  if (std::find(indices.begin(), indices.end(), nullptr) != indices.end()) return {};
  out.args.push_back(target);
  for (const Node* each : indices) out.args.push_back(reads ? spill(each, out.before) : each);
  out.form = Place::Form::Member;
  out.member = MemberForm::IndexSetter;
  out.type = match->bindings->apply(match->candidate.member->result);
  if (!getters.empty()) {
    auto* get = make<CallNode>();
    get->call = match->candidate.member->call;
    get->checks_receiver = true;
    get->args = out.args;
    get->type_args = match->candidate.owner->arguments;
    out.get = get;
  }
  for (const Candidate& each : setters) {
    const auto& wanted = match->candidate.member->parameters;
    if (each.owner != match->candidate.owner || each.member->parameters.size() != wanted.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < wanted.size(); ++i) same &= each.member->parameters[i].type == wanted[i].type;
    if (same) out.setter = make<Candidate>(each);
  }
  if (!out.setter && !setters.empty()) {
    if (auto setting = choose(setters, arguments, {})) out.setter = make<Candidate>(setting->candidate);
  }
  return out;
}

// `reads` says that it is both read and written: then everything in it is evaluated once, before.
Binder::Place Binder::place_of_index(const Expr& expr, bool reads) {
  const Bound receiver = bind_value(*expr.a);
  bool failed = receiver.failed();
  auto arguments = bind_arguments(expr.arguments, failed);
  if (failed) return {};
  if (!receiver.is_value()) {
    error(expr.offset, "null has no index");
    return {};
  }
  return place_in(receiver, std::move(arguments), expr.offset, reads);
}

Binder::Place Binder::place_of(const Expr& expr, bool reads) {
  Place out;
  switch (expr.kind) {
    case ExprKind::Member: return place_of_member(expr, reads);
    case ExprKind::Index: {
      out = place_of_index(expr, reads);
      if (out.type && out.form == Place::Form::Member && !out.setter) {
        error(expr.offset, "what stands at this index cannot be set");
        out.type = nullptr;
      }
      return out;
    }
    case ExprKind::Name: break;
    default: error(expr.offset, "this cannot be assigned to"); return out;
  }
  Symbol* symbol = lookup(expr.text);
  if (!symbol) {
    (void)bind_name(expr);
    return out;
  }
  if (symbol->read_only || symbol->function || symbol->constant) {
    error(expr.offset, "'" + std::string(expr.text) + "' cannot be assigned to");
    return out;
  }
  if (!symbol->type) return out;
  out.variable = reach(*symbol, *function_);
  out.get = make<LocalNode>(*out.variable);
  out.type = symbol->type;
  return out;
}

const Node* Binder::set(const Place& place, const Node* value_node) {
  switch (place.form) {
    case Place::Form::Variable: return make<AssignNode>(*place.variable, *value_node);
    case Place::Form::Element: return make<SetElementNode>(*place.args[0], *place.args[1], *value_node);
    case Place::Form::Member: {
      auto* call = make<CallNode>();
      call->call = place.setter->member->call;
      call->checks_receiver = true;
      call->gives_last = true;
      call->args = place.args;
      call->args.push_back(value_node);
      call->type_args = place.setter->owner->arguments;
      return call;
    }
    case Place::Form::Late: {
      auto* call = make<LateNode>();
      call->form = place.member;
      call->name = place.name;
      call->gives_last = true;
      call->args = place.args;
      call->args.push_back(value_node);
      return call;
    }
  }
  return nullptr;
}

Bound Binder::bind_assign(const Expr& expr) {
  const bool compound = !expr.text.empty();
  if (!compound && expr.a->kind == ExprKind::Name && expr.a->text == "_" && !lookup("_")) return bind_value(*expr.b);
  const Place place = place_of(*expr.a, compound);
  Bound given = compound ? bind_value(*expr.b) : bind(*expr.b);
  if (!place.type || given.failed()) return {};
  if (compound) {
    if (!place.get) {
      error(expr.offset, "this cannot be read");
      return {};
    }
    given = operate(value(place.get, place.type), given, expr.text, expr.offset);
    if (given.failed()) return {};
    // The result becomes what the variable is, as by a cast.
    if (const Conversion conversion = classify(given, place.type, true); conversion && conversion.how != Conversion::How::Unbox) {
      given = apply(given, place.type, conversion, expr.offset);
    }
  }
  given = convert(given, place.type, expr.b->offset);
  if (given.failed()) return {};
  const Node* node = set(place, given.node);
  if (!place.before.empty()) node = make<SequenceNode>(place.before, *node);
  return value(node, place.type);
}

Bound Binder::bind_increment(const Expr& expr) {
  const Place place = place_of(*expr.a, true);
  if (!place.type) return {};
  if (!place.get) {
    error(expr.offset, "this cannot be read");
    return {};
  }
  std::vector<const Node*> before = place.before;
  const Node* old = place.get;
  if (expr.flag) {
    const Variable* held = new_variable();
    before.push_back(make<AssignNode>(*held, *old));
    old = make<LocalNode>(*held);
  }
  Bound next = operate(value(old, place.type), constant(Value::of(std::int32_t{1}), int_), expr.text.substr(0, 1), expr.offset);
  if (next.failed()) return {};
  const Conversion conversion = classify(next, place.type, true);
  if (!conversion) return convert(next, place.type, expr.offset);
  next = apply(next, place.type, conversion, expr.offset);
  const Node* assigned = set(place, next.node);
  if (!expr.flag) {
    return value(before.empty() ? assigned : make<SequenceNode>(before, *assigned), place.type);
  }
  before.push_back(assigned);
  return value(make<SequenceNode>(before, *old), place.type);
}

}  // namespace gateway::expression
