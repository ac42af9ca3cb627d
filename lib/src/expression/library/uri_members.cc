#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/collections.h"
#include "expression/library/encoding_types.h"
#include "expression/library/uri.h"
#include "expression/library/uri_escape.h"

// System.Uri.
namespace gateway::expression {
namespace {

const UriObject& absolute(Call& call) {
  const auto& uri = self<UriObject>(call);
  if (!uri.absolute) {
    call.eval.raise("InvalidOperationException", "This operation is not supported for a relative URI.");
  }
  return uri;
}

Value of_text(Call& call) { return make_uri(call.eval, text_arg(call, 0, "uriString")); }
Value of_kind(Call& call) {
  const std::string_view text = text_arg(call, 0, "uriString");
  const auto kind = static_cast<UriKind>(enum_arg(call, 1));
  if (kind == UriKind::Absolute) return make_uri(call.eval, text);
  UriObject* uri = try_make_uri(call.eval, text, kind);
  if (!uri) {
    call.eval.raise("UriFormatException",
                    kind == UriKind::Relative
                        ? "A relative URI cannot be created because the 'uriString' parameter represents an "
                          "absolute URI."
                        : "Invalid URI: The format of the URI could not be determined.");
  }
  return Value::of(uri);
}

// The relative part at `at`: a string or a Uri. Null where it makes no URI.
UriObject* resolved(Call& call, std::size_t base_at, std::size_t at) {
  const auto* base = object_as<UriObject>(call.eval, call.args[base_at], "Uri");
  if (!base || !base->absolute || call.args[at].is_null()) return nullptr;
  if (call.args[at].is_string()) return resolve_uri(call.eval, *base, text_arg(call, at, "relativeUri"));
  auto& relative = object_argument<UriObject>(call, at, "relativeUri");
  return relative.absolute ? &relative : resolve_uri(call.eval, *base, relative.original);
}
Value of_base(Call& call) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (call.args[i].is_null()) raise_null(call.eval, i == 0 ? "baseUri" : "relativeUri");
  }
  if (!object_argument<UriObject>(call, 0, "baseUri").absolute) {
    raise_range(call.eval, "baseUri", "This operation is not supported for a relative URI.");
  }
  UriObject* uri = resolved(call, 0, 1);
  if (!uri) call.eval.raise("UriFormatException", "Invalid URI: The format of the URI could not be determined.");
  return Value::of(uri);
}

Value try_create(Call& call) {
  UriObject* uri = nullptr;
  if (call.args[0].is_string()) {
    uri = try_make_uri(call.eval, text_arg(call, 0, "uriString"), static_cast<UriKind>(enum_arg(call, 1)));
  }
  call.args[2] = Value::of(uri);
  return Value::of(uri != nullptr);
}
Value try_create_relative(Call& call) {
  UriObject* uri = resolved(call, 0, 1);
  call.args[2] = Value::of(uri);
  return Value::of(uri != nullptr);
}

