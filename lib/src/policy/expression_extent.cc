#include "policy/expression_extent.h"

#include <algorithm>

#include "expression/program.h"

namespace gateway::policy {

ExpressionExtents::ExpressionExtents(std::string_view source) : source_(source) {
  has_references_ = source.find('&') != std::string_view::npos;
  if (has_references_) append_resolved(source, 0, source.size(), resolved_);
}

bool ExpressionExtents::fits(std::size_t end, char quote) const noexcept {
  if (end == std::string_view::npos) return false;
  while (end < source_.size() && is_blank(source_[end])) ++end;
  if (quote == 0) return end == source_.size() || source_[end] == '<';
  return end < source_.size() && source_[end] == quote;
}

std::size_t ExpressionExtents::end_resolved(std::size_t from) const noexcept {
  const auto after = std::upper_bound(
      resolved_.anchors.begin(), resolved_.anchors.end(), from,
      [](std::size_t wanted, const ResolvedText::Anchor& one) { return wanted < one.source; });
  if (after == resolved_.anchors.begin()) return std::string_view::npos;
  const auto at = (after - 1)->at + (from - (after - 1)->source);
  const auto end = expression::end_of_expression(resolved_.text, at);
  if (end == std::string_view::npos) return end;
  // The last bracket may itself be a reference: its end is where the next byte begins.
  return end == resolved_.text.size() ? source_.size() : source_offset(resolved_, end);
}

void ExpressionExtents::waste(std::size_t from, std::size_t end) noexcept {
  wasted_ += std::min(end, source_.size()) - from;
}

ExpressionExtents::Extent ExpressionExtents::find(std::size_t from, char quote) {
  Extent out;
  if (!has_references_) {
    out.end = expression::end_of_expression(source_, from);
    out.fits = fits(out.end, quote);
    if (!out.fits) waste(from, out.end);
    return out;
  }
  out.end = end_resolved(from);
  out.fits = fits(out.end, quote);
  if (out.fits) return out;
  waste(from, out.end);
  const auto plain = expression::end_of_expression(source_, from);
  if (fits(plain, quote)) return {plain, true, true};
  waste(from, plain);
  return out;
}

}  // namespace gateway::policy
