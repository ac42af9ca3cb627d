#include "policy/liquid/template.h"

namespace gateway::policy::liquid {

void Rendering::write(std::string_view text) {
  eval.charge(1 + text.size() / 8);
  out += text;
}

Value Rendering::find(std::string_view name) const noexcept {
  for (auto at = locals_.rbegin(); at != locals_.rend(); ++at)
    if (at->first == name) return at->second;
  for (const auto& [known, value] : globals_)
    if (known == name) return value;
  return {};
}

void Rendering::set(std::string_view name, const Value& value) {
  for (auto& [known, old] : globals_) {
    if (known != name) continue;
    old = value;
    return;
  }
  globals_.emplace_back(name, value);
}

void render_all(const Nodes& nodes, Rendering& to) {
  for (const auto& node : nodes) {
    if (to.leave != Rendering::Leave::No) return;
    to.eval.charge(2);
    node->render(to);
  }
}

Value Operand::value(Rendering& in) const {
  switch (kind) {
    case Kind::Literal: return literal;
    case Kind::Text: return Value::of(std::string_view(text));
    case Kind::Empty: return Value::of(std::string_view());
    case Kind::Range: {
      double first = 0, last = 0;
      expression::ListObject* out = new_list(in.eval);
      if (!number(in.eval, from->value(in), first) || !number(in.eval, to->value(in), last)) return Value::of(out);
      for (double at = first; at <= last; ++at) {
        in.eval.charge(2);
        out->items.push_back(Value::of(static_cast<std::int64_t>(at)));
      }
      return Value::of(out);
    }
    case Kind::Path: break;
  }
  Value out = in.find(text);
  for (const Step& step : steps)
    out = step.element ? element(in.eval, out, step.element->value(in)) : member(in.eval, out, step.name);
  return in.nil_is_null && is_nil_element(out) ? Value() : out;
}

Value Filtered::value(Rendering& in) const {
  Value out = operand.value(in);
  for (const Application& one : filters) {
    in.eval.charge(2);
    std::vector<Value> arguments;
    for (const Operand& argument : one.arguments) arguments.push_back(argument.value(in));
    out = one.filter->apply(in.eval, out, arguments);
  }
  return out;
}

namespace {

bool contains(Evaluation& eval, const Value& whole, const Value& part) {
  if (part.is_null()) return false;
  if (whole.is_string()) {
    eval.charge(whole.text().size() / 8);
    return whole.text().find(text(eval, part)) != std::string_view::npos;
  }
  if (const expression::ListObject* list = items(eval, whole)) {
    eval.charge(list->items.size());
    for (const Value& one : list->items)
      if (equal(eval, one, part)) return true;
  }
  return false;
}

bool holds_alone(const Condition::Term& term, Rendering& in) {
  const Value left = term.left.value(in);
  if (term.op.empty()) return is_true(left);
  if (term.right.kind == Operand::Kind::Empty || term.left.kind == Operand::Kind::Empty) {
    const Value other = term.right.kind == Operand::Kind::Empty ? left : term.right.value(in);
    const bool is_it = !other.is_null() && is_empty(in.eval, other);
    return term.op == "==" ? is_it : (term.op == "!=" || term.op == "<>") && !is_it;
  }
  const Value right = term.right.value(in);
  if (term.op == "==") return equal(in.eval, left, right);
  if (term.op == "!=" || term.op == "<>") return !equal(in.eval, left, right);
  if (term.op == "contains") return contains(in.eval, left, right);
  if (left.is_null() || right.is_null()) return false;
  const int compared = order(in.eval, left, right);
  if (compared == 2) return false;
  if (term.op == "<") return compared < 0;
  if (term.op == "<=") return compared <= 0;
  if (term.op == ">") return compared > 0;
  return compared >= 0;
}

}  // namespace

bool Condition::holds(Rendering& in) const {
  bool result = holds_alone(terms.back(), in);
  for (std::size_t i = terms.size() - 1; i-- > 0;) {
    in.eval.charge(2);
    const bool own = holds_alone(terms[i], in);
    result = terms[i].is_or ? own || result : own && result;
  }
  return result;
}

}  // namespace gateway::policy::liquid