Value absolute_uri_text(Call& call) { return Value::of(absolute_uri(call.eval, absolute(call))); }
Value absolute_path(Call& call) { return Value::of(absolute(call).parts.path); }
Value query(Call& call) { return Value::of(absolute(call).parts.query); }
Value fragment(Call& call) { return Value::of(absolute(call).parts.fragment); }
Value scheme(Call& call) { return Value::of(absolute(call).parts.scheme); }
Value host(Call& call) { return Value::of(absolute(call).parts.host); }
Value user_info(Call& call) { return Value::of(absolute(call).parts.user_info); }
Value port(Call& call) { return Value::of(absolute(call).parts.port); }
Value is_default_port(Call& call) { return Value::of(absolute(call).parts.default_port); }
Value is_absolute(Call& call) { return Value::of(self<UriObject>(call).absolute); }
Value is_file(Call& call) { return Value::of(absolute(call).parts.scheme == "file"); }
Value original(Call& call) { return Value::of(self<UriObject>(call).original); }
Value dns_safe_host(Call& call) {
  std::string_view name = absolute(call).parts.host;
  if (!name.empty() && name[0] == '[') name = name.substr(1, name.size() - 2);
  return Value::of(name);
}
Value is_loopback(Call& call) {
  const std::string_view name = absolute(call).parts.host;
  return Value::of(name == "localhost" || name == "[::1]" || name.substr(0, 4) == "127.");
}
std::string authority_of(const UriParts& parts) {
  std::string out(parts.host);
  if (!parts.default_port) out += fmt::format(":{}", parts.port);
  return out;
}
Value authority(Call& call) { return call.eval.text(authority_of(absolute(call).parts)); }
Value path_and_query(Call& call) {
  const UriParts& parts = absolute(call).parts;
  return call.eval.text(std::string(parts.path) + std::string(parts.query));
}
Value local_path(Call& call) {
  std::pmr::string out(&call.eval.arena());
  append_unescaped(absolute(call).parts.path, out);
  return made(call, out);
}
Value segments(Call& call) {
  const std::string_view path = absolute(call).parts.path;
  ListObject* out = make_array(call.eval, type_named(call.eval, "string"));
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t slash = path.find('/', at);
    const std::size_t end = slash == std::string_view::npos ? path.size() : slash + 1;
    out->items.push_back(Value::of(path.substr(at, end - at)));
    at = end;
  }
  return Value::of(out);
}

// UriPartial: Scheme, Authority, Path, Query.
Value left_part(Call& call) {
  const UriParts& parts = absolute(call).parts;
  const std::int32_t partial = enum_arg(call, 1);
  std::string out = std::string(parts.scheme) + (parts.has_authority || parts.scheme == "file" ? "://" : ":");
  if (partial >= 1) {
    if (!parts.user_info.empty()) out += std::string(parts.user_info) + "@";
    out += authority_of(parts);
  }
  if (partial >= 2) out += parts.path;
  if (partial >= 3) out += parts.query;
  return call.eval.text(out);
}

std::string_view readable(Evaluation& eval, const UriObject& uri) {
  if (!uri.absolute) return uri.original;
  std::pmr::string out(&eval.arena());
  append_readable(absolute_uri(eval, uri), out);
  return eval.arena().copy(out);
}
Value to_text(Call& call) { return Value::of(readable(call.eval, self<UriObject>(call))); }

// Without user information and fragment, as Uri.Equals compares.
std::string comparable(const UriObject& uri) {
  if (!uri.absolute) return std::string(uri.original);
  return fmt::format("{}://{}:{}{}{}", uri.parts.scheme, uri.parts.host, uri.parts.port, uri.parts.path,
                     uri.parts.query);
}
bool equal(Call& call) {
  const auto* a = object_as<UriObject>(call.eval, call.args[0], "Uri");
  const auto* b = object_as<UriObject>(call.eval, call.args[1], "Uri");
  if (!a || !b) return call.args[0].is_null() && call.args[1].is_null();
  call.eval.charge((a->original.size() + b->original.size()) / 8 + 1);
  return a->absolute == b->absolute && comparable(*a) == comparable(*b);
}
Value equals(Call& call) { return Value::of(equal(call)); }
Value differs(Call& call) { return Value::of(!equal(call)); }
Value hash(Call& call) {
  return Value::of(call.eval.hash(call.eval.text(comparable(self<UriObject>(call)))));
}
Value is_base_of(Call& call) {
  const UriParts& base = absolute(call).parts;
  const auto& other = object_argument<UriObject>(call, 1, "uri");
  if (!other.absolute) return Value::of(true);
  const std::string_view folder = base.path.substr(0, base.path.rfind('/') + 1);
  return Value::of(base.scheme == other.parts.scheme && base.host == other.parts.host &&
                   base.port == other.parts.port && other.parts.path.substr(0, folder.size()) == folder);
}

Value escape_data(Call& call) {
  std::pmr::string out(&call.eval.arena());
  append_escaped(text_arg(call, 0, "stringToEscape"), "", out);
  return made(call, out);
}
Value escape_uri(Call& call) {
  std::pmr::string out(&call.eval.arena());
  append_escaped(text_arg(call, 0, "stringToEscape"), kUriReserved, out);
  return made(call, out);
}
Value unescape_data(Call& call) {
  std::pmr::string out(&call.eval.arena());
  append_unescaped(text_arg(call, 0, "stringToUnescape"), out);
  return made(call, out);
}

