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
    if (error && error->line > 0) problem.line = static_cast<std::size_t>(error->line);
    if (error && error->int2 > 0) problem.column = static_cast<std::size_t>(error->int2);
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

bool is_soap(const xmlNode* node, const char* name) noexcept {
  if (!node || !is_named(node, name) || !node->ns || !node->ns->href) return false;
  const auto* space = reinterpret_cast<const char*>(node->ns->href);
  return std::strcmp(space, "http://schemas.xmlsoap.org/soap/envelope/") == 0 ||
         std::strcmp(space, "http://www.w3.org/2003/05/soap-envelope") == 0;
}

xmlNode* first_element(xmlNode* at) noexcept {
  while (at && at->type != XML_ELEMENT_NODE) at = at->next;
  return at;
}

// Null: it is no envelope with something in its one body.
xmlNode* soap_content(xmlDoc* document) noexcept {
  xmlNode* envelope = xmlDocGetRootElement(document);
  xmlNode* body = is_soap(envelope, "Envelope") ? first_element(envelope->children) : nullptr;
  while (body && !is_soap(body, "Body")) body = first_element(body->next);
  for (const xmlNode* other = body ? body->next : nullptr; other; other = other->next)
    if (is_soap(other, "Body")) return nullptr;  // which of them a service reads nobody knows
  return body ? first_element(body->children) : nullptr;
}

std::string name_of(const xmlNode* node) {
  const auto text = [](const xmlChar* name) { return std::string(reinterpret_cast<const char*>(name)); };
  return node->ns && node->ns->prefix ? text(node->ns->prefix) + ":" + text(node->name) : text(node->name);
}

const xmlNode* next_in_document(const xmlNode* node) noexcept {
  if (node->type == XML_ELEMENT_NODE && node->children) return node->children;
  while (node && !node->next) node = node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent : nullptr;
  return node ? node->next : nullptr;
}

// Where the name in an element's start tag stands in its line; 1: not there.
std::size_t column_of(const xmlNode* element, std::string_view xml) {
  const long line = xmlGetLineNo(element);
  const std::string name = name_of(element), tag = "<" + name;
  std::size_t before = 0;  // of that name in that line
  for (const xmlNode* one = xmlDocGetRootElement(element->doc); one && one != element; one = next_in_document(one))
    before += one->type == XML_ELEMENT_NODE && xmlGetLineNo(one) == line && name_of(one) == name ? 1 : 0;
  std::size_t start = 0;
  for (long i = 1; i < line && start != std::string_view::npos; ++i) {
    start = xml.find('\n', start);
    if (start != std::string_view::npos) ++start;
  }
  if (start == std::string_view::npos) return 1;
  xml = xml.substr(start, xml.find('\n', start) - start);
  for (std::size_t at = xml.find(tag); at != std::string_view::npos; at = xml.find(tag, at + 1)) {
    const std::size_t end = at + tag.size();
    if (end < xml.size() && std::strchr(" \t\r\n/>", xml[end]) == nullptr) continue;
    if (before-- == 0) return at + 2;
  }
  return 1;
}

// Other documents would be loaded from there.
bool takes_in_others(const xmlNode* root) noexcept {
  for (const xmlNode* one = root->children; one; one = one->next) {
    if (!is_named(one, "import") && !is_named(one, "include") && !is_named(one, "redefine")) continue;
    if (xmlHasProp(const_cast<xmlNode*>(one), reinterpret_cast<const xmlChar*>("schemaLocation"))) return true;
  }
  return false;
}

struct FirstError {
  std::string message;
  std::size_t line = 1;
  const xmlNode* element = nullptr;
};

void keep_first(void* to, const xmlError* error) noexcept {
  auto& first = *static_cast<FirstError*>(to);
  if (!first.message.empty() || !error->message) return;
  first.message = std::string(trim(error->message));
  if (error->line > 0) first.line = static_cast<std::size_t>(error->line);
  const auto* node = static_cast<const xmlNode*>(error->node);
  if (node && node->type == XML_ATTRIBUTE_NODE) node = node->parent;
  if (node && node->type == XML_ELEMENT_NODE) first.element = node;
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
    FirstError first;
    xmlSchemaParserCtxt* parser = xmlSchemaNewDocParserCtxt(compiled->document.get());
    xmlSchemaSetParserErrors(parser, silent, silent, nullptr);
    xmlSchemaSetParserStructuredErrors(
        parser, [](void* to, auto* error) { keep_first(to, error); }, &first);
    compiled->schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    why.message = std::move(first.message);
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
  xmlNode* content = soap ? soap_content(document.get()) : nullptr;
  if (soap && !content) {
    finding.message = "The message is no SOAP envelope with one body that has content.";
    return finding;
  }
  FirstError first;
  xmlSchemaValidCtxt* validation = xmlSchemaNewValidCtxt(compiled_->schema);
  xmlSchemaSetValidErrors(validation, silent, silent, nullptr);
  xmlSchemaSetValidStructuredErrors(
      validation, [](void* to, auto* error) { keep_first(to, error); }, &first);
  int result = soap ? 0 : xmlSchemaValidateDoc(validation, document.get());
  for (; content && result == 0; content = first_element(content->next))
    result = xmlSchemaValidateOneElement(validation, content);
  xmlSchemaFreeValidCtxt(validation);
  if (result == 0) return std::nullopt;
  finding.message = first.message.empty() ? "It does not conform to the schema." : std::move(first.message);
  finding.line = first.line;
  if (first.element) finding.column = column_of(first.element, xml);
  return finding;
}

}  // namespace gateway::policy
