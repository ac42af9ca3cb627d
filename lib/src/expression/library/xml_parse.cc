#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/xml_nodes.h"

namespace gateway::expression {
namespace {

std::string_view view(const xmlChar* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

// What libxml2 reads becomes nodes. No exception passes through its C code: it waits in `thrown_`.
class Builder {
 public:
  Builder(Evaluation& eval, bool preserve_space)
      : eval_(eval), preserve_space_(preserve_space), text_(&eval.arena()), document_(make_document(eval)),
        at_(document_) {}

  XDocument* parse(std::string_view text) {
    whole_ = text;
    xmlSAXHandler sax{};
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = &Builder::on_start;
    sax.endElementNs = [](void* c, const xmlChar*, const xmlChar*, const xmlChar*) {
      of(c).guarded([&](Builder& it) { it.end(); });
    };
    sax.characters = on_text;
    sax.ignorableWhitespace = on_text;
    sax.cdataBlock = [](void* c, const xmlChar* data, int size) {
      of(c).guarded([&](Builder& it) {
        it.flush();
        it.add(make_characters(it.eval_, XmlKind::CData, it.copy(data, static_cast<std::size_t>(size))));
      });
    };
    sax.comment = [](void* c, const xmlChar* data) {
      of(c).guarded([&](Builder& it) {
        it.flush();
        it.add(make_characters(it.eval_, XmlKind::Comment, it.eval_.arena().copy(view(data))));
      });
    };
    sax.processingInstruction = [](void* c, const xmlChar* target, const xmlChar* data) {
      of(c).guarded([&](Builder& it) {
        it.flush();
        XCharacters* node =
            make_characters(it.eval_, XmlKind::Instruction, it.eval_.arena().copy(view(data)));
        node->target = it.eval_.arena().copy(view(target));
        it.add(node);
      });
    };
    sax.internalSubset = [](void* c, const xmlChar*, const xmlChar*, const xmlChar*) {
      of(c).refuse("For security reasons DTD is prohibited in this XML document.");
    };
    sax.getEntity = [](void*, const xmlChar* name) { return xmlGetPredefinedEntity(name); };
    sax.serror = [](void* c, xmlErrorPtr error) {
      const auto* fault = static_cast<const xmlError*>(error);
      if (fault->level < XML_ERR_ERROR) return;
      Builder& it = of(c);
      if (!it.wrong_.empty()) return;
      it.wrong_ = trim(fault->message ? fault->message : "the XML is not well-formed");
      it.line_ = fault->line;
      it.column_ = fault->int2;
    };

    std::unique_ptr<xmlParserCtxt, decltype(&xmlFreeParserCtxt)> context(
        xmlCreateMemoryParserCtxt(text.data(), static_cast<int>(text.size())), &xmlFreeParserCtxt);
    if (!context) eval_.raise("XmlException", "Root element is missing.");
    context_ = context.get();
    xmlSAXHandler* own = context->sax;
    context->sax = &sax;
    context->userData = context.get();
    context->_private = this;
    xmlCtxtUseOptions(context.get(), XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
    xmlParseDocument(context.get());
    const bool well_formed = context->wellFormed != 0;
    read_declaration();
    context->sax = own;
    if (thrown_) std::rethrow_exception(thrown_);
    if (!well_formed || !wrong_.empty()) {
      eval_.raise("XmlException", fmt::format("{} Line {}, position {}.",
                                              wrong_.empty() ? "The XML is not well-formed." : wrong_, line_,
                                              column_));
    }
    return document_;
  }

 private:
  static Builder& of(void* context) {
    return *static_cast<Builder*>(static_cast<xmlParserCtxt*>(context)->_private);
  }
  template <typename F>
  void guarded(F act) noexcept {
    if (thrown_ || !wrong_.empty()) return;
    try {
      act(*this);
    } catch (...) {
      thrown_ = std::current_exception();
      xmlStopParser(context_);
    }
  }
  void refuse(std::string_view why) {
    if (!wrong_.empty()) return;
    wrong_ = why;
    line_ = context_->input ? context_->input->line : 0;
    column_ = context_->input ? context_->input->col : 0;
    xmlStopParser(context_);
  }

  static void on_text(void* c, const xmlChar* data, int size) {
    of(c).guarded([&](Builder& it) {
      it.text_ += std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    });
  }
  static void on_start(void* c, const xmlChar* local, const xmlChar*, const xmlChar* uri, int namespaces,
                       const xmlChar** declared, int attributes, int, const xmlChar** values) {
    of(c).guarded([&](Builder& it) {
      it.flush();
      it.start(local, uri, namespaces, declared, attributes, values);
    });
  }

  std::string_view copy(const xmlChar* data, std::size_t size) {
    return eval_.arena().copy({reinterpret_cast<const char*>(data), size});
  }
  // Names recur: the last copy of the same one is taken again.
  std::string_view name(const xmlChar* text) {
    const std::string_view wanted = view(text);
    std::string_view& known = names_[std::hash<std::string_view>{}(wanted) % std::size(names_)];
    if (known != wanted) known = eval_.arena().copy(wanted);
    return known;
  }
  void add(XNode* node) {
    eval_.charge(5);
    insert_node(*at_, *node, nullptr);
  }

  void start(const xmlChar* local, const xmlChar* uri, int namespaces, const xmlChar** declared,
             int attributes, const xmlChar** values) {
    if (++depth_ > kXmlDepth) return refuse(fmt::format("There are more than {} levels.", kXmlDepth));
    XElement* element = make_element(eval_, {name(uri), name(local)});
    XAttribute** last = &element->attributes;
    const auto attach = [&](const XmlName& attribute, std::string_view value) {
      eval_.charge(3);
      *last = eval_.arena().make<XAttribute>(type_named(eval_, "XAttribute"), attribute, value);
      (*last)->parent = element;
      last = &(*last)->next;
    };
    for (int i = 0; i < namespaces; ++i) {
      const std::string_view value = name(declared[2 * i + 1]);
      if (declared[2 * i]) attach({kXmlnsUri, name(declared[2 * i])}, value);
      else attach({{}, "xmlns"}, value);
    }
    for (int i = 0; i < attributes; ++i) {
      const xmlChar** at = values + 5 * i;
      attach({name(at[2]), name(at[0])}, copy(at[3], static_cast<std::size_t>(at[4] - at[3])));
    }
    add(element);
    // The tag has been read up to its "/>" or ">".
    element->empty_tag = context_->input->cur && *context_->input->cur == '/';
    at_ = element;
  }
  void end() {
    flush();
    --depth_;
    at_ = at_->parent;
  }

  // The text that came since the last node.
  void flush() {
    if (text_.empty()) return;
    const bool blank = text_.find_first_not_of(" \t\r\n") == std::pmr::string::npos;
    if (at_->kind != XmlKind::Document && (!blank || preserve_space_ || keeps_space())) {
      add(make_characters(eval_, XmlKind::Text, eval_.arena().copy(text_)));
    }
    text_.clear();
  }
  [[nodiscard]] bool keeps_space() const {
    for (const XContainer* it = at_; it && it->kind == XmlKind::Element; it = it->parent) {
      const XAttribute* space = find_attribute(static_cast<const XElement&>(*it), {kXmlUri, "space"});
      if (space) return space->value == "preserve";
    }
    return false;
  }

  // As the declaration writes it: the text itself is UTF-8, whatever it says.
  static std::string_view said_encoding(std::string_view text) noexcept {
    text = text.substr(0, text.find("?>"));
    const std::size_t at = text.find("encoding");
    if (at == std::string_view::npos) return {};
    const std::size_t open = text.find_first_of("\"'", at);
    if (open == std::string_view::npos) return {};
    text.remove_prefix(open + 1);
    return text.substr(0, text.find_first_of("\"'"));
  }

  void read_declaration() {
    if (!context_->version || context_->standalone == -1) return;
    auto* declaration = eval_.arena().make<XDeclarationObject>(type_named(eval_, "XDeclaration"));
    declaration->version = eval_.arena().copy(view(context_->version));
    declaration->encoding = eval_.arena().copy(said_encoding(whole_));
    declaration->standalone = context_->standalone == 1 ? "yes" : context_->standalone == 0 ? "no" : "";
    document_->declaration = declaration;
  }

  Evaluation& eval_;
  bool preserve_space_;
  std::string_view whole_;
  std::pmr::string text_;
  XDocument* document_;
  XContainer* at_;
  int depth_ = 0;
  xmlParserCtxt* context_ = nullptr;
  std::exception_ptr thrown_;
  std::string wrong_;
  int line_ = 0, column_ = 0;
  std::string_view names_[64];
};

}  // namespace

XDocument* parse_xml(Evaluation& eval, std::string_view text, bool preserve_space) {
  eval.charge(text.size() / 4 + 50);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (trim(text).empty()) eval.raise("XmlException", "Root element is missing.");
  if (text.size() > INT32_MAX) eval.raise("XmlException", "The XML is too long.");
  return Builder(eval, preserve_space).parse(text);
}

}  // namespace gateway::expression
