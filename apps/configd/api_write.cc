#include <algorithm>
#include <utility>

#include "arm/openapi.h"
#include "arm/resource.h"
#include "arm/service_url.h"
#include "base/strings.h"
#include "contract_check.h"
#include "entity_write.h"
#include "json_members.h"
#include "model/member_reader.h"
#include "model/validate.h"
#include "revisions.h"

namespace configd {
namespace {

using rapidjson::Document;
using rapidjson::Value;

void complain(Writing& writing, std::string_view member_path, std::string message) {
  writing.problems.push_back(
      validation_error("properties." + std::string(member_path), std::move(message)));
}

// What all revisions of an API have in common.
constexpr std::string_view kShared[] = {"path", "apiVersion", "apiVersionSetId"};

void inherit(const Value& from, Document& properties) {
  for (const auto& one : from.GetObject()) {
    const std::string_view name = gateway::text_of(one.name);
    if (name == "isCurrent" || name == "apiRevision" || name == "apiRevisionDescription") continue;
    if (!member(std::as_const(properties), name)) set_member(properties, name, one.value);
  }
}

void copy_below(Writing& writing, const std::string& from, const std::string& to) {
  for (const std::string& id : writing.draft.ids(from + '/')) {
    const std::string rest = id.substr(from.size());
    if (rest.starts_with("/releases/")) continue;
    writing.draft.put(to + rest, copy_of(*writing.draft.properties(id)));
  }
}

// The revision or API that a new one begins as.
void copy_source(Writing& writing, const std::string& id, Document& properties) {
  const auto [base, number] = split_revision(gateway::arm::id_parts(id)[1]);
  const Value* said = member(std::as_const(properties), "sourceApiId");
  if (said) {
    auto source =
        gateway::arm::short_id(said->IsString() ? gateway::text_of(*said) : std::string_view());
    const std::string kept = source ? kept_id(writing.draft, *source) : std::string();
    if (!source || gateway::arm::kind_of(*source) != "apis" || !writing.draft.exists(kept)) {
      return complain(writing, "sourceApiId",
                      "must be the id of an API that exists, such as /apis/users");
    }
    inherit(*writing.draft.properties(kept), properties);
    copy_below(writing, kept, id);
  } else if (const auto current =
                 number.empty() ? std::nullopt : current_revision(writing.draft, base)) {
    const auto theirs = writing.draft.properties(*current);
    for (const std::string_view name : kShared) {
      const Value* value = member(*theirs, name);
      if (value && !member(std::as_const(properties), name)) set_member(properties, name, *value);
    }
  }
}

void set_default(Document& properties, std::string_view name, std::string_view text) {
  if (!text.empty() && !member(std::as_const(properties), name)) set_text(properties, name, text);
}

// Operations of the document replace those that are there; policies of those that stay, stay.
void replace_operations(Writing& writing, const std::string& id, const Value& operations) {
  const std::string above = id + "/operations/";
  std::vector<std::string> names;
  for (const auto& operation : operations.GetArray())
    names.emplace_back(text_member(operation, "id").value_or(""));
  for (const std::string& old : writing.draft.ids(above)) {
    const std::string name = old.substr(above.size());
    if (name.find('/') != std::string::npos) continue;
    if (std::find(names.begin(), names.end(), name) == names.end()) writing.draft.remove(old);
  }
  for (const auto& operation : operations.GetArray()) {
    const auto name = text_member(operation, "id");
    const Value* content = member(operation, "properties");
    if (name && content && content->IsObject())
      writing.draft.put(above + std::string(*name), copy_of(*content));
  }
}

void import_document(Writing& writing, const std::string& id, Document& properties) {
  const Value* format = member(std::as_const(properties), "format");
  const Value* value = member(std::as_const(properties), "value");
  if (!format && !value) return;
  if (!format) return complain(writing, "format", "is missing; it says what properties.value is");
  if (!value || !value->IsString())
    return complain(writing, "value", "must be the text of the document");
  const std::string_view kind = format->IsString() ? gateway::text_of(*format) : std::string_view();
  const bool known = gateway::equals_ignoring_case(kind, "openapi") ||
                     gateway::equals_ignoring_case(kind, "openapi+json") ||
                     gateway::equals_ignoring_case(kind, "swagger-json");
  if (!known) {
    return complain(
        writing, "format",
        "must be \"openapi\" or \"openapi+json\" or \"swagger-json\"; links are not followed");
  }
  auto document = gateway::arm::read_openapi(gateway::text_of(*value), {}, "properties.value");
  if (!document) {
    const auto& error = document.error();
    const bool elsewhere = !error.where.empty() && error.where != "properties.value";
    return complain(writing, "value",
                    (elsewhere ? error.where + ": " : std::string()) + error.message);
  }
  set_default(properties, "displayName", document->title);
  set_default(properties, "description", document->description);
  set_default(properties, "serviceUrl", document->service_url);
  if (!member(std::as_const(properties), "protocols") && !document->protocols.empty()) {
    Value protocols(rapidjson::kArrayType);
    auto& allocator = properties.GetAllocator();
    for (const std::string& protocol : document->protocols) {
      protocols.PushBack(
          Value(protocol.data(), static_cast<rapidjson::SizeType>(protocol.size()), allocator),
          allocator);
    }
    set_member(properties, "protocols", protocols);
  }
  replace_operations(writing, id, document->operations);
  Document schema(rapidjson::kObjectType);
  schema.AddMember("contentType", "application/vnd.oai.openapi+json", schema.GetAllocator());
  Value copy;
  copy.CopyFrom(document->schema, schema.GetAllocator());
  schema.AddMember("document", copy, schema.GetAllocator());
  writing.draft.put(id + "/schemas/openapi", std::move(schema));
  for (std::string& notice : document->notices) writing.notices.push_back(std::move(notice));
}

// What a gateway could not serve is better refused here. Named values in it are known only there.
void check_urls(Writing& writing, const Document& properties) {
  const auto url = text_member(properties, "serviceUrl");
  if (url && !url->empty() && url->find("{{") == std::string_view::npos) {
    std::vector<std::string> found;
    const bool websocket =
        gateway::equals_ignoring_case(text_member(properties, "type").value_or(""), "websocket");
    (void)gateway::arm::read_service_url(*url, websocket, found);
    for (std::string& problem : found) complain(writing, "serviceUrl", std::move(problem));
  }
  const auto path = text_member(properties, "path");
  if (!path) return;
  gateway::Api probe;
  probe.id = probe.backend = "probe";
  probe.path = "/" + gateway::arm::normal_percent_encoding(*path);
  std::vector<gateway::Error> found;
  gateway::validate(probe, "", found);
  for (gateway::Error& problem : found) complain(writing, "path", std::move(problem.message));
}

bool is_revision_number(std::string_view text) {
  return !text.starts_with('0') && gateway::parse_decimal(text, 1'000'000).value_or(0) != 0;
}

// "users" or "users;rev=2".
void check_name(Writing& writing, std::string_view name) {
  const auto [base, number] = split_revision(name);
  const bool fine = !base.empty() && base.find(';') == std::string_view::npos &&
                    (base.size() == name.size() || is_revision_number(number));
  if (!fine)
    writing.problems.push_back(
        validation_error("", "The name of an API has no ';' but before \"rev=\" and a number."));
}

void number_revision(Writing& writing, const std::string& id, Document& properties) {
  const auto [base, number] = split_revision(gateway::arm::id_parts(id)[1]);
  const auto said = text_member(properties, "apiRevision");
  if (!said) {
    set_text(properties, "apiRevision",
             number.empty() ? revision_number(writing.draft, id) : std::string(number));
  } else if (!number.empty() && *said != number) {
    complain(writing, "apiRevision", "must be " + gateway::quote(number) + ", as the id says");
  }
  const std::string final_number(text_member(properties, "apiRevision").value_or(""));
  if (!is_revision_number(final_number))
    complain(writing, "apiRevision", "must be a number from 1 to 1000000");
  for (const std::string& other : revisions_of(writing.draft, base)) {
    if (other != id && revision_number(writing.draft, other) == final_number) {
      complain(writing, "apiRevision", "is that of " + other);
    }
  }
}

}  // namespace

void prepare_api(Writing& writing, const std::string& id, Document& properties) {
  const auto [base, number] = split_revision(gateway::arm::id_parts(id)[1]);
  const bool fresh = !writing.draft.exists(id);
  const auto siblings = revisions_of(writing.draft, base);
  check_name(writing, gateway::arm::id_parts(id)[1]);
  if (fresh) copy_source(writing, id, properties);
  import_document(writing, id, properties);
  if (const auto path = text_member(properties, "path")) {
    std::string_view text = *path;
    while (text.starts_with('/')) text.remove_prefix(1);
    while (text.ends_with('/')) text.remove_suffix(1);
    set_text(properties, "path", std::string(text));
  }
  check_urls(writing, properties);
  if (text_member(properties, "apiVersionSetId") == "")
    remove_member(properties, "apiVersionSetId");
  number_revision(writing, id, properties);
  const Value* wanted = member(std::as_const(properties), "isCurrent");
  if (wanted && !wanted->IsBool()) return;  // the contract complains
  const bool current = fresh ? siblings.empty() : is_current(writing.draft, id);
  if (wanted && !wanted->GetBool() && current && siblings.size() > (fresh ? 0u : 1u)) {
    complain(writing, "isCurrent",
             "must stay true until a release makes another revision the current one");
  }
  if (!number.empty() && siblings.empty()) {
    // A revision that comes before its API, as in a folder that is imported: settled when that
    // comes.
    set_flag(properties, "isCurrent", wanted && wanted->GetBool());
    return;
  }
  set_flag(properties, "isCurrent", current);
}

void settle_api(Writing& writing, const std::string& id, bool wants_current) {
  if (wants_current) make_current(writing.draft, id);
  const auto own = writing.draft.properties(id);
  const auto base = split_revision(gateway::arm::id_parts(id)[1]).base;
  for (const std::string& other : revisions_of(writing.draft, base)) {
    if (other == id) continue;
    const auto theirs = writing.draft.properties(other);
    Document properties = copy_of(*theirs);
    for (const std::string_view name : kShared) {
      if (const Value* value = member(*own, name)) {
        set_member(properties, name, *value);
      } else {
        remove_member(properties, name);
      }
    }
    if (static_cast<const Value&>(properties) != *theirs)
      writing.draft.put(other, std::move(properties));
  }
}

}  // namespace configd
