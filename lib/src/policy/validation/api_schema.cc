#include "policy/validation/api_schema.h"

#include <algorithm>

#include "base/strings.h"
#include "model/document.h"
#include "policy/validation/json_schema.h"
#include "policy/validation/xml_schema.h"

namespace gateway::policy {
namespace {

using rapidjson::Value;

constexpr int kMostReferences = 20;
constexpr std::string_view kMethods[] = {"get", "put", "post", "delete", "options", "head", "patch", "trace"};

// What `value` is or refers to; null: nothing.
const Value* follow(const Value& root, const Value* value) noexcept {
  for (int i = 0; value && value->IsObject() && i < kMostReferences; ++i) {
    const Value* reference = member_of(*value, "$ref");
    if (!reference) return value;
    value = find_pointer(root, text_of(reference));
  }
  return value && value->IsObject() && !member_of(*value, "$ref") ? value : nullptr;
}

std::string_view definition_of(const Value* schema) noexcept {
  const std::string_view reference = schema ? text_of(member_of(*schema, "$ref")) : std::string_view();
  return reference.substr(reference.rfind('/') + 1);
}

std::vector<ApiSchema::Content> read_contents(const Value* content) {
  std::vector<ApiSchema::Content> out;
  if (!content || !content->IsObject()) return out;
  for (const auto& [type, media] : content->GetObject()) {
    const std::string_view name = text_of(&type);
    const Value* schema = member_of(media, "schema");
    out.push_back({trim(name.substr(0, name.find(';'))), schema, definition_of(schema), &media});
  }
  return out;
}

ApiSchema::Parameter read_parameter(std::string_view name, std::string_view in, const Value& said) {
  ApiSchema::Parameter out;
  out.name = name;
  out.in = in;
  out.required = in == "path" || flag_of(member_of(said, "required"));
  out.exploded = in == "query";
  if (const Value* explode = member_of(said, "explode"); explode && explode->IsBool() && in == "query")
    out.exploded = explode->GetBool();
  const std::string_view style = in == "query" ? text_of(member_of(said, "style")) : std::string_view();
  out.deep = style == "deepObject";
  if (style == "spaceDelimited") out.separator = ' ';
  if (style == "pipeDelimited") out.separator = '|';
  if (!style.empty() && style != "form" && !member_of(said, "explode")) out.exploded = false;
  out.schema = member_of(said, "schema");
  if (!out.schema && member_of(said, "type")) {  // Swagger 2
    out.schema = &said;
    const std::string_view format = text_of(member_of(said, "collectionFormat"));
    out.exploded = format == "multi";
    if (format == "ssv") out.separator = ' ';
    if (format == "tsv") out.separator = '\t';
    if (format == "pipes") out.separator = '|';
  }
  out.definition = definition_of(out.schema);
  return out;
}

void read_parameters(const Value& root, const Value* list, std::vector<ApiSchema::Parameter>& out) {
  if (!list || !list->IsArray()) return;
  for (const Value& one : list->GetArray()) {
    const Value* said = follow(root, &one);
    if (!said) continue;
    const std::string_view name = text_of(member_of(*said, "name")), in = text_of(member_of(*said, "in"));
    if (name.empty() || (in != "path" && in != "query" && in != "header")) continue;
    const auto same = [&](const ApiSchema::Parameter& known) { return known.in == in && known.name == name; };
    std::erase_if(out, same);  // an operation's go before its path's
    out.push_back(read_parameter(name, in, *said));
  }
}

// "200", "2XX", "default".
bool read_statuses(std::string_view text, ApiSchema::Response& out) {
  if (text == "default") return true;
  if (text.size() == 3 && text[0] >= '1' && text[0] <= '9' && equals_ignoring_case(text.substr(1), "xx")) {
    out.from = (text[0] - '0') * 100;
    out.to = out.from + 99;
    return true;
  }
  const auto status = parse_decimal(text, 999);
  if (!status) return false;
  out.from = out.to = static_cast<int>(*status);
  return true;
}

// A schema for each of the media types of Swagger 2: the operation's, else the document's.
std::vector<ApiSchema::Content> read_media_types(const Value& root, const Value& operation, const char* member,
                                                 const Value* schema) {
  std::vector<ApiSchema::Content> out;
  const Value* types = member_of(operation, member);
  if (!types) types = member_of(root, member);
  if (!types || !types->IsArray() || types->Empty()) {
    out.push_back({"application/json", schema, definition_of(schema), nullptr});
    return out;
  }
  for (const Value& type : types->GetArray()) {
    const std::string_view name = text_of(&type);
    out.push_back({trim(name.substr(0, name.find(';'))), schema, definition_of(schema), nullptr});
  }
  return out;
}

// Swagger 2's body parameter; null: there is none.
const Value* body_schema(const Value& root, const Value* parameters) {
  if (!parameters || !parameters->IsArray()) return nullptr;
  for (const Value& one : parameters->GetArray()) {
    const Value* said = follow(root, &one);
    if (said && text_of(member_of(*said, "in")) == "body") return member_of(*said, "schema");
  }
  return nullptr;
}

void read_responses(const Value& root, const Value& operation, std::vector<ApiSchema::Response>& out) {
  const Value* responses = member_of(operation, "responses");
  if (!responses || !responses->IsObject()) return;
  for (const auto& [status, value] : responses->GetObject()) {
    ApiSchema::Response response;
    const Value* said = follow(root, &value);
    if (!said || !read_statuses(text_of(&status), response)) continue;
    response.contents = read_contents(member_of(*said, "content"));
    if (const Value* schema = member_of(*said, "schema"))
      response.contents = read_media_types(root, operation, "produces", schema);
    if (const Value* headers = member_of(*said, "headers"); headers && headers->IsObject()) {
      for (const auto& [name, header] : headers->GetObject()) {
        if (const Value* of = follow(root, &header))
          response.headers.push_back(read_parameter(text_of(&name), "header", *of));
      }
    }
    out.push_back(std::move(response));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.to - a.from < b.to - b.from; });
}

std::string_view without_query(std::string_view url_template) noexcept {
  return url_template.substr(0, url_template.find('?'));
}

}  // namespace

