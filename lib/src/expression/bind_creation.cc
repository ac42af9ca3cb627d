#include <algorithm>

#include "expression/binder.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

Bound Binder::bind_new(const Expr& expr) {
  const Type* type = resolve(expr.type);
  bool failed = type == nullptr;
  auto arguments = bind_arguments(expr.arguments, failed);
  if (failed) return {};
  if (invoke_of(type) && arguments.size() == 1) return convert(arguments[0].bound, type, arguments[0].offset);
  std::vector<Candidate> constructors;
  for (const Member& member : members_of(type)) {
    if (member.form == MemberForm::Constructor) constructors.push_back({&member, type});
  }
  Bound made;
  if (constructors.empty() && type->value_type && arguments.empty()) {
    made = value(make<DefaultNode>(*type), type);
  } else if (constructors.empty()) {
    error(expr.offset, "'" + display(type) + "' cannot be made with new");
    return {};
  } else {
    auto match = choose(constructors, arguments, {});
    if (!match && arguments.empty() && type->value_type) {
      made = value(make<DefaultNode>(*type), type);
    } else if (!match) {
      report_call("new " + display(type), constructors, arguments, expr.offset);
      return {};
    } else {
      made = call_match(*match, nullptr, false, arguments, expr.offset);
      made.type = type;
    }
  }
  if (made.failed() || !expr.initializer) return made;
  std::vector<const Node*> steps;
  made.node = spill(made.node, steps);
  made.constant = nullptr;
  initialize(made, *expr.initializer, steps);
  return value(make<SequenceNode>(std::move(steps), *made.node), type);
}

void Binder::initialize(const Bound& target, const Initializer& initializer, std::vector<const Node*>& steps) {
  for (const auto& entry : initializer.entries) {
    if (!entry.values.empty()) {
      MethodGroup group;
      group.name = "Add";
      group.offset = entry.offset;
      group.receiver = target.node;
      group.on = target.type;
      group.candidates = members(target.type, "Add", MemberForm::Method, false);
      if (group.candidates.empty() && target.type != dynamic_) {
        error(entry.offset, "'" + display(target.type) + "' cannot be filled: it has no Add");
        return;
      }
      std::vector<GivenArgument> arguments;
      bool failed = false;
      for (const Expr* each : entry.values) {
        GivenArgument argument;
        argument.offset = each->offset;
        argument.bound = bind(*each);
        if (argument.bound.what == Bound::What::Type || argument.bound.what == Bound::What::Namespace) {
          argument.bound = as_value(argument.bound, each->offset);
        }
        failed |= argument.bound.failed();
        arguments.push_back(argument);
      }
      if (failed) continue;
      const Bound added = call_group(group, std::move(arguments), entry.offset);
      if (!added.failed()) steps.push_back(added.node);
      continue;
    }
    Place place;
    if (!entry.name.empty()) {
      if (entry.nested) {
        const auto getters = members(target.type, entry.name, MemberForm::Property, false);
        if (getters.empty()) {
          no_member(target.type, entry.name, false, entry.offset);
          continue;
        }
        Bound inner = get_property(getters[0], target.node, target.type);
        inner.node = spill(inner.node, steps);
        initialize(inner, *entry.nested, steps);
        continue;
      }
      place = place_of_property(target, entry.name, entry.offset, false);
    } else {
      std::vector<GivenArgument> arguments;
      bool failed = false;
      for (const Expr* each : entry.index) {
        GivenArgument argument;
        argument.offset = each->offset;
        argument.bound = bind_value(*each);
        failed |= argument.bound.failed();
        arguments.push_back(argument);
      }
      if (failed) continue;
      place = place_in(target, std::move(arguments), entry.offset, false);
      if (place.type && place.form == Place::Form::Member && !place.setter) {
        error(entry.offset, "what stands at this index cannot be set");
        continue;
      }
    }
    if (!place.type) continue;
    if (entry.nested) {
      if (!place.get) continue;
      Bound inner = value(place.get, place.type);
      inner.node = spill(inner.node, steps);
      initialize(inner, *entry.nested, steps);
      continue;
    }
    const Bound given = convert(bind(*entry.value), place.type, entry.value->offset);
    if (!given.failed()) steps.push_back(set(place, given.node));
  }
}

