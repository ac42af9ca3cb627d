#include "catalogue.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <rapidjson/document.h>

namespace configd {
namespace {

using gateway::arm::Resource;

constexpr std::array<std::string_view, 11> kForEvery{
    "apiVersionSets", "backends",    "caches",   "certificates",    "diagnostics",
    "loggers",        "namedValues", "policies", "policyFragments", "schemas",
    "users"};

// "/subscriptions/…/service/contoso/apis/users" → "/apis/users"; a short scope stays as it is.
std::string_view within_service(std::string_view scope) {
  constexpr std::string_view kService = "/service/";
  const std::size_t at = scope.find(kService);
  if (at == std::string_view::npos) return scope;
  const std::size_t end = scope.find('/', at + kService.size());
  return end == std::string_view::npos ? std::string_view() : scope.substr(end);
}

// `scope`: of all APIs, of one, or of a product. Anything else gives access to nothing.
Audience audience_of_scope(std::string_view scope) {
  scope = within_service(scope);
  while (scope.ends_with('/')) scope.remove_suffix(1);
  if (scope.empty() || scope == "/apis" || scope.starts_with("/products/"))
    return {Audience::Kind::Every, ""};
  const auto parts = gateway::arm::id_parts(scope);
  if (parts.size() == 2 && parts[0] == "apis") {
    return {Audience::Kind::Api, std::string(without_revision(parts[1]))};
  }
  return {};
}

// A text member of `properties`; "?" where there is none, which is no id of anything.
std::string property_of(const std::string& json, const char* name) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return "?";
  const auto properties = document.FindMember("properties");
  if (properties == document.MemberEnd() || !properties->value.IsObject()) return "?";
  const auto found = properties->value.FindMember(name);
  if (found == properties->value.MemberEnd() || !found->value.IsString()) return "?";
  return {found->value.GetString(), found->value.GetStringLength()};
}

}  // namespace

std::string_view without_revision(std::string_view api) noexcept {
  return api.substr(0, api.find(";rev="));
}

Audience audience_of(std::string_view id) {
  const auto parts = gateway::arm::id_parts(id);
  if (parts.size() < 2) return {};
  if (parts[0] == "gateways") return {Audience::Kind::Gateway, std::string(parts[1])};
  if (parts[0] == "apis") return {Audience::Kind::Api, std::string(without_revision(parts[1]))};
  if (parts[0] == "subscriptions") return {Audience::Kind::Every, ""};
  if (parts[0] == "products") {
    if (parts.size() < 4 || parts[2] == "policies") return {Audience::Kind::Every, ""};
    if (parts[2] == "apiLinks") return {Audience::Kind::Every, ""};
    if (parts[2] == "apis") return {Audience::Kind::Api, std::string(without_revision(parts[3]))};
    return {};
  }
  const bool every = std::find(kForEvery.begin(), kForEvery.end(), parts[0]) != kForEvery.end();
  return every ? Audience{Audience::Kind::Every, ""} : Audience{};
}

Audience audience_of(const Resource& resource) {
  const auto parts = gateway::arm::id_parts(resource.id);
  if (!parts.empty() && parts[0] == "subscriptions")
    return audience_of_scope(property_of(resource.json, "scope"));
  if (parts.size() == 4 && parts[2] == "apiLinks") {
    const Audience audience = audience_of_scope(property_of(resource.json, "apiId"));
    return audience.kind == Audience::Kind::Api ? audience : Audience{};
  }
  return audience_of(resource.id);
}

Catalogue::Catalogue(const Store& store) : store_(store) {
  store_.each("/", [this](const Stored& stored) { take(stored.resource); });
}

void Catalogue::update(const std::vector<std::string>& touched) {
  for (const std::string& id : touched) {
    const Stored* stored = store_.find(id);
    drop(id);
    if (stored) take(stored->resource);
  }
}

const std::set<std::string, std::less<>>& Catalogue::of_api(std::string_view api) const {
  static const std::set<std::string, std::less<>> kNone;
  const auto found = by_api_.find(api);
  return found == by_api_.end() ? kNone : found->second;
}

void Catalogue::take(const Resource& resource) {
  Audience audience = audience_of(resource);
  if (audience.kind == Audience::Kind::Nobody) return;
  if (audience.kind == Audience::Kind::Api) by_api_[audience.name].insert(resource.id);
  items_.set(resource.id, std::make_shared<const Item>(
                              Item{resource, gateway::arm::digest(resource), std::move(audience)}));
}

void Catalogue::drop(std::string_view id) {
  const auto item = items_.get(id);
  if (!item) return;
  if (item->audience.kind == Audience::Kind::Api) {
    const auto found = by_api_.find(item->audience.name);
    found->second.erase(item->resource.id);
    if (found->second.empty()) by_api_.erase(found);
  }
  items_.erase(id);
}

}  // namespace configd
