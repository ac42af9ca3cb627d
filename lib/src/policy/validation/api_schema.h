#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidjson/document.h>

#include "policy/facts.h"

namespace gateway::policy {

class XmlSchema;

// What an ApiRevision::schema says: an OpenAPI 3 document. Immutable; all workers read it. Views and pointers are into
// the document.
class ApiSchema {
 public:
  // Null: the text is no JSON object; `problem` says why.
  static std::shared_ptr<const ApiSchema> parse(std::string_view json, std::string& problem);

  struct Parameter {
    std::string_view name;
    std::string_view in;  // "path", "query", "header"
    bool required = false;
    bool exploded = true;  // an array is the parameter several times; else one text with separators
    char separator = ',';
    bool deep = false;  // an object is name[property]=value, several times (the style deepObject)
    const rapidjson::Value* schema = nullptr;  // null: any text
    std::string_view definition;               // "Pet" of a reference; "" = it stands in the operation
  };
  struct Content {
    std::string_view type;  // "application/json", without parameters; "application/*", "*/*"
    const rapidjson::Value* schema = nullptr;
    std::string_view definition;
    const rapidjson::Value* media = nullptr;  // with its examples
  };
  struct Response {
    int from = 0, to = 999;  // statuses; "default": all
    std::vector<Parameter> headers;
    std::vector<Content> contents;
  };
  struct Operation {
    std::string_view method, url_template;
    std::vector<Parameter> parameters;
    std::vector<Content> request;
    std::vector<Response> responses;  // the most exact first
    // Null: no response has that status.
    [[nodiscard]] const Response* response(int status) const noexcept;
  };

  // By method and URL template, its query part aside; null: none.
  [[nodiscard]] const Operation* operation(const OperationFacts& facts) const noexcept;
  // A schema by "#/components/schemas/x", in the document or, where `schema_id` is given, in that document of
  // "x-schemas". Null: there is none.
  [[nodiscard]] const rapidjson::Value* definition(std::string_view schema_id, std::string_view pointer) const;
  // The XML schema with that id, compiled when it is first asked for; null: there is none that can be used.
  [[nodiscard]] const XmlSchema* xml_schema(std::string_view schema_id) const;
  // The id of the XML schema that a content refers to, else of the only one; "" = none.
  [[nodiscard]] std::string_view xml_schema_of(const Content* content) const noexcept;
  [[nodiscard]] const rapidjson::Value& root() const noexcept { return document_; }
  [[nodiscard]] bool has_definitions() const noexcept;

 private:
  rapidjson::Document document_;
  std::vector<Operation> operations_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const XmlSchema>, std::less<>> xml_;
};

// The content with that type, in any case, or the narrowest range that has it; null: none.
[[nodiscard]] const ApiSchema::Content* content_of(const std::vector<ApiSchema::Content>& all,
                                                   std::string_view type) noexcept;

// An ApiSchema that is read when somebody first asks. Thread-safe.
class SchemaText {
 public:
  explicit SchemaText(std::string text) : text_(std::move(text)) {}
  // Null: it cannot be read.
  [[nodiscard]] const ApiSchema* get() const;

 private:
  std::string text_;
  mutable std::once_flag once_;
  mutable std::shared_ptr<const ApiSchema> schema_;
};

}  // namespace gateway::policy