Bound Binder::bind_new_array(const Expr& expr) {
  const Type* array = nullptr;
  if (expr.type) {
    const Type* written = resolve(expr.type);
    if (!written) return {};
    array = expr.flag ? written : catalog_.array_of(written);
    if (!is_array(array)) {
      error(expr.offset, "'" + display(array) + "' is no array");
      return {};
    }
  }
  const Node* size = nullptr;
  if (expr.a) {
    const Bound bound = convert(bind_value(*expr.a), named("long"), expr.a->offset);
    if (bound.failed()) return {};
    size = bound.node;
  }
  if (!expr.initializer) return value(make<NewArrayNode>(*array, size, std::vector<const Node*>{}), array);
  std::vector<Bound> items;
  std::vector<std::size_t> offsets;
  bool failed = false;
  for (const auto& entry : expr.initializer->entries) {
    if (entry.values.size() != 1) {
      error(entry.offset, "an item expected");
      return {};
    }
    items.push_back(bind(*entry.values[0]));
    offsets.push_back(entry.offset);
    failed |= items.back().failed();
  }
  if (failed) return {};
  if (!array) {
    const Type* item = best_common(items);
    if (!item) {
      error(expr.offset, items.empty() ? "the type of an empty array must be written" : "the items have no common type");
      return {};
    }
    array = catalog_.array_of(item);
  }
  if (size) {
    const ConstantNode* known = nullptr;
    known = dynamic_cast<const ConstantNode*>(size);
    if (known && static_cast<std::size_t>(known->value.integer()) != items.size()) {
      error(expr.offset, "the array has another number of items");
      return {};
    }
  }
  std::vector<const Node*> nodes;
  for (std::size_t i = 0; i < items.size(); ++i) nodes.push_back(convert(items[i], array->arguments[0], offsets[i]).node);
  if (std::find(nodes.begin(), nodes.end(), nullptr) != nodes.end()) return {};
  return value(make<NewArrayNode>(*array, nullptr, std::move(nodes)), array);
}

// Its type is the same for the same names and types in the same order.
Bound Binder::bind_anonymous(const Expr& expr) {
  std::vector<const Node*> values;
  std::string shape;
  auto* type = make<Type>();
  type->name = type->full_name = "<anonymous type>";
  type->base = object_;
  bool failed = false;
  for (const auto& entry : expr.initializer->entries) {
    const Bound bound = bind_value(*entry.value);
    failed |= bound.failed();
    if (bound.failed()) continue;
    const Type* of = bound.type ? bound.type : object_;
    if (bound.what == Bound::What::Null || is_void(of)) {
      error(entry.offset, "'" + std::string(entry.name) + "' needs a value of a type");
      failed = true;
    }
    const Native getter = anonymous_getter(values.size());
    if (!getter) {
      error(expr.offset, "an anonymous object has at most " + std::to_string(kAnonymousMembers) + " members");
      return {};
    }
    type->members.push_back({.form = MemberForm::Property, .name = std::string(entry.name), .result = of, .call = getter});
    shape += std::string(entry.name) + ":" + std::to_string(reinterpret_cast<std::uintptr_t>(of)) + ";";
    values.push_back(bound.node);
  }
  if (failed) return {};
  declare_anonymous_basics(*type, string_, bool_, object_, int_);
  const Type* known = nullptr;
  for (const auto& [each, made] : anonymous_) {
    if (each == shape) known = made;
  }
  if (!known) {
    known = type;
    anonymous_.emplace_back(shape, type);
  }
  return value(make<AnonymousNode>(*known, std::move(values)), known);
}

}  // namespace gateway::expression
