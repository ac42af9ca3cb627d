#include <bit>
#include <cstring>
#include <string>

#include "expression/library/arguments.h"
#include "expression/library/encoding_types.h"

// System.BitConverter: little-endian.
namespace gateway::expression {
namespace {

static_assert(std::endian::native == std::endian::little);

Value to_string(Call& call) {
  auto bytes = bytes_argument(call, 0, "value");
  if (call.args.size() == 2) {
    const std::int64_t from = call.args[1].integer();
    if (from < 0 || static_cast<std::uint64_t>(from) > bytes.size()) {
      raise_range(call.eval, "startIndex", "StartIndex cannot be less than zero or beyond the array.");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(from));
  } else if (call.args.size() == 3) {
    bytes = slice_argument(call, bytes, 1, 2);
  }
  std::pmr::string out(&call.eval.arena());
  out.reserve(bytes.size() * 3);
  for (const std::uint8_t byte : bytes) {
    if (!out.empty()) out += '-';
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return made(call, out);
}

template <typename T, Kind kind>
Value read(Call& call) {
  const auto bytes = bytes_argument(call, 0, "value");
  const std::int64_t from = call.args.size() > 1 ? call.args[1].integer() : 0;
  if (from < 0 || static_cast<std::uint64_t>(from) >= bytes.size()) {
    raise_range(call.eval, "startIndex",
                "Index was out of range. Must be non-negative and less than the size of the collection.");
  }
  if (bytes.size() - static_cast<std::size_t>(from) < sizeof(T)) {
    raise_argument(call.eval, "value", "Destination array is not long enough to copy all the items.");
  }
  T value{};
  std::memcpy(&value, bytes.data() + from, sizeof value);
  if constexpr (kind == Kind::Double) return Value::of(static_cast<double>(value));
  else if constexpr (kind == Kind::Single) return Value::single(static_cast<float>(value));
  else if constexpr (kind == Kind::Boolean) return Value::of(value != 0);
  else return Value::integer(kind, static_cast<std::int64_t>(value));
}

Value get_bytes(Call& call) {
  const Value& value = call.args[0];
  std::uint64_t bits = static_cast<std::uint64_t>(value.integer());
  std::size_t size = 8;
  switch (value.kind()) {
    case Kind::Boolean: size = 1; break;
    case Kind::Char:
    case Kind::Int16:
    case Kind::UInt16: size = 2; break;
    case Kind::SByte:
    case Kind::Byte: size = 2; break;  // become short
    case Kind::Int32:
    case Kind::UInt32: size = 4; break;
    case Kind::Single: bits = std::bit_cast<std::uint32_t>(static_cast<float>(value.real())); size = 4; break;
    case Kind::Double: bits = std::bit_cast<std::uint64_t>(value.real()); break;
    default: break;
  }
  std::uint8_t bytes[8];
  std::memcpy(bytes, &bits, sizeof bytes);
  return bytes_value(call.eval, std::span(bytes, size));
}

Value little_endian(Call&) { return Value::of(true); }
Value double_bits(Call& call) {
  return Value::of(std::bit_cast<std::int64_t>(call.args[0].real()));
}

}  // namespace

void declare_bit_converter(Catalog& catalog) {
  auto type = catalog.declare("System.BitConverter", {.is_static = true});
  type.member("static bool IsLittleEndian { get; }", little_endian)
      .member("static string ToString(byte[] value)", to_string)
      .member("static string ToString(byte[] value, int startIndex)", to_string)
      .member("static string ToString(byte[] value, int startIndex, int length)", to_string)
      .member("static long DoubleToInt64Bits(double value)", double_bits)
      .member("static bool ToBoolean(byte[] value, int startIndex)", read<std::uint8_t, Kind::Boolean>)
      .member("static char ToChar(byte[] value, int startIndex)", read<std::uint16_t, Kind::Char>)
      .member("static short ToInt16(byte[] value, int startIndex)", read<std::int16_t, Kind::Int16>)
      .member("static ushort ToUInt16(byte[] value, int startIndex)", read<std::uint16_t, Kind::UInt16>)
      .member("static int ToInt32(byte[] value, int startIndex)", read<std::int32_t, Kind::Int32>)
      .member("static uint ToUInt32(byte[] value, int startIndex)", read<std::uint32_t, Kind::UInt32>)
      .member("static long ToInt64(byte[] value, int startIndex)", read<std::int64_t, Kind::Int64>)
      .member("static ulong ToUInt64(byte[] value, int startIndex)", read<std::uint64_t, Kind::UInt64>)
      .member("static float ToSingle(byte[] value, int startIndex)", read<float, Kind::Single>)
      .member("static double ToDouble(byte[] value, int startIndex)", read<double, Kind::Double>);
  for (const std::string kind : {"bool", "char", "short", "ushort", "int", "uint", "long", "ulong", "float", "double"}) {
    type.member("static byte[] GetBytes(" + kind + " value)", get_bytes);
  }
}

}  // namespace gateway::expression
