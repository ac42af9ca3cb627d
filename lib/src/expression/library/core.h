#pragma once

#include "expression/evaluation.h"

namespace gateway::expression {

// The parts of declare_core.
void declare_exceptions(Catalog& catalog);
void declare_delegates(Catalog& catalog);
void declare_array(Catalog& catalog);
void declare_tuples(Catalog& catalog);

// System.Type: what typeof(T) and GetType() give.
struct TypeObject final : Object {
  TypeObject(const Type* the_type, const Type* the_value) : Object(the_type), value(the_value) {}
  const Type* value;
};
[[nodiscard]] Value type_value(Evaluation& eval, const Type* type);

}  // namespace gateway::expression
