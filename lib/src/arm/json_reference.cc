#include "arm/json_reference.h"

#include <rapidjson/pointer.h>

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr rapidjson::SizeType kLargeObject = 16;

std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

}  // namespace

std::string_view reference_of(const Value& value) {
  if (!value.IsObject()) return {};
  const auto found = value.FindMember("$ref");
  return found != value.MemberEnd() && found->value.IsString() ? text_of(found->value)
                                                               : std::string_view();
}

const Value* References::member(const Value& object, std::string_view name) {
  if (object.MemberCount() <= kLargeObject) {
    const Value key(
        rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
    const auto found = object.FindMember(key);
    return found == object.MemberEnd() ? nullptr : &found->value;
  }
  const auto [known, added] = members_.try_emplace(&object);
  if (added) {
    known->second.reserve(object.MemberCount());
    for (const auto& entry : object.GetObject()) {
      known->second.emplace(text_of(entry.name), &entry.value);
    }
  }
  const auto found = known->second.find(name);
  return found == known->second.end() ? nullptr : found->second;
}

const Value* References::walk(std::string_view reference, std::string& problem) {
  if (reference.size() > kMaxLength) {
    problem = "is longer than " + std::to_string(kMaxLength) + " bytes";
    return nullptr;
  }
  if (!reference.starts_with('#')) {
    problem =
        "is in another document, which is not fetched; allowed are references such as "
        "#/components/parameters/id";
    return nullptr;
  }
  const rapidjson::Pointer pointer(reference.data(), reference.size());
  if (!pointer.IsValid()) {
    problem = "is no JSON pointer; allowed are references such as #/components/parameters/id";
    return nullptr;
  }
  const Value* at = &root_;
  for (std::size_t i = 0; i < pointer.GetTokenCount() && at; ++i) {
    const auto& token = pointer.GetTokens()[i];
    if (at->IsObject()) {
      at = member(*at, {token.name, token.length});
    } else if (at->IsArray() && token.index < at->Size()) {
      at = &(*at)[token.index];
    } else {
      at = nullptr;
    }
  }
  if (!at) problem = "leads to nothing in this document";
  return at;
}

References::Target References::resolve(std::string_view reference) {
  Target target;
  for (int hops = 0; hops <= kMaxChain; ++hops) {
    target.reference = reference;
    target.value = walk(reference, target.problem);
    if (!target.value) return target;
    const std::string_view next = reference_of(*target.value);
    if (next.empty()) return target;
    reference = next;
  }
  target.value = nullptr;
  target.problem = "leads in a circle, or over more than " + std::to_string(kMaxChain) + " others";
  return target;
}

References::Target References::follow(const Value& value) {
  const std::string_view reference = reference_of(value);
  if (reference.empty()) return {&value, "", ""};
  if (reference.size() > kMaxLength) return resolve(reference);
  const auto known = resolved_.find(reference);
  if (known != resolved_.end()) return known->second;
  return resolved_.emplace(reference, resolve(reference)).first->second;
}

}  // namespace gateway::arm
