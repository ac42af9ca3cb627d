#include "expression/library/json_tokens.h"
#include "expression/library/xml_nodes.h"
#include "policy/builtin/content_types.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// json-to-xml: a JSON body becomes XML. Arrays become repeated elements; an object of one member has that as
// its root, anything else gets the root Document. With namespace-separator ':' and namespace-prefix "xmlns",
// "xmlns:soap" declares a namespace and "soap:Body" is in it; the members of attribute-block-name become
// attributes, as those do whose name begins with '@'; "#text" becomes text.
namespace gateway::policy {
namespace {

using namespace expression;

class Conversion {
 public:
  struct Names {
    std::string_view separator, prefix, attributes;
    bool parse_date = true;
  };
  Conversion(Evaluation& eval, const Names& names) : eval_(eval), names_(names) {}

  XDocument* convert(JToken& token) {
    XDocument* document = make_document(eval_);
    if (token.kind == JsonKind::Object) {
      auto& object = static_cast<JObject&>(token);
      if (object.properties.size() == 1 && object.properties[0]->value->kind != JsonKind::Array) {
        insert_node(*document, *element_of(object.properties[0]->name, *object.properties[0]->value, nullptr), nullptr);
        return document;
      }
    }
    insert_node(*document, *element_of("Document", token, nullptr), nullptr);
    return document;
  }

 private:
  struct Scope {  // of namespaces, innermost first
    std::string_view prefix, uri;
    const Scope* outer;
  };

  static bool is_name(std::string_view text) {
    if (text.empty()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      const bool start = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
      if (!start && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.'))) return false;
    }
    return true;
  }

  // What no name may have is encoded as XmlConvert.EncodeName does: " " is "_x0020_".
  std::string_view encoded(std::string_view text) {
    if (is_name(text)) return text;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (is_name(out + text[i])) {
        out.push_back(text[i]);
        continue;
      }
      constexpr char kHex[] = "0123456789ABCDEF";
      const auto c = static_cast<unsigned char>(text[i]);
      out.append("_x00");
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
      out.push_back('_');
    }
    if (out.empty()) out = "_x0000_";
    return eval_.arena().copy(out);
  }

  XmlName name_of(std::string_view text, const Scope* scope) {
    if (!names_.separator.empty()) {
      const std::size_t at = text.find(names_.separator);
      if (at != std::string_view::npos && at > 0) {
        const std::string_view prefix = text.substr(0, at);
        for (const Scope* one = scope; one; one = one->outer) {
          if (one->prefix == prefix) return {one->uri, encoded(text.substr(at + names_.separator.size()))};
        }
      }
    }
    for (const Scope* one = scope; one; one = one->outer) {
      if (one->prefix.empty()) return {one->uri, encoded(text)};
    }
    return {"", encoded(text)};
  }

  std::string_view text_of_value(JToken& token) {
    if (token.kind == JsonKind::Null) return {};
    if (token.kind == JsonKind::Boolean) return static_cast<JValue&>(token).value.boolean() ? "true" : "false";
    if (token.kind == JsonKind::Date && !names_.parse_date) return static_cast<JValue&>(token).source;
    if (!token.is_container()) return xml_text(eval_, static_cast<JValue&>(token).value);
    return json_text(eval_, token);
  }

  // "" where the member declares no namespace; else the prefix, with a '.' before it.
  bool declares(std::string_view name, std::string_view& prefix) const {
    if (names_.prefix.empty()) return false;
    if (name.starts_with('@')) name.remove_prefix(1);
    if (name == names_.prefix) {
      prefix = {};
      return true;
    }
    if (!name.starts_with(names_.prefix) || names_.separator.empty()) return false;
    name.remove_prefix(names_.prefix.size());
    if (!name.starts_with(names_.separator)) return false;
    prefix = name.substr(names_.separator.size());
    return !prefix.empty();
  }

  XElement* element_of(std::string_view name, JToken& value, const Scope* outer) {
    eval_.charge(8);
    const Scope* scope = outer;
    if (value.kind == JsonKind::Object) {
      for (JProperty* property : static_cast<JObject&>(value).properties) {
        std::string_view prefix;
        if (!declares(property->name, prefix)) continue;
        scope = eval_.arena().make<Scope>(Scope{prefix, text_of_value(*property->value), scope});
      }
    }
    XElement* element = make_element(eval_, name_of(name, scope));
    for (const Scope* one = scope; one != outer; one = one->outer) {
      const XmlName declared = one->prefix.empty() ? XmlName{"", "xmlns"} : XmlName{kXmlnsUri, one->prefix};
      set_attribute(eval_, *element, declared, one->uri);
    }
    fill(*element, value, scope);
    return element;
  }

