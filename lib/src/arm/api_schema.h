#pragma once

#include <map>
#include <string>
#include <string_view>

#include <rapidjson/document.h>

#include "arm/facts.h"

// What an API's messages are, as ApiRevision::schema says it: an OpenAPI 3 document.
namespace gateway::arm {

// Of an operation's properties: its OpenAPI operation object, in JSON; "" = it says nothing of its messages. Schemas
// of other resources are "#/x-schemas/{id}/components/schemas/{type}".
[[nodiscard]] std::string operation_schema(const rapidjson::Value& properties);

// Of a schema resource's properties: a whole document, which has paths; or an object with components whose references
// begin with "#/x-schemas/{id}"; or {"x-xml-schema": text}.
[[nodiscard]] SchemaDocument schema_document(std::string_view id, const rapidjson::Value& properties);

// The document of a revision: what its operations and schemas say together; "" = nothing. `shared`: of the service, by
// id, those that the revision's policies name.
[[nodiscard]] std::string revision_schema(const ApiRevision& revision,
                                          const std::map<std::string, std::string>& operations,  // by id
                                          const std::map<std::string, SchemaDocument>& schemas,  // by id
                                          const std::map<std::string, SchemaDocument>& shared);

}  // namespace gateway::arm
