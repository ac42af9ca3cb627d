#include "policy/reading.h"

#include "policy/xml_text.h"

namespace gateway::policy {

Position Reading::author_offset(std::size_t offset) const noexcept {
  return position_in(lines_, substituted_.source_offset(offset));
}

Position Reading::author(Position at) const noexcept {
  if (substituted_.puts.empty()) return at;
  return author_offset(document_->offset_of(at));
}

std::string Reading::redact(std::string message) const {
  if (substituted_.puts.empty()) return message;
  if (!redaction_) redaction_.emplace(substituted_.puts);
  return redaction_->apply(std::move(message));
}

std::unique_ptr<Reading> Reading::read(std::string_view text, DocumentForm form,
                                       const NamedValueLookup& lookup,
                                       std::vector<Problem>& problems) {
  if (text.size() > kMaxDocumentBytes) {
    problems.push_back(
        {{}, "the document is larger than " + std::to_string(kMaxDocumentBytes) + " bytes"});
    return nullptr;
  }
  std::unique_ptr<Reading> out(new Reading);
  out->lines_ = line_starts(text);
  const auto before = problems.size();
  out->substituted_ = put_named_values(text, lookup, problems);
  out->lacks_values_ = problems.size() > before;
  std::vector<Problem> of_document;
  std::string source = std::move(out->substituted_.text);
  const auto lines = line_starts(source);
  out->document_ = read_document(std::move(source), form, of_document);
  for (Problem& one : of_document) {
    problems.push_back(
        {out->author_offset(offset_in(lines, one.at)), out->redact(std::move(one.message))});
  }
  return out->document_ ? std::move(out) : nullptr;
}

}  // namespace gateway::policy
