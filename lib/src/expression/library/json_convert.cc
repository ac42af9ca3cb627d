#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "expression/conversion.h"
#include "expression/library/arguments.h"
#include "expression/library/date_format.h"
#include "expression/library/guid.h"
#include "expression/library/json_dates.h"
#include "expression/library/json_types.h"
#include "expression/library/native.h"
#include "expression/library/number_format.h"
#include "expression/library/primitives.h"
#include "expression/library/uri.h"
#include "expression/library/utf16.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

// As .NET names them, which is how messages do.
std::string_view type_name(const Type* type) noexcept {
  switch (type->kind) {
    case Kind::Null:
    case Kind::Enum:
    case Kind::Object:
      return type->name;
    case Kind::Boolean:
      return "Boolean";
    case Kind::Char:
      return "Char";
    case Kind::String:
      return "String";
    case Kind::DateTime:
      return "DateTime";
    case Kind::TimeSpan:
      return "TimeSpan";
    default:
      return type_name(type->kind);
  }
}

// Convert.ChangeType(value, to, invariant culture).
class Conversion {
 public:
  Conversion(Evaluation& eval, const Value& value, const Type* to) : eval_(eval), value_(value), to_(to) {}

  Value run() {
    switch (to_->kind) {
      case Kind::String:
        return Value::of(eval_.to_text(value_));
      case Kind::Boolean:
        need_primitive();
        return Value::of(convert_boolean(eval_, value_));
      case Kind::Single:
        need_primitive();
        return Value::single(static_cast<float>(convert_double(eval_, value_)));
      case Kind::Double:
        need_primitive();
        return Value::of(convert_double(eval_, value_));
      case Kind::DateTime:
        return to_date();
      case Kind::Char:
        return to_char();
      case Kind::Enum:
        return to_enum();
      default:
        if (to_->kind >= Kind::SByte && to_->kind <= Kind::UInt64) {
          need_primitive();
          return convert_integer(eval_, value_, to_->kind);
        }
        if (to_->name == "Decimal") return decimal_value(eval_, to_decimal_number());
        fail();
    }
  }

 private:
  [[noreturn]] void fail() {
    eval_.raise("InvalidCastException",
                fmt::format("Invalid cast from 'System.{}' to '{}'.",
                            type_name(eval_.catalog().type_of(value_)), to_->full_name));
  }
  void need_primitive() {
    if (value_.is_object() ? !as_decimal(value_)
                           : value_.kind() == Kind::DateTime || value_.kind() == Kind::TimeSpan) {
      fail();
    }
  }
  Decimal to_decimal_number() {
    if (value_.is_string()) {
      ParseFault fault = ParseFault::None;
      const auto parsed = parse_decimal(value_.text(), NumberStyles::kNumber, fault);
      if (parsed) return *parsed;
      if (fault == ParseFault::Overflow) raise_overflow(eval_, "Decimal");
      eval_.raise("FormatException", kBadFormat);
    }
    if (value_.kind() == Kind::Boolean) return Decimal::of(std::int64_t{value_.boolean() ? 1 : 0});
    if (!value_.is_number() && !as_decimal(value_)) fail();
    return to_decimal(eval_, value_);
  }
  Value to_date() {
    if (value_.kind() == Kind::DateTime) return value_;
    if (!value_.is_string()) fail();
    const std::int64_t now = now_ticks(eval_);
    const auto parsed = parse_date(value_.text(), now - now % 864'000'000'000);
    const auto date = parsed ? date_time_of(*parsed, 0) : std::nullopt;
    if (!date) {
      eval_.raise("FormatException",
                  fmt::format("String '{}' was not recognized as a valid DateTime.", value_.text()));
    }
    return Value::date_time(date->ticks, date->kind);
  }
  Value to_char() {
    if (value_.is_string()) {
      if (utf16_length(value_.text()) != 1) {
        eval_.raise("FormatException", "String must be exactly one character long.");
      }
      return Value::integer(Kind::Char, utf16_at(value_.text(), 0));
    }
    if (!value_.is_integral()) fail();
    if (value_.integer() < 0 || value_.integer() > 0xFFFF) raise_overflow(eval_, "Char");
    return Value::integer(Kind::Char, value_.integer());
  }
  Value to_enum() {
    if (value_.kind() >= Kind::SByte && value_.kind() <= Kind::UInt64) {
      return Value::enumeration(to_, static_cast<std::int32_t>(value_.integer()));
    }
    if (value_.kind() == Kind::Enum && value_.enum_type() == to_) return value_;
    if (!value_.is_string()) fail();
    const auto& names = to_->enumerators;
    const auto at = std::find_if(names.begin(), names.end(),
                                 [&](const auto& name) { return name.first == value_.text(); });
    if (at == names.end()) {
      eval_.raise("ArgumentException", fmt::format("Requested value '{}' was not found.", value_.text()));
    }
    return Value::enumeration(to_, at->second);
  }

  Evaluation& eval_;
  Value value_;
  const Type* to_;
};

bool castable(JsonKind kind, const Type* to) noexcept {
  const bool text = kind == JsonKind::String || kind == JsonKind::Comment || kind == JsonKind::Raw;
  const bool number = kind == JsonKind::Integer || kind == JsonKind::Float;
  switch (to->kind) {
    case Kind::String:
      return text || number || kind == JsonKind::Boolean || kind == JsonKind::Date ||
             kind == JsonKind::Bytes || kind == JsonKind::Guid || kind == JsonKind::TimeSpan ||
             kind == JsonKind::Uri;
    case Kind::DateTime:
      return text || kind == JsonKind::Date;
    case Kind::TimeSpan:
      return text || kind == JsonKind::TimeSpan;
    case Kind::Char:
      return text || number;
    case Kind::Object:
      if (to->name == "Guid") return text || kind == JsonKind::Guid || kind == JsonKind::Bytes;
      if (to->name == "Uri") return text || kind == JsonKind::Uri;
      if (to->name == "DateTimeOffset") return text || kind == JsonKind::Date;
      if (to->name == "Decimal") return text || number || kind == JsonKind::Boolean;
      return text || kind == JsonKind::Bytes || kind == JsonKind::Integer;  // byte[]
    default:
      return text || number || kind == JsonKind::Boolean;
  }
}

Value cast_object(Evaluation& eval, const JValue& token, const Type* to) {
  const Value& value = token.value;
  if (eval.catalog().type_of(value)->is(to)) return value;
  if (to->name == "Guid" && value.is_string()) {
    const auto bytes = parse_guid(value.text());
    if (!bytes) eval.raise("FormatException", "Unrecognized Guid format.");
    return make_guid(eval, *bytes);
  }
  if (to->name == "Decimal") return Conversion(eval, value, to).run();
  if (to == eval.catalog().find("byte[]") && value.is_string()) {
    eval.charge(value.text().size() / 8);
    const auto bytes = decode_base64(value.text());
    if (!bytes) {
      eval.raise("FormatException",
                 "The input is not a valid Base-64 string as it contains a non-base 64 character, more than "
                 "two padding characters, or an illegal character among the padding characters.");
    }
    return bytes_value(eval, as_bytes(*bytes));
  }
  if (to->name == "Uri" && value.is_string()) return make_uri(eval, value.text());
  if (to->name == "DateTimeOffset" && (value.is_string() || value.kind() == Kind::DateTime)) {
    const Value date = Conversion(eval, value, eval.catalog().find("System.DateTime")).run();
    return eval.cast(date, to);
  }
  return eval.cast(value, to);
}

Value cast_time_span(Evaluation& eval, const Value& value) {
  if (value.kind() == Kind::TimeSpan) return value;
  SpanFault fault = SpanFault::None;
  const auto ticks = parse_time_span(value.text(), fault);
  if (ticks) return Value::time_span(*ticks);
  if (fault == SpanFault::Overflow) {
    eval.raise("OverflowException",
               "The TimeSpan could not be parsed because at least one of the numeric components is out "
               "of range or contains too many digits.");
  }
  eval.raise("FormatException",
             fmt::format("String '{}' was not recognized as a valid TimeSpan.", value.text()));
}

bool takes_null(const Type* type) noexcept {
  return !type->value_type || is_nullable(type);
}

}  // namespace

