#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "expression/evaluation.h"

// System.Xml.Linq's tree: mutable, in the arena. No text in it owns memory.
namespace gateway::expression {

struct XNamespaceObject final : Object {
  XNamespaceObject(const Type* the_type, std::string_view the_uri) : Object(the_type), uri(the_uri) {}
  std::string_view uri;
};

// A name as a plain value; XNameObject is its boxed form.
struct XmlName {
  std::string_view space;  // namespace URI; "": none
  std::string_view local;
  friend bool operator==(const XmlName&, const XmlName&) = default;
};
struct XNameObject final : Object {
  XNameObject(const Type* the_type, const XmlName& the_name) : Object(the_type), name(the_name) {}
  XmlName name;
};

enum class XmlKind : std::uint8_t { Element, Attribute, Document, Text, CData, Comment, Instruction };

struct XElement;

// XObject: every node and attribute.
struct XObject : Object {
  XObject(const Type* the_type, XmlKind the_kind) : Object(the_type), kind(the_kind) {}
  XmlKind kind;
  struct XContainer* parent = nullptr;
};

struct XAttribute final : XObject {
  XAttribute(const Type* the_type, const XmlName& the_name, std::string_view the_value)
      : XObject(the_type, XmlKind::Attribute), name(the_name), value(the_value) {}
  XmlName name;  // xmlns="…" is {"", "xmlns"}; xmlns:p="…" is {kXmlnsUri, "p"}
  std::string_view value;
  XAttribute* next = nullptr;
  [[nodiscard]] bool declares_namespace() const noexcept;
};

struct XNode : XObject {
  using XObject::XObject;
  XNode* next = nullptr;
  XNode* previous = nullptr;
};

// XText, XCData, XComment; XProcessingInstruction has its target in `target`.
struct XCharacters final : XNode {
  XCharacters(const Type* the_type, XmlKind the_kind, std::string_view the_text)
      : XNode(the_type, the_kind), text(the_text) {}
  std::string_view text;
  std::string_view target;
};

struct XContainer : XNode {
  using XNode::XNode;
  XNode* first = nullptr;
  XNode* last = nullptr;
  // An element that had text in any form ("<a></a>") is not written as "<a />".
  bool empty_tag = true;
};

struct XElement final : XContainer {
  XElement(const Type* the_type, const XmlName& the_name)
      : XContainer(the_type, XmlKind::Element), name(the_name) {}
  XmlName name;
  XAttribute* attributes = nullptr;
};

struct XDeclarationObject final : Object {
  using Object::Object;
  std::string_view version, encoding, standalone;
};

struct XDocument final : XContainer {
  explicit XDocument(const Type* the_type) : XContainer(the_type, XmlKind::Document) {}
  XDeclarationObject* declaration = nullptr;
  [[nodiscard]] XElement* root() const noexcept;
};

inline constexpr std::string_view kXmlUri = "http://www.w3.org/XML/1998/namespace";
inline constexpr std::string_view kXmlnsUri = "http://www.w3.org/2000/xmlns/";
inline constexpr int kXmlDepth = 256;

// XDocument.Parse: white space between elements is dropped unless `preserve_space`. No DTD, no entities
// but the five of XML, at most kXmlDepth levels. Raises XmlException, whose message tells line and column.
[[nodiscard]] XDocument* parse_xml(Evaluation& eval, std::string_view text, bool preserve_space = false);

// XNode.ToString(): with `indented` two spaces a level and "\n" between lines; no declaration.
void write_xml(Evaluation& eval, const XObject& node, bool indented, std::pmr::string& out);

// Making and changing trees. A node that has a parent is copied before it is added elsewhere.
[[nodiscard]] XElement* make_element(Evaluation& eval, const XmlName& name);
[[nodiscard]] XDocument* make_document(Evaluation& eval);
[[nodiscard]] XCharacters* make_characters(Evaluation& eval, XmlKind kind, std::string_view text);
[[nodiscard]] XNode* copy_node(Evaluation& eval, const XNode& node);
// Before `before`; null: at the end. `node` has no parent.
void insert_node(XContainer& parent, XNode& node, XNode* before);
void detach(XNode& node) noexcept;
void detach(XAttribute& attribute) noexcept;
[[nodiscard]] XAttribute* find_attribute(const XElement& element, const XmlName& name) noexcept;
// Adds or replaces.
XAttribute* set_attribute(Evaluation& eval, XElement& element, const XmlName& name, std::string_view value);
// XElement.Value: all text below it.
[[nodiscard]] std::string_view text_of(Evaluation& eval, const XContainer& container);
// The content of XElement's constructor and Add(): nodes, attributes, text, sequences of these, null.
void add_content(Evaluation& eval, XContainer& parent, const Value& content, XNode* before = nullptr);

// A value as XML has it: "true", dates in ISO 8601.
[[nodiscard]] std::string_view xml_text(Evaluation& eval, const Value& value);

// "{uri}local" or "local"; raises ArgumentException, XmlException.
[[nodiscard]] XmlName parse_name(Evaluation& eval, std::string_view expanded);
[[nodiscard]] Value name_value(Evaluation& eval, const XmlName& name);

}  // namespace gateway::expression
