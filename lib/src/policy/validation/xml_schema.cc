#include "policy/validation/xml_schema.h"

#include <cstring>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlschemas.h>

#include "base/strings.h"

namespace gateway::policy {
namespace {

struct FreeDocument {
  void operator()(xmlDoc* document) const noexcept { xmlFreeDoc(document); }
};
using DocumentPtr = std::unique_ptr<xmlDoc, FreeDocument>;

constexpr int kReading = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT;

// `problem`: why it is null.
DocumentPtr read(std::string_view text, XmlFinding& problem) {
  if (text.size() > std::size_t{64} << 20) {
    problem.message = "It is too large.";
    return nullptr;
  }
  xmlParserCtxt* context = xmlNewParserCtxt();
  if (!context) return nullptr;
  DocumentPtr document(
      xmlCtxtReadMemory(context, text.data(), static_cast<int>(text.size()), nullptr, nullptr, kReading));
  if (!document) {
    const xmlError* error = xmlCtxtGetLastError(context);
    problem.message = error && error->message ? std::string(trim(error->message)) : "It is not well-formed.";
    problem.line = error && error->line > 0 ? static_cast<std::size_t>(error->line) : 1;
  }
  xmlFreeParserCtxt(context);
  if (document && document->intSubset) {
    problem.message = "A document type declaration is not allowed.";
    problem.line = 1;
    return nullptr;
  }
  return document;
}

bool is_named(const xmlNode* node, const char* name) noexcept {
  return node->type == XML_ELEMENT_NODE && std::strcmp(reinterpret_cast<const char*>(node->name), name) == 0;
}

xmlNode* first_element(xmlNode* at) noexcept {
  while (at && at->type != XML_ELEMENT_NODE) at = at->next;
  return at;
}

// Other documents would be loaded from there.
bool takes_in_others(const xmlNode* root) noexcept {
  for (const xmlNode* one = root->children; one; one = one->next) {
    if (!is_named(one, "import") && !is_named(one, "include") && !is_named(one, "redefine")) continue;
    if (xmlHasProp(const_cast<xmlNode*>(one), reinterpret_cast<const xmlChar*>("schemaLocation"))) return true;
  }
  return false;
}

void keep_first(void* to, const xmlError* error) noexcept {
  auto& finding = *static_cast<XmlFinding*>(to);
  if (!finding.message.empty() || !error->message) return;
  finding.message = std::string(trim(error->message));
  finding.line = error->line > 0 ? static_cast<std::size_t>(error->line) : 0;
}
void silent(void*, const char*, ...) {}

}  // namespace

struct XmlSchema::Compiled {
  DocumentPtr document;  // the schema's views are into it
  xmlSchema* schema = nullptr;
  ~Compiled() { xmlSchemaFree(schema); }
};

XmlSchema::XmlSchema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
XmlSchema::~XmlSchema() = default;

std::shared_ptr<const XmlSchema> XmlSchema::compile(std::string_view text, std::string& problem) {
  XmlFinding why;
  auto compiled = std::make_unique<Compiled>();
  compiled->document = read(text, why);
  const xmlNode* root = compiled->document ? xmlDocGetRootElement(compiled->document.get()) : nullptr;
  if (root && takes_in_others(root)) {
    why.message = "It takes in other schemas by their location, which are not loaded.";
    root = nullptr;
  }
  if (root) {
    xmlSchemaParserCtxt* parser = xmlSchemaNewDocParserCtxt(compiled->document.get());
    xmlSchemaSetParserErrors(parser, silent, silent, nullptr);
    xmlSchemaSetParserStructuredErrors(
        parser, [](void* to, auto* error) { keep_first(to, error); }, &why);
    compiled->schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
  }
  if (!compiled->schema) {
    problem = why.message.empty() ? "It is no XML schema." : why.message;
    return nullptr;
  }
  return std::shared_ptr<const XmlSchema>(new XmlSchema(std::move(compiled)));
}

std::optional<XmlFinding> XmlSchema::find_violation(std::string_view xml, bool soap) const {
  XmlFinding finding;
  DocumentPtr document = read(xml, finding);
  if (!document) return finding;
  if (soap) {
    xmlNode* envelope = xmlDocGetRootElement(document.get());
    xmlNode* body = envelope && is_named(envelope, "Envelope") ? first_element(envelope->children) : nullptr;
    while (body && !is_named(body, "Body")) body = first_element(body->next);
    xmlNode* content = body ? first_element(body->children) : nullptr;
    if (!content) return XmlFinding{"The message is no SOAP envelope with a body.", 1};
    DocumentPtr alone(xmlNewDoc(nullptr));
    xmlNode* copy = xmlDocCopyNode(content, alone.get(), 1);
    xmlDocSetRootElement(alone.get(), copy);
    xmlReconciliateNs(alone.get(), copy);
    document = std::move(alone);
  }
  xmlSchemaValidCtxt* validation = xmlSchemaNewValidCtxt(compiled_->schema);
  xmlSchemaSetValidErrors(validation, silent, silent, nullptr);
  xmlSchemaSetValidStructuredErrors(
      validation, [](void* to, auto* error) { keep_first(to, error); }, &finding);
  const int result = xmlSchemaValidateDoc(validation, document.get());
  xmlSchemaFreeValidCtxt(validation);
  if (result == 0) return std::nullopt;
  if (finding.message.empty()) finding.message = "It does not conform to the schema.";
  return finding;
}

}  // namespace gateway::policy
