#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "expression/evaluation.h"

namespace gateway::expression {

// The parts of an absolute URI, normalised as System.Uri does: lower-case scheme and host, no dot
// segments, no default port, every character escaped that must be.
struct UriParts {
  std::string_view scheme;
  std::string_view user_info;
  std::string_view host;      // an IPv6 address in brackets
  std::int32_t port = -1;     // the scheme's default where none is written; -1: the scheme has none
  bool default_port = true;
  bool has_authority = false; // "//"
  std::string_view path;      // escaped
  std::string_view query;     // "" or with "?"
  std::string_view fragment;  // "" or with "#"
};

// System.Uri. Immutable.
struct UriObject final : Object {
  using Object::Object;
  bool absolute = false;
  std::string_view original;
  UriParts parts;  // of an absolute one
};

enum class UriKind : std::uint8_t { RelativeOrAbsolute, Absolute, Relative };

// new Uri(text): raises UriFormatException where it is no absolute URI.
[[nodiscard]] Value make_uri(Evaluation& eval, std::string_view text);
// Uri.TryCreate: null where it is none.
[[nodiscard]] UriObject* try_make_uri(Evaluation& eval, std::string_view text, UriKind kind);
// RFC 3986 §5.2. `base` is absolute.
[[nodiscard]] UriObject* resolve_uri(Evaluation& eval, const UriObject& base, std::string_view relative);
// Uri.AbsoluteUri.
[[nodiscard]] std::string_view absolute_uri(Evaluation& eval, const UriObject& uri);

}  // namespace gateway::expression
