#pragma once

#include <string_view>

#include "http/headers.h"

struct llhttp__internal_s;

namespace gateway {

// Reads field lines (RFC 9112 §5) with their blank line into `fields`, by llhttp. `lines` has
// passed LineScan. Returns null, or static text that says what is wrong; `fields` is then
// incomplete.
[[nodiscard]] const char* read_fields(std::string_view lines, bool request,
                                      HeaderList& fields) noexcept;

// An llhttp parser that has just read the head of a chunked message: it expects a chunk size next.
[[nodiscard]] const llhttp__internal_s& chunked_template() noexcept;

}  // namespace gateway
