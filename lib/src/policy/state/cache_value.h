#pragma once

#include <string>
#include <string_view>

#include "expression/evaluation.h"

namespace gateway::policy {

// How a value of an expression is stored in a cache, and read back as the same type: null, booleans,
// characters, numbers, strings, byte[], DateTime, DateTimeOffset, TimeSpan, decimal, Guid, enumerators,
// tokens of JSON, XML trees, and arrays and lists of these. Raises InvalidOperationException for any other.
void write_cache_value(expression::Evaluation& eval, const expression::Value& value, std::string& out);

// False: the content is none of write_cache_value (another gateway's version wrote it): a miss. Texts in
// the value are views of `content`, which lives as long as the arena.
[[nodiscard]] bool read_cache_value(expression::Evaluation& eval, std::string_view content,
                                    expression::Value& value);

}  // namespace gateway::policy
