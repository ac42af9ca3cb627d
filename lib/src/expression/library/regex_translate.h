#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

namespace gateway::expression {

// System.Text.RegularExpressions.RegexOptions.
struct RegexOptions {
  static constexpr std::int32_t kIgnoreCase = 1, kMultiline = 2, kExplicitCapture = 4, kCompiled = 8,
                                kSingleline = 16, kIgnorePatternWhitespace = 32, kRightToLeft = 64,
                                kEcmaScript = 256, kCultureInvariant = 512, kNonBacktracking = 1024,
                                kKnown = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 256 | 512 | 1024;
};

// A .NET pattern as PCRE2 takes it. Callouts numbered 1 stand where a match may spend time that the
// match limit does not count.
struct TranslatedRegex {
  struct Group {
    std::int32_t number = 0;  // .NET's: unnamed groups first, then the named ones
    std::string name;         // the number in digits where it has none
  };
  std::string pattern;
  std::vector<Group> groups;         // by number; the whole match is the first
  std::vector<std::int32_t> slots;   // which of `groups` PCRE2's group i + 1 is
};

// The Error says what is wrong with the pattern, and where.
[[nodiscard]] Result<TranslatedRegex> translate_regex(std::string_view pattern, std::int32_t options);

}  // namespace gateway::expression
