#include <string>

#include "expression/library/xml_members.h"

// XName and XNamespace.
namespace gateway::expression {
namespace {

Value make_namespace(Evaluation& eval, std::string_view uri) {
  return Value::of(eval.arena().make<XNamespaceObject>(type_named(eval, "XNamespace"), uri));
}

Value name_of_text(Call& call) {
  return call.args[0].is_null() ? Value() : name_value(call.eval, parse_name(call.eval, call.args[0].text()));
}
Value name_of_parts(Call& call) {
  XmlName name = parse_name(call.eval, text_arg(call, 0, "localName"));
  name.space = text_arg(call, 1, "namespaceName");
  return name_value(call.eval, name);
}
Value local_name(Call& call) { return Value::of(self<XNameObject>(call).name.local); }
Value name_space(Call& call) { return make_namespace(call.eval, self<XNameObject>(call).name.space); }
Value name_space_uri(Call& call) { return Value::of(self<XNameObject>(call).name.space); }
Value name_text(Call& call) {
  const XmlName& name = self<XNameObject>(call).name;
  if (name.space.empty()) return Value::of(name.local);
  return call.eval.text("{" + std::string(name.space) + "}" + std::string(name.local));
}
bool names_equal(Call& call) {
  const auto* a = object_as<XNameObject>(call.eval, call.args[0], "XName");
  const auto* b = object_as<XNameObject>(call.eval, call.args[1], "XName");
  if (!a || !b) return call.args[0].is_null() && call.args[1].is_null();
  return a->name == b->name;
}
Value name_equals(Call& call) { return Value::of(names_equal(call)); }
Value name_differs(Call& call) { return Value::of(!names_equal(call)); }
Value name_hash(Call& call) { return Value::of(call.eval.hash(name_text(call))); }

Value namespace_of_text(Call& call) {
  return call.args[0].is_null() ? Value() : make_namespace(call.eval, call.args[0].text());
}
Value none(Call& call) { return make_namespace(call.eval, {}); }
Value xml(Call& call) { return make_namespace(call.eval, kXmlUri); }
Value xmlns(Call& call) { return make_namespace(call.eval, kXmlnsUri); }
Value uri(Call& call) { return Value::of(self<XNamespaceObject>(call).uri); }
Value qualified(Call& call) {
  XmlName name = parse_name(call.eval, text_arg(call, 1, "localName"));
  name.space = object_argument<XNamespaceObject>(call, 0, "ns").uri;
  return name_value(call.eval, name);
}
bool namespaces_equal(Call& call) {
  const auto* a = object_as<XNamespaceObject>(call.eval, call.args[0], "XNamespace");
  const auto* b = object_as<XNamespaceObject>(call.eval, call.args[1], "XNamespace");
  if (!a || !b) return call.args[0].is_null() && call.args[1].is_null();
  return a->uri == b->uri;
}
Value namespace_equals(Call& call) { return Value::of(namespaces_equal(call)); }
Value namespace_differs(Call& call) { return Value::of(!namespaces_equal(call)); }
Value namespace_hash(Call& call) { return Value::of(call.eval.hash(uri(call))); }

}  // namespace

void declare_xml_names(Catalog& catalog) {
  catalog.declare("System.Xml.Linq.XName")
      .member("static XName Get(string expandedName)", name_of_text)
      .member("static XName Get(string localName, string namespaceName)", name_of_parts)
      .member("static implicit operator XName(string expandedName)", name_of_text)
      .member("string LocalName { get; }", local_name)
      .member("XNamespace Namespace { get; }", name_space)
      .member("string NamespaceName { get; }", name_space_uri)
      .member("string ToString()", name_text)
      .member("bool Equals(object obj)", name_equals)
      .member("int GetHashCode()", name_hash)
      .member("static bool operator ==(XName left, XName right)", name_equals)
      .member("static bool operator !=(XName left, XName right)", name_differs);
  catalog.declare("System.Xml.Linq.XNamespace")
      .member("static XNamespace Get(string namespaceName)", namespace_of_text)
      .member("static implicit operator XNamespace(string namespaceName)", namespace_of_text)
      .member("static XNamespace None { get; }", none)
      .member("static XNamespace Xml { get; }", xml)
      .member("static XNamespace Xmlns { get; }", xmlns)
      .member("string NamespaceName { get; }", uri)
      .member("XName GetName(string localName)", qualified)
      .member("static XName operator +(XNamespace ns, string localName)", qualified)
      .member("string ToString()", uri)
      .member("bool Equals(object obj)", namespace_equals)
      .member("int GetHashCode()", namespace_hash)
      .member("static bool operator ==(XNamespace left, XNamespace right)", namespace_equals)
      .member("static bool operator !=(XNamespace left, XNamespace right)", namespace_differs);
}

}  // namespace gateway::expression