std::shared_ptr<const ApiSchema> ApiSchema::parse(std::string_view json, std::string& problem) {
  auto document = parse_json(json, {}, "schema");
  if (!document.ok() || !document->IsObject()) {
    problem = document.ok() ? "it must be an object" : document.error().message;
    return nullptr;
  }
  auto out = std::make_shared<ApiSchema>();
  out->document_ = std::move(*document);
  const Value& root = out->document_;
  const Value* paths = member_of(root, "paths");
  if (!paths || !paths->IsObject()) return out;
  for (const auto& [path, value] : paths->GetObject()) {
    const Value* item = follow(root, &value);
    if (!item) continue;
    for (const std::string_view method : kMethods) {
      const Value* said = member_of(*item, method);
      if (!said || !said->IsObject()) continue;
      Operation& operation = out->operations_.emplace_back();
      operation.method = method;
      operation.url_template = without_query(text_of(&path));
      read_parameters(root, member_of(*item, "parameters"), operation.parameters);
      read_parameters(root, member_of(*said, "parameters"), operation.parameters);
      if (const Value* body = follow(root, member_of(*said, "requestBody")))
        operation.request = read_contents(member_of(*body, "content"));
      if (const Value* schema = body_schema(root, member_of(*said, "parameters")))
        operation.request = read_media_types(root, *said, "consumes", schema);
      read_responses(root, *said, operation.responses);
    }
  }
  std::sort(out->operations_.begin(), out->operations_.end(), [](const Operation& a, const Operation& b) {
    return std::pair(a.url_template, a.method) < std::pair(b.url_template, b.method);
  });
  return out;
}

const ApiSchema::Response* ApiSchema::Operation::response(int status) const noexcept {
  for (const Response& one : responses)
    if (one.from <= status && status <= one.to) return &one;
  return nullptr;
}

const ApiSchema::Operation* ApiSchema::operation(const OperationFacts& facts) const noexcept {
  const std::string_view wanted = without_query(facts.url_template);
  auto at = std::lower_bound(operations_.begin(), operations_.end(), wanted,
                             [](const Operation& one, std::string_view text) { return one.url_template < text; });
  for (; at != operations_.end() && at->url_template == wanted; ++at)
    if (equals_ignoring_case(at->method, facts.method)) return &*at;
  return nullptr;
}

const Value* ApiSchema::definition(std::string_view schema_id, std::string_view pointer) const {
  const Value* root = &document_;
  if (!schema_id.empty()) {
    const Value* all = member_of(document_, "x-schemas");
    root = all ? member_of(*all, schema_id) : nullptr;
  }
  return root ? find_pointer(*root, pointer) : nullptr;
}

const XmlSchema* ApiSchema::xml_schema(std::string_view schema_id) const {
  const std::lock_guard lock(mutex_);
  if (const auto known = xml_.find(schema_id); known != xml_.end()) return known->second.get();
  const Value* all = member_of(document_, "x-schemas");
  const Value* one = all ? member_of(*all, schema_id) : nullptr;
  if (!one) return nullptr;
  std::string problem;
  auto compiled = XmlSchema::compile(text_of(member_of(*one, "x-xml-schema")), problem);
  return xml_.emplace(schema_id, std::move(compiled)).first->second.get();
}

std::string_view ApiSchema::xml_schema_of(const Content* content) const noexcept {
  const Value* all = member_of(document_, "x-schemas");
  if (!all || !all->IsObject()) return {};
  constexpr std::string_view kPrefix = "#/x-schemas/";
  std::string_view reference = content && content->schema ? text_of(member_of(*content->schema, "$ref")) : std::string_view();
  if (reference.starts_with(kPrefix)) {
    reference.remove_prefix(kPrefix.size());
    reference = reference.substr(0, reference.find('/'));
    if (const Value* one = member_of(*all, reference); one && member_of(*one, "x-xml-schema")) return reference;
  }
  std::string_view only;
  for (const auto& [id, one] : all->GetObject()) {
    if (!member_of(one, "x-xml-schema")) continue;
    if (!only.empty()) return {};
    only = text_of(&id);
  }
  return only;
}

bool ApiSchema::has_definitions() const noexcept {
  return !operations_.empty() || member_of(document_, "components") || member_of(document_, "x-schemas");
}

const ApiSchema::Content* content_of(const std::vector<ApiSchema::Content>& all, std::string_view type) noexcept {
  const ApiSchema::Content* found = nullptr;
  std::size_t exact = 0;  // 3: the type itself, 2: "text/*", 1: "*/*"
  for (const ApiSchema::Content& one : all) {
    std::size_t here = one.type == "*/*" ? 1 : 0;
    const std::string_view family = one.type.substr(0, one.type.find('/') + 1);
    if (one.type.ends_with("/*") && equals_ignoring_case(family, type.substr(0, family.size()))) here = 2;
    if (equals_ignoring_case(one.type, type)) here = 3;
    if (type.empty() || here <= exact) continue;
    exact = here;
    found = &one;
  }
  return found;
}

const ApiSchema* SchemaText::get() const {
  std::call_once(once_, [this] {
    std::string problem;
    schema_ = ApiSchema::parse(text_, problem);
  });
  return schema_.get();
}

}  // namespace gateway::policy
