#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/encoding_types.h"
#include "expression/library/libraries.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

enum class Charset : std::uint8_t { Utf8, Ascii, Utf16, Utf16Big, Utf32, Utf32Big, Latin1 };

struct CharsetName {
  std::string_view name;
  Charset charset;
};
constexpr std::array<CharsetName, 15> kNames = {{
    {"utf-8", Charset::Utf8}, {"utf8", Charset::Utf8}, {"us-ascii", Charset::Ascii},
    {"ascii", Charset::Ascii}, {"utf-16", Charset::Utf16}, {"utf-16le", Charset::Utf16},
    {"unicode", Charset::Utf16}, {"utf-16be", Charset::Utf16Big}, {"unicodefffe", Charset::Utf16Big},
    {"utf-32", Charset::Utf32}, {"utf-32le", Charset::Utf32}, {"utf-32be", Charset::Utf32Big},
    {"iso-8859-1", Charset::Latin1}, {"latin1", Charset::Latin1}, {"iso8859-1", Charset::Latin1},
}};

struct EncodingObject final : Object {
  EncodingObject(const Type* the_type, Charset the_charset) : Object(the_type), charset(the_charset) {}
  Charset charset;
};

Value encoding(Evaluation& eval, Charset charset) {
  return Value::of(eval.arena().make<EncodingObject>(type_named(eval, "Encoding"), charset));
}
template <Charset charset>
Value encoding(Call& call) {
  return encoding(call.eval, charset);
}
Value get_encoding(Call& call) {
  const std::string_view name = text_arg(call, 0, "name");
  for (const auto& known : kNames) {
    if (equals_ignoring_case(name, known.name)) return encoding(call.eval, known.charset);
  }
  raise_argument(call.eval, "name", fmt::format("{} is not a supported encoding name.", quote(name)));
}

void append_number(std::uint32_t value, std::size_t size, bool big, std::pmr::string& out) {
  for (std::size_t i = 0; i < size; ++i) {
    out += static_cast<char>(value >> (8 * (big ? size - 1 - i : i)));
  }
}

void encode(Charset charset, std::string_view text, std::pmr::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_code_point(text, at);
    if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;
    switch (charset) {
      case Charset::Utf8: append_code_point(c, out); break;
      // What does not fit is "?", once for each UTF-16 unit.
      case Charset::Ascii:
      case Charset::Latin1:
        if (c < (charset == Charset::Ascii ? 0x80U : 0x100U)) out += static_cast<char>(c);
        else out.append(c > 0xFFFF ? 2 : 1, '?');
        break;
      case Charset::Utf16:
      case Charset::Utf16Big: {
        const bool big = charset == Charset::Utf16Big;
        if (c > 0xFFFF) {
          append_number(0xD800 + ((c - 0x10000) >> 10), 2, big, out);
          c = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        append_number(c, 2, big, out);
        break;
      }
      case Charset::Utf32:
      case Charset::Utf32Big: append_number(c, 4, charset == Charset::Utf32Big, out); break;
    }
  }
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size, bool big) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[at + i]);
    value |= std::uint32_t{byte} << (8 * (big ? size - 1 - i : i));
  }
  return value;
}

// Malformed bytes become U+FFFD, as .NET's decoders replace them.
void decode(Charset charset, std::string_view bytes, std::pmr::string& out) {
  if (charset == Charset::Utf8) return append_utf8_repaired(bytes, out);
  if (charset == Charset::Ascii || charset == Charset::Latin1) {
    for (const char c : bytes) {
      const auto byte = static_cast<std::uint8_t>(c);
      append_code_point(charset == Charset::Ascii && byte >= 0x80 ? 0xFFFDU : byte, out);
    }
    return;
  }
  const bool wide = charset == Charset::Utf32 || charset == Charset::Utf32Big;
  const bool big = charset == Charset::Utf16Big || charset == Charset::Utf32Big;
  const std::size_t size = wide ? 4 : 2;
  std::size_t at = 0;
  const auto is_low = [](std::uint32_t c) { return c >= 0xDC00 && c < 0xE000; };
  for (; at + size <= bytes.size(); at += size) {
    std::uint32_t c = number_at(bytes, at, size, big);
    if (!wide && c >= 0xD800 && c < 0xDC00 && at + 4 <= bytes.size() &&
        is_low(number_at(bytes, at + 2, 2, big))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (number_at(bytes, at + 2, 2, big) - 0xDC00);
      at += 2;
    }
    append_code_point(c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? 0xFFFD : c, out);
  }
  if (at < bytes.size()) append_code_point(0xFFFD, out);
}

