#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>

#include <memory>

#include "policy/builtin/list.h"
#include "policy/run.h"

// xsl-transform: the body, XML, through an XSLT 1.0 style sheet. Nothing is read from files or the network,
// nothing is written but the result; depth and templates are bounded.
namespace gateway::policy {
namespace {

constexpr int kMaxDepth = 300;
constexpr std::size_t kMaxResult = std::size_t{64} << 20;

void silent(void*, const char*, ...) {}

struct FreeDocument {
  void operator()(xmlDoc* document) const noexcept { xmlFreeDoc(document); }
};
struct FreeSheet {
  void operator()(xsltStylesheet* sheet) const noexcept { xsltFreeStylesheet(sheet); }
};
struct FreeContext {
  void operator()(xsltTransformContext* context) const noexcept { xsltFreeTransformContext(context); }
};
struct FreePreferences {
  void operator()(xsltSecurityPrefs* preferences) const noexcept { xsltFreeSecurityPrefs(preferences); }
};
using DocumentPtr = std::unique_ptr<xmlDoc, FreeDocument>;

DocumentPtr read(std::string_view text) {
  return DocumentPtr(xmlReadMemory(text.data(), static_cast<int>(text.size()), "body.xml", nullptr,
                                   XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
}

class XslTransform final : public Step {
 public:
  explicit XslTransform(ElementCompiler& in) {
    (in.section() == Section::Inbound ? reads_request_body : reads_response_body) = true;
    const Element* sheet = nullptr;
    for (const Element& child : in.element().children) {
      if (child.name == "parameter") {
        const Attribute* parameter_name = child.attribute("parameter-name");
        if (!parameter_name) parameter_name = child.attribute("name");
        if (!parameter_name) {
          in.problem(child.at, "<parameter> needs the attribute parameter-name");
          continue;
        }
        parameters_.emplace_back(std::string(parameter_name->value), in.text_operand(child, true));
        in.mark(*this, {&parameters_.back().second});
      } else if (child.name.ends_with("stylesheet") || child.name.ends_with("transform")) {
        sheet = &child;
      } else {
        in.problem(child.at, "<xsl-transform> takes <parameter> and one <xsl:stylesheet>");
      }
    }
    if (!sheet) {
      in.problem(in.element().at, "<xsl-transform> needs an <xsl:stylesheet>");
      return;
    }
    // The style sheet is what stands between the tags, from its own start tag on.
    const std::string_view inner = in.element().inner;
    const std::size_t from = inner.find("<" + std::string(sheet->name));
    const std::string end = "</" + std::string(sheet->name);
    const std::size_t last = inner.rfind(end);
    if (from == std::string_view::npos || last == std::string_view::npos) {
      in.problem(sheet->at, "the style sheet is empty");
      return;
    }
    const std::size_t close = std::min(inner.find('>', last), inner.size() - 1);
    xmlSetGenericErrorFunc(nullptr, silent);
    xsltSetGenericErrorFunc(nullptr, silent);
    DocumentPtr document = read(inner.substr(from, close + 1 - from));
    if (!document) {
      in.problem(sheet->at, "the style sheet is no well-formed XML");
      return;
    }
    sheet_.reset(xsltParseStylesheetDoc(document.get()));
    if (!sheet_) {
      in.problem(sheet->at, "the style sheet is not one of XSLT 1.0");
      return;
    }
    (void)document.release();  // the style sheet's now
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Body& body = run.body();
    if (!body.is_whole() || body.data.empty()) return Flow::Next;
    xmlSetGenericErrorFunc(nullptr, silent);
    const DocumentPtr document = read(body.data);
    if (!document) return run.fail(strand, {500, "InvalidXml", "The body is no well-formed XML.", {}, {}});
    const std::unique_ptr<xsltTransformContext, FreeContext> context(
        xsltNewTransformContext(sheet_.get(), document.get()));
    const std::unique_ptr<xsltSecurityPrefs, FreePreferences> preferences(xsltNewSecurityPrefs());
    if (!context || !preferences) throw std::bad_alloc();
    for (const xsltSecurityOption option : {XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE, XSLT_SECPREF_CREATE_DIRECTORY,
                                            XSLT_SECPREF_READ_NETWORK, XSLT_SECPREF_WRITE_NETWORK}) {
      xsltSetSecurityPrefs(preferences.get(), option, xsltSecurityForbid);
    }
    xsltSetCtxtSecurityPrefs(preferences.get(), context.get());
    xsltSetTransformErrorFunc(context.get(), nullptr, silent);
    context->maxTemplateDepth = kMaxDepth;
    context->maxTemplateVars = 15'000;
    context->opLimit = 5'000'000;
    std::vector<std::string> texts;
    for (const auto& [parameter_name, operand] : parameters_) {
      texts.push_back(parameter_name);
      texts.emplace_back(operand.text(run));
    }
    for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
      xsltQuoteOneUserParam(context.get(), reinterpret_cast<const xmlChar*>(texts[i].c_str()),
                            reinterpret_cast<const xmlChar*>(texts[i + 1].c_str()));
    }
    const DocumentPtr result(
        xsltApplyStylesheetUser(sheet_.get(), document.get(), nullptr, nullptr, nullptr, context.get()));
    if (!result || context->state != XSLT_STATE_OK)
      return run.fail(strand, {500, "TransformFailed", "The style sheet failed on the body.", {}, {}});
    xmlChar* text = nullptr;
    int size = 0;
    if (xsltSaveResultToString(&text, &size, result.get(), sheet_.get()) != 0 ||
        static_cast<std::size_t>(size) > kMaxResult) {
      if (text) xmlFree(text);
      return run.fail(strand, {500, "TransformFailed", "The style sheet's result is too large.", {}, {}});
    }
    const std::unique_ptr<xmlChar, void (*)(void*)> held(text, xmlFree);
    std::string_view made(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    if (result->type != XML_HTML_DOCUMENT_NODE && made.ends_with(">\n")) made.remove_suffix(1);  // libxml2's own
    body.assign(run.arena().copy(made));
    return Flow::Next;
  }

 private:
  std::vector<std::pair<std::string, Operand>> parameters_;
  std::unique_ptr<xsltStylesheet, FreeSheet> sheet_;
};

}  // namespace

std::unique_ptr<Step> compile_xsl_transform(ElementCompiler& in) { return std::make_unique<XslTransform>(in); }

}  // namespace gateway::policy