Value cast_json_token(Evaluation& eval, JToken* token, const Type* to) {
  if (!token) {
    if (takes_null(to)) return {};
    raise_null(eval, "value");
  }
  const bool null_allowed = takes_null(to);
  to = without_nullable(to);
  JToken* inner = without_property(token);
  const bool missing = inner->kind == JsonKind::Null || inner->kind == JsonKind::Undefined;
  if (missing && null_allowed) return {};
  if (inner->is_container() || missing || !castable(inner->kind, to)) {
    eval.raise("ArgumentException", fmt::format("Can not convert {} to {}.", json_kind_name(inner->kind),
                                                type_name(to)));
  }
  const auto& value = static_cast<const JValue&>(*inner);
  if (to->kind == Kind::String) {
    if (value.kind == JsonKind::Integer) return Value::of(json_text(eval, value));
    if (value.kind == JsonKind::Bytes) {
      const auto bytes = static_cast<BytesObject*>(value.value.object())->bytes;
      eval.charge(bytes.size() / 8);
      return eval.text(encode_base64(as_text(bytes)));
    }
  }
  if (to->kind == Kind::TimeSpan) return cast_time_span(eval, value.value);
  if (to->kind == Kind::Object) return cast_object(eval, value, to);
  return Conversion(eval, value.value, to).run();
}

Value json_value_as(Evaluation& eval, JToken* token, const Type* to) {
  if (!token) {
    if (takes_null(to)) return {};
    return default_value(eval, to);
  }
  if (token->type->is(to)) return Value::of(token);
  const Type* target = without_nullable(to);
  if (token->is_container()) {
    eval.raise("InvalidCastException",
               fmt::format("Cannot cast {} to Newtonsoft.Json.Linq.JToken.", token->type->full_name));
  }
  const auto& value = static_cast<const JValue&>(*token);
  if (value.value.is_null()) {
    if (takes_null(to)) return {};
    eval.raise("InvalidCastException", "Null object cannot be converted to a value type.");
  }
  if (eval.catalog().type_of(value.value)->is(target)) return value.value;
  if (value.kind == JsonKind::Integer && target->kind == Kind::String) {
    return Value::of(json_text(eval, value));
  }
  return Conversion(eval, value.value, target).run();
}

}  // namespace gateway::expression
