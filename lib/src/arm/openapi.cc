#include "arm/openapi.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "arm/json_reference.h"
#include "arm/openapi_import.h"
#include "arm/openapi_operations.h"
#include "arm/openapi_servers.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxTitle = 300;
constexpr std::size_t kMaxDescription = 10'000;

// A small document may well become several times its size: its parameters are shared.
std::size_t max_output(const DocumentLimits& limits) {
  constexpr std::size_t kEnough = 64u << 20;
  return std::max(limits.max_bytes, std::min(kEnough, 4 * std::min(kEnough, limits.max_bytes)));
}

Error refuse(std::string_view where, std::string message) {
  return Error{ErrorCode::InvalidArgument, "openapi", std::move(message), std::string(where),
               false};
}

// JSON where the text begins as an object does; YAML else.
Result<rapidjson::Document> parse(std::string_view text, DocumentLimits limits,
                                  std::string_view where) {
  std::string_view start = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
  if (trim(start.substr(0, 1000)).starts_with('{')) return parse_json(text, limits, where);
  limits.yaml_keys_as_text = true;  // "200:" is a usual way to write the key of a response
  auto documents = parse_yaml(text, limits, where);
  if (!documents.ok()) return std::move(documents).error();
  if (documents->size() != 1) {
    return refuse(
        where, "has " + std::to_string(documents->size()) + " YAML documents; there must be one");
  }
  return std::move(documents->front());
}

// A YAML author may well leave the quotes out: swagger: 2.0.
std::string version_text(const Value& value) {
  if (value.IsString()) return std::string(cut_text(text_of(value), 20));
  for (const char* known : {"2.0", "3.0", "3.1"}) {
    if (value.IsDouble() && value.GetDouble() == std::strtod(known, nullptr)) return known;
  }
  return "";
}

// Whether it is Swagger 2.0; an Error where it is no version that is known.
Result<bool> read_version(const Value& root, std::string_view where) {
  if (const Value* swagger = find_member(root, "swagger")) {
    if (version_text(*swagger) == "2.0") return true;
    return refuse(std::string(where) + ": swagger", "must be \"2.0\"");
  }
  if (const Value* openapi = find_member(root, "openapi")) {
    const std::string version = version_text(*openapi);
    if (version == "3.0" || version == "3.1" || version.starts_with("3.0.") ||
        version.starts_with("3.1.")) {
      return false;
    }
    return refuse(std::string(where) + ": openapi", "must be \"3.0.x\" or \"3.1.x\"");
  }
  return refuse(where,
                "is no OpenAPI document: it must have \"openapi\": \"3.0.x\" or \"3.1.x\", or "
                "\"swagger\": \"2.0\"");
}

Result<void> read_info(const OpenapiImport& import, ImportedApi& out) {
  const Value* info = find_member(import.root, "info");
  if (!info) {
    import.notices.note("the document has no info, and so no title");
    return {};
  }
  if (!info->IsObject()) return import.refuse("info", "must be an object");
  for (const char* name : {"title", "description"}) {
    const Value* value = find_member(*info, name);
    if (!value || value->IsString()) continue;
    import.notices.note(std::string("info.") + name + " must be a string; it is left out");
  }
  out.title = cut_text(text_member(*info, "title"), kMaxTitle);
  out.description = cut_text(text_member(*info, "description"), kMaxDescription);
  return {};
}

}  // namespace

Result<ImportedApi> read_openapi(std::string_view text, const DocumentLimits& limits,
                                 std::string_view where) {
  auto document = parse(text, limits, where);
  if (!document.ok()) return document.error();
  const Value& root = *document;
  if (!root.IsObject()) return refuse(where, "is no OpenAPI document: it must be an object");
  const auto swagger = read_version(root, where);
  if (!swagger.ok()) return swagger.error();

  ImportedApi out;
  References references(root);
  Notices notices;
  Output output(out.operations, max_output(limits));
  OpenapiImport import{root, *swagger, where, references, notices, output};

  if (auto read = read_info(import, out); !read.ok()) return read.error();
  auto servers = read_servers(import);
  if (!servers.ok()) return servers.error();
  auto operations = read_operations(import);
  if (!operations.ok()) return operations.error();
  if (output.exhausted()) {
    return Error{ErrorCode::TooLarge, "openapi",
                 "its references lead to more than " + std::to_string(max_output(limits)) +
                     " bytes of operations",
                 std::string(where), false};
  }
  if (find_member(root, "webhooks")) notices.note("webhooks are left out: a gateway does not call");

  out.service_url = std::move(servers->service_url);
  out.protocols = std::move(servers->protocols);
  static_cast<Value&>(out.operations) = std::move(*operations);
  out.notices = notices.take();
  out.schema = std::move(*document);
  for (const char* name : {"info", "servers", "tags", "externalDocs", "security", "webhooks", "host", "basePath",
                           "schemes", "securityDefinitions"})
    out.schema.RemoveMember(name);
  return out;
}

}  // namespace gateway::arm
