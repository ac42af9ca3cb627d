#include <algorithm>

#include "expression/binder.h"
#include "expression/edit_distance.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

namespace {

// The type, what it derives from, and its interfaces; each once.
void ancestors(const Type* type, std::vector<const Type*>& into) {
  for (const Type* each = type; each; each = each->base) {
    if (std::find(into.begin(), into.end(), each) == into.end()) into.push_back(each);
  }
  for (const Type* each = type; each; each = each->base) {
    for (const Type* interface : each->interfaces) {
      if (std::find(into.begin(), into.end(), interface) == into.end()) ancestors(interface, into);
    }
  }
}

}  // namespace

std::vector<Candidate> Binder::members(const Type* type, std::string_view name, MemberForm form, bool is_static) {
  std::vector<const Type*> all;
  ancestors(type, all);
  std::vector<Candidate> out;
  for (const Type* owner : all) {
    for (const Member& member : members_of(owner)) {
      if (member.form == form && member.is_static == is_static && member.name == name) out.push_back({&member, owner});
    }
  }
  return out;
}

std::vector<const Type*> Binder::resolve_all(const std::vector<const TypeName*>& names) {
  std::vector<const Type*> out;
  for (const TypeName* each : names) out.push_back(resolve(each));
  return out;
}

void Binder::use(const Type* type, std::string_view member) {
  if (type == dynamic_) result_.used_late.emplace(member);
  else result_.used.emplace(type->name, member);
}

void Binder::no_member(const Type* type, std::string_view name, bool is_static, std::size_t offset) {
  Nearest nearest(name);
  std::vector<const Type*> all;
  ancestors(type, all);
  bool other_side = false;
  for (const Type* owner : all) {
    for (const Member& member : members_of(owner)) {
      if (member.form != MemberForm::Method && member.form != MemberForm::Property) continue;
      if (member.is_static == is_static && !member.is_extension) nearest.consider(member.name);
      other_side |= member.name == name && member.is_static != is_static;
    }
    if (is_static) {
      for (const auto& each : owner->enumerators) nearest.consider(each.first);
    }
  }
  std::string message = "'" + display(type) + "' has no " + (is_static ? "static " : "") + "member '" + std::string(name) + "'";
  if (other_side) message += is_static ? "; it needs an object" : "; it is static";
  else if (!nearest.name().empty() && nearest.name() != name) message += "; did you mean '" + nearest.name() + "'?";
  error(offset, message);
}

Bound Binder::type_or_namespace(const std::string& name, const Expr& expr) {
  Bound out;
  std::string text = name;
  if (!expr.type_arguments.empty()) text += "<" + std::string(expr.type_arguments.size() - 1, ',') + ">";
  if (const Type* type = named(text)) {
    out.what = Bound::What::Type;
    out.type = type;
    if (!expr.type_arguments.empty()) {
      auto arguments = resolve_all(expr.type_arguments);
      if (std::find(arguments.begin(), arguments.end(), nullptr) != arguments.end()) return {};
      out.type = catalog_.construct(type, std::move(arguments));
    }
    return out;
  }
  if (catalog_.is_namespace(name)) {
    out.what = Bound::What::Namespace;
    out.name = name;
    return out;
  }
  const std::string near = suggestion(expr.text);
  std::string message = "unknown name '" + name + "'";
  if (!near.empty() && near != name) message += "; did you mean '" + near + "'?";
  error(expr.offset, message);
  return {};
}

Bound Binder::bind_member(const Expr& expr) {
  const bool called = called_ == &expr;
  const Bound receiver = bind(*expr.a);
  switch (receiver.what) {
    case Bound::What::Error: return {};
    case Bound::What::Namespace: return type_or_namespace(receiver.name + "." + std::string(expr.text), expr);
    case Bound::What::Type: return member_of_type(receiver.type, expr);
    case Bound::What::Value: return member_of_value(receiver, expr, called);
    case Bound::What::Null: error(expr.offset, "null has no members"); return {};
    default: return as_value(receiver, expr.a->offset);
  }
}

Bound Binder::get_property(const Candidate& property, const Node* receiver, const Type* receiver_type) {
  auto* call = make<CallNode>();
  call->call = property.member->call;
  call->type_args = property.owner->arguments;
  if (receiver) {
    call->args.push_back(receiver);
    call->checks_receiver = !is_nullable(receiver_type);
  }
  Bindings bindings(catalog_);
  bindings.add(property.owner);
  return value(call, bindings.apply(property.member->result));
}

Bound Binder::member_of_value(const Bound& receiver, const Expr& expr, bool called) {
  const Type* type = receiver.type;
  use(type, expr.text);
  if (type == dynamic_ && !called) {
    auto* get = make<LateNode>();
    get->form = MemberForm::Property;
    get->name = expr.text;
    get->args = {receiver.node};
    return value(get, dynamic_);
  }
  if (type != dynamic_ && expr.type_arguments.empty()) {
    const auto properties = members(type, expr.text, MemberForm::Property, false);
    if (!properties.empty()) {
      const Bound property = get_property(properties[0], receiver.node, type);
      // JToken has First, and sequences have First().
      if (!called || property.type == dynamic_ || invoke_of(property.type)) return property;
    }
  }
  MethodGroup& group = groups_.emplace_back();
  group.name = expr.text;
  group.offset = expr.offset;
  group.receiver = receiver.node;
  group.on = type;
  group.type_arguments = resolve_all(expr.type_arguments);
  if (std::find(group.type_arguments.begin(), group.type_arguments.end(), nullptr) != group.type_arguments.end()) return {};
  Bound out;
  out.what = Bound::What::Methods;
  out.methods = &group;
  out.type = type;
  if (type == dynamic_) return out;
  group.candidates = members(type, expr.text, MemberForm::Method, false);
  if (group.candidates.empty()) {
    const auto extensions = catalog_.extensions(expr.text);
    // One that this receiver cannot be is as good as none.
    const bool fits = std::any_of(extensions.begin(), extensions.end(), [&](const Member* each) {
      const Type* wanted = each->parameters[0].type;
      if (wanted->is_type_parameter) return true;
      if (is_open(wanted)) return Bindings(catalog_).infer(wanted, type, each->type_parameters);
      return static_cast<bool>(classify(value(nullptr, type), wanted));
    });
    if (!fits) {
      no_member(type, expr.text, false, expr.offset);
      return {};
    }
  }
  return out;
}

Bound Binder::member_of_type(const Type* type, const Expr& expr) {
  for (const auto& [name, number] : type->enumerators) {
    if (name == expr.text) return constant(Value::enumeration(type, number), type);
  }
  const auto properties = members(type, expr.text, MemberForm::Property, true);
  if (!properties.empty()) return get_property(properties[0], nullptr, nullptr);
  MethodGroup& group = groups_.emplace_back();
  group.name = expr.text;
  group.offset = expr.offset;
  group.on = type;
  group.candidates = members(type, expr.text, MemberForm::Method, true);
  if (group.candidates.empty()) {
    no_member(type, expr.text, true, expr.offset);
    return {};
  }
  group.type_arguments = resolve_all(expr.type_arguments);
  if (std::find(group.type_arguments.begin(), group.type_arguments.end(), nullptr) != group.type_arguments.end()) return {};
  Bound out;
  out.what = Bound::What::Methods;
  out.methods = &group;
  out.type = type;
  return out;
}

Bound Binder::bind_index(const Expr& expr) {
  const Place place = place_of_index(expr, true);
  if (!place.type) return {};
  if (place.before.empty()) return value(place.get, place.type);
  return value(make<SequenceNode>(place.before, *place.get), place.type);
}

}  // namespace gateway::expression
