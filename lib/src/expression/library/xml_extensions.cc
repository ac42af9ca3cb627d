#include <string>

#include "expression/library/xml_members.h"

// System.Xml.Linq.Extensions: what an element has, of each of a sequence.
namespace gateway::expression {
namespace {

template <typename F>
void each_object(Call& call, F act) {
  if (call.args[0].is_null()) raise_null(call.eval, "source");
  call.eval.for_each(call.args[0], [&](const Value& item) {
    if (item.is_object()) act(*static_cast<XObject*>(item.object()));
    return true;
  });
}
XContainer* container(XObject& object) {
  return object.kind == XmlKind::Element || object.kind == XmlKind::Document ? &static_cast<XContainer&>(object)
                                                                             : nullptr;
}

Value elements(Call& call) {
  const NameFilter filter = filter_argument(call, 1);
  ListObject* out = make_array(call.eval, type_named(call.eval, "XElement"));
  each_object(call, [&](XObject& it) {
    if (const XContainer* from = container(it)) append_elements(call.eval, *from, filter, out->items);
  });
  return Value::of(out);
}
template <bool self_too>
Value descendants(Call& call) {
  const NameFilter filter = filter_argument(call, 1);
  ListObject* out = make_array(call.eval, type_named(call.eval, "XElement"));
  each_object(call, [&](XObject& it) {
    if (self_too && it.kind == XmlKind::Element && filter.takes(static_cast<XElement&>(it).name)) {
      out->items.push_back(Value::of(&it));
    }
    if (const XContainer* from = container(it)) append_descendants(call.eval, *from, filter, out->items);
  });
  return Value::of(out);
}
Value attributes(Call& call) {
  const NameFilter filter = filter_argument(call, 1);
  ListObject* out = make_array(call.eval, type_named(call.eval, "XAttribute"));
  each_object(call, [&](XObject& it) {
    if (it.kind == XmlKind::Element) append_attributes(call.eval, static_cast<XElement&>(it), filter, out->items);
  });
  return Value::of(out);
}
Value nodes(Call& call) {
  ListObject* out = make_array(call.eval, type_named(call.eval, "XNode"));
  each_object(call, [&](XObject& it) {
    const XContainer* from = container(it);
    for (XNode* node = from ? from->first : nullptr; node; node = node->next) {
      call.eval.charge(1);
      out->items.push_back(Value::of(node));
    }
  });
  return Value::of(out);
}
// The sequence is read whole before the first one goes.
Value remove(Call& call) {
  std::pmr::vector<Value> items(&call.eval.arena());
  each_object(call, [&](XObject& it) { items.push_back(Value::of(&it)); });
  for (const Value& item : items) {
    auto& object = *static_cast<XObject*>(item.object());
    if (object.kind == XmlKind::Attribute) detach(static_cast<XAttribute&>(object));
    else detach(static_cast<XNode&>(object));
  }
  return {};
}

}  // namespace

void declare_xml_extensions(Catalog& catalog) {
  auto type = catalog.declare("System.Xml.Linq.Extensions", {.is_static = true});
  type.member("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source)", attributes)
      .member("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source, XName name)", attributes)
      .member("static IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source)", descendants<true>)
      .member("static IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source, XName name)",
              descendants<true>)
      .member("static void Remove(this IEnumerable<XAttribute> source)", remove);
  for (const std::string item : {"XElement", "XNode"}) {
    const std::string source = "(this IEnumerable<" + item + "> source";
    type.member("static IEnumerable<XElement> Elements" + source + ")", elements)
        .member("static IEnumerable<XElement> Elements" + source + ", XName name)", elements)
        .member("static IEnumerable<XElement> Descendants" + source + ")", descendants<false>)
        .member("static IEnumerable<XElement> Descendants" + source + ", XName name)", descendants<false>)
        .member("static IEnumerable<XNode> Nodes" + source + ")", nodes)
        .member("static void Remove" + source + ")", remove);
  }
}

}  // namespace gateway::expression
