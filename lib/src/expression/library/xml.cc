#include <string>

#include "expression/library/libraries.h"
#include "expression/library/xml_members.h"

namespace gateway::expression {
namespace {

Value parent(Call& call) {
  XContainer* parent = self<XObject>(call).parent;
  return parent && parent->kind == XmlKind::Element ? Value::of(parent) : Value();
}
Value document(Call& call) {
  XObject* at = &self<XObject>(call);
  while (at->parent) at = at->parent;
  return at->kind == XmlKind::Document ? Value::of(at) : Value();
}
// System.Xml.XmlNodeType.
Value node_type(Call& call) {
  static constexpr std::int32_t kNumbers[] = {1, 2, 9, 3, 4, 8, 7};
  return Value::enumeration(type_named(call.eval, "XmlNodeType"),
                            kNumbers[static_cast<std::size_t>(self<XObject>(call).kind)]);
}
Value to_text(Call& call) {
  const bool indented = call.args.size() < 2 || (enum_arg(call, 1) & 1) == 0;
  std::pmr::string out = arena_text(call);
  write_xml(call.eval, self<XObject>(call), indented, out);
  return made(call, out);
}

Value next_node(Call& call) { return Value::of(self<XNode>(call).next); }
Value previous_node(Call& call) { return Value::of(self<XNode>(call).previous); }

XContainer& parent_of(Call& call) {
  XContainer* parent = self<XObject>(call).parent;
  if (!parent) call.eval.raise("InvalidOperationException", "The parent is missing.");
  return *parent;
}
Value remove(Call& call) {
  parent_of(call);
  detach(self<XNode>(call));
  return {};
}
Value add_before(Call& call) {
  add_content(call.eval, parent_of(call), call.args[1], &self<XNode>(call));
  return {};
}
Value add_after(Call& call) {
  add_content(call.eval, parent_of(call), call.args[1], self<XNode>(call).next);
  return {};
}
Value replace(Call& call) {
  XContainer& parent = parent_of(call);
  auto& node = self<XNode>(call);
  XNode* next = node.next;
  detach(node);
  add_content(call.eval, parent, call.args[1], next);
  return {};
}

Value ancestors(Evaluation& eval, XObject* from, const NameFilter& filter) {
  ListObject* out = make_array(eval, type_named(eval, "XElement"));
  for (XObject* at = from; at; at = at->parent) {
    eval.charge(1);
    if (at->kind == XmlKind::Element && filter.takes(static_cast<XElement*>(at)->name)) {
      out->items.push_back(Value::of(at));
    }
  }
  return Value::of(out);
}
Value ancestors(Call& call) {
  return ancestors(call.eval, self<XObject>(call).parent, filter_argument(call, 1));
}
Value ancestors_and_self(Call& call) {
  return ancestors(call.eval, &self<XObject>(call), filter_argument(call, 1));
}
template <bool after, bool elements_only>
Value siblings(Call& call) {
  const NameFilter filter = filter_argument(call, 1);
  auto& node = self<XNode>(call);
  ListObject* out = make_array(call.eval, type_named(call.eval, elements_only ? "XElement" : "XNode"));
  XNode* at = after ? node.next : node.parent ? node.parent->first : nullptr;
  for (; at && at != &node; at = at->next) {
    call.eval.charge(1);
    const bool element = at->kind == XmlKind::Element;
    if (elements_only && !(element && filter.takes(static_cast<XElement*>(at)->name))) continue;
    out->items.push_back(Value::of(at));
  }
  return Value::of(out);
}
// Equal texts are equal trees; declarations count.
Value deep_equals(Call& call) {
  if (call.args[0].is_null() || call.args[1].is_null()) {
    return Value::of(call.args[0].is_null() && call.args[1].is_null());
  }
  std::pmr::string a = arena_text(call), b = arena_text(call);
  write_xml(call.eval, *static_cast<XObject*>(call.args[0].object()), false, a);
  write_xml(call.eval, *static_cast<XObject*>(call.args[1].object()), false, b);
  return Value::of(a == b);
}

template <XmlKind kind>
Value new_characters(Call& call) {
  return Value::of(make_characters(call.eval, kind, text_arg(call, 0, "value")));
}
Value new_instruction(Call& call) {
  XCharacters* out = make_characters(call.eval, XmlKind::Instruction, text_arg(call, 1, "data"));
  out->target = text_arg(call, 0, "target");
  return Value::of(out);
}
Value get_text(Call& call) { return Value::of(self<XCharacters>(call).text); }
Value set_text(Call& call) {
  self<XCharacters>(call).text = text_arg(call, 1, "value");
  return {};
}
Value target(Call& call) { return Value::of(self<XCharacters>(call).target); }

Value new_attribute(Call& call) {
  const XmlName name = name_argument(call, 0);
  if (call.args[1].is_null()) raise_null(call.eval, "value");
  return Value::of(call.eval.arena().make<XAttribute>(type_named(call.eval, "XAttribute"), name,
                                                      xml_text(call.eval, call.args[1])));
}
Value attribute_name(Call& call) { return name_value(call.eval, self<XAttribute>(call).name); }
Value attribute_value(Call& call) { return Value::of(self<XAttribute>(call).value); }
Value set_attribute_text(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "value");
  self<XAttribute>(call).value = xml_text(call.eval, call.args[1]);
  return {};
}
Value remove_attribute(Call& call) {
  parent_of(call);
  detach(self<XAttribute>(call));
  return {};
}
Value declares(Call& call) { return Value::of(self<XAttribute>(call).declares_namespace()); }
Value next_attribute(Call& call) { return Value::of(self<XAttribute>(call).next); }

Value new_declaration(Call& call) {
  auto* out = call.eval.arena().make<XDeclarationObject>(type_named(call.eval, "XDeclaration"));
  out->version = optional_text(call, 0);
  out->encoding = optional_text(call, 1);
  out->standalone = optional_text(call, 2);
  return Value::of(out);
}
Value version(Call& call) { return Value::of(self<XDeclarationObject>(call).version); }
Value encoding(Call& call) { return Value::of(self<XDeclarationObject>(call).encoding); }
Value standalone(Call& call) { return Value::of(self<XDeclarationObject>(call).standalone); }
Value declaration_text(Call& call) {
  const auto& it = self<XDeclarationObject>(call);
  std::string out = "<?xml";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += " " + std::string(name) + "=\"" + std::string(value) + "\"";
  };
  add("version", it.version);
  add("encoding", it.encoding);
  add("standalone", it.standalone);
  return call.eval.text(out + "?>");
}

}  // namespace

