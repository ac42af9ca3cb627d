#include <map>

#include "expression/library/json_tokens.h"
#include "expression/library/xml_nodes.h"
#include "policy/builtin/content_types.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// xml-to-json: an XML body becomes JSON. kind direct: attributes are "@name", text beside other content
// "#text", the declaration "?xml". kind javascript-friendly: the same without '@', text beside other content
// "$t", and no declaration.
namespace gateway::policy {
namespace {

using namespace expression;

class Conversion {
 public:
  Conversion(Evaluation& eval, bool friendly, bool arrays) : eval_(eval), friendly_(friendly), arrays_(arrays) {}

  JToken* convert(XDocument& document) {
    JObject* out = make_json_object(eval_);
    if (document.declaration && !friendly_) {
      JObject* declaration = make_json_object(eval_);
      const auto put = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) set_property(eval_, *declaration, name, make_json_value(eval_, Value::of(value)));
      };
      put("@version", document.declaration->version);
      put("@encoding", document.declaration->encoding);
      put("@standalone", document.declaration->standalone);
      set_property(eval_, *out, "?xml", declaration);
    }
    if (XElement* root = document.root()) set_property(eval_, *out, name_of(*root), value_of(*root));
    return out;
  }

 private:
  // With the prefix that is in force for its namespace.
  std::string_view name_of(const XElement& element) { return qualified(element, element.name, false); }

  std::string_view qualified(const XElement& at, const XmlName& name, bool attribute) {
    if (name.space.empty()) return name.local;
    if (name.space == kXmlUri) return joined("xml:", name.local);
    for (const XContainer* one = &at; one; one = one->parent) {
      if (one->kind != XmlKind::Element) continue;
      for (const XAttribute* declared = static_cast<const XElement*>(one)->attributes; declared;
           declared = declared->next) {
        if (!declared->declares_namespace() || declared->value != name.space) continue;
        if (declared->name.space.empty()) {
          if (!attribute) return name.local;
          continue;
        }
        return joined(joined(declared->name.local, ":"), name.local);
      }
    }
    return name.local;
  }

  std::string_view joined(std::string_view a, std::string_view b) {
    char* out = eval_.arena().bytes(a.size() + b.size());
    std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), out));
    return {out, a.size() + b.size()};
  }

  JToken* value_of(const XElement& element) {
    eval_.charge(8);
    JObject* out = make_json_object(eval_);
    const std::string_view mark = friendly_ ? "" : "@";
    for (const XAttribute* attribute = element.attributes; attribute; attribute = attribute->next) {
      std::string_view name = attribute->name.space == kXmlnsUri
                                  ? joined("xmlns:", attribute->name.local)
                                  : qualified(element, attribute->name, true);
      set_property(eval_, *out, joined(mark, name), make_json_value(eval_, Value::of(attribute->value)));
    }
    std::size_t elements = 0;
    std::string_view text;
    bool has_text = false;
    std::map<std::string_view, JArray*> repeated;
    for (const XNode* node = element.first; node; node = node->next) {
      if (node->kind == XmlKind::Text || node->kind == XmlKind::CData) {
        text = joined(text, static_cast<const XCharacters*>(node)->text);
        has_text = true;
        continue;
      }
      if (node->kind != XmlKind::Element) continue;
      ++elements;
      const auto& child = *static_cast<const XElement*>(node);
      const std::string_view name = name_of(child);
      JToken* value = value_of(child);
      if (const auto at = repeated.find(name); at != repeated.end()) {
        insert_item(eval_, *at->second, at->second->items.size(), value);
      } else if (JProperty* before = out->find(name); before && !arrays_) {
        JArray* array = make_json_array(eval_);
        JToken* first = copy_token(eval_, *before->value);
        insert_item(eval_, *array, 0, first);
        insert_item(eval_, *array, 1, value);
        repeated[name] = static_cast<JArray*>(set_property(eval_, *out, name, array));
      } else if (arrays_) {
        JArray* array = make_json_array(eval_);
        insert_item(eval_, *array, 0, value);
        repeated[name] = static_cast<JArray*>(set_property(eval_, *out, name, array));
      } else {
        set_property(eval_, *out, name, value);
      }
    }
    if (out->properties.empty()) {
      if (has_text) return make_json_value(eval_, Value::of(text));
      return make_json_value(eval_, element.empty_tag ? Value::null() : Value::of(std::string_view()));
    }
    if (has_text) set_property(eval_, *out, friendly_ ? "$t" : "#text", make_json_value(eval_, Value::of(text)));
    return out;
  }

  Evaluation& eval_;
  bool friendly_, arrays_;
};

class XmlToJson final : public Step {
 public:
  explicit XmlToJson(ElementCompiler& in)
      : kind_(in.operand("kind", true)),
        apply_(in.operand("apply", true)),
        consider_accept_(in.bool_operand("consider-accept-header", false)),
        arrays_(in.bool_operand("always-array-child-elements", false)) {
    in.only_children(in.element(), {});
    (in.section() == Section::Inbound ? reads_request_body : reads_response_body) = true;
    in.mark(*this, {&kind_, &apply_, &consider_accept_, &arrays_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Body& body = run.body();
    if (!body.is_whole() || body.data.empty()) return Flow::Next;
    if (apply_.text(run) == "content-type-xml" && !has_type(run, "xml")) return Flow::Next;
    // Of a request's answer: only where JSON is what the client takes.
    if ((!consider_accept_.present() || consider_accept_.boolean(run)) && !run.deciding_request() &&
        !accepts(run, "json")) {
      return Flow::Next;
    }
    Evaluation& eval = run.evaluation();
    eval.begin(Evaluation::kSteps * 10, std::size_t{64} << 20);
    XDocument* document = parse_xml(eval, body.data);
    Conversion conversion(eval, kind_.text(run) == "javascript-friendly", arrays_.present() && arrays_.boolean(run));
    auto* out = eval.arena().make<std::pmr::string>(&eval.arena());
    write_json(eval, *conversion.convert(*document), JsonFormatting::None, *out);
    body.assign(*out);
    run.fields().set("Content-Type", "application/json");
    return Flow::Next;
  }

 private:
  Operand kind_, apply_, consider_accept_, arrays_;
};

}  // namespace

std::unique_ptr<Step> compile_xml_to_json(ElementCompiler& in) { return std::make_unique<XmlToJson>(in); }

}  // namespace gateway::policy
