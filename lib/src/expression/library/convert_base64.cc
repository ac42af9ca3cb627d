#include <algorithm>
#include <cstring>
#include <string>

#include "base/base64.h"
#include "expression/library/native.h"
#include "expression/library/primitives.h"

namespace gateway::expression {
namespace {

Value bytes_value(Call& call, std::string_view bytes) {
  auto* kept = reinterpret_cast<std::uint8_t*>(call.eval.arena().bytes(bytes.size()));
  if (!bytes.empty()) std::memcpy(kept, bytes.data(), bytes.size());
  const Catalog& catalog = call.eval.catalog();
  return Value::of(call.eval.arena().make<BytesObject>(catalog.array_of(catalog.find("byte")),
                                                       std::span(kept, bytes.size())));
}

std::string_view bytes_arg(Call& call, std::string_view parameter) {
  if (call.args[0].is_null()) raise_null(call.eval, parameter);
  const auto bytes = static_cast<BytesObject*>(call.args[0].object())->bytes;
  call.eval.charge(1 + bytes.size() / 8);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The bytes that arguments 1 and 2 choose.
std::string_view part_arg(Call& call) {
  const std::string_view bytes = bytes_arg(call, "inArray");
  const auto size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t offset = integer_arg(call, 1);
  const std::int64_t length = integer_arg(call, 2);
  if (length < 0)
    raise_range(
        call.eval, "length",
        "Index was out of range. Must be non-negative and less than the size of the collection.");
  if (offset < 0) raise_range(call.eval, "offset", "Value must be positive.");
  if (offset > size - length)
    raise_range(call.eval, "offset", "Offset and length must refer to a position in the string.");
  return bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

Value encoded(Call& call, std::string_view bytes, bool lines) {
  const std::string text = encode_base64(bytes);
  if (!lines) return call.eval.text(text);
  auto out = arena_text(call);
  constexpr std::size_t kLine = 76;
  for (std::size_t at = 0; at < text.size(); at += kLine) {
    if (at > 0) out += "\r\n";
    out.append(text, at, kLine);
  }
  return made(call, out);
}

Value decode(Call& call) {
  const std::string_view text = text_arg(call, 0, "s");
  std::string dense;
  dense.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense += c;
  }
  const auto bytes = decode_base64(dense);
  // Of "AA==AA==" only the end may be padded.
  const std::size_t padding = dense.find('=');
  if (!bytes || (padding != std::string::npos && padding + 2 < dense.size())) {
    call.eval.raise(
        "FormatException",
        "The input is not a valid Base-64 string as it contains a non-base 64 character, more "
        "than two padding characters, or an illegal character among the padding characters.");
  }
  return bytes_value(call, *bytes);
}

Value hex(Call& call) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::string_view bytes = bytes_arg(call, "inArray");
  auto out = arena_text(call);
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return made(call, out);
}

Value from_hex(Call& call) {
  const std::string_view text = text_arg(call, 0, "s");
  const auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char low = static_cast<char>(c | 0x20);
    if (low >= 'a' && low <= 'f') return static_cast<unsigned>(low - 'a' + 10);
    call.eval.raise("FormatException",
                    "The input is not a valid hex string as it contains a non-hex character.");
  };
  if (text.size() % 2 != 0)
    call.eval.raise("FormatException",
                    "The input is not a valid hex string as its length is not a multiple of 2.");
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return bytes_value(call, bytes);
}

}  // namespace

void declare_base64(Catalog& catalog) {
  catalog
      .declare("System.Base64FormattingOptions",
               {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("InsertLineBreaks", 1);
  catalog.declare("System.Convert", {.is_static = true})
      .member("static string ToBase64String(byte[] inArray)",
              [](Call& call) { return encoded(call, bytes_arg(call, "inArray"), false); })
      .member("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)",
              [](Call& call) {
                return encoded(call, bytes_arg(call, "inArray"), enum_arg(call, 1) == 1);
              })
      .member("static string ToBase64String(byte[] inArray, int offset, int length)",
              [](Call& call) { return encoded(call, part_arg(call), false); })
      .member("static byte[] FromBase64String(string s)", decode)
      .member("static string ToHexString(byte[] inArray)", hex)
      .member("static byte[] FromHexString(string s)", from_hex);
}

}  // namespace gateway::expression
