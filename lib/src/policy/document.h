#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::policy {

// Where something stands in a document: both from 1, the column in bytes.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

struct Problem {
  Position at;
  std::string message;  // what is wrong and what is allowed; never a named value's content
};

struct Attribute {
  std::string_view name;
  std::string_view value;  // entities resolved
  Position at;             // of the value
};

// One element. Views are into its Document.
struct Element {
  std::string_view name;  // with its prefix, as written: "set-header", "xsl:stylesheet"
  Position at;
  std::vector<Attribute> attributes;
  std::vector<Element> children;  // elements only
  std::string_view text;  // character data with entities resolved, of the element itself; CDATA too
  Position text_at;
  std::string_view inner;  // everything between its tags, as written

  [[nodiscard]] const Attribute* attribute(std::string_view wanted) const noexcept {
    for (const Attribute& one : attributes)
      if (one.name == wanted) return &one;
    return nullptr;
  }
  [[nodiscard]] const Element* child(std::string_view wanted) const noexcept {
    for (const Element& one : children)
      if (one.name == wanted) return &one;
    return nullptr;
  }
};

enum class DocumentForm : std::uint8_t {
  // What the vendor takes as "rawxml", and real files are: where an attribute's value or an
  // element's text
  // starts with "@(" or "@{", a balanced C# expression is read, quotes, '<' and '&' in it as they
  // are;
  // entities are resolved all the same ("&&" is no entity).
  Lenient,
  Xml,  // XML 1.0, well-formed
};

// A text that differs from the source: entities resolved, comments taken out.
struct ResolvedText {
  struct Anchor {
    std::uint32_t at = 0;      // of the text
    std::uint32_t source = 0;  // where that is written; from here on byte for byte
  };
  std::string text;
  std::vector<Anchor> anchors;  // ascending; the first is at 0
};

// A document that was read. Owns all text. Immutable.
struct Document {
  std::string source;
  std::vector<std::unique_ptr<ResolvedText>> resolved;  // by address of their texts
  std::vector<std::uint32_t> lines;                     // where each begins in `source`
  Element root;

  // Of the first byte of `part`, a view into this document; of its start where it is none.
  [[nodiscard]] Position position_of(std::string_view part) const noexcept;
  [[nodiscard]] std::size_t offset_of(std::string_view part) const noexcept;
  [[nodiscard]] std::size_t offset_of(Position at) const noexcept;
  [[nodiscard]] Position position_at(std::size_t offset) const noexcept;
};

constexpr std::size_t kMaxDocumentBytes =
    512 * 1024;  // after named values are put in: eight times that

// Null when there are problems (at most 100 are told). Comments and processing instructions are
// skipped; a DOCTYPE is refused; nesting is limited to 64, attributes of an element to 256.
[[nodiscard]] std::unique_ptr<Document> read_document(std::string source, DocumentForm form,
                                                      std::vector<Problem>& problems);
}  // namespace gateway::policy
