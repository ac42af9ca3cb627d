#include <string>

#include "expression/library/xml_members.h"

// XContainer, XElement and XDocument.
namespace gateway::expression {
namespace {

ListObject* new_elements(Evaluation& eval) { return make_array(eval, type_named(eval, "XElement")); }

Value elements(Call& call) {
  ListObject* out = new_elements(call.eval);
  append_elements(call.eval, self<XContainer>(call), filter_argument(call, 1), out->items);
  return Value::of(out);
}
Value element(Call& call) {
  const XmlName name = name_argument(call, 1);
  for (XNode* it = self<XContainer>(call).first; it; it = it->next) {
    call.eval.charge(1);
    if (it->kind == XmlKind::Element && static_cast<XElement*>(it)->name == name) return Value::of(it);
  }
  return {};
}
Value descendants(Call& call) {
  ListObject* out = new_elements(call.eval);
  append_descendants(call.eval, self<XContainer>(call), filter_argument(call, 1), out->items);
  return Value::of(out);
}
Value descendants_and_self(Call& call) {
  auto& element = self<XElement>(call);
  const NameFilter filter = filter_argument(call, 1);
  ListObject* out = new_elements(call.eval);
  if (filter.takes(element.name)) out->items.push_back(call.args[0]);
  append_descendants(call.eval, element, filter, out->items);
  return Value::of(out);
}
void append_nodes(Evaluation& eval, const XContainer& from, bool deep, std::pmr::vector<Value>& out, int depth) {
  if (depth > kXmlDepth) eval.raise("XmlException", "The tree is nested too deep.");
  for (XNode* it = from.first; it; it = it->next) {
    eval.charge(1);
    out.push_back(Value::of(it));
    if (deep && it->kind == XmlKind::Element) append_nodes(eval, static_cast<XElement&>(*it), deep, out, depth + 1);
  }
}
template <bool deep>
Value nodes(Call& call) {
  ListObject* out = make_array(call.eval, type_named(call.eval, "XNode"));
  append_nodes(call.eval, self<XContainer>(call), deep, out->items, 0);
  return Value::of(out);
}
Value first_node(Call& call) { return Value::of(self<XContainer>(call).first); }
Value last_node(Call& call) { return Value::of(self<XContainer>(call).last); }

Value add(Call& call) {
  add_content(call.eval, self<XContainer>(call), call.args[1]);
  return {};
}
Value add_first(Call& call) {
  auto& container = self<XContainer>(call);
  add_content(call.eval, container, call.args[1], container.first);
  return {};
}
Value remove_nodes(Call& call) {
  remove_nodes(self<XContainer>(call));
  return {};
}
Value replace_nodes(Call& call) {
  auto& container = self<XContainer>(call);
  remove_nodes(container);
  add_content(call.eval, container, call.args[1]);
  return {};
}

Value new_element(Call& call) {
  XElement* out = make_element(call.eval, name_argument(call, 0));
  if (call.args.size() > 1) add_content(call.eval, *out, call.args[1]);
  return Value::of(out);
}
Value copy_element(Call& call) {
  return Value::of(copy_node(call.eval, object_argument<XElement>(call, 0, "other")));
}
Value get_name(Call& call) { return name_value(call.eval, self<XElement>(call).name); }
Value set_name(Call& call) {
  self<XElement>(call).name = name_argument(call, 1);
  return {};
}
Value get_value(Call& call) { return Value::of(text_of(call.eval, self<XContainer>(call))); }
Value set_value(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "value");
  auto& element = self<XElement>(call);
  const std::string_view text = xml_text(call.eval, call.args[1]);
  remove_nodes(element);
  add_content(call.eval, element, Value::of(text));
  return {};
}
Value attributes(Call& call) {
  ListObject* out = make_array(call.eval, type_named(call.eval, "XAttribute"));
  append_attributes(call.eval, self<XElement>(call), filter_argument(call, 1), out->items);
  return Value::of(out);
}
Value attribute(Call& call) {
  return Value::of(find_attribute(self<XElement>(call), name_argument(call, 1)));
}
Value first_attribute(Call& call) { return Value::of(self<XElement>(call).attributes); }
Value last_attribute(Call& call) {
  XAttribute* at = self<XElement>(call).attributes;
  while (at && at->next) at = at->next;
  return Value::of(at);
}
Value has_attributes(Call& call) { return Value::of(self<XElement>(call).attributes != nullptr); }
Value has_elements(Call& call) {
  for (XNode* it = self<XElement>(call).first; it; it = it->next) {
    if (it->kind == XmlKind::Element) return Value::of(true);
  }
  return Value::of(false);
}
Value is_empty(Call& call) {
  const auto& element = self<XElement>(call);
  return Value::of(!element.first && element.empty_tag);
}
void remove_attributes(XElement& element) {
  while (element.attributes) detach(*element.attributes);
}
Value remove_attributes(Call& call) {
  remove_attributes(self<XElement>(call));
  return {};
}
Value remove_all(Call& call) {
  remove_attributes(self<XElement>(call));
  remove_nodes(self<XElement>(call));
  return {};
}
Value replace_all(Call& call) {
  remove_all(call);
  return add(call);
}
Value set_attribute_value(Call& call) {
  auto& element = self<XElement>(call);
  const XmlName name = name_argument(call, 1);
  if (!call.args[2].is_null()) {
    set_attribute(call.eval, element, name, xml_text(call.eval, call.args[2]));
  } else if (XAttribute* known = find_attribute(element, name)) {
    detach(*known);
  }
  return {};
}
Value set_element_value(Call& call) {
  auto& parent = self<XElement>(call);
  const XmlName name = name_argument(call, 1);
  XNode* at = parent.first;
  while (at && !(at->kind == XmlKind::Element && static_cast<XElement*>(at)->name == name)) at = at->next;
  if (call.args[2].is_null()) {
    if (at) detach(*at);
    return {};
  }
  if (!at) {
    at = make_element(call.eval, name);
    insert_node(parent, *at, nullptr);
  }
  auto& child = static_cast<XElement&>(*at);
  const std::string_view text = xml_text(call.eval, call.args[2]);
  remove_nodes(child);
  add_content(call.eval, child, Value::of(text));
  return {};
}

// The nearest declaration of a prefix; "" is the default namespace.
Value namespace_of_prefix(Call& call, std::string_view prefix) {
  if (prefix == "xml") return Value::of(kXmlUri);
  for (const XContainer* at = &self<XElement>(call); at && at->kind == XmlKind::Element; at = at->parent) {
    const XmlName name = prefix.empty() ? XmlName{{}, "xmlns"} : XmlName{kXmlnsUri, prefix};
    if (const XAttribute* found = find_attribute(static_cast<const XElement&>(*at), name)) return Value::of(found->value);
  }
  return {};
}
Value boxed(Call& call, const Value& uri) {
  return uri.is_null() ? Value()
                       : Value::of(call.eval.arena().make<XNamespaceObject>(type_named(call.eval, "XNamespace"), uri.text()));
}
Value default_namespace(Call& call) {
  const Value uri = namespace_of_prefix(call, {});
  return boxed(call, uri.is_null() ? Value::of(std::string_view()) : uri);
}
Value get_namespace_of_prefix(Call& call) {
  return boxed(call, namespace_of_prefix(call, text_arg(call, 1, "prefix")));
}
Value prefix_of_namespace(Call& call) {
  const std::string_view uri = object_argument<XNamespaceObject>(call, 1, "ns").uri;
  for (const XContainer* at = &self<XElement>(call); at && at->kind == XmlKind::Element; at = at->parent) {
    for (const XAttribute* it = static_cast<const XElement*>(at)->attributes; it; it = it->next) {
      if (it->name.space == kXmlnsUri && it->value == uri) return Value::of(it->name.local);
    }
  }
  return uri == kXmlUri ? Value::of(std::string_view("xml")) : Value();
}

bool keeps_space(Call& call) { return call.args.size() > 1 && (enum_arg(call, 1) & 1) != 0; }
Value parse_element(Call& call) {
  XElement* root = parse_xml(call.eval, text_arg(call, 0, "text"), keeps_space(call))->root();
  detach(*root);
  return Value::of(root);
}
Value parse_document(Call& call) {
  return Value::of(parse_xml(call.eval, text_arg(call, 0, "text"), keeps_space(call)));
}

Value new_document(Call& call) {
  XDocument* out = make_document(call.eval);
  if (call.args.size() == 1) add_content(call.eval, *out, call.args[0]);
  if (call.args.size() == 2) {
    out->declaration = static_cast<XDeclarationObject*>(call.args[0].is_null() ? nullptr : call.args[0].object());
    add_content(call.eval, *out, call.args[1]);
  }
  return Value::of(out);
}
Value root(Call& call) { return Value::of(self<XDocument>(call).root()); }
Value get_declaration(Call& call) { return Value::of(self<XDocument>(call).declaration); }
Value set_declaration(Call& call) {
  self<XDocument>(call).declaration =
      static_cast<XDeclarationObject*>(call.args[1].is_null() ? nullptr : call.args[1].object());
  return {};
}

}  // namespace

