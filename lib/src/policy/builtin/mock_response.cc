#include <algorithm>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/strings.h"
#include "http/headers.h"
#include "policy/builtin/list.h"
#include "policy/run.h"
#include "policy/validation/errors.h"
#include "policy/validation/json_schema.h"

// mock-response: ends the pipeline with a response of this status and type. Its body is an example that the API's
// schema has for that status, else a sample of that response's schema, else nothing.
namespace gateway::policy {
namespace {

using rapidjson::Value;

constexpr int kDeepest = 8;
constexpr std::size_t kMostBytes = 1u << 20;

class Sample {
 public:
  explicit Sample(const Value& root) : root_(root) {}

  std::string of(const Value& schema) {
    write(schema, 0);
    return std::string(buffer_.GetString(), buffer_.GetSize());
  }

 private:
  void write(const Value& schema, int depth) {
    if (depth > kDeepest || buffer_.GetSize() > kMostBytes) {
      writer_.Null();
      return;
    }
    if (const Value* reference = member_of(schema, "$ref")) {
      const Value* target = find_pointer(root_, text_of(reference));
      if (target) write(*target, depth + 1); else writer_.Null();
      return;
    }
    for (const char* given : {"example", "default", "const"}) {
      if (const Value* value = member_of(schema, given)) {
        value->Accept(writer_);
        return;
      }
    }
    if (const Value* allowed = member_of(schema, "enum"); allowed && allowed->IsArray() && !allowed->Empty()) {
      (*allowed)[0].Accept(writer_);
      return;
    }
    for (const char* alternatives : {"oneOf", "anyOf"}) {
      if (const Value* list = member_of(schema, alternatives); list && list->IsArray() && !list->Empty()) {
        write((*list)[0], depth + 1);
        return;
      }
    }
    const Value* said = member_of(schema, "type");
    if (said && said->IsArray() && !said->Empty()) said = &(*said)[0];
    const std::string_view type = text_of(said);
    if (type == "object" || (type.empty() && (member_of(schema, "properties") || member_of(schema, "allOf")))) {
      writer_.StartObject();
      members(schema, depth);
      writer_.EndObject();
    } else if (type == "array") {
      writer_.StartArray();
      if (const Value* items = member_of(schema, "items")) write(*items, depth + 1);
      writer_.EndArray();
    } else if (type == "integer" || type == "number") {
      const Value* least = member_of(schema, "minimum");
      if (least && least->IsNumber()) least->Accept(writer_); else writer_.Int(0);
    } else if (type == "boolean") {
      writer_.Bool(true);
    } else {
      const std::string_view format = text_of(member_of(schema, "format"));
      writer_.String(format == "date-time" ? "2000-01-01T00:00:00Z"
                     : format == "date"    ? "2000-01-01"
                     : format == "uuid"    ? "00000000-0000-0000-0000-000000000000"
                                           : "string");
    }
  }

  void members(const Value& schema, int depth) {
    if (depth > kDeepest) return;
    if (const Value* reference = member_of(schema, "$ref")) {
      if (const Value* target = find_pointer(root_, text_of(reference))) members(*target, depth + 1);
      return;
    }
    if (const Value* all = member_of(schema, "allOf"); all && all->IsArray())
      for (const Value& one : all->GetArray()) members(one, depth + 1);
    const Value* properties = member_of(schema, "properties");
    if (!properties || !properties->IsObject()) return;
    for (const auto& [key, value] : properties->GetObject()) {
      if (buffer_.GetSize() > kMostBytes) return;
      writer_.Key(key.GetString(), key.GetStringLength());
      write(value, depth + 1);
    }
  }

  const Value& root_;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

std::string body_text(const Value& value) {
  if (value.IsString()) return std::string(text_of(&value));
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

class MockResponse final : public Step {
 public:
  explicit MockResponse(ElementCompiler& in)
      : status_(static_cast<int>(in.literal_int("status-code", 200, 200, 999))),
        content_type_(in.literal("content-type", "")),
        index_(static_cast<std::size_t>(in.literal_int("index", 0, 0, 1'000'000))) {
    in.only_children(in.element(), {});
    if (!is_field_value(content_type_))
      in.problem(in.element().at, "content-type has a control character");
  }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    run.response = {};
    run.response.status = status_;
    std::string_view type = content_type_;
    const ApiSchema::Operation* operation = schema_operation(run);
    const ApiSchema::Response* response = operation ? operation->response(status_) : nullptr;
    if (response && !response->contents.empty()) {
      const std::string_view wanted = trim(type.substr(0, type.find(';')));
      const ApiSchema::Content* content =
          wanted.empty() ? &response->contents.front() : content_of(response->contents, wanted);
      if (content) {
        if (type.empty()) type = content->type;
        run.response.body.assign(run.arena().copy(body_of(*schema_of(run), *content)));
      }
    }
    if (!type.empty()) run.response.fields.add("Content-Type", type);
    run.response_known = true;
    return Flow::Answer;
  }

 private:
  [[nodiscard]] std::string body_of(const ApiSchema& schema, const ApiSchema::Content& content) const {
    if (content.media) {
      if (const Value* examples = member_of(*content.media, "examples");
          examples && examples->IsObject() && examples->MemberCount() > 0) {
        const std::size_t chosen = std::min<std::size_t>(index_, examples->MemberCount() - 1);
        const Value& example = (examples->MemberBegin() + static_cast<std::ptrdiff_t>(chosen))->value;
        if (const Value* value = member_of(example, "value")) return body_text(*value);
        return body_text(example);
      }
      if (const Value* example = member_of(*content.media, "example")) return body_text(*example);
    }
    return content.schema ? Sample(schema.root()).of(*content.schema) : std::string();
  }

  int status_;
  std::string content_type_;
  std::size_t index_;
};

}  // namespace

std::unique_ptr<Step> compile_mock_response(ElementCompiler& in) {
  return std::make_unique<MockResponse>(in);
}

}  // namespace gateway::policy
