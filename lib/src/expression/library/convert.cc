#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "expression/library/calendar.h"
#include "expression/library/composite_format.h"
#include "expression/library/date_format.h"
#include "expression/library/decimal.h"
#include "expression/library/native.h"
#include "expression/library/number_format.h"
#include "expression/library/primitives.h"
#include "expression/library/utf16.h"

// https://learn.microsoft.com/dotnet/api/system.convert. One overload that takes any value serves
// all.
namespace gateway::expression {
namespace {

[[noreturn]] void bad_cast(Evaluation& eval, const Value& value, std::string_view to) {
  const Type* type = eval.catalog().type_of(value);
  eval.raise("InvalidCastException", "Invalid cast from '" +
                                         (type ? type->name : std::string("Object")) + "' to '" +
                                         std::string(to) + "'.");
}

// What an object of another family (a JSON value, an enum) is as a primitive.
Value primitive_of(Evaluation& eval, const Value& value, std::string_view to) {
  if (value.kind() == Kind::Enum) return Value::of(value.enum_number());
  if (!value.is_object() || as_decimal(value)) return value;
  return eval.cast(value, eval.catalog().find(to));
}

template <Kind K>
Value to_integer(Call& call) {
  return convert_integer(call.eval, call.args[0], K);
}
Value to_double(Call& call) { return Value::of(convert_double(call.eval, call.args[0])); }
Value to_single(Call& call) {
  return Value::single(static_cast<float>(convert_double(call.eval, call.args[0])));
}
Value to_boolean(Call& call) { return Value::of(convert_boolean(call.eval, call.args[0])); }

Value to_decimal_value(Call& call) {
  const Value value = primitive_of(call.eval, call.args[0], "decimal");
  if (value.is_null()) return decimal_value(call.eval, Decimal());
  if (!value.is_string()) {
    if (value.kind() == Kind::Char) bad_cast(call.eval, value, "Decimal");
    return decimal_value(call.eval, to_decimal(call.eval, value));
  }
  ParseFault fault = ParseFault::None;
  call.eval.charge(value.text().size() / 8);
  const auto out = parse_decimal(value.text(), NumberStyles::kNumber, fault);
  if (fault == ParseFault::Overflow) raise_overflow(call.eval, "Decimal");
  if (!out) call.eval.raise("FormatException", kBadFormat);
  return decimal_value(call.eval, *out);
}

Value to_char(Call& call) {
  const Value& value = call.args[0];
  if (value.is_null()) return Value::integer(Kind::Char, 0);
  if (value.is_string()) {
    if (value.text().empty() || utf16_length(value.text()) != 1) {
      call.eval.raise("FormatException", "String must be exactly one character long.");
    }
    return Value::integer(Kind::Char, utf16_at(value.text(), 0));
  }
  if (!value.is_integral()) bad_cast(call.eval, value, "Char");
  if (value.integer() < 0 || value.integer() > 0xFFFF) {
    call.eval.raise("OverflowException",
                    "Value was either too large or too small for a character.");
  }
  return Value::integer(Kind::Char, value.integer());
}

Value to_string(Call& call) {
  if (call.args[0].is_string()) return call.args[0];
  auto out = arena_text(call);
  format_value(call.eval, call.args[0], {}, out);
  return made(call, out);
}

Value to_date_time(Call& call) {
  const Value& value = call.args[0];
  if (value.kind() == Kind::DateTime) return value;
  if (value.is_null()) return Value::date_time(0, kUnspecified);
  if (value.is_object()) return call.eval.cast(value, call.eval.catalog().find("DateTime"));
  if (!value.is_string()) bad_cast(call.eval, value, "DateTime");
  const auto parsed = parse_date(value.text(), now_ticks(call.eval));
  const auto date = parsed ? date_time_of(*parsed, 0) : std::nullopt;
  if (!date) call.eval.raise("FormatException", "String was not recognized as a valid DateTime.");
  return Value::date_time(date->ticks, date->kind);
}

int base_arg(Call& call) {
  const std::int64_t base = integer_arg(call, 1);
  if (base != 2 && base != 8 && base != 10 && base != 16)
    call.eval.raise("ArgumentException", "Invalid Base.");
  return static_cast<int>(base);
}

template <Kind K>
Value from_base(Call& call) {
  constexpr int kBits = K == Kind::Byte || K == Kind::SByte     ? 8
                        : K == Kind::Int16 || K == Kind::UInt16 ? 16
                        : K == Kind::Int32 || K == Kind::UInt32 ? 32
                                                                : 64;
  constexpr bool kSigned =
      K == Kind::SByte || K == Kind::Int16 || K == Kind::Int32 || K == Kind::Int64;
  const int base = base_arg(call);
  std::string_view text = optional_text(call, 0);
  if (call.args[0].is_null()) return Value::integer(K, 0);
  if (text.empty())
    raise_range(
        call.eval, "startIndex",
        "Index was out of range. Must be non-negative and less than the size of the collection.");
  const bool negative = text[0] == '-';
  if (negative && base != 10)
    call.eval.raise("ArgumentException",
                    "String cannot contain a minus sign if the base is not 10.");
  if (negative || (text[0] == '+' && base == 10)) text.remove_prefix(1);
  if (base == 16 && (text.starts_with("0x") || text.starts_with("0X"))) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (end == text.data())
    call.eval.raise("FormatException", "Could not find any recognizable digits.");
  if (error == std::errc::result_out_of_range) raise_overflow(call.eval, type_name(K));
  if (end != text.data() + text.size()) {
    call.eval.raise("FormatException",
                    "Additional non-parsable characters are at the end of the string.");
  }
  if (base == 10) {
    const std::uint64_t limit = kSigned ? (std::uint64_t{1} << (kBits - 1)) - (negative ? 0 : 1)
                                        : ~std::uint64_t{0} >> (64 - kBits);
    if (value > limit || (negative && !kSigned && value != 0))
      raise_overflow(call.eval, type_name(K));
    return Value::integer(K, static_cast<std::int64_t>(negative ? 0 - value : value));
  }
  if (kBits < 64 && (value >> (kBits % 64)) != 0) raise_overflow(call.eval, type_name(K));
  const auto bits = static_cast<std::int64_t>(value << (64 - kBits));
  return Value::integer(K, kSigned ? bits >> (64 - kBits) : static_cast<std::int64_t>(value));
}

template <int Bits>
Value to_base(Call& call) {
  const int base = base_arg(call);
  const std::int64_t value = integer_arg(call, 0);
  std::array<char, 72> buffer{};
  const auto all = static_cast<std::uint64_t>(value) & (~std::uint64_t{0} >> (64 - Bits));
  const auto end = base == 10
                       ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value)
                       : std::to_chars(buffer.data(), buffer.data() + buffer.size(), all, base);
  return call.eval.text({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())});
}

}  // namespace

