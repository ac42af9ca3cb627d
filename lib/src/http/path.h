#pragma once

#include <string>
#include <string_view>

#include <gateway/result.h>

namespace gateway {

struct PathRules {
  bool allow_encoded_slash = false;  // keep "%2F" (and "%5C") as they are, instead of refusing
};

// The one normalisation of request paths (RFC 3986 §6.2.2): percent-decoding of unreserved bytes,
// upper-case hex in the others, dot segments removed, double slashes merged. What is matched is
// what is forwarded. Idempotent. Refused: a path that does not start with '/', malformed percent
// encodings, "%00", control bytes, bytes over 0x7F, raw characters outside RFC 3986's pchar set
// ('\\' among them), and an encoded slash or backslash unless allowed.
//
// Returns a view of `path` itself when it is already normal (the usual case, one pass, no copy),
// else of `scratch`, which it overwrites. `path` excludes query and fragment.
[[nodiscard]] Result<std::string_view> normalise_path(std::string_view path, PathRules rules,
                                                      std::string& scratch);

// Splits off the port of an authority and lower-cases it into `scratch` where needed. Error: not
// `host [":" port]` per RFC 9110 §7.2 (reg-name of letters, digits, '-', '.', '_'; IPv4; bracketed
// IPv6), the empty text included. One trailing dot is dropped.
struct Authority {
  std::string_view host;  // lower case, without port and brackets' port; IPv6 keeps its brackets
  std::string_view port;  // digits or empty
};
[[nodiscard]] Result<Authority> parse_authority(std::string_view text, std::string& scratch);
// Whether parse_authority would take it; nothing is built.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

}  // namespace gateway