  void fill(XElement& element, JToken& value, const Scope* scope) {
    if (value.kind == JsonKind::Object) {
      for (JProperty* property : static_cast<JObject&>(value).properties) add(element, *property, scope);
    } else if (value.kind == JsonKind::Array) {
      for (JToken* item : static_cast<JArray&>(value).items) insert_node(element, *element_of("item", *item, scope), nullptr);
    } else if (value.kind != JsonKind::Null) {
      const std::string_view text = text_of_value(value);
      element.empty_tag = false;
      if (!text.empty()) insert_node(element, *make_characters(eval_, XmlKind::Text, text), nullptr);
    }
  }

  void add(XElement& element, JProperty& property, const Scope* scope) {
    std::string_view prefix;
    const std::string_view name = property.name;
    if (declares(name, prefix)) return;
    if (!names_.attributes.empty() && name == names_.attributes && property.value->kind == JsonKind::Object) {
      for (JProperty* attribute : static_cast<JObject&>(*property.value).properties)
        set_attribute(eval_, element, attribute_name(attribute->name, scope), text_of_value(*attribute->value));
      return;
    }
    if (name.size() > 1 && name.starts_with('@')) {
      set_attribute(eval_, element, attribute_name(name.substr(1), scope), text_of_value(*property.value));
      return;
    }
    if (name == "#text") {
      insert_node(element, *make_characters(eval_, XmlKind::Text, text_of_value(*property.value)), nullptr);
      return;
    }
    if (property.value->kind == JsonKind::Array) {
      for (JToken* item : static_cast<JArray&>(*property.value).items)
        insert_node(element, *element_of(name, *item, scope), nullptr);
      return;
    }
    insert_node(element, *element_of(name, *property.value, scope), nullptr);
  }

  XmlName attribute_name(std::string_view text, const Scope* scope) {
    // An attribute without a prefix is in no namespace.
    const bool prefixed = !names_.separator.empty() && text.find(names_.separator) != std::string_view::npos;
    return prefixed ? name_of(text, scope) : XmlName{"", encoded(text)};
  }

  Evaluation& eval_;
  Names names_;
};

class JsonToXml final : public Step {
 public:
  explicit JsonToXml(ElementCompiler& in)
      : apply_(in.operand("apply", true)),
        consider_accept_(in.bool_operand("consider-accept-header", false)),
        separator_(in.operand("namespace-separator", false)),
        prefix_(in.operand("namespace-prefix", false)),
        attributes_(in.operand("attribute-block-name", false)),
        parse_date_(in.literal_bool("parse-date", true)) {
    in.only_children(in.element(), {});
    (in.section() == Section::Inbound ? reads_request_body : reads_response_body) = true;
    in.mark(*this, {&apply_, &consider_accept_, &separator_, &prefix_, &attributes_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Body& body = run.body();
    if (!body.is_whole() || body.data.empty()) return Flow::Next;
    if (apply_.text(run) == "content-type-json" && !has_type(run, "json")) return Flow::Next;
    if ((!consider_accept_.present() || consider_accept_.boolean(run)) && !run.deciding_request() &&
        !accepts(run, "xml")) {
      return Flow::Next;
    }
    Evaluation& eval = run.evaluation();
    eval.begin(Evaluation::kSteps * 10, std::size_t{64} << 20);
    Conversion::Names names;
    names.separator = separator_.present() ? separator_.text(run) : "_";
    names.prefix = prefix_.present() ? prefix_.text(run) : std::string_view();
    names.attributes = attributes_.present() ? attributes_.text(run) : std::string_view();
    names.parse_date = parse_date_;
    JToken* token = parse_json_token(eval, body.data, parse_date_);
    auto* out = eval.arena().make<std::pmr::string>(&eval.arena());
    write_xml(eval, *Conversion(eval, names).convert(*token), false, *out);
    body.assign(*out);
    run.fields().set("Content-Type", "text/xml");
    return Flow::Next;
  }

 private:
  Operand apply_, consider_accept_, separator_, prefix_, attributes_;
  bool parse_date_;
};

}  // namespace

std::unique_ptr<Step> compile_json_to_xml(ElementCompiler& in) { return std::make_unique<JsonToXml>(in); }

}  // namespace gateway::policy
