#include "entity_write.h"

#include <algorithm>
#include <utility>

#include "arm/pkcs12.h"
#include "arm/resource.h"
#include "arm_paths.h"
#include "base/base64.h"
#include "base/strings.h"
#include "contract_check.h"
#include "json_members.h"
#include "keys.h"
#include "model/url_template.h"
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

void prepare_subscription(Writing& writing, const Value* before, Document& properties) {
  for (const std::string_view key : {"primaryKey", "secondaryKey"}) {
    if (!member(std::as_const(properties), key)) {
      set_text(properties, key, new_subscription_key(*writing.environment.entropy));
    }
  }
  if (!member(std::as_const(properties), "state")) set_text(properties, "state", "active");
  const Value* created = before ? member(*before, "createdDate") : nullptr;
  if (created) {
    set_member(properties, "createdDate", *created);
  } else {
    set_text(properties, "createdDate",
             gateway::format_rfc3339(writing.environment.clock->unix_ms() / 1000));
  }
  const auto scope = text_member(properties, "scope");
  if (!scope) return;
  const std::string_view short_scope = below_service(*scope);
  const bool all = gateway::equals_ignoring_case(short_scope, "/apis") || short_scope == "/" ||
                   gateway::equals_ignoring_case(short_scope, "/apis/");
  auto id = gateway::arm::short_id(short_scope);
  const std::string kind = id ? gateway::arm::kind_of(*id) : std::string();
  if (all) {
    set_text(properties, "scope", "/apis");
  } else if (kind == "apis" || kind == "products") {
    set_text(properties, "scope", *id);
  } else {
    complain(writing, "scope", "must be /apis, /apis/{name} or /products/{name}");
  }
}

void prepare_certificate(Writing& writing, const std::string& id, Document& properties) {
  const auto data = text_member(properties, "data");
  const auto pem = text_member(properties, "pem");
  if (!data && !pem)
    return complain(writing, "data", "is missing; a PKCS#12 file in base64 is wanted");
  if (data && pem) return complain(writing, "pem", "is not allowed beside data");
  auto file = [&]() -> gateway::Result<gateway::arm::CertificateFile> {
    if (pem) return gateway::arm::read_pem_file(*pem, id);
    const auto der = gateway::decode_base64(*data);
    if (!der)
      return gateway::Error{gateway::ErrorCode::InvalidArgument, "configd", "must be base64", id};
    return gateway::arm::read_pkcs12(*der, text_member(properties, "password").value_or(""), id);
  }();
  if (!file) return complain(writing, pem ? "pem" : "data", file.error().message);
  set_text(properties, "subject", file->subject);
  set_text(properties, "thumbprint", file->thumbprint);
  set_text(properties, "expirationDate", gateway::format_rfc3339(file->not_after));
}

void prepare_named_value(Writing& writing, const std::string& id, Document& properties) {
  if (!member(std::as_const(properties), "value") &&
      !member(std::as_const(properties), "keyVault")) {
    complain(writing, "value", "is missing");
  }
  const auto name = text_member(properties, "displayName");
  if (!name) return;
  const bool plain = std::all_of(name->begin(), name->end(), [](char c) {
    return gateway::is_alpha(c) || gateway::is_digit(c) || c == '.' || c == '-' || c == '_';
  });
  if (!plain) complain(writing, "displayName", "must be of letters, digits, '.', '-' and '_' only");
  for (const std::string& other : writing.draft.ids("/namedValues/")) {
    const auto theirs = writing.draft.properties(other);
    if (other == id || text_member(*theirs, "displayName") != name) continue;
    complain(writing, "displayName", "is that of " + other + "; names are unique");
  }
}

void prepare_version_set(Writing& writing, Document& properties) {
  const auto scheme = text_member(properties, "versioningScheme");
  if (scheme == "Query" && !member(std::as_const(properties), "versionQueryName")) {
    complain(writing, "versionQueryName", "is missing; the scheme Query needs it");
  }
  if (scheme == "Header" && !member(std::as_const(properties), "versionHeaderName")) {
    complain(writing, "versionHeaderName", "is missing; the scheme Header needs it");
  }
}

void prepare_backend(Writing& writing, Document& properties) {
  if (text_member(properties, "type") == "Pool") {
    if (!member(std::as_const(properties), "pool"))
      complain(writing, "pool", "is missing; the type Pool needs it");
    return;
  }
  for (const std::string_view name : {"url", "protocol"}) {
    if (!member(std::as_const(properties), name)) complain(writing, name, "is missing");
  }
}