Value convert_integer(Evaluation& eval, const Value& given, Kind kind) {
  const Value value = primitive_of(eval, given, type_name(kind));
  if (value.is_null()) return Value::integer(kind, 0);
  if (value.is_string()) {
    eval.charge(value.text().size() / 8);
    ParseFault fault = ParseFault::None;
    const auto out = parse_integer(value.text(), kind, NumberStyles::kInteger, fault);
    if (fault == ParseFault::Overflow) raise_overflow(eval, type_name(kind));
    if (!out) eval.raise("FormatException", kBadFormat);
    return Value::integer(kind, *out);
  }
  if (value.kind() == Kind::UInt64) {
    const bool fits =
        kind == Kind::UInt64 || (value.integer() >= 0 && in_range(value.integer(), kind));
    if (!fits) raise_overflow(eval, type_name(kind));
    return Value::integer(kind, value.integer());
  }
  if (value.kind() == Kind::Boolean || value.is_integral()) {
    if (!in_range(value.integer(), kind)) raise_overflow(eval, type_name(kind));
    return Value::integer(kind, value.integer());
  }
  std::optional<std::int64_t> out;
  if (const Decimal* decimal = as_decimal(value)) {
    const Decimal whole = decimal->rounded(0, Midpoint::ToEven);
    if (kind == Kind::UInt64) {
      if (const auto large = whole.to_uint64())
        return Value::integer(kind, static_cast<std::int64_t>(*large));
    } else {
      out = whole.to_int64();
    }
  } else if (value.is_number()) {
    const double floor = std::floor(value.real());
    const double rest = value.real() - floor;
    const double whole =
        rest > 0.5 || (rest == 0.5 && std::fmod(floor, 2) != 0) ? floor + 1 : floor;
    if (kind == Kind::UInt64 && whole >= 0 && whole < 18446744073709551616.0) {
      return Value::integer(kind, static_cast<std::int64_t>(static_cast<std::uint64_t>(whole)));
    }
    if (whole >= -9223372036854775808.0 && whole < 9223372036854775808.0)
      out = static_cast<std::int64_t>(whole);
  } else {
    bad_cast(eval, value, type_name(kind));
  }
  if (!out || !in_range(*out, kind)) raise_overflow(eval, type_name(kind));
  return Value::integer(kind, *out);
}

