#pragma once

#include "expression/evaluation.h"

// C#'s conversions between types, and of values at run time.
namespace gateway::expression {

// The declared "implicit operator" (and, where asked, "explicit operator") that takes one type to the
// other, by itself or with a standard conversion before or behind it. Null: none.
[[nodiscard]] const Member* user_conversion(const Type* from, const Type* to, bool explicit_too);

// (T)object: nothing but what the value is; raises InvalidCastException, NullReferenceException.
[[nodiscard]] Value unbox(Evaluation& eval, const Value& value, const Type* to);
// Whether the value may be used as this type without a conversion. Null is of no type.
[[nodiscard]] bool is_instance(const Evaluation& eval, const Value& value, const Type* type);
// A value of the type without being asked for: C#'s implicit conversions by the value's type.
[[nodiscard]] bool converts(const Evaluation& eval, const Value& value, const Type* to);
[[nodiscard]] Value convert_implicitly(Evaluation& eval, const Value& value, const Type* to);
// default(T).
[[nodiscard]] Value default_value(Evaluation& eval, const Type* type);

[[nodiscard]] inline bool is_numeric(const Type* type) noexcept {
  return type->kind >= Kind::Char && type->kind <= Kind::Double;
}

}  // namespace gateway::expression
