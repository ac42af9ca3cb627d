#include "policy/document.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "policy/document_reader.h"
#include "policy/xml_text.h"

namespace gateway::policy {

Position Document::position_at(std::size_t offset) const noexcept {
  return position_in(lines, std::min(offset, source.size()));
}

std::size_t Document::offset_of(Position at) const noexcept {
  return std::min(offset_in(lines, at), source.size());
}

std::size_t Document::offset_of(std::string_view part) const noexcept {
  const std::less_equal<> ordered;
  const auto within = [&](const std::string& whole) {
    return ordered(whole.data(), part.data()) && ordered(part.data(), whole.data() + whole.size());
  };
  if (within(source)) return static_cast<std::size_t>(part.data() - source.data());
  const auto after = std::upper_bound(
      resolved.begin(), resolved.end(), part.data(),
      [](const char* wanted, const auto& one) { return std::less<>()(wanted, one->text.data()); });
  if (after == resolved.begin()) return 0;
  const ResolvedText& text = **(after - 1);
  if (!within(text.text)) return 0;
  return source_offset(text, static_cast<std::size_t>(part.data() - text.text.data()));
}

Position Document::position_of(std::string_view part) const noexcept {
  return position_at(offset_of(part));
}

std::unique_ptr<Document> read_document(std::string source, DocumentForm form,
                                        std::vector<Problem>& problems) {
  auto document = std::make_unique<Document>();
  document->source = std::move(source);
  const std::size_t most = 8 * kMaxDocumentBytes;
  if (document->source.size() > most) {
    problems.push_back({{}, "the document is larger than " + std::to_string(most) + " bytes"});
    return nullptr;
  }
  document->lines = line_starts(document->source);
  const auto bad = first_bad_byte(document->source);
  if (bad != std::string_view::npos) {
    problems.push_back({document->position_at(bad),
                        "a byte that is not UTF-8, or a control character that XML does not have"});
    return nullptr;
  }
  const bool whole = read_elements(*document, form, problems);
  std::sort(document->resolved.begin(), document->resolved.end(), [](const auto& a, const auto& b) {
    return std::less<>()(a->text.data(), b->text.data());
  });
  return whole ? std::move(document) : nullptr;
}

}  // namespace gateway::policy
