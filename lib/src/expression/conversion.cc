#include "expression/conversion.h"

#include <array>

#include "expression/library/decimal.h"
#include "expression/numbers.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

// 0: the same; -1: no.
int distance(const Type* from, const Type* to, bool narrowing) {
  if (from == to) return 0;
  if (is_numeric(from) && is_numeric(to)) {
    if (widens(from->kind, to->kind)) return 1 + (static_cast<int>(to->kind) - static_cast<int>(from->kind)) * 2;
    return narrowing ? 60 : -1;
  }
  if (from->is(to)) return 1;
  return narrowing && to->is(from) ? 60 : -1;
}

void consider(const Type* owner, const Type* from, const Type* to, bool explicit_too, int& best, const Member*& found) {
  for (const Member& member : members_of(owner)) {
    if (member.form != MemberForm::Conversion || member.parameters.size() != 1) continue;
    const bool is_explicit = member.name == "explicit";
    if (is_explicit && !explicit_too) continue;
    // Conversions of everything would hide all others.
    const Type* parameter = member.parameters[0].type;
    const int before = distance(from, parameter, false);
    const int behind = distance(member.result, to, explicit_too);
    if (before < 0 || behind < 0) continue;
    const int cost = before * 2 + behind * 2 + (is_explicit ? 1 : 0);
    if (cost < best) {
      best = cost;
      found = &member;
    }
  }
}

}  // namespace

const Member* user_conversion(const Type* from, const Type* to, bool explicit_too) {
  const Member* found = nullptr;
  int best = 1000;
  for (const Type* owner = from; owner; owner = owner->base) consider(owner, from, to, explicit_too, best, found);
  for (const Type* owner = to; owner; owner = owner->base) consider(owner, from, to, explicit_too, best, found);
  if (!found && is_nullable(to)) return user_conversion(from, without_nullable(to), explicit_too);
  return found;
}

bool is_instance(const Evaluation& eval, const Value& value, const Type* type) {
  if (value.is_null()) return false;
  const Type* wanted = without_nullable(type);
  return wanted == eval.catalog().dynamic() || eval.catalog().type_of(value)->is(wanted);
}

Value default_value(Evaluation& eval, const Type* type) {
  if (type->is_enum) return Value::enumeration(type, 0);
  if (type->kind == Kind::Boolean || (type->kind >= Kind::Char && type->kind <= Kind::UInt64)) {
    return Value::integer(type->kind, 0);
  }
  if (type->kind == Kind::Double) return Value::of(0.0);
  if (type->kind == Kind::Single) return Value::single(0);
  if (type->kind == Kind::DateTime) return Value::date_time(0, 0);
  if (type->kind == Kind::TimeSpan) return Value::time_span(0);
  if (!type->value_type || is_nullable(type)) return Value::null();
  if (type->full_name == "System.Decimal") return decimal_value(eval, Decimal());
  for (const Member& member : members_of(type)) {
    if (member.form != MemberForm::Constructor || !member.parameters.empty()) continue;
    Call call{eval, {}, type->arguments};
    return member.call(call);
  }
  return Value::null();
}

namespace {

[[noreturn]] void raise_cast(Evaluation& eval, const Value& value, const Type* to) {
  if (value.is_null()) eval.raise("NullReferenceException", "Object reference not set to an instance of an object.");
  eval.raise("InvalidCastException", "Unable to cast object of type '" + runtime_name(eval.catalog().type_of(value)) +
                                         "' to type '" + runtime_name(to) + "'.");
}

Value convert_by(Evaluation& eval, const Member& conversion, const Value& value, const Type* to) {
  std::array<Value, 1> args = {value};
  const Type* parameter = conversion.parameters[0].type;
  if (is_numeric(parameter) && args[0].kind() != parameter->kind) args[0] = convert_number(args[0], parameter->kind);
  Call call{eval, args, {}};
  const Value out = conversion.call(call);
  const Type* wanted = without_nullable(to);
  return is_numeric(wanted) && !out.is_null() && out.kind() != wanted->kind && out.kind() < Kind::String
             ? convert_number(out, wanted->kind)
             : out;
}

}  // namespace

Value unbox(Evaluation& eval, const Value& value, const Type* to) {
  if (value.is_null() && (!to->value_type || is_nullable(to))) return value;
  if (is_instance(eval, value, to)) return value;
  const Type* wanted = without_nullable(to);
  if (wanted->is_enum && value.kind() == Kind::Int32) return Value::enumeration(wanted, static_cast<std::int32_t>(value.integer()));
  if (wanted->kind == Kind::Int32 && value.kind() == Kind::Enum) return Value::of(value.enum_number());
  raise_cast(eval, value, to);
}

bool converts(const Evaluation& eval, const Value& value, const Type* to) {
  if (value.is_null()) return !to->value_type || is_nullable(to);
  if (is_instance(eval, value, to)) return true;
  const Type* from = eval.catalog().type_of(value);
  const Type* wanted = without_nullable(to);
  if (is_numeric(from) && is_numeric(wanted)) return widens(from->kind, wanted->kind);
  return user_conversion(from, to, false) != nullptr;
}

Value convert_implicitly(Evaluation& eval, const Value& value, const Type* to) {
  if (value.is_null() || is_instance(eval, value, to)) return value;
  const Type* from = eval.catalog().type_of(value);
  const Type* wanted = without_nullable(to);
  if (is_numeric(from) && is_numeric(wanted)) return convert_number(value, wanted->kind);
  if (const Member* conversion = user_conversion(from, to, false)) return convert_by(eval, *conversion, value, to);
  raise_cast(eval, value, to);
}

Value Evaluation::cast(const Value& value, const Type* to) {
  if (value.is_null() && (!to->value_type || is_nullable(to))) return value;
  if (is_instance(*this, value, to)) return value;
  if (value.is_null()) raise_cast(*this, value, to);
  const Type* from = catalog_.type_of(value);
  const Type* wanted = without_nullable(to);
  if (is_numeric(wanted) && (is_numeric(from) || from->is_enum)) return convert_number(value, wanted->kind);
  if (wanted->is_enum && (is_numeric(from) || from->is_enum)) {
    return Value::enumeration(wanted, static_cast<std::int32_t>(convert_number(value, Kind::Int32).integer()));
  }
  if (const Member* conversion = user_conversion(from, to, true)) return convert_by(*this, *conversion, value, to);
  raise_cast(*this, value, to);
}

}  // namespace gateway::expression
