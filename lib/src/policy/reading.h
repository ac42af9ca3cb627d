#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"
#include "policy/named_values.h"

namespace gateway::policy {

// A document's text, its named values put in, read. Immutable; for as long as it is compiled.
class Reading {
 public:
  // Every problem is told. Null when there is no document; one that only lacks named values is
  // there, so that its other problems are found too.
  static std::unique_ptr<Reading> read(std::string_view text, DocumentForm form,
                                       const NamedValueLookup& lookup,
                                       std::vector<Problem>& problems);

  [[nodiscard]] const Document& document() const noexcept { return *document_; }
  // A place of the document, of the text that its author wrote.
  [[nodiscard]] Position author(Position at) const noexcept;
  // A message about the document, without what named values say.
  [[nodiscard]] std::string redact(std::string message) const;
  // A part of it that refers to a named value that is not there: what is wrong with it has been
  // told.
  [[nodiscard]] bool is_unresolved(std::string_view part) const noexcept {
    return lacks_values_ && part.find("{{") != std::string_view::npos;
  }

 private:
  Reading() = default;
  [[nodiscard]] Position author_offset(std::size_t offset) const noexcept;
  std::vector<std::uint32_t> lines_;  // of the author's text
  Substituted substituted_;           // its text has gone to the document
  std::unique_ptr<Document> document_;
  mutable std::optional<Redaction> redaction_;
  bool lacks_values_ = false;
};

}  // namespace gateway::policy
