#include "expression/generics.h"

#include <algorithm>

#include "expression/type_text.h"

namespace gateway::expression {

bool is_open(const Type* type) noexcept {
  return type->is_type_parameter || std::any_of(type->arguments.begin(), type->arguments.end(), is_open);
}

void Bindings::add(const Type* constructed) {
  if (!constructed->definition) return;
  const auto& names = constructed->definition->type_parameters;
  for (std::size_t i = 0; i < names.size(); ++i) set(names[i], constructed->arguments[i]);
}

void Bindings::set(const std::string& name, const Type* type) {
  for (auto& [each, bound] : known_) {
    if (each == name) {
      bound = type;
      return;
    }
  }
  known_.emplace_back(name, type);
}

const Type* Bindings::get(std::string_view name) const noexcept {
  for (const auto& [each, bound] : known_) {
    if (each == name) return bound;
  }
  return nullptr;
}

const Type* Bindings::apply(const Type* type) const {
  if (type->is_type_parameter) {
    const Type* bound = get(type->name);
    return bound ? bound : type;
  }
  if (!is_open(type)) return type;
  std::vector<const Type*> arguments;
  for (const Type* each : type->arguments) arguments.push_back(apply(each));
  if (type->definition) return catalog_->construct(type->definition, std::move(arguments));
  return catalog_->array_of(arguments[0]);
}

bool Bindings::infer(const Type* wanted, const Type* given, const std::vector<std::string>& parameters) {
  if (wanted->is_type_parameter) {
    if (std::find(parameters.begin(), parameters.end(), wanted->name) == parameters.end()) return true;
    const Type* known = get(wanted->name);
    if (!known || known == given) return set(wanted->name, given), true;
    if (known->is(given)) return set(wanted->name, given), true;
    // The numeric type that holds both.
    if (known->kind < given->kind && known->kind >= Kind::Char && given->kind <= Kind::Double) set(wanted->name, given);
    return true;
  }
  if (!is_open(wanted)) return true;
  if (is_array(wanted)) return is_array(given) && infer(wanted->arguments[0], given->arguments[0], parameters);
  if (is_nullable(wanted)) return infer(wanted->arguments[0], without_nullable(given), parameters);
  const Type* instance = instance_of(given, wanted->definition);
  if (!instance || !instance->definition) return false;
  for (std::size_t i = 0; i < wanted->arguments.size(); ++i) {
    if (!infer(wanted->arguments[i], instance->arguments[i], parameters)) return false;
  }
  return true;
}

}  // namespace gateway::expression
