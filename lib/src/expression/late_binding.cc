#include "expression/late_binding.h"

#include <array>

#include "expression/conversion.h"
#include "expression/generics.h"
#include "expression/numbers.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

using Args = std::span<const Value>;

struct Choice {
  const Member* member = nullptr;
  bool expanded = false;  // `params` takes single values
  int cost = 1 << 20;
};

int cost_of(const Evaluation& eval, const Value& value, const Type* to) {
  if (to->is_type_parameter || to == eval.catalog().dynamic()) return 2;
  if (value.is_null()) return converts(eval, value, to) ? 1 : -1;
  const Type* type = eval.catalog().type_of(value);
  if (type == to) return 0;
  if (is_open(to)) return to->definition && instance_of(type, to->definition) ? 1 : invoke_of(to) || is_array(to) ? 3 : -1;
  if (type->is(to)) return to->base ? 1 : 3;
  return converts(eval, value, to) ? 4 : -1;
}

// `args` without the receiver, and the parameters they are for.
int cost_of(const Evaluation& eval, std::span<const Parameter> parameters, Args args, const Bindings& known, bool expanded) {
  int cost = expanded ? 5 : 0;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool rest = expanded && i + 1 >= parameters.size();
    if (!rest && i >= parameters.size()) return -1;
    const Type* wanted = known.apply(rest ? parameters.back().type->arguments[0] : parameters[i].type);
    const int one = cost_of(eval, args[i], wanted);
    if (one < 0) return -1;
    cost += one;
  }
  for (std::size_t i = args.size(); i < parameters.size(); ++i) {
    if (!parameters[i].optional && !(expanded && i + 1 == parameters.size())) return -1;
  }
  return cost;
}

void consider(const Evaluation& eval, const Member& member, Args args, const Bindings& known, Choice& choice) {
  const std::span<const Parameter> parameters(member.parameters);
  const int plain = cost_of(eval, parameters, args, known, false);
  if (plain >= 0 && plain < choice.cost) choice = {&member, false, plain};
  if (parameters.empty() || !parameters.back().params) return;
  const int expanded = cost_of(eval, parameters, args, known, true);
  if (expanded >= 0 && expanded < choice.cost) choice = {&member, true, expanded};
}

template <typename Visit>
void each_type(const Type* type, const Visit& visit) {
  for (; type; type = type->base) {
    visit(type);
    for (const Type* each : type->interfaces) each_type(each, visit);
  }
}

}  // namespace

const Member* own_member(const Type* type, std::string_view name, std::size_t parameters) {
  const Member* found = nullptr;
  for (; type && type->base; type = type->base) {
    for (const Member& member : members_of(type)) {
      if (member.is_static || member.form != MemberForm::Method || member.name != name ||
          member.parameters.size() != parameters) {
        continue;
      }
      if (parameters == 0 || !member.parameters.back().type->base) return &member;
      if (!found) found = &member;
    }
  }
  return found;
}

Value late_call(Evaluation& eval, MemberForm form, std::string_view name, Args args,
                std::span<const Type* const> type_args) {
  const Evaluation::Nesting nesting(eval);
  eval.charge(20);
  if (args[0].is_null()) {
    eval.raise("RuntimeBinderException", "Cannot perform runtime binding on a null reference");
  }
  const Type* type = eval.catalog().type_of(args[0]);
  Choice choice;
  const Type* owner = nullptr;
  bool named = false;
  each_type(type, [&](const Type* each) {
    Bindings known(eval.catalog());
    known.add(each);
    for (const Member& member : members_of(each)) {
      if (member.form != form || member.is_static || member.name != name) continue;
      named = true;
      if (!type_args.empty() && member.type_parameters.size() != type_args.size()) continue;
      const int before = choice.cost;
      consider(eval, member, args.subspan(1), known, choice);
      if (choice.cost < before) owner = each;
    }
  });
  if (!choice.member) {
    eval.raise("RuntimeBinderException",
               named ? "The best overloaded method match for '" + display(type) + "." + std::string(name) +
                           "' has some invalid arguments"
                     : "'" + display(type) + "' does not contain a definition for '" + std::string(name) + "'");
  }
  Bindings known(eval.catalog());
  known.add(owner);
  const Member& member = *choice.member;
  std::vector<const Type*> method_args(type_args.begin(), type_args.end());
  if (method_args.empty()) {
    for (std::size_t i = 0; i + 1 < args.size() && i < member.parameters.size(); ++i) {
      if (!args[i + 1].is_null()) {
        known.infer(member.parameters[i].type, eval.catalog().type_of(args[i + 1]), member.type_parameters);
      }
    }
    for (const auto& parameter : member.type_parameters) {
      const Type* bound = known.get(parameter);
      method_args.push_back(bound ? bound : eval.catalog().find("object"));
    }
  }
  for (std::size_t i = 0; i < member.type_parameters.size(); ++i) known.set(member.type_parameters[i], method_args[i]);
  std::pmr::vector<Value> filled(&eval.arena());
  filled.push_back(args[0]);
  const std::size_t plain = member.parameters.size() - (choice.expanded ? 1 : 0);
  for (std::size_t i = 0; i < plain; ++i) {
    const Parameter& parameter = member.parameters[i];
    filled.push_back(i + 1 < args.size() ? convert_implicitly(eval, args[i + 1], known.apply(parameter.type))
                                         : parameter.fallback);
  }
  if (choice.expanded) {
    const Type* array = known.apply(member.parameters.back().type);
    auto* rest = eval.arena().make<ListObject>(array, eval.arena());
    for (std::size_t i = plain + 1; i < args.size(); ++i) {
      rest->items.push_back(convert_implicitly(eval, args[i], array->arguments[0]));
    }
    filled.push_back(Value::of(rest));
  }
  Call call{eval, filled, method_args};
  return member.call(call);
}

