#include "expression/library/uri.h"

#include <algorithm>
#include <array>
#include <string>

#include <arpa/inet.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/uri_escape.h"

namespace gateway::expression {
namespace {

constexpr std::size_t kLongest = 65'519;
constexpr std::string_view kPathKept = "!$&'()*+,;=:@/[]";
constexpr std::string_view kQueryKept = "!$&'()*+,;=:@/[]?";

struct Scheme {
  std::string_view name;
  std::int32_t port;
  bool needs_host;
};
constexpr std::array<Scheme, 12> kSchemes = {{
    {"http", 80, true}, {"https", 443, true}, {"ws", 80, true}, {"wss", 443, true}, {"ftp", 21, true},
    {"ldap", 389, false}, {"gopher", 70, true}, {"telnet", 23, true}, {"nntp", 119, true},
    {"net.tcp", 808, true}, {"mailto", 25, false}, {"file", -1, false},
}};

const Scheme* known(std::string_view name) {
  const auto found = std::find_if(kSchemes.begin(), kSchemes.end(),
                                  [&](const Scheme& scheme) { return scheme.name == name; });
  return found == kSchemes.end() ? nullptr : &*found;
}

// Where the scheme ends (at its colon); npos: there is none.
std::size_t scheme_end(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return std::string_view::npos;
  std::size_t at = 1;
  while (at < text.size() && (is_alpha(text[at]) || is_digit(text[at]) || text[at] == '+' ||
                              text[at] == '-' || text[at] == '.')) {
    ++at;
  }
  // One letter is a drive, as in C:\folder.
  return at > 1 && at < text.size() && text[at] == ':' ? at : std::string_view::npos;
}

// RFC 3986 §5.2.4.
void remove_dot_segments(std::string_view path, std::pmr::string& out) {
  const std::size_t begin = out.size();
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (segment == "/.." || segment == "/.") {
      if (segment == "/..") {
        const std::size_t slash = out.rfind('/');
        out.resize(slash == std::pmr::string::npos || slash < begin ? begin : slash);
      }
      if (end == path.size()) out += '/';
    } else {
      out += segment;
    }
    at = end;
  }
}

// What is wrong, or nothing: the parts are in `parts`.
class Parser {
 public:
  Parser(Evaluation& eval, std::string_view text) : eval_(eval), text_(text) {}

  std::string_view parse(UriParts& parts) {
    const std::size_t colon = scheme_end(text_);
    if (colon == std::string_view::npos) {
      return "Invalid URI: The format of the URI could not be determined.";
    }
    std::pmr::string scheme(text_.substr(0, colon), &eval_.arena());
    for (char& c : scheme) c = to_lower(c);
    parts.scheme = eval_.arena().copy(scheme);
    const Scheme* facts = known(parts.scheme);
    const bool slashes = facts && (facts->needs_host || facts->name == "file");
    std::pmr::string rest(text_.substr(colon + 1), &eval_.arena());
    if (slashes) {
      const std::size_t end = std::min(rest.find_first_of("?#"), rest.size());
      std::replace(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(end), '\\', '/');
    }
    std::string_view left = rest;
    if (left.substr(0, 2) == "//") {
      parts.has_authority = true;
      const std::size_t end = std::min(left.find_first_of("/?#", 2), left.size());
      if (const auto wrong = authority(left.substr(2, end - 2), facts, parts); !wrong.empty()) return wrong;
      left.remove_prefix(end);
    } else if (facts && facts->needs_host) {
      return "Invalid URI: The Authority/Host could not be parsed.";
    }
    if (!parts.has_authority && facts) parts.port = facts->port;
    remainder(left, parts, slashes || parts.has_authority);
    return {};
  }

  // Path, query and fragment.
  void remainder(std::string_view left, UriParts& parts, bool hierarchical) {
    const std::size_t hash = left.find('#');
    if (hash != std::string_view::npos) {
      parts.fragment = normalized(left.substr(hash), kQueryKept, "#");
      left = left.substr(0, hash);
    }
    const std::size_t mark = left.find('?');
    if (mark != std::string_view::npos) {
      parts.query = normalized(left.substr(mark), kQueryKept, "?");
      left = left.substr(0, mark);
    }
    std::pmr::string path(&eval_.arena());
    append_normalized(left, kPathKept, path);
    if (hierarchical) {
      std::pmr::string clean(&eval_.arena());
      if (path.empty() || path[0] != '/') path.insert(path.begin(), '/');
      remove_dot_segments(path, clean);
      path = std::move(clean);
    }
    parts.path = eval_.arena().copy(path);
  }

 private:
  std::string_view normalized(std::string_view text, std::string_view kept, std::string_view mark) {
    std::pmr::string out(mark, &eval_.arena());
    append_normalized(text.substr(1), kept, out);
    return eval_.arena().copy(out);
  }