void declare_xml_containers(Catalog& catalog) {
  const std::string space = "System.Xml.Linq.";
  catalog.declare(space + "XContainer", {.base = "XNode"})
      .member("IEnumerable<XElement> Elements()", elements)
      .member("IEnumerable<XElement> Elements(XName name)", elements)
      .member("XElement Element(XName name)", element)
      .member("IEnumerable<XElement> Descendants()", descendants)
      .member("IEnumerable<XElement> Descendants(XName name)", descendants)
      .member("IEnumerable<XNode> Nodes()", nodes<false>)
      .member("IEnumerable<XNode> DescendantNodes()", nodes<true>)
      .member("XNode FirstNode { get; }", first_node)
      .member("XNode LastNode { get; }", last_node)
      .member("void Add(params object[] content)", add)
      .member("void AddFirst(params object[] content)", add_first)
      .member("void RemoveNodes()", remove_nodes)
      .member("void ReplaceNodes(params object[] content)", replace_nodes);
  catalog.declare(space + "XElement", {.base = "XContainer"})
      .member("new(XName name)", new_element)
      .member("new(XName name, params object[] content)", new_element)
      .member("new(XElement other)", copy_element)
      .member("static XElement Parse(string text)", parse_element)
      .member("static XElement Parse(string text, LoadOptions options)", parse_element)
      .member("XName Name { get; }", get_name)
      .member("XName Name { set; }", set_name)
      .member("string Value { get; }", get_value)
      .member("string Value { set; }", set_value)
      .member("void SetValue(object value)", set_value)
      .member("IEnumerable<XElement> DescendantsAndSelf()", descendants_and_self)
      .member("IEnumerable<XElement> DescendantsAndSelf(XName name)", descendants_and_self)
      .member("IEnumerable<XAttribute> Attributes()", attributes)
      .member("IEnumerable<XAttribute> Attributes(XName name)", attributes)
      .member("XAttribute Attribute(XName name)", attribute)
      .member("XAttribute FirstAttribute { get; }", first_attribute)
      .member("XAttribute LastAttribute { get; }", last_attribute)
      .member("bool HasAttributes { get; }", has_attributes)
      .member("bool HasElements { get; }", has_elements)
      .member("bool IsEmpty { get; }", is_empty)
      .member("void RemoveAttributes()", remove_attributes)
      .member("void RemoveAll()", remove_all)
      .member("void ReplaceAll(params object[] content)", replace_all)
      .member("void SetAttributeValue(XName name, object value)", set_attribute_value)
      .member("void SetElementValue(XName name, object value)", set_element_value)
      .member("XNamespace GetDefaultNamespace()", default_namespace)
      .member("XNamespace GetNamespaceOfPrefix(string prefix)", get_namespace_of_prefix)
      .member("string GetPrefixOfNamespace(XNamespace ns)", prefix_of_namespace);
  catalog.declare(space + "XDocument", {.base = "XContainer"})
      .member("new()", new_document)
      .member("new(params object[] content)", new_document)
      .member("new(XDeclaration declaration, params object[] content)", new_document)
      .member("static XDocument Parse(string text)", parse_document)
      .member("static XDocument Parse(string text, LoadOptions options)", parse_document)
      .member("XElement Root { get; }", root)
      .member("XDeclaration Declaration { get; }", get_declaration)
      .member("XDeclaration Declaration { set; }", set_declaration);
}

}  // namespace gateway::expression
