#include "expression/library/guid.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/encoding_types.h"

namespace gateway::expression {
namespace {

constexpr std::string_view kShape =
    "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).";

int nibble(char c) {
  if (is_digit(c)) return c - '0';
  return is_hex_digit(c) ? to_lower(c) - 'a' + 10 : -1;
}

// 32 digits, with dashes where D has them.
std::optional<GuidObject::Bytes> parse_digits(std::string_view text, bool dashes) {
  if (text.size() != (dashes ? 36U : 32U)) return std::nullopt;
  GuidObject::Bytes out{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (dashes && (i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
    const int high = nibble(text[at]), low = nibble(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return out;
}

// {0x01234567,0x89ab,0xcdef,{0x01,0x23,…}}
std::optional<GuidObject::Bytes> parse_x(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != ' ' && (c < '\t' || c > '\r')) plain += to_lower(c);
  }
  std::string_view rest = plain;
  const auto eat = [&](std::string_view what) {
    if (rest.substr(0, what.size()) != what) return false;
    rest.remove_prefix(what.size());
    return true;
  };
  GuidObject::Bytes out{};
  std::size_t at = 0;
  const auto number = [&](std::size_t bytes) {
    if (!eat("0x")) return false;
    std::size_t digits = 0;
    while (digits < rest.size() && nibble(rest[digits]) >= 0) ++digits;
    if (digits == 0 || digits > bytes * 2) return false;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 16 + static_cast<std::uint32_t>(nibble(rest[i]));
    rest.remove_prefix(digits);
    for (std::size_t i = 0; i < bytes; ++i) out[at++] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
    return true;
  };
  if (!eat("{") || !number(4) || !eat(",") || !number(2) || !eat(",") || !number(2) || !eat(",{")) {
    return std::nullopt;
  }
  for (int i = 0; i < 8; ++i) {
    if ((i > 0 && !eat(",")) || !number(1)) return std::nullopt;
  }
  return rest == "}}" ? std::optional(out) : std::nullopt;
}

// .NET keeps the first three fields as integers, little-endian.
GuidObject::Bytes in_net_order(const GuidObject::Bytes& bytes) {
  GuidObject::Bytes out = bytes;
  std::reverse(out.begin(), out.begin() + 4);
  std::swap(out[4], out[5]);
  std::swap(out[6], out[7]);
  return out;
}

Value new_guid(Call& call) {
  call.eval.charge(40);  // the system is asked for entropy
  return make_random_guid(call.eval);
}
Value empty(Call& call) { return make_guid(call.eval, {}); }
Value parse(Call& call) {
  const auto bytes = parse_guid(text_arg(call, 0, "input"));
  if (!bytes) call.eval.raise("FormatException", kShape);
  return make_guid(call.eval, *bytes);
}
Value try_parse(Call& call) {
  const auto bytes = call.args[0].is_string() ? parse_guid(call.args[0].text()) : std::nullopt;
  call.args[1] = make_guid(call.eval, bytes.value_or(GuidObject::Bytes{}));
  return Value::of(bytes.has_value());
}
std::optional<GuidObject::Bytes> parse_exactly(Call& call) {
  const std::string_view text = trim(text_arg(call, 0, "input")), format = text_arg(call, 1, "format");
  const auto bytes = parse_guid(text);
  // What it would be written as decides; X may be written with fewer digits and more spaces.
  if (!bytes || format.size() != 1) return std::nullopt;
  if (to_lower(format[0]) == 'x') return text.find("0x") == std::string_view::npos ? std::nullopt : bytes;
  return equals_ignoring_case(format_guid(*bytes, format), text) ? bytes : std::nullopt;
}
Value parse_exact(Call& call) {
  const auto bytes = parse_exactly(call);
  if (!bytes) call.eval.raise("FormatException", kShape);
  return make_guid(call.eval, *bytes);
}
Value try_parse_exact(Call& call) {
  const auto bytes = parse_exactly(call);
  call.args[2] = make_guid(call.eval, bytes.value_or(GuidObject::Bytes{}));
  return Value::of(bytes.has_value());
}
Value of_bytes(Call& call) {
  const auto bytes = bytes_argument(call, 0, "b");
  if (bytes.size() != 16) raise_argument(call.eval, "b", "Byte array for Guid must be exactly 16 bytes long.");
  GuidObject::Bytes out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return make_guid(call.eval, in_net_order(out));
}

Value to_text(Call& call) {
  const std::string_view format = call.args.size() > 1 ? optional_text(call, 1) : std::string_view();
  const std::string text = format_guid(self<GuidObject>(call).bytes, format);
  if (text.empty()) {
    call.eval.raise("FormatException",
                    "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".");
  }
  return call.eval.text(text);
}
Value to_bytes(Call& call) {
  const auto bytes = in_net_order(self<GuidObject>(call).bytes);
  return bytes_value(call.eval, bytes);
}

const GuidObject* guid_argument(Call& call, std::size_t at) {
  return object_as<GuidObject>(call.eval, call.args[at], "Guid");
}
bool equal(Call& call) {
  const GuidObject* a = guid_argument(call, 0);
  const GuidObject* b = guid_argument(call, 1);
  return a && b ? a->bytes == b->bytes : a == b;
}
Value equals(Call& call) { return Value::of(equal(call)); }
Value differs(Call& call) { return Value::of(!equal(call)); }
Value compare(Call& call) {
  const GuidObject* other = guid_argument(call, 1);
  if (!other) {
    if (call.args[1].is_null()) return Value::of(std::int32_t{1});
    raise_argument(call.eval, "value", "Object must be of type GUID.");
  }
  const int order = std::memcmp(self<GuidObject>(call).bytes.data(), other->bytes.data(), 16);
  return Value::of(std::int32_t{order < 0 ? -1 : order > 0 ? 1 : 0});
}
Value hash(Call& call) {
  const auto& bytes = self<GuidObject>(call).bytes;
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < 16; ++i) hash ^= std::uint32_t{bytes[i]} << (8 * (3 - i % 4));
  return Value::of(static_cast<std::int32_t>(hash));
}

}  // namespace

Value make_guid(Evaluation& eval, const GuidObject::Bytes& bytes) {
  return Value::of(eval.arena().make<GuidObject>(type_named(eval, "Guid"), bytes));
}

Value make_random_guid(Evaluation& eval) {
  GuidObject::Bytes bytes{};
  eval.environment().entropy->fill(std::as_writable_bytes(std::span(bytes)));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  return make_guid(eval, bytes);
}

std::optional<GuidObject::Bytes> parse_guid(std::string_view text) noexcept {
  text = trim(text);
  if (text.size() > 128) return std::nullopt;
  if (text.find("0x") != std::string_view::npos || text.find("0X") != std::string_view::npos) {
    return parse_x(text);
  }
  if (text.size() == 32) return parse_digits(text, false);
  if (text.size() == 38 && ((text[0] == '{' && text[37] == '}') || (text[0] == '(' && text[37] == ')'))) {
    return parse_digits(text.substr(1, 36), true);
  }
  return parse_digits(text, true);
}

std::string format_guid(const GuidObject::Bytes& bytes, std::string_view format) {
  if (format.size() > 1) return {};
  const char form = format.empty() ? 'd' : to_lower(format[0]);
  if (std::string_view("ndbpx").find(form) == std::string_view::npos) return {};
  std::string out(form == 'b' || form == 'x' ? "{" : form == 'p' ? "(" : "");
  for (std::size_t i = 0; i < 16; ++i) {
    const bool field = i == 4 || i == 6 || i == 8 || i == 10;
    if (form == 'x') {
      if (i == 0) out += "0x";
      else if (i == 8) out += ",{0x";
      else if (i == 4 || i == 6 || i > 8) out += ",0x";
    } else if (form != 'n' && field) {
      out += '-';
    }
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 15];
  }
  out += form == 'b' ? "}" : form == 'x' ? "}}" : form == 'p' ? ")" : "";
  return out;
}

void declare_guid(Catalog& catalog) {
  catalog.declare("System.Guid", {.value_type = true})
      .member("new(string g)", parse)
      .member("new(byte[] b)", of_bytes)
      .member("new()", empty)
      .member("static Guid Empty { get; }", empty)
      .member("static Guid NewGuid()", new_guid)
      .member("static Guid Parse(string input)", parse)
      .member("static bool TryParse(string input, out Guid result)", try_parse)
      .member("static Guid ParseExact(string input, string format)", parse_exact)
      .member("static bool TryParseExact(string input, string format, out Guid result)", try_parse_exact)
      .member("string ToString()", to_text)
      .member("string ToString(string format)", to_text)
      .member("byte[] ToByteArray()", to_bytes)
      .member("bool Equals(object o)", equals)
      .member("int CompareTo(object value)", compare)
      .member("int GetHashCode()", hash)
      .member("static bool operator ==(Guid a, Guid b)", equals)
      .member("static bool operator !=(Guid a, Guid b)", differs);
}

}  // namespace gateway::expression