  std::string_view authority(std::string_view text, const Scheme* facts, UriParts& parts) {
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
      std::pmr::string user(&eval_.arena());
      append_normalized(text.substr(0, at), "!$&'()*+,;=:", user);
      parts.user_info = eval_.arena().copy(user);
      text.remove_prefix(at + 1);
    }
    std::string_view host = text, port;
    if (!text.empty() && text[0] == '[') {
      const std::size_t close = text.find(']');
      in6_addr address{};
      if (close == std::string_view::npos) return kBadHost;
      host = text.substr(0, close + 1);
      const std::string inner(host.substr(1, host.substr(1).find_first_of("%]")));
      if (inet_pton(AF_INET6, inner.c_str(), &address) != 1) return kBadHost;
      const std::string_view behind = text.substr(close + 1);
      if (!behind.empty() && behind[0] != ':') return "Invalid URI: Invalid port specified.";
      if (!behind.empty()) port = behind.substr(1);
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
    }
    if (host.empty() && facts && facts->needs_host) return kBadHost;
    std::pmr::string name(host, &eval_.arena());
    for (char& c : name) {
      c = to_lower(c);
      const bool allowed = is_uri_unreserved(c) || (c & 0x80) != 0 || host[0] == '[' ||
                           (!facts && std::string_view("%!$&'()*+,;=").find(c) != std::string_view::npos);
      if (!allowed) return kBadHost;
    }
    if (!name.empty() && (name[0] == '.' || name.find("..") != std::pmr::string::npos)) return kBadHost;
    parts.host = eval_.arena().copy(name);
    parts.port = facts ? facts->port : -1;
    if (!port.empty()) {
      const auto number = gateway::parse_decimal(port, 65'535);
      if (!number) return "Invalid URI: Invalid port specified.";
      parts.default_port = static_cast<std::int32_t>(*number) == parts.port;
      parts.port = static_cast<std::int32_t>(*number);
    }
    return {};
  }

  static constexpr std::string_view kBadHost = "Invalid URI: The hostname could not be parsed.";
  Evaluation& eval_;
  std::string_view text_;
};

UriObject* new_uri(Evaluation& eval) { return eval.arena().make<UriObject>(type_named(eval, "Uri")); }

std::string_view parse_into(Evaluation& eval, std::string_view text, UriObject& uri) {
  eval.charge(text.size() / 4 + 10);
  uri.original = text;
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) return "Invalid URI: The URI is empty.";
  if (trimmed.size() > kLongest) return "Invalid URI: The Uri string is too long.";
  const std::string_view wrong = Parser(eval, trimmed).parse(uri.parts);
  uri.absolute = wrong.empty();
  return wrong;
}

}  // namespace

Value make_uri(Evaluation& eval, std::string_view text) {
  UriObject* uri = new_uri(eval);
  const std::string_view wrong = parse_into(eval, text, *uri);
  if (!wrong.empty()) eval.raise("UriFormatException", wrong);
  return Value::of(uri);
}

UriObject* try_make_uri(Evaluation& eval, std::string_view text, UriKind kind) {
  UriObject* uri = new_uri(eval);
  const bool has_scheme = scheme_end(trim(text)) != std::string_view::npos;
  if (kind != UriKind::Relative) {
    if (parse_into(eval, text, *uri).empty()) return uri;
    if (kind == UriKind::Absolute || has_scheme) return nullptr;
  } else if (has_scheme && parse_into(eval, text, *uri).empty()) {
    return nullptr;
  }
  if (text.size() > kLongest) return nullptr;
  uri->original = text;
  uri->parts = {};
  return uri;
}

UriObject* resolve_uri(Evaluation& eval, const UriObject& base, std::string_view relative) {
  relative = trim(relative);
  if (scheme_end(relative) != std::string_view::npos) return try_make_uri(eval, relative, UriKind::Absolute);
  if (relative.size() > kLongest) return nullptr;
  if (relative.substr(0, 2) == "//") {
    std::pmr::string text(base.parts.scheme, &eval.arena());
    text += ':';
    text += relative;
    return try_make_uri(eval, eval.arena().copy(text), UriKind::Absolute);
  }
  eval.charge(relative.size() / 4 + 10);
  UriObject* out = new_uri(eval);
  out->absolute = true;
  out->parts = base.parts;
  out->parts.fragment = {};
  std::pmr::string text(&eval.arena());
  if (relative.empty() || relative[0] == '#') {
    text += base.parts.path;
    text += base.parts.query;
  } else if (relative[0] == '?') {
    text += base.parts.path;
  } else if (relative[0] != '/' && relative[0] != '\\') {
    text += base.parts.path.substr(0, base.parts.path.rfind('/') + 1);
  }
  out->parts.query = {};
  text += relative;
  Parser(eval, {}).remainder(text, out->parts, true);
  out->original = absolute_uri(eval, *out);
  return out;
}

std::string_view absolute_uri(Evaluation& eval, const UriObject& uri) {
  const UriParts& parts = uri.parts;
  std::pmr::string out(parts.scheme, &eval.arena());
  out += parts.has_authority || parts.scheme == "file" ? "://" : ":";
  if (!parts.user_info.empty()) {
    out += parts.user_info;
    out += '@';
  }
  out += parts.host;
  if (!parts.default_port) {
    out += ':';
    out += std::to_string(parts.port);
  }
  out += parts.path;
  out += parts.query;
  out += parts.fragment;
  return eval.arena().copy(out);
}

}  // namespace gateway::expression
