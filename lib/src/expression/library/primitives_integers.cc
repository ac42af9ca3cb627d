#include <limits>
#include <string>

#include "expression/library/composite_format.h"
#include "expression/library/native.h"
#include "expression/library/number_format.h"
#include "expression/library/primitives.h"

namespace gateway::expression {
namespace {

std::int64_t least(Kind kind) {
  switch (kind) {
    case Kind::SByte:
      return std::numeric_limits<std::int8_t>::min();
    case Kind::Int16:
      return std::numeric_limits<std::int16_t>::min();
    case Kind::Int32:
      return std::numeric_limits<std::int32_t>::min();
    case Kind::Int64:
      return std::numeric_limits<std::int64_t>::min();
    default:
      return 0;
  }
}
std::int64_t most(Kind kind) {
  switch (kind) {
    case Kind::SByte:
      return std::numeric_limits<std::int8_t>::max();
    case Kind::Byte:
      return std::numeric_limits<std::uint8_t>::max();
    case Kind::Int16:
      return std::numeric_limits<std::int16_t>::max();
    case Kind::UInt16:
    case Kind::Char:
      return std::numeric_limits<std::uint16_t>::max();
    case Kind::Int32:
      return std::numeric_limits<std::int32_t>::max();
    case Kind::UInt32:
      return std::numeric_limits<std::uint32_t>::max();
    case Kind::Int64:
      return std::numeric_limits<std::int64_t>::max();
    default:
      return -1;  // the bits of UInt64's
  }
}

template <Kind K>
Value parse(Call& call) {
  const std::string_view text = text_arg(call, 0, "s");
  std::uint32_t styles = NumberStyles::kInteger;
  if (call.args.size() > 1)
    styles = static_cast<std::uint32_t>(enum_arg(call, 1, NumberStyles::kInteger));
  ParseFault fault = ParseFault::None;
  const auto value = parse_integer(text, K, styles, fault);
  if (fault == ParseFault::Overflow) raise_overflow(call.eval, type_name(K));
  if (!value) call.eval.raise("FormatException", kBadFormat);
  return Value::integer(K, *value);
}

template <Kind K>
Value try_parse(Call& call) {
  const std::string_view text = optional_text(call, 0);
  std::uint32_t styles = NumberStyles::kInteger;
  if (call.args.size() > 2)
    styles = static_cast<std::uint32_t>(enum_arg(call, 1, NumberStyles::kInteger));
  ParseFault fault = ParseFault::None;
  const auto value = parse_integer(text, K, styles, fault);
  call.args.back() = Value::integer(K, value.value_or(0));
  return Value::of(value.has_value());
}

Value to_string(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, call.args[0],
               call.args.size() > 1 ? optional_text(call, 1) : std::string_view(), out);
  return made(call, out);
}

int order(const Value& a, const Value& b) {
  if (a.kind() == Kind::UInt64) {
    const auto x = static_cast<std::uint64_t>(a.integer());
    const auto y = static_cast<std::uint64_t>(b.integer());
    return x < y ? -1 : x > y;
  }
  return a.integer() < b.integer() ? -1 : a.integer() > b.integer();
}

template <Kind K>
Value compare_to(Call& call) {
  const Value& other = call.args[1];
  if (other.is_null()) return Value::of(std::int32_t{1});
  if (other.kind() != K) {
    call.eval.raise("ArgumentException",
                    std::string("Object must be of type ") + type_name(K) + ".");
  }
  return Value::of(order(call.args[0], other));
}

template <Kind K>
void declare_integer(Catalog& catalog, const std::string& name) {
  const std::string full = std::string("System.") + type_name(K);
  catalog.declare(full, {.kind = K, .value_type = true})
      .member("static " + name + " Parse(string s)", parse<K>)
      .member("static " + name + " Parse(string s, IFormatProvider provider)", parse<K>)
      .member("static " + name + " Parse(string s, NumberStyles style)", parse<K>)
      .member("static " + name + " Parse(string s, NumberStyles style, IFormatProvider provider)",
              parse<K>)
      .member("static bool TryParse(string s, out " + name + " result)", try_parse<K>)
      .member("static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out " +
                  name + " result)",
              try_parse<K>)
      .member("static " + name + " MinValue { get; }",
              [](Call&) { return Value::integer(K, least(K)); })
      .member("static " + name + " MaxValue { get; }",
              [](Call&) { return Value::integer(K, most(K)); })
      .member("int CompareTo(" + name + " value)", compare_to<K>)
      .member("int CompareTo(object value)", compare_to<K>)
      .member(
          "bool Equals(" + name + " obj)",
          [](Call& call) { return Value::of(call.args[0].integer() == call.args[1].integer()); })
      .member("bool Equals(object obj)",
              [](Call& call) {
                return Value::of(call.args[1].kind() == K &&
                                 call.args[0].integer() == call.args[1].integer());
              })
      .member("int GetHashCode()",
              [](Call& call) {
                const auto bits = static_cast<std::uint64_t>(call.args[0].integer());
                return Value::of(static_cast<std::int32_t>(
                    bits ^ (K == Kind::Int64 || K == Kind::UInt64 ? bits >> 32 : 0)));
              })
      .member("string ToString()", to_string)
      .member("string ToString(string format)", to_string)
      .member("string ToString(string format, IFormatProvider provider)", to_string)
      .member("string ToString(IFormatProvider provider)", to_string);
}

}  // namespace

const char* type_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::SByte:
      return "SByte";
    case Kind::Byte:
      return "Byte";
    case Kind::Int16:
      return "Int16";
    case Kind::UInt16:
      return "UInt16";
    case Kind::Int32:
      return "Int32";
    case Kind::UInt32:
      return "UInt32";
    case Kind::Int64:
      return "Int64";
    case Kind::UInt64:
      return "UInt64";
    case Kind::Single:
      return "Single";
    case Kind::Double:
      return "Double";
    case Kind::Char:
      return "Char";
    case Kind::Boolean:
      return "Boolean";
    default:
      return "Object";
  }
}

bool in_range(std::int64_t value, Kind kind) noexcept {
  return kind == Kind::UInt64 ? value >= 0 : value >= least(kind) && value <= most(kind);
}

void raise_overflow(Evaluation& eval, std::string_view type) {
  const bool vowel = type == "Int16" || type == "Int32" || type == "Int64";
  const bool byte = type == "Byte" || type == "SByte";
  if (byte) {
    eval.raise("OverflowException",
               type == "Byte" ? "Value was either too large or too small for an unsigned byte."
                              : "Value was either too large or too small for a signed byte.");
  }
  eval.raise("OverflowException", "Value was either too large or too small for " +
                                      std::string(vowel ? "an " : "a ") + std::string(type) + ".");
}

void declare_integers(Catalog& catalog) {
  declare_integer<Kind::SByte>(catalog, "sbyte");
  declare_integer<Kind::Byte>(catalog, "byte");
  declare_integer<Kind::Int16>(catalog, "short");
  declare_integer<Kind::UInt16>(catalog, "ushort");
  declare_integer<Kind::Int32>(catalog, "int");
  declare_integer<Kind::UInt32>(catalog, "uint");
  declare_integer<Kind::Int64>(catalog, "long");
  declare_integer<Kind::UInt64>(catalog, "ulong");
}

}  // namespace gateway::expression