double convert_double(Evaluation& eval, const Value& given) {
  const Value value = primitive_of(eval, given, "double");
  if (value.is_null()) return 0;
  if (value.is_string()) {
    eval.charge(value.text().size() / 8);
    const auto out = parse_double(value.text(), NumberStyles::kFloatThousands);
    if (!out) eval.raise("FormatException", kBadFormat);
    return *out;
  }
  if (const Decimal* decimal = as_decimal(value)) return decimal->to_double();
  if (value.kind() == Kind::Boolean) return value.boolean() ? 1 : 0;
  if (!value.is_number()) bad_cast(eval, value, "Double");
  return value.real();
}

bool convert_boolean(Evaluation& eval, const Value& given) {
  const Value value = primitive_of(eval, given, "bool");
  if (value.is_null()) return false;
  if (value.is_string()) {
    const auto out = parse_boolean(value.text());
    if (!out) eval.raise("FormatException", "String was not recognized as a valid Boolean.");
    return *out;
  }
  if (value.kind() == Kind::Boolean) return value.boolean();
  if (const Decimal* decimal = as_decimal(value)) return !decimal->zero();
  if (!value.is_number()) bad_cast(eval, value, "Boolean");
  return value.is_integral() ? value.integer() != 0 : value.real() != 0;
}

void declare_convert(Catalog& catalog) {
  auto type = catalog.declare("System.Convert", {.is_static = true});
  const auto both = [&](const std::string& head, Native native) {
    type.member(head + "(object value)", native);
    type.member(head + "(object value, IFormatProvider provider)", native);
  };
  both("static bool ToBoolean", to_boolean);
  both("static char ToChar", to_char);
  both("static sbyte ToSByte", to_integer<Kind::SByte>);
  both("static byte ToByte", to_integer<Kind::Byte>);
  both("static short ToInt16", to_integer<Kind::Int16>);
  both("static ushort ToUInt16", to_integer<Kind::UInt16>);
  both("static int ToInt32", to_integer<Kind::Int32>);
  both("static uint ToUInt32", to_integer<Kind::UInt32>);
  both("static long ToInt64", to_integer<Kind::Int64>);
  both("static ulong ToUInt64", to_integer<Kind::UInt64>);
  both("static float ToSingle", to_single);
  both("static double ToDouble", to_double);
  both("static decimal ToDecimal", to_decimal_value);
  both("static DateTime ToDateTime", to_date_time);
  both("static string ToString", to_string);
  type.member("static sbyte ToSByte(string value, int fromBase)", from_base<Kind::SByte>)
      .member("static byte ToByte(string value, int fromBase)", from_base<Kind::Byte>)
      .member("static short ToInt16(string value, int fromBase)", from_base<Kind::Int16>)
      .member("static ushort ToUInt16(string value, int fromBase)", from_base<Kind::UInt16>)
      .member("static int ToInt32(string value, int fromBase)", from_base<Kind::Int32>)
      .member("static uint ToUInt32(string value, int fromBase)", from_base<Kind::UInt32>)
      .member("static long ToInt64(string value, int fromBase)", from_base<Kind::Int64>)
      .member("static ulong ToUInt64(string value, int fromBase)", from_base<Kind::UInt64>)
      .member("static string ToString(byte value, int toBase)", to_base<8>)
      .member("static string ToString(short value, int toBase)", to_base<16>)
      .member("static string ToString(int value, int toBase)", to_base<32>)
      .member("static string ToString(long value, int toBase)", to_base<64>);
}

}  // namespace gateway::expression
