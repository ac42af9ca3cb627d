#include "arm/openapi_import.h"

#include <algorithm>

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxNotices = 100;
constexpr std::size_t kValueCost = 16;

}  // namespace

void Notices::note(std::string text) {
  if (texts_.size() < kMaxNotices) {
    texts_.push_back(std::move(text));
  } else {
    ++more_;
  }
}

void Notices::tally(std::string_view text) {
  const auto known = std::find_if(tallies_.begin(), tallies_.end(),
                                  [&](const auto& entry) { return entry.first == text; });
  if (known != tallies_.end()) {
    ++known->second;
  } else {
    tallies_.emplace_back(text, 1);
  }
}

std::vector<std::string> Notices::take() {
  if (more_ > 0) texts_.push_back("and " + std::to_string(more_) + " more of such notices");
  for (const auto& [text, count] : tallies_) {
    texts_.push_back(std::string(text) + " (" + std::to_string(count) +
                     (count == 1 ? " time)" : " times)"));
  }
  return std::move(texts_);
}

bool Output::spend(std::size_t cost) {
  if (cost > left_) exhausted_ = true;
  left_ -= std::min(cost, left_);
  return !exhausted_;
}

Value Output::text(std::string_view text) {
  if (!spend(kValueCost + text.size())) return Value("");
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator_);
}

void Output::add(Value& object, std::string_view name, Value value) {
  if (!spend(2 * kValueCost)) return;
  const auto length = static_cast<rapidjson::SizeType>(name.size());
  object.AddMember(Value(rapidjson::StringRef(name.data(), length)), std::move(value), allocator_);
}

void Output::push(Value& array, Value value) {
  if (spend(kValueCost)) array.PushBack(std::move(value), allocator_);
}

Error OpenapiImport::refuse(std::string_view member, std::string message) const {
  return Error{ErrorCode::InvalidArgument, "openapi", std::move(message),
               std::string(where) + ": " + std::string(member), false};
}

const Value* find_member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string_view text_member(const Value& object, const char* name) {
  const Value* value = find_member(object, name);
  return value && value->IsString() ? text_of(*value) : std::string_view();
}

std::string_view cut_text(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  return text.substr(0, max);
}

}  // namespace gateway::arm
