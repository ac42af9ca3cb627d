#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expression/arena.h"

// Query strings and forms, as the parts of URLs that policies read and change.
namespace gateway::policy {

struct QueryPart {
  std::string_view name, value;  // as written
  bool has_value = false;        // there was a '='
};
// The parts of "?a=1&b" or "a=1&b"; empty ones are left out.
[[nodiscard]] std::vector<QueryPart> query_parts(std::string_view query);

// UTF-8, whatever the bytes are: those that are none become U+FFFD. The text itself where it is
// good.
[[nodiscard]] std::string_view as_utf8(std::string_view bytes, expression::Arena& arena);
// "%41+b" is "A b".
[[nodiscard]] std::string_view decode_part(std::string_view text, expression::Arena& arena);
// All but unreserved characters as %XX; a space as %20.
void append_part(std::string_view text, std::string& out);
// What a URL must escape of text that may be escaped already: an existing %XX stays as it is.
// `path`: '?' and
// '#' are escaped too.
void append_url_text(std::string_view text, bool path, std::string& out);

}  // namespace gateway::policy
