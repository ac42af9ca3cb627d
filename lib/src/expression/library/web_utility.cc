#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/encoding_types.h"
#include "expression/library/utf16.h"

// System.Net.WebUtility.
namespace gateway::expression {
namespace {

Value url_encode(Call& call) {
  if (call.args[0].is_null()) return {};
  std::pmr::string out(&call.eval.arena());
  for (const char c : text_arg(call, 0, "value")) {
    if (c == ' ') {
      out += '+';
    } else if (is_alpha(c) || is_digit(c) || std::string_view("-_.!*()").find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
    }
  }
  return made(call, out);
}

Value url_decode(Call& call) {
  if (call.args[0].is_null()) return {};
  std::string text(text_arg(call, 0, "encodedValue"));
  for (char& c : text) {
    if (c == '+') c = ' ';
  }
  std::pmr::string out(&call.eval.arena());
  append_utf8_repaired(percent_decode(text), out);
  return made(call, out);
}

// U+00A0 to U+00FF in order.
constexpr std::string_view kLatin1[] = {
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml"};
static_assert(std::size(kLatin1) == 96);
constexpr std::array<std::pair<std::string_view, char32_t>, 24> kOthers = {{
    {"quot", '"'}, {"amp", '&'}, {"apos", '\''}, {"lt", '<'}, {"gt", '>'}, {"OElig", 0x152},
    {"oelig", 0x153}, {"Scaron", 0x160}, {"scaron", 0x161}, {"ensp", 0x2002}, {"emsp", 0x2003},
    {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"sbquo", 0x201A},
    {"ldquo", 0x201C}, {"rdquo", 0x201D}, {"bdquo", 0x201E}, {"bull", 0x2022}, {"hellip", 0x2026},
    {"euro", 0x20AC}, {"trade", 0x2122}, {"rarr", 0x2192},
}};

std::optional<char32_t> entity(std::string_view name) {
  if (name.size() > 1 && name[0] == '#') {
    const bool hex = name[1] == 'x' || name[1] == 'X';
    std::uint32_t value = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
      if (!(hex ? is_hex_digit(c) : is_digit(c))) return std::nullopt;
      value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10);
      if (value > 0x10FFFF) return std::nullopt;
    }
    const bool any = name.size() > (hex ? 2U : 1U);
    return any && value != 0 && (value < 0xD800 || value > 0xDFFF) ? std::optional<char32_t>(value) : std::nullopt;
  }
  for (const auto& [known, c] : kOthers) {
    if (known == name) return c;
  }
  for (std::size_t i = 0; i < std::size(kLatin1); ++i) {
    if (kLatin1[i] == name) return static_cast<char32_t>(0xA0 + i);
  }
  return std::nullopt;
}

Value html_encode(Call& call) {
  if (call.args[0].is_null()) return {};
  const std::string_view text = text_arg(call, 0, "value");
  std::pmr::string out(&call.eval.arena());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '&': out += "&amp;"; break;
      default:
        if ((c >= 160 && c < 256) || c > 0xFFFF) out += fmt::format("&#{};", static_cast<unsigned>(c));
        else append_code_point(c, out);
    }
  }
  return made(call, out);
}

Value html_decode(Call& call) {
  if (call.args[0].is_null()) return {};
  const std::string_view text = text_arg(call, 0, "value");
  std::pmr::string out(&call.eval.arena());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '&') {
      const std::size_t end = text.substr(at + 1, 16).find_first_of(";&");
      if (end != std::string_view::npos && text[at + 1 + end] == ';') {
        if (const auto c = entity(text.substr(at + 1, end))) {
          append_code_point(*c, out);
          at += end + 2;
          continue;
        }
      }
    }
    out += text[at++];
  }
  return made(call, out);
}

}  // namespace

void declare_web(Catalog& catalog) {
  catalog.declare("System.Net.WebUtility", {.is_static = true})
      .member("static string UrlEncode(string value)", url_encode)
      .member("static string UrlDecode(string encodedValue)", url_decode)
      .member("static string HtmlEncode(string value)", html_encode)
      .member("static string HtmlDecode(string value)", html_decode);
}

}  // namespace gateway::expression
