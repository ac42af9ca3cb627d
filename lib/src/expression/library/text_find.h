#pragma once

#include <cstring>
#include <string_view>

#include "expression/evaluation.h"

namespace gateway::expression {

// In time linear in both texts, whatever they are. npos: nowhere.
[[nodiscard]] inline std::size_t find_text(std::string_view text, std::string_view needle,
                                           std::size_t from = 0) {
  if (from > text.size()) return std::string_view::npos;
  if (needle.empty()) return from;
  const void* at = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return at ? static_cast<std::size_t>(static_cast<const char*>(at) - text.data())
            : std::string_view::npos;
}
[[nodiscard]] std::size_t find_last_text(std::string_view text, std::string_view needle,
                                         Arena& arena);

}  // namespace gateway::expression