// It parses, and nothing in it would have to be escaped.
Value is_well_formed(Call& call) {
  if (!call.args[0].is_string()) return Value::of(false);
  const std::string_view text = text_arg(call, 0, "uriString");
  if (!try_make_uri(call.eval, text, static_cast<UriKind>(enum_arg(call, 1)))) return Value::of(false);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) return Value::of(false);
    } else if (!is_uri_unreserved(c) && kUriReserved.find(c) == std::string_view::npos) {
      return Value::of(false);
    }
  }
  return Value::of(true);
}
Value check_scheme(Call& call) {
  const std::string_view name = optional_text(call, 0);
  return Value::of(!name.empty() && is_alpha(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  }));
}
Value http(Call&) { return Value::of(std::string_view("http")); }
Value https(Call&) { return Value::of(std::string_view("https")); }
Value delimiter(Call&) { return Value::of(std::string_view("://")); }

}  // namespace

void declare_uri(Catalog& catalog) {
  catalog.declare("System.UriFormatException", {.base = "FormatException"});
  catalog.declare("System.UriKind", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("RelativeOrAbsolute", 0)
      .enumerator("Absolute", 1)
      .enumerator("Relative", 2);
  catalog.declare("System.UriPartial", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("Scheme", 0)
      .enumerator("Authority", 1)
      .enumerator("Path", 2)
      .enumerator("Query", 3);
  catalog.declare("System.Uri")
      .member("new(string uriString)", of_text)
      .member("new(string uriString, UriKind uriKind)", of_kind)
      .member("new(Uri baseUri, string relativeUri)", of_base)
      .member("new(Uri baseUri, Uri relativeUri)", of_base)
      .member("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", try_create)
      .member("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", try_create_relative)
      .member("static bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)", try_create_relative)
      .member("string AbsoluteUri { get; }", absolute_uri_text)
      .member("string AbsolutePath { get; }", absolute_path)
      .member("string Query { get; }", query)
      .member("string Fragment { get; }", fragment)
      .member("string Scheme { get; }", scheme)
      .member("string Host { get; }", host)
      .member("string IdnHost { get; }", dns_safe_host)
      .member("string DnsSafeHost { get; }", dns_safe_host)
      .member("string UserInfo { get; }", user_info)
      .member("string Authority { get; }", authority)
      .member("string PathAndQuery { get; }", path_and_query)
      .member("string LocalPath { get; }", local_path)
      .member("string OriginalString { get; }", original)
      .member("string[] Segments { get; }", segments)
      .member("int Port { get; }", port)
      .member("bool IsDefaultPort { get; }", is_default_port)
      .member("bool IsAbsoluteUri { get; }", is_absolute)
      .member("bool IsFile { get; }", is_file)
      .member("bool IsLoopback { get; }", is_loopback)
      .member("bool IsBaseOf(Uri uri)", is_base_of)
      .member("string GetLeftPart(UriPartial part)", left_part)
      .member("string ToString()", to_text)
      .member("bool Equals(object comparand)", equals)
      .member("int GetHashCode()", hash)
      .member("static bool operator ==(Uri uri1, Uri uri2)", equals)
      .member("static bool operator !=(Uri uri1, Uri uri2)", differs)
      .member("static string EscapeDataString(string stringToEscape)", escape_data)
      .member("static string EscapeUriString(string stringToEscape)", escape_uri)
      .member("static string UnescapeDataString(string stringToUnescape)", unescape_data)
      .member("static bool IsWellFormedUriString(string uriString, UriKind uriKind)", is_well_formed)
      .member("static bool CheckSchemeName(string schemeName)", check_scheme)
      .member("static string UriSchemeHttp { get; }", http)
      .member("static string UriSchemeHttps { get; }", https)
      .member("static string SchemeDelimiter { get; }", delimiter);
}

}  // namespace gateway::expression