void prepare_operation(Writing& writing, Document& properties) {
  const auto url = text_member(properties, "urlTemplate");
  if (url && !url->empty()) {
    const std::string problem = gateway::url_template_problem(*url);
    if (!problem.empty()) complain(writing, "urlTemplate", problem);
  }
  const auto method = text_member(properties, "method");
  const bool token = !method || std::all_of(method->begin(), method->end(), [](char c) {
    return gateway::is_alpha(c) || gateway::is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
  if (!token) complain(writing, "method", "must be the name of an HTTP method");
}

void prepare_hostname(Writing& writing, Document& properties) {
  const auto host = text_member(properties, "hostname");
  if (!host || *host == "*" ||
      (!host->empty() && gateway::valid_host_pattern(gateway::to_lower(*host))))
    return;
  complain(writing, "hostname", "must be a DNS name, \"*.\" before one, or \"*\" for any host");
}

void prepare_policy(Writing& writing, Document& properties) {
  const auto value = text_member(properties, "value");
  if (value && !gateway::trim(*value).starts_with('<'))
    complain(writing, "value", "must be an XML document");
  if (value && value->size() > 512u * 1024)
    complain(writing, "value", "must be of at most 512 KiB");
}

// A release makes its revision the current one when it is made, not whenever it is written again.
void prepare_release(Writing& writing, const std::string& id, const Value* before,
                     Document& properties) {
  const std::string now = gateway::format_rfc3339(writing.environment.clock->unix_ms() / 1000);
  const Value* created = before ? member(*before, "createdDateTime") : nullptr;
  if (created) {
    set_member(properties, "createdDateTime", *created);
  } else {
    set_text(properties, "createdDateTime", now);
  }
  const Value* updated = before ? member(*before, "updatedDateTime") : nullptr;
  if (updated) set_member(properties, "updatedDateTime", *updated);
  auto wanted = gateway::arm::short_id(text_member(properties, "apiId").value_or(""));
  if (!wanted) return;  // its shape was complained about
  const auto base = gateway::arm::id_parts(id)[1];
  const std::string revision = kept_id(writing.draft, *wanted);
  if (split_revision(gateway::arm::id_parts(*wanted)[1]).base != base ||
      !writing.draft.exists(revision)) {
    return complain(
        writing, "apiId",
        "must be a revision of this API, such as /apis/" + std::string(base) + ";rev=2");
  }
  // Kept by its number: what "/apis/{name}" means changes with the next release.
  set_text(properties, "apiId",
           "/apis/" + std::string(base) + ";rev=" + revision_number(writing.draft, revision));
  const bool again = before && text_member(*before, "apiId") == text_member(properties, "apiId");
  if (again) {
    if (*before != static_cast<const Value&>(properties))
      set_text(properties, "updatedDateTime", now);
    return;
  }
  make_current(writing.draft, revision);
}

}  // namespace

void write_entity(Writing& writing, const std::string& id, Document properties) {
  const std::string kind = gateway::arm::kind_of(id);
  const Contract* contract = find_contract(kind);
  if (!contract) {
    writing.problems.push_back(
        validation_error("", "There is no kind of resource " + gateway::quote(kind) + '.'));
    return;
  }
  const auto before = writing.draft.properties(id);
  drop_read_only(*contract, properties);
  if (before) keep_secrets(*contract, *before, properties);
  const bool wants_current = kind == "apis" && flag_member(properties, "isCurrent").value_or(false);
  if (kind == "apis") prepare_api(writing, id, properties);
  drop_orders(*contract, properties);
  check_members(*contract, properties, writing.problems);

  if (kind == "subscriptions") prepare_subscription(writing, before.get(), properties);
  if (kind == "certificates") prepare_certificate(writing, id, properties);
  if (kind == "namedValues") prepare_named_value(writing, id, properties);
  if (kind == "apiVersionSets") prepare_version_set(writing, properties);
  if (kind == "backends") prepare_backend(writing, properties);
  if (kind == "gateways/hostnameConfigurations") prepare_hostname(writing, properties);
  if (kind == "apis/operations") prepare_operation(writing, properties);
  if (kind == "policyFragments" || kind.ends_with("policies")) prepare_policy(writing, properties);
  if (kind == "apis/releases") prepare_release(writing, id, before.get(), properties);
  if (contract->body_optional) set_text(properties, "provisioningState", "created");
  writing.draft.put(id, std::move(properties));
  if (kind == "apis") settle_api(writing, id, wants_current);
}

}  // namespace configd
