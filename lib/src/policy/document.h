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
  std::string_view text;          // character data with entities resolved, of the element itself; CDATA too
  Position text_at;
  std::string_view inner;         // everything between its tags, as written

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
  // What the vendor takes as "rawxml", and real files are: where an attribute's value or an element's text
  // starts with "@(" or "@{", a balanced C# expression is read, quotes, '<' and '&' in it as they are;
  // entities are resolved all the same ("&&" is no entity).
  Lenient,
  Xml,  // XML 1.0, well-formed
};

// A document that was read. Owns all text. Immutable.
struct Document {
  std::string source;
  std::vector<std::unique_ptr<std::string>> resolved;  // texts that differ from the source
  Element root;
};

constexpr std::size_t kMaxDocumentBytes = 512 * 1024;  // after named values are put in: eight times that

// Null when there are problems (at most 100 are told). Comments and processing instructions are skipped;
// a DOCTYPE is refused; nesting is limited to 64.
[[nodiscard]] std::unique_ptr<Document> read_document(std::string source, DocumentForm form,
                                                      std::vector<Problem>& problems);
}  // namespace gateway::policy
