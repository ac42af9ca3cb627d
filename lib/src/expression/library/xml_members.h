#pragma once

#include <string_view>

#include "expression/library/arguments.h"
#include "expression/library/collections.h"
#include "expression/library/xml_nodes.h"

// The parts of declare_xml and what they share.
namespace gateway::expression {

void declare_xml_names(Catalog& catalog);       // XName, XNamespace
void declare_xml_containers(Catalog& catalog);  // XContainer, XElement, XDocument
void declare_xml_conversions(Catalog& catalog);
void declare_xml_extensions(Catalog& catalog);

// An XName, or a string where the member was bound at run time.
[[nodiscard]] inline XmlName name_argument(Call& call, std::size_t index) {
  if (call.args[index].is_string()) return parse_name(call.eval, call.args[index].text());
  return object_argument<XNameObject>(call, index, "name").name;
}
// The name to look for; null: any.
struct NameFilter {
  bool any = true;
  XmlName name;
  [[nodiscard]] bool takes(const XmlName& it) const noexcept { return any || it == name; }
};
// Of the argument at `index`, where there is one.
[[nodiscard]] inline NameFilter filter_argument(Call& call, std::size_t index) {
  if (call.args.size() <= index) return {};
  return {false, name_argument(call, index)};
}

// Appends the elements that are asked for to `out`.
inline void append_elements(Evaluation& eval, const XContainer& from, const NameFilter& filter,
                            std::pmr::vector<Value>& out) {
  for (XNode* it = from.first; it; it = it->next) {
    eval.charge(1);
    if (it->kind == XmlKind::Element && filter.takes(static_cast<XElement*>(it)->name)) out.push_back(Value::of(it));
  }
}
inline void append_descendants(Evaluation& eval, const XContainer& from, const NameFilter& filter,
                               std::pmr::vector<Value>& out, int depth = 0) {
  if (depth > kXmlDepth) eval.raise("XmlException", "The tree is nested too deep.");
  for (XNode* it = from.first; it; it = it->next) {
    eval.charge(1);
    if (it->kind != XmlKind::Element) continue;
    auto* element = static_cast<XElement*>(it);
    if (filter.takes(element->name)) out.push_back(Value::of(element));
    append_descendants(eval, *element, filter, out, depth + 1);
  }
}
inline void append_attributes(Evaluation& eval, const XElement& from, const NameFilter& filter,
                              std::pmr::vector<Value>& out) {
  for (XAttribute* it = from.attributes; it; it = it->next) {
    eval.charge(1);
    if (filter.takes(it->name)) out.push_back(Value::of(it));
  }
}

inline void remove_nodes(XContainer& container) noexcept {
  while (container.first) detach(*container.first);
}

}  // namespace gateway::expression
