#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rapidjson/document.h>

namespace configd {

// Members of JSON objects by name. `object` is an object.
[[nodiscard]] const rapidjson::Value* member(const rapidjson::Value& object, std::string_view name);
[[nodiscard]] rapidjson::Value* member(rapidjson::Value& object, std::string_view name);
// nullopt where it is absent or of another type.
[[nodiscard]] std::optional<std::string_view> text_member(const rapidjson::Value& object,
                                                          std::string_view name);
[[nodiscard]] std::optional<bool> flag_member(const rapidjson::Value& object,
                                              std::string_view name);

// Add or replace.
void set_member(rapidjson::Document& object, std::string_view name, const rapidjson::Value& value);
void set_text(rapidjson::Document& object, std::string_view name, std::string_view text);
void set_flag(rapidjson::Document& object, std::string_view name, bool flag);
void remove_member(rapidjson::Value& object, std::string_view name);

[[nodiscard]] rapidjson::Document copy_of(const rapidjson::Value& value);
// RFC 7396.
void merge_patch(rapidjson::Value& target, const rapidjson::Value& patch,
                 rapidjson::Document::AllocatorType& allocator);

}  // namespace configd
