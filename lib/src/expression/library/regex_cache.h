#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

#include "expression/library/regex_translate.h"

namespace gateway::expression {

// A compiled pattern, with machine code where it can be had. One thread.
class CompiledRegex {
 public:
  enum class Outcome : std::uint8_t { Match, NoMatch, TimedOut };
  static constexpr std::int64_t kLongestNs = 10'000'000;
  static constexpr std::size_t kUnset = static_cast<std::size_t>(-1);

  ~CompiledRegex();
  CompiledRegex(const CompiledRegex&) = delete;
  CompiledRegex& operator=(const CompiledRegex&) = delete;

  // Finds the first match at or behind `from`. `text` is UTF-8. Ends within about `limit_ns`, at most
  // kLongestNs. `spans`: what was found, until the next call: begin and end of each of groups().
  [[nodiscard]] Outcome match(std::string_view text, std::size_t from, std::int64_t limit_ns);
  [[nodiscard]] std::span<const std::size_t> spans() const noexcept { return spans_; }

  [[nodiscard]] const std::vector<TranslatedRegex::Group>& groups() const noexcept { return groups_; }
  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
  [[nodiscard]] std::int32_t options() const noexcept { return options_; }

 private:
  struct Code;
  friend Result<std::shared_ptr<CompiledRegex>> compile_regex(std::string_view, std::int32_t);
  CompiledRegex() = default;

  std::string pattern_;
  std::int32_t options_ = 0;
  std::vector<TranslatedRegex::Group> groups_;
  std::vector<std::int32_t> slots_;
  std::vector<std::size_t> spans_;
  std::unique_ptr<Code> code_;
};

inline constexpr std::size_t kMaxPattern = 16 * 1024;

// Compiles; the Error tells what is wrong with the pattern.
[[nodiscard]] Result<std::shared_ptr<CompiledRegex>> compile_regex(std::string_view pattern,
                                                                   std::int32_t options);
// The same from this thread's cache of the patterns last used, at most 256. `compiled` tells that it was
// not there.
[[nodiscard]] Result<std::shared_ptr<CompiledRegex>> cached_regex(std::string_view pattern,
                                                                  std::int32_t options, bool& compiled);

}  // namespace gateway::expression
