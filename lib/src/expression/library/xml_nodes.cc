#include "expression/library/xml_nodes.h"

#include <string>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/collections.h"
#include "expression/library/composite_format.h"

namespace gateway::expression {
namespace {

// Letters, digits, "_", "-", ".", and everything beyond ASCII; libxml2 is stricter where it reads.
bool is_name(std::string_view text) {
  if (text.empty() || is_digit(text[0]) || text[0] == '-' || text[0] == '.') return false;
  for (const char c : text) {
    if (!is_alpha(c) && !is_digit(c) && c != '_' && c != '-' && c != '.' && (c & 0x80) == 0) return false;
  }
  return true;
}

void append_texts(Evaluation& eval, const XContainer& container, std::pmr::string& out, int depth) {
  if (depth > kXmlDepth) eval.raise("XmlException", "The tree is nested too deep.");
  for (const XNode* node = container.first; node; node = node->next) {
    eval.charge(1);
    if (node->kind == XmlKind::Text || node->kind == XmlKind::CData) {
      out += static_cast<const XCharacters*>(node)->text;
    } else if (node->kind == XmlKind::Element) {
      append_texts(eval, static_cast<const XElement&>(*node), out, depth + 1);
    }
  }
}

XNode* copy_node(Evaluation& eval, const XNode& node, int depth) {
  eval.charge(5);
  if (depth > kXmlDepth) eval.raise("XmlException", "The tree is nested too deep.");
  if (node.kind != XmlKind::Element && node.kind != XmlKind::Document) {
    const auto& from = static_cast<const XCharacters&>(node);
    XCharacters* out = make_characters(eval, from.kind, from.text);
    out->target = from.target;
    return out;
  }
  const auto& from = static_cast<const XContainer&>(node);
  XContainer* out = nullptr;
  if (node.kind == XmlKind::Element) {
    const auto& element = static_cast<const XElement&>(node);
    XElement* copy = make_element(eval, element.name);
    for (const XAttribute* a = element.attributes; a; a = a->next) set_attribute(eval, *copy, a->name, a->value);
    out = copy;
  } else {
    XDocument* copy = make_document(eval);
    copy->declaration = static_cast<const XDocument&>(node).declaration;
    out = copy;
  }
  out->empty_tag = from.empty_tag;
  for (const XNode* child = from.first; child; child = child->next) {
    insert_node(*out, *copy_node(eval, *child, depth + 1), nullptr);
  }
  return out;
}

bool is_within(const XObject& node, const XObject& container) {
  for (const XObject* at = &container; at; at = at->parent) {
    if (at == &node) return true;
  }
  return false;
}

void add_text(Evaluation& eval, XContainer& parent, std::string_view text, XNode* before) {
  if (parent.kind == XmlKind::Document) {
    if (trim(text).empty()) return;
    eval.raise("ArgumentException", "Non-whitespace characters cannot be added to content.");
  }
  if (text.empty()) {
    parent.empty_tag = false;
    return;
  }
  XNode* behind = before ? before->previous : parent.last;
  if (behind && behind->kind == XmlKind::Text) {
    auto& last = static_cast<XCharacters&>(*behind);
    eval.charge((last.text.size() + text.size()) / 8);
    std::pmr::string joined(last.text, &eval.arena());
    joined += text;
    last.text = eval.arena().copy(joined);
    return;
  }
  insert_node(parent, *make_characters(eval, XmlKind::Text, text), before);
}

void add_node(Evaluation& eval, XContainer& parent, XNode& node, XNode* before) {
  XNode* added = node.parent || is_within(node, parent) ? copy_node(eval, node) : &node;
  if (added->kind == XmlKind::Document) eval.raise("ArgumentException", "A node of type Document cannot be added to content.");
  if (parent.kind == XmlKind::Document && added->kind == XmlKind::Element &&
      static_cast<XDocument&>(parent).root()) {
    eval.raise("InvalidOperationException", "This operation would create an incorrectly structured document.");
  }
  insert_node(parent, *added, before);
}

void add_attribute(Evaluation& eval, XContainer& parent, const XAttribute& attribute) {
  if (parent.kind != XmlKind::Element) {
    eval.raise("ArgumentException", "An attribute cannot be added to content.");
  }
  auto& element = static_cast<XElement&>(parent);
  if (find_attribute(element, attribute.name)) eval.raise("InvalidOperationException", "Duplicate attribute.");
  set_attribute(eval, element, attribute.name, attribute.value);
}

}  // namespace

bool XAttribute::declares_namespace() const noexcept {
  return name.space == kXmlnsUri || (name.space.empty() && name.local == "xmlns");
}

XElement* XDocument::root() const noexcept {
  for (XNode* node = first; node; node = node->next) {
    if (node->kind == XmlKind::Element) return static_cast<XElement*>(node);
  }
  return nullptr;
}

XElement* make_element(Evaluation& eval, const XmlName& name) {
  return eval.arena().make<XElement>(type_named(eval, "XElement"), name);
}
XDocument* make_document(Evaluation& eval) {
  return eval.arena().make<XDocument>(type_named(eval, "XDocument"));
}
XCharacters* make_characters(Evaluation& eval, XmlKind kind, std::string_view text) {
  const std::string_view type = kind == XmlKind::Text      ? "XText"
                                : kind == XmlKind::CData   ? "XCData"
                                : kind == XmlKind::Comment ? "XComment"
                                                           : "XProcessingInstruction";
  return eval.arena().make<XCharacters>(type_named(eval, type), kind, text);
}
XNode* copy_node(Evaluation& eval, const XNode& node) { return copy_node(eval, node, 0); }

void insert_node(XContainer& parent, XNode& node, XNode* before) {
  node.parent = &parent;
  node.next = before;
  node.previous = before ? before->previous : parent.last;
  (node.previous ? node.previous->next : parent.first) = &node;
  (before ? before->previous : parent.last) = &node;
}

void detach(XNode& node) noexcept {
  if (!node.parent) return;
  (node.previous ? node.previous->next : node.parent->first) = node.next;
  (node.next ? node.next->previous : node.parent->last) = node.previous;
  node.parent = nullptr;
  node.next = node.previous = nullptr;
}

void detach(XAttribute& attribute) noexcept {
  if (!attribute.parent) return;
  XAttribute** at = &static_cast<XElement*>(attribute.parent)->attributes;
  while (*at != &attribute) at = &(*at)->next;
  *at = attribute.next;
  attribute.parent = nullptr;
  attribute.next = nullptr;
}

XAttribute* find_attribute(const XElement& element, const XmlName& name) noexcept {
  XAttribute* at = element.attributes;
  while (at && at->name != name) at = at->next;
  return at;
}

XAttribute* set_attribute(Evaluation& eval, XElement& element, const XmlName& name, std::string_view value) {
  XAttribute** at = &element.attributes;
  for (; *at; at = &(*at)->next) {
    eval.charge(1);
    if ((*at)->name == name) {
      (*at)->value = value;
      return *at;
    }
  }
  *at = eval.arena().make<XAttribute>(type_named(eval, "XAttribute"), name, value);
  (*at)->parent = &element;
  return *at;
}

std::string_view text_of(Evaluation& eval, const XContainer& container) {
  // Mostly one text, which needs no copy.
  const XNode* only = container.first;
  if (!only) return {};
  if (only == container.last && (only->kind == XmlKind::Text || only->kind == XmlKind::CData)) {
    return static_cast<const XCharacters*>(only)->text;
  }
  std::pmr::string out(&eval.arena());
  append_texts(eval, container, out, 0);
  eval.charge(out.size() / 8);
  return eval.arena().copy(out);
}

void add_content(Evaluation& eval, XContainer& parent, const Value& content, XNode* before) {
  eval.charge(3);
  if (content.is_null()) return;
  if (content.is_string()) return add_text(eval, parent, content.text(), before);
  if (auto* object = object_as<XObject>(eval, content, "XObject")) {
    if (object->kind == XmlKind::Attribute) return add_attribute(eval, parent, static_cast<XAttribute&>(*object));
    return add_node(eval, parent, static_cast<XNode&>(*object), before);
  }
  if (content.is_object() && is_sequence(content.object()->type)) {
    std::pmr::vector<Value> items(&eval.arena());
    eval.for_each(content, [&](const Value& item) {
      items.push_back(item);
      return true;
    });
    for (const Value& item : items) add_content(eval, parent, item, before);
    return;
  }
  add_text(eval, parent, xml_text(eval, content), before);
}

std::string_view xml_text(Evaluation& eval, const Value& value) {
  if (value.kind() == Kind::Boolean) return value.boolean() ? "true" : "false";
  if (value.kind() != Kind::DateTime) return eval.to_text(value);
  std::pmr::string out(&eval.arena());
  format_value(eval, value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", out);
  return eval.arena().copy(out);
}

XmlName parse_name(Evaluation& eval, std::string_view expanded) {
  eval.charge(expanded.size() / 8 + 1);
  XmlName out;
  out.local = expanded;
  if (!expanded.empty() && expanded[0] == '{') {
    const std::size_t close = expanded.rfind('}');
    if (close == std::string_view::npos || close == 1) {
      eval.raise("ArgumentException", "'" + std::string(expanded.substr(0, 80)) + "' is an invalid expanded name.");
    }
    out.space = expanded.substr(1, close - 1);
    out.local = expanded.substr(close + 1);
  }
  if (!is_name(out.local)) {
    eval.raise("XmlException", "The name " + quote(out.local) + " is no XML name.");
  }
  return out;
}

Value name_value(Evaluation& eval, const XmlName& name) {
  return Value::of(eval.arena().make<XNameObject>(type_named(eval, "XName"), name));
}

}  // namespace gateway::expression
