#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rapidjson/document.h>

// Looking into JSON that may be of any shape.
namespace gateway::json {

// The member, or nullptr when `value` is no object, has no such member, or the member is null.
[[nodiscard]] inline const rapidjson::Value* find(const rapidjson::Value* value,
                                                  std::string_view name) noexcept {
  if (!value || !value->IsObject()) return nullptr;
  const auto length = static_cast<rapidjson::SizeType>(name.size());
  const auto at = value->FindMember(rapidjson::Value(rapidjson::StringRef(name.data(), length)));
  return at == value->MemberEnd() || at->value.IsNull() ? nullptr : &at->value;
}
[[nodiscard]] inline const rapidjson::Value* find(const rapidjson::Value& value,
                                                  std::string_view name) noexcept {
  return find(&value, name);
}
// The same, to be changed or taken from.
[[nodiscard]] inline rapidjson::Value* find(rapidjson::Value& value, std::string_view name) noexcept {
  return const_cast<rapidjson::Value*>(find(std::as_const(value), name));
}

[[nodiscard]] inline std::string_view text(const rapidjson::Value& value) noexcept {
  return value.IsString() ? std::string_view(value.GetString(), value.GetStringLength())
                          : std::string_view();
}
// The member's text; nullopt when it is not there or no string.
[[nodiscard]] inline std::optional<std::string_view> find_text(const rapidjson::Value* value,
                                                               std::string_view name) noexcept {
  const auto* member = find(value, name);
  if (!member || !member->IsString()) return std::nullopt;
  return text(*member);
}
[[nodiscard]] inline std::string_view text_or(const rapidjson::Value* value, std::string_view name,
                                              std::string_view otherwise = {}) noexcept {
  return find_text(value, name).value_or(otherwise);
}
[[nodiscard]] inline std::int64_t integer_or(const rapidjson::Value* value, std::string_view name,
                                             std::int64_t otherwise) noexcept {
  const auto* member = find(value, name);
  return member && member->IsInt64() ? member->GetInt64() : otherwise;
}
[[nodiscard]] inline bool bool_or(const rapidjson::Value* value, std::string_view name,
                                  bool otherwise) noexcept {
  const auto* member = find(value, name);
  return member && member->IsBool() ? member->GetBool() : otherwise;
}

}  // namespace gateway::json
