#include "arm/api_schema.h"

#include <initializer_list>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/strings.h"
#include "model/document.h"

namespace gateway::arm {
namespace {

using rapidjson::Document;
using rapidjson::Value;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

const Value* member(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto at = object.FindMember(name);
  return at == object.MemberEnd() || at->value.IsNull() ? nullptr : &at->value;
}
std::string_view text(const Value* value) {
  return value && value->IsString() ? std::string_view(value->GetString(), value->GetStringLength()) : std::string_view();
}
void put(Writer& out, std::string_view value) {
  out.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}
void key(Writer& out, std::string_view name) {
  out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

// The type of OpenAPI that a type of the contract, or of .NET, is; "" = any.
std::string_view openapi_type(std::string_view type) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"string", "string"},  {"integer", "integer"}, {"int", "integer"},   {"int32", "integer"}, {"int64", "integer"},
      {"long", "integer"},   {"number", "number"},   {"float", "number"},  {"double", "number"}, {"decimal", "number"},
      {"boolean", "boolean"}, {"bool", "boolean"},   {"object", "object"}};
  for (const auto& [known, out] : kTypes)
    if (equals_ignoring_case(known, type)) return out;
  return {};
}

// "schema" of what names one, or has a type; nothing where it has neither.
void write_schema(Writer& out, const Value& said) {
  const std::string_view id = text(member(said, "schemaId")), name = text(member(said, "typeName"));
  if (!id.empty() && !name.empty()) {
    key(out, "schema");
    out.StartObject();
    key(out, "$ref");
    put(out, "#/x-schemas/" + std::string(id.substr(id.rfind('/') + 1)) + "/components/schemas/" + std::string(name));
    out.EndObject();
    return;
  }
  const std::string_view type = openapi_type(text(member(said, "type")));
  if (type.empty()) return;
  key(out, "schema");
  out.StartObject();
  key(out, "type");
  put(out, type);
  const Value* values = member(said, "values");
  if (values && values->IsArray() && !values->Empty()) {
    key(out, "enum");
    out.StartArray();
    for (const Value& one : values->GetArray()) {
      if (type != "string" && one.IsString()) {
        if (const auto number = parse_json(text(&one), {1000, 1, 0, false}, "value"); number.ok() && !number->IsObject()) {
          number->Accept(out);
          continue;
        }
      }
      one.Accept(out);
    }
    out.EndArray();
  }
  out.EndObject();
}

void write_parameters(Writer& out, const Value* list, std::string_view in, std::string_view query_part) {
  if (!list || !list->IsArray()) return;
  for (const Value& one : list->GetArray()) {
    const std::string_view name = text(member(one, "name"));
    if (name.empty()) continue;
    const bool in_query = in == "path" && query_part.find("{" + std::string(name) + "}") != std::string_view::npos;
    const Value* required = member(one, "required");
    out.StartObject();
    key(out, "name");
    put(out, name);
    key(out, "in");
    put(out, in_query ? "query" : in);
    key(out, "required");
    out.Bool((in == "path" && !in_query) || (required && required->IsBool() && required->GetBool()));
    write_schema(out, one);
    out.EndObject();
  }
}

void write_content(Writer& out, const Value* representations) {
  key(out, "content");
  out.StartObject();
  if (representations && representations->IsArray()) {
    for (const Value& one : representations->GetArray()) {
      const std::string_view type = text(member(one, "contentType"));
      if (type.empty()) continue;
      key(out, type);
      out.StartObject();
      write_schema(out, one);
      if (const Value* examples = member(one, "examples"); examples && examples->IsObject()) {
        key(out, "examples");
        examples->Accept(out);
      } else if (const Value* sample = member(one, "sample")) {  // of older versions of the contract
        key(out, "example");
        sample->Accept(out);
      }
      out.EndObject();
    }
  }
  out.EndObject();
}

bool is_list_with_items(const Value* value) { return value && value->IsArray() && !value->Empty(); }

// A copy whose local references begin with `prefix`.
void write_moved(Writer& out, const Value& value, const std::string& prefix) {
  if (value.IsObject()) {
    out.StartObject();
    for (const auto& [name, one] : value.GetObject()) {
      key(out, text(&name));
      const std::string_view reference = text(&name) == "$ref" ? text(&one) : std::string_view();
      if (reference.starts_with("#/definitions/")) {
        put(out, prefix + "/components/schemas/" + std::string(reference.substr(14)));
      } else if (reference.starts_with("#/")) {
        put(out, prefix + std::string(reference.substr(1)));
      } else {
        write_moved(out, one, prefix);
      }
    }
    out.EndObject();
  } else if (value.IsArray()) {
    out.StartArray();
    for (const Value& one : value.GetArray()) write_moved(out, one, prefix);
    out.EndArray();
  } else {
    value.Accept(out);
  }
}

std::string to_text(const Value& value) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