namespace {

// The declared operator that the operands' types have.
const Member* find_operator(const Evaluation& eval, std::string_view op, Args operands) {
  Choice choice;
  for (const Value& operand : operands) {
    if (operand.is_null()) continue;
    for (const Type* type = eval.catalog().type_of(operand); type; type = type->base) {
      for (const Member& member : members_of(type)) {
        if (member.form == MemberForm::Operator && member.name == op && member.parameters.size() == operands.size()) {
          consider(eval, member, operands, Bindings(eval.catalog()), choice);
        }
      }
    }
  }
  return choice.member;
}

bool is_text(const Value& value) { return value.is_string(); }

}  // namespace

Value late_operator(Evaluation& eval, std::string_view op, Args operands) {
  const Evaluation::Nesting nesting(eval);
  eval.charge(10);
  if (operands.size() == 2) {
    const Value& a = operands[0];
    const Value& b = operands[1];
    if (op == "+" && (is_text(a) || is_text(b))) {
      std::pmr::string out(eval.to_text(a), &eval.arena());
      out += eval.to_text(b);
      return eval.text(out);
    }
    Operator code = Operator::Add;
    while (text_of(code) != op && code != Operator::NotEqual) code = static_cast<Operator>(static_cast<int>(code) + 1);
    const bool numbers = a.kind() >= Kind::Char && a.kind() <= Kind::Double && b.kind() >= Kind::Char && b.kind() <= Kind::Double;
    if (const Kind kind = numbers ? promote(a.kind(), b.kind()) : Kind::Null; kind != Kind::Null) {
      return compute(eval, code, kind, convert_number(a, kind), convert_number(b, kind), false);
    }
    if (a.kind() == b.kind() && (a.kind() == Kind::Boolean || (a.kind() == Kind::Enum && a.enum_type() == b.enum_type()))) {
      return compute(eval, code, a.kind(), a, b, false);
    }
    if (const Member* member = find_operator(eval, op, operands)) {
      std::array<Value, 2> args = {convert_implicitly(eval, a, member->parameters[0].type),
                                   convert_implicitly(eval, b, member->parameters[1].type)};
      Call call{eval, args, {}};
      return member->call(call);
    }
    if (op == "==" || op == "!=") return Value::of(eval.equal(a, b) == (op == "=="));
    if (is_comparison(code) && (a.is_null() || b.is_null())) return Value::of(false);
  } else {
    const Value& a = operands[0];
    if (op == "!" && a.kind() == Kind::Boolean) return Value::of(!a.boolean());
    if (op == "-" && a.is_number()) return negate(eval, convert_number(a, promote(a.kind())), false);
    if (op == "+" && a.is_number()) return convert_number(a, promote(a.kind()));
    if (const Member* member = find_operator(eval, op, operands)) {
      std::array<Value, 1> args = {a};
      Call call{eval, args, {}};
      return member->call(call);
    }
  }
  std::string what = "Operator '" + std::string(op) + "' cannot be applied to ";
  for (const Value& operand : operands) {
    if (&operand != operands.data()) what += " and ";
    what += operand.is_null() ? "null" : "'" + display(eval.catalog().type_of(operand)) + "'";
  }
  eval.raise("RuntimeBinderException", what);
}

}  // namespace gateway::expression