std::pmr::string encoded(Call& call, std::string_view text) {
  std::pmr::string out(&call.eval.arena());
  call.eval.charge(text.size() / 4);
  encode(self<EncodingObject>(call).charset, text, out);
  return out;
}
// A string or a char[].
std::pmr::string characters_of(Call& call) {
  std::pmr::string text(&call.eval.arena());
  if (call.args[1].is_string()) {
    text = text_arg(call, 1, "s");
  } else {
    if (call.args[1].is_null()) raise_null(call.eval, "chars");
    call.eval.for_each(call.args[1], [&](const Value& unit) {
      append_unit(static_cast<char16_t>(unit.integer()), text);
      return true;
    });
  }
  return text;
}
Value get_bytes(Call& call) { return bytes_value(call.eval, as_bytes(encoded(call, characters_of(call)))); }
Value get_byte_count(Call& call) {
  return Value::of(static_cast<std::int32_t>(encoded(call, characters_of(call)).size()));
}

std::pmr::string decoded(Call& call) {
  auto bytes = bytes_argument(call, 1, "bytes");
  if (call.args.size() > 3) bytes = slice_argument(call, bytes, 2, 3);
  std::pmr::string out(&call.eval.arena());
  decode(self<EncodingObject>(call).charset, as_text(bytes), out);
  return out;
}
Value get_string(Call& call) { return made(call, decoded(call)); }
Value get_char_count(Call& call) {
  return Value::of(static_cast<std::int32_t>(utf16_length(decoded(call))));
}
Value get_chars(Call& call) {
  const auto units = to_utf16(decoded(call), &call.eval.arena());
  auto* out = call.eval.arena().make<ListObject>(type_named(call.eval, "char[]"), call.eval.arena());
  for (const char16_t unit : units) out->items.push_back(Value::integer(Kind::Char, unit));
  return Value::of(out);
}

Value web_name(Call& call) {
  switch (self<EncodingObject>(call).charset) {
    case Charset::Utf8: return Value::of(std::string_view("utf-8"));
    case Charset::Ascii: return Value::of(std::string_view("us-ascii"));
    case Charset::Utf16: return Value::of(std::string_view("utf-16"));
    case Charset::Utf16Big: return Value::of(std::string_view("utf-16BE"));
    case Charset::Utf32: return Value::of(std::string_view("utf-32"));
    case Charset::Utf32Big: return Value::of(std::string_view("utf-32BE"));
    case Charset::Latin1: break;
  }
  return Value::of(std::string_view("iso-8859-1"));
}

}  // namespace

std::span<const std::uint8_t> slice_argument(Call& call, std::span<const std::uint8_t> bytes,
                                             std::size_t at, std::size_t count_at) {
  const std::int64_t from = call.args[at].integer(), count = call.args[count_at].integer();
  if (from < 0 || count < 0 || static_cast<std::uint64_t>(from + count) > bytes.size()) {
    raise_range(call.eval, "index",
                "Index and count must refer to a location within the buffer.");
  }
  return bytes.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
}

void append_utf8_repaired(std::string_view bytes, std::pmr::string& out) {
  if (is_utf8(bytes)) {
    out += bytes;
    return;
  }
  for (std::size_t at = 0; at < bytes.size();) {
    const char32_t c = next_code_point(bytes, at);
    append_code_point(c >= 0xD800 && c < 0xE000 ? char32_t{0xFFFD} : c, out);
  }
}

void declare_encoding(Catalog& catalog) {
  auto type = catalog.declare("System.Text.Encoding");
  type.member("static Encoding UTF8 { get; }", encoding<Charset::Utf8>)
      .member("static Encoding Default { get; }", encoding<Charset::Utf8>)
      .member("static Encoding ASCII { get; }", encoding<Charset::Ascii>)
      .member("static Encoding Unicode { get; }", encoding<Charset::Utf16>)
      .member("static Encoding BigEndianUnicode { get; }", encoding<Charset::Utf16Big>)
      .member("static Encoding UTF32 { get; }", encoding<Charset::Utf32>)
      .member("static Encoding Latin1 { get; }", encoding<Charset::Latin1>)
      .member("static Encoding GetEncoding(string name)", get_encoding)
      .member("byte[] GetBytes(string s)", get_bytes)
      .member("byte[] GetBytes(char[] chars)", get_bytes)
      .member("int GetByteCount(string s)", get_byte_count)
      .member("string GetString(byte[] bytes)", get_string)
      .member("string GetString(byte[] bytes, int index, int count)", get_string)
      .member("int GetCharCount(byte[] bytes)", get_char_count)
      .member("char[] GetChars(byte[] bytes)", get_chars)
      .member("string WebName { get; }", web_name);
  // new UTF8Encoding() and its like.
  catalog.declare("System.Text.UTF8Encoding", {.base = "Encoding"})
      .member("new()", encoding<Charset::Utf8>)
      .member("new(bool encoderShouldEmitUTF8Identifier)", encoding<Charset::Utf8>);
  catalog.declare("System.Text.ASCIIEncoding", {.base = "Encoding"}).member("new()", encoding<Charset::Ascii>);
  declare_bit_converter(catalog);
  declare_guid(catalog);
  declare_uri(catalog);
  declare_web(catalog);
  declare_ip_address(catalog);
}

}  // namespace gateway::expression