Value* child(Value& object, std::string_view name, Document::AllocatorType& allocator) {
  const Value wanted(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  auto at = object.FindMember(wanted);
  if (at == object.MemberEnd()) {
    object.AddMember(Value(name.data(), static_cast<rapidjson::SizeType>(name.size()), allocator),
                     Value(rapidjson::kObjectType), allocator);
    at = object.FindMember(wanted);
  }
  return at->value.IsObject() ? &at->value : nullptr;
}

void put_json(Value& object, std::string_view name, const std::string& json, Document::AllocatorType& allocator) {
  const Value wanted(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  if (object.HasMember(wanted)) return;
  auto parsed = parse_json(json, {}, "schema");
  if (!parsed.ok()) return;
  Value copy;
  copy.CopyFrom(*parsed, allocator);
  object.AddMember(Value(name.data(), static_cast<rapidjson::SizeType>(name.size()), allocator), copy, allocator);
}

}  // namespace

std::string operation_schema(const Value& properties) {
  const Value* request = member(properties, "request");
  const Value* path = member(properties, "templateParameters");
  const Value* responses = member(properties, "responses");
  const auto of_request = [&](const char* name) { return request ? member(*request, name) : nullptr; };
  if (!is_list_with_items(path) && !is_list_with_items(responses) && !is_list_with_items(of_request("queryParameters")) &&
      !is_list_with_items(of_request("headers")) && !is_list_with_items(of_request("representations")))
    return {};
  const std::string_view url = text(member(properties, "urlTemplate"));
  const std::string_view query_part = url.substr(std::min(url.find('?'), url.size()));
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  out.StartObject();
  key(out, "parameters");
  out.StartArray();
  write_parameters(out, path, "path", query_part);
  write_parameters(out, of_request("queryParameters"), "query", {});
  write_parameters(out, of_request("headers"), "header", {});
  out.EndArray();
  if (is_list_with_items(of_request("representations"))) {
    key(out, "requestBody");
    out.StartObject();
    write_content(out, of_request("representations"));
    out.EndObject();
  }
  key(out, "responses");
  out.StartObject();
  if (responses && responses->IsArray()) {
    for (const Value& one : responses->GetArray()) {
      const Value* status = member(one, "statusCode");
      if (!status || (!status->IsInt() && !status->IsString())) continue;
      key(out, status->IsInt() ? std::to_string(status->GetInt()) : std::string(text(status)));
      out.StartObject();
      key(out, "headers");
      out.StartObject();
      if (const Value* headers = member(one, "headers"); headers && headers->IsArray()) {
        for (const Value& header : headers->GetArray()) {
          const std::string_view name = text(member(header, "name"));
          if (name.empty()) continue;
          const Value* required = member(header, "required");
          key(out, name);
          out.StartObject();
          key(out, "required");
          out.Bool(required && required->IsBool() && required->GetBool());
          write_schema(out, header);
          out.EndObject();
        }
      }
      out.EndObject();
      write_content(out, member(one, "representations"));
      out.EndObject();
    }
  }
  out.EndObject();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

SchemaDocument schema_document(std::string_view id, const Value& properties) {
  SchemaDocument out;
  const std::string_view type = text(member(properties, "contentType"));
  const Value* document = member(properties, "document");
  const Value* value = document ? member(*document, "value") : member(properties, "value");
  if (type.find("xml") != std::string_view::npos || equals_ignoring_case(text(member(properties, "schemaType")), "xml")) {
    if (text(value).empty()) return out;
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    key(writer, "x-xml-schema");
    put(writer, text(value));
    writer.EndObject();
    out.json.assign(buffer.GetString(), buffer.GetSize());
    return out;
  }
  Document parsed;
  if (value && value->IsString()) {
    auto read = parse_json(text(value), {}, "schema");
    if (!read.ok()) return out;
    parsed = std::move(*read);
    document = &parsed;
  }
  if (!document || !document->IsObject()) return out;
  if (member(*document, "paths")) {
    out.json = to_text(*document);
    out.has_paths = true;
    return out;
  }
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  const std::string prefix = "#/x-schemas/" + std::string(id);
  if (const Value* definitions = member(*document, "definitions")) {
    writer.StartObject();
    key(writer, "components");
    writer.StartObject();
    key(writer, "schemas");
    write_moved(writer, *definitions, prefix);
    writer.EndObject();
    writer.EndObject();
  } else {
    write_moved(writer, *document, prefix);
  }
  out.json.assign(buffer.GetString(), buffer.GetSize());
  return out;
}

std::string revision_schema(const ApiRevision& revision, const std::map<std::string, std::string>& operations,
                            const std::map<std::string, SchemaDocument>& schemas,
                            const std::map<std::string, SchemaDocument>& shared) {
  Document out(rapidjson::kObjectType);
  bool says = false;
  for (const auto& [id, schema] : schemas) {
    if (!schema.has_paths) continue;
    if (auto parsed = parse_json(schema.json, {}, "schema"); parsed.ok() && parsed->IsObject()) {
      out.CopyFrom(*parsed, out.GetAllocator());
      says = true;
      break;
    }
  }
  auto& allocator = out.GetAllocator();
  if (!says) out.AddMember("openapi", "3.0.1", allocator);
  if (Value* paths = child(out, "paths", allocator)) {
    for (const Operation& operation : revision.operations) {
      const auto said = operations.find(operation.id);
      if (said == operations.end() || said->second.empty()) continue;
      Value* path = child(*paths, std::string_view(operation.url_template).substr(0, operation.url_template.find('?')), allocator);
      if (path) put_json(*path, to_lower(operation.method), said->second, allocator);
      says = true;
    }
  }
  for (const auto* of : {&schemas, &shared}) {
    for (const auto& [id, schema] : *of) {
      if (schema.has_paths || schema.json.empty()) continue;
      if (Value* all = child(out, "x-schemas", allocator)) put_json(*all, id, schema.json, allocator);
      says = true;
    }
  }
  return says ? to_text(out) : std::string();
}

}  // namespace gateway::arm
