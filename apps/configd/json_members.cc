#include "json_members.h"

#include "model/member_reader.h"

namespace configd {
namespace {

using rapidjson::SizeType;
using rapidjson::Value;

Value borrowed(std::string_view text) {
  return Value(
      rapidjson::StringRef(text.data() ? text.data() : "", static_cast<SizeType>(text.size())));
}

// RapidJSON's own copies go on borrowing the texts that the original borrows.
Value owning_copy(const Value& value, rapidjson::Document::AllocatorType& allocator) {
  if (value.IsString()) return Value(value.GetString(), value.GetStringLength(), allocator);
  if (value.IsArray()) {
    Value copy(rapidjson::kArrayType);
    copy.Reserve(value.Size(), allocator);
    for (const auto& element : value.GetArray())
      copy.PushBack(owning_copy(element, allocator), allocator);
    return copy;
  }
  if (value.IsObject()) {
    Value copy(rapidjson::kObjectType);
    for (const auto& one : value.GetObject()) {
      copy.AddMember(owning_copy(one.name, allocator), owning_copy(one.value, allocator),
                     allocator);
    }
    return copy;
  }
  return Value(value, allocator);
}

}  // namespace

const Value* member(const Value& object, std::string_view name) {
  const auto found = object.FindMember(borrowed(name));
  return found == object.MemberEnd() ? nullptr : &found->value;
}

Value* member(Value& object, std::string_view name) {
  const auto found = object.FindMember(borrowed(name));
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<std::string_view> text_member(const Value& object, std::string_view name) {
  const Value* value = member(object, name);
  return value && value->IsString() ? std::optional(gateway::text_of(*value)) : std::nullopt;
}

std::optional<bool> flag_member(const Value& object, std::string_view name) {
  const Value* value = member(object, name);
  return value && value->IsBool() ? std::optional(value->GetBool()) : std::nullopt;
}

void set_member(rapidjson::Document& object, std::string_view name, const Value& value) {
  auto& allocator = object.GetAllocator();
  Value copy(value, allocator);
  if (Value* there = member(static_cast<Value&>(object), name)) {
    *there = copy;
    return;
  }
  object.AddMember(Value(name.data(), static_cast<SizeType>(name.size()), allocator), copy,
                   allocator);
}

void set_text(rapidjson::Document& object, std::string_view name, std::string_view text) {
  set_member(object, name,
             Value(text.data(), static_cast<SizeType>(text.size()), object.GetAllocator()));
}

void set_flag(rapidjson::Document& object, std::string_view name, bool flag) {
  set_member(object, name, Value(flag));
}

void remove_member(Value& object, std::string_view name) {
  const auto found = object.FindMember(borrowed(name));
  if (found != object.MemberEnd()) object.EraseMember(found);
}

rapidjson::Document copy_of(const Value& value) {
  rapidjson::Document copy;
  static_cast<Value&>(copy) = owning_copy(value, copy.GetAllocator());
  return copy;
}

void merge_patch(Value& target, const Value& patch, rapidjson::Document::AllocatorType& allocator) {
  if (!patch.IsObject()) {
    target = owning_copy(patch, allocator);
    return;
  }
  if (!target.IsObject()) target.SetObject();
  for (const auto& one : patch.GetObject()) {
    const std::string_view name = gateway::text_of(one.name);
    if (one.value.IsNull()) {
      remove_member(target, name);
    } else if (Value* there = member(target, name)) {
      merge_patch(*there, one.value, allocator);
    } else {
      Value fresh;
      merge_patch(fresh, one.value, allocator);
      target.AddMember(Value(name.data(), static_cast<SizeType>(name.size()), allocator), fresh,
                       allocator);
    }
  }
}

}  // namespace configd
