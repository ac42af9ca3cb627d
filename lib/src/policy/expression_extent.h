#pragma once

#include <cstddef>
#include <string_view>

#include "policy/xml_text.h"

namespace gateway::policy {

// Finds where expressions of a lenient document end. Documents mix two ways of writing them: C# as
// it is, and C# with entities, where a bracket inside of &quot;(&quot; is in a string all the same.
class ExpressionExtents {
 public:
  explicit ExpressionExtents(std::string_view source);

  struct Extent {
    std::size_t end = std::string_view::npos;  // npos: it never ends
    bool fits = false;                         // what follows it is as asked
    bool as_written = false;                   // it only makes sense with its entities left alone
  };
  // Of the expression at `from`. `quote`: what has to follow it, after white space; 0: '<' or
  // nothing.
  [[nodiscard]] Extent find(std::size_t from, char quote);
  // Looked at too much that led nowhere: the document is not worth going on with.
  [[nodiscard]] bool exhausted() const noexcept { return wasted_ > kMostWasted; }

 private:
  static constexpr std::size_t kMostWasted = std::size_t{32} << 20;
  [[nodiscard]] bool fits(std::size_t end, char quote) const noexcept;
  [[nodiscard]] std::size_t end_resolved(std::size_t from) const noexcept;
  void waste(std::size_t from, std::size_t end) noexcept;

  std::string_view source_;
  bool has_references_ = false;
  ResolvedText resolved_;  // all of the source
  std::size_t wasted_ = 0;
};

}  // namespace gateway::policy