void declare_xml(Catalog& catalog) {
  const std::string space = "System.Xml.Linq.";
  catalog.declare("System.Xml.XmlException", {.base = "Exception"});
  catalog.declare("System.Xml.XmlNodeType", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("None", 0)
      .enumerator("Element", 1)
      .enumerator("Attribute", 2)
      .enumerator("Text", 3)
      .enumerator("CDATA", 4)
      .enumerator("ProcessingInstruction", 7)
      .enumerator("Comment", 8)
      .enumerator("Document", 9);
  catalog.declare(space + "SaveOptions", {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("DisableFormatting", 1)
      .enumerator("OmitDuplicateNamespaces", 2);
  catalog.declare(space + "LoadOptions", {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("PreserveWhitespace", 1)
      .enumerator("SetBaseUri", 2)
      .enumerator("SetLineInfo", 4);
  declare_xml_names(catalog);
  catalog.declare(space + "XObject")
      .member("XElement Parent { get; }", parent)
      .member("XDocument Document { get; }", document)
      .member("XmlNodeType NodeType { get; }", node_type)
      .member("string ToString()", to_text);
  catalog.declare(space + "XNode", {.base = "XObject"})
      .member("XNode NextNode { get; }", next_node)
      .member("XNode PreviousNode { get; }", previous_node)
      .member("void Remove()", remove)
      .member("void AddBeforeSelf(params object[] content)", add_before)
      .member("void AddAfterSelf(params object[] content)", add_after)
      .member("void ReplaceWith(params object[] content)", replace)
      .member("IEnumerable<XElement> Ancestors()", ancestors)
      .member("IEnumerable<XElement> Ancestors(XName name)", ancestors)
      .member("IEnumerable<XElement> ElementsAfterSelf()", siblings<true, true>)
      .member("IEnumerable<XElement> ElementsAfterSelf(XName name)", siblings<true, true>)
      .member("IEnumerable<XElement> ElementsBeforeSelf()", siblings<false, true>)
      .member("IEnumerable<XElement> ElementsBeforeSelf(XName name)", siblings<false, true>)
      .member("IEnumerable<XNode> NodesAfterSelf()", siblings<true, false>)
      .member("IEnumerable<XNode> NodesBeforeSelf()", siblings<false, false>)
      .member("static bool DeepEquals(XNode n1, XNode n2)", deep_equals)
      .member("string ToString(SaveOptions options)", to_text);
  declare_xml_containers(catalog);
  catalog.declare(space + "XElement")
      .member("IEnumerable<XElement> AncestorsAndSelf()", ancestors_and_self)
      .member("IEnumerable<XElement> AncestorsAndSelf(XName name)", ancestors_and_self);
  catalog.declare(space + "XText", {.base = "XNode"})
      .member("new(string value)", new_characters<XmlKind::Text>)
      .member("string Value { get; }", get_text)
      .member("string Value { set; }", set_text);
  catalog.declare(space + "XCData", {.base = "XText"}).member("new(string value)", new_characters<XmlKind::CData>);
  catalog.declare(space + "XComment", {.base = "XNode"})
      .member("new(string value)", new_characters<XmlKind::Comment>)
      .member("string Value { get; }", get_text)
      .member("string Value { set; }", set_text);
  catalog.declare(space + "XProcessingInstruction", {.base = "XNode"})
      .member("new(string target, string data)", new_instruction)
      .member("string Target { get; }", target)
      .member("string Data { get; }", get_text)
      .member("string Data { set; }", set_text);
  catalog.declare(space + "XAttribute", {.base = "XObject"})
      .member("new(XName name, object value)", new_attribute)
      .member("XName Name { get; }", attribute_name)
      .member("string Value { get; }", attribute_value)
      .member("string Value { set; }", set_attribute_text)
      .member("void SetValue(object value)", set_attribute_text)
      .member("bool IsNamespaceDeclaration { get; }", declares)
      .member("XAttribute NextAttribute { get; }", next_attribute)
      .member("void Remove()", remove_attribute);
  catalog.declare(space + "XDeclaration")
      .member("new(string version, string encoding, string standalone)", new_declaration)
      .member("string Version { get; }", version)
      .member("string Encoding { get; }", encoding)
      .member("string Standalone { get; }", standalone)
      .member("string ToString()", declaration_text);
  declare_xml_conversions(catalog);
  declare_xml_extensions(catalog);
}

}  // namespace gateway::expression
