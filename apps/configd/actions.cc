#include "actions.h"

#include <optional>
#include <utility>

#include "arm/gateway_token.h"
#include "arm/resource.h"
#include "base/strings.h"
#include "draft.h"
#include "json_members.h"
#include "keys.h"
#include "model/document.h"
#include "store_error.h"
#include "views.h"

namespace configd {
namespace {

using gateway::HttpServer;
using rapidjson::Document;
using rapidjson::Value;
using Response = HttpServer::Response;

constexpr std::int64_t kLongestToken = 30 * 24 * 3600;

struct Action {
  Store& store;
  const gateway::Environment& environment;
  const Target& target;
  const HttpServer::Request& request;

  [[nodiscard]] std::string name() const {
    return std::string(gateway::arm::id_parts(target.id).back());
  }
};

Response secret_answer(const Document& body) {
  Response response;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = to_json_text(body);
  return response;
}

Response done() {
  Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

// The named members of the properties, as they are kept.
Response give(const Action& action, std::initializer_list<std::string_view> names) {
  const auto properties = properties_of(*action.store.find(action.target.id));
  Document body(rapidjson::kObjectType);
  for (const std::string_view name : names) {
    if (const Value* value = member(*properties, name)) set_member(body, name, *value);
  }
  return secret_answer(body);
}

Response regenerate_subscription_key(const Action& action, std::string_view key) {
  Document properties = copy_of(*properties_of(*action.store.find(action.target.id)));
  set_text(properties, key, new_subscription_key(*action.environment.entropy));
  auto committed = action.store.commit({{action.target.id, to_json_text(properties)}});
  return committed ? done() : to_response(to_arm_error(committed.error()));
}

Response list_gateway_keys(const Action& action) {
  Document body(rapidjson::kObjectType);
  for (const bool primary : {true, false}) {
    const auto key = action.store.secret(gateway_key_name(action.name(), primary));
    set_text(body, primary ? "primary" : "secondary", key.value_or(""));
  }
  return secret_answer(body);
}

std::optional<Document> read_body(const Action& action, Problems& problems) {
  auto body = gateway::parse_json(action.request.body, {}, "request body");
  if (body && body->IsObject()) return std::move(*body);
  problems.push_back(
      validation_error("", body ? "The body must be a JSON object." : body.error().message));
  return std::nullopt;
}

std::optional<bool> read_key_type(const Document& body, Problems& problems) {
  const auto type = text_member(body, "keyType").value_or("");
  if (gateway::equals_ignoring_case(type, "primary")) return true;
  if (gateway::equals_ignoring_case(type, "secondary")) return false;
  problems.push_back(validation_error("keyType", "must be \"primary\" or \"secondary\""));
  return std::nullopt;
}

Response regenerate_gateway_key(const Action& action) {
  Problems problems;
  const auto body = read_body(action, problems);
  const auto primary = body ? read_key_type(*body, problems) : std::nullopt;
  if (!problems.empty()) return to_response(problems);
  auto set = action.store.set_secret(gateway_key_name(action.name(), *primary),
                                     new_gateway_key(*action.environment.entropy));
  return set ? done() : to_response(to_arm_error(set.error()));
}

Response generate_token(const Action& action) {
  Problems problems;
  const auto body = read_body(action, problems);
  if (!body) return to_response(problems);
  const auto primary = read_key_type(*body, problems);
  const std::int64_t now = action.environment.clock->unix_ms() / 1000;
  auto expires = gateway::parse_rfc3339(text_member(*body, "expiry").value_or(""));
  if (expires) *expires -= *expires % 60;  // a token tells no seconds
  if (!expires || *expires <= now || *expires > now + kLongestToken) {
    problems.push_back(validation_error("expiry", "must be a date and time to come such as " +
                                                      gateway::format_rfc3339(now + 7 * 24 * 3600) +
                                                      ", at most 30 days ahead"));
  }
  if (!problems.empty()) return to_response(problems);
  const auto key = action.store.secret(gateway_key_name(action.name(), *primary));
  if (!key)
    return to_response(
        ArmError{500, "InternalError", "The gateway has no key; regenerateKey makes one.", ""});
  Document answer(rapidjson::kObjectType);
  set_text(answer, "value", gateway::arm::sign_gateway_token(action.name(), *expires, *key));
  return secret_answer(answer);
}

}  // namespace

Response perform(Store& store, const gateway::Environment& environment, const Target& target,
                 const HttpServer::Request& request) {
  const Action action{store, environment, target, request};
  const auto is = [&](std::string_view kind, std::string_view name) {
    return target.kind == kind && gateway::equals_ignoring_case(target.action, name);
  };
  if (!store.find(target.id)) return to_response(not_found(target.id));
  if (is("subscriptions", "listSecrets")) return give(action, {"primaryKey", "secondaryKey"});
  if (is("subscriptions", "regeneratePrimaryKey"))
    return regenerate_subscription_key(action, "primaryKey");
  if (is("subscriptions", "regenerateSecondaryKey"))
    return regenerate_subscription_key(action, "secondaryKey");
  if (is("namedValues", "listValue") || is("namedValues", "listSecrets"))
    return give(action, {"value"});
  if (is("authorizationServers", "listSecrets")) {
    return give(action, {"clientSecret", "resourceOwnerUsername", "resourceOwnerPassword"});
  }
  if (is("openidConnectProviders", "listSecrets")) return give(action, {"clientSecret"});
  if (is("gateways", "listKeys")) return list_gateway_keys(action);
  if (is("gateways", "regenerateKey")) return regenerate_gateway_key(action);
  if (is("gateways", "generateToken")) return generate_token(action);
  return to_response(ArmError{404, "ResourceNotFound", "There is no such action.", ""});
}

}  // namespace configd
