#include "arm/members.h"

#include "base/strings.h"
#include "model/member_reader.h"

namespace gateway::arm {
namespace {

constexpr std::size_t kMaxProblems = 100;

}  // namespace

std::string join_problems(const Problems& problems) {
  std::string text;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i == kMaxProblems) {
      return text + "; and " + std::to_string(problems.size() - i) + " more";
    }
    if (i != 0) text += "; ";
    text += problems[i];
  }
  return text;
}

const rapidjson::Value* Members::find(std::string_view name) const {
  if (!object_) return nullptr;
  const auto at = object_->FindMember(rapidjson::Value(
      rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  return at == object_->MemberEnd() || at->value.IsNull() ? nullptr : &at->value;
}

bool Members::read(std::string_view name, std::string& out, std::size_t max_bytes) const {
  const rapidjson::Value* value = find(name);
  if (!value) return false;
  if (!value->IsString()) {
    complain(name, "must be a string");
    return false;
  }
  if (value->GetStringLength() > max_bytes) {
    complain(name, "must be at most " + std::to_string(max_bytes) + " bytes long");
    return false;
  }
  out = text_of(*value);
  return true;
}

bool Members::read(std::string_view name, bool& out) const {
  const rapidjson::Value* value = find(name);
  if (!value) return false;
  if (!value->IsBool()) {
    complain(name, "must be true or false");
    return false;
  }
  out = value->GetBool();
  return true;
}

Members Members::object(std::string_view name) const {
  const rapidjson::Value* value = find(name);
  if (value && !value->IsObject()) {
    complain(name, "must be an object");
    value = nullptr;
  }
  return {value, id_, path_ + std::string(name) + ".", *problems_};
}

void Members::complain(std::string_view name, std::string_view message) const {
  std::string text(id_);
  text.append(": ").append(path_).append(name).append(" ").append(message);
  problems_->push_back(std::move(text));
}

Envelope::Envelope(const Resource& resource, Problems& problems)
    : id_(resource.id), problems_(&problems) {
  document_.Parse<rapidjson::kParseIterativeFlag>(resource.json.data(), resource.json.size());
  if (document_.HasParseError() || !document_.IsObject()) {
    problems.push_back(std::string(id_) + ": is not a JSON object");
    document_.SetObject();
  }
}

Members Envelope::properties() const {
  return Members(&document_, id_, "", *problems_).object("properties");
}

const rapidjson::Value& Envelope::properties_value() const {
  static const rapidjson::Value kNone;
  const rapidjson::Value* found = Members(&document_, id_, "", *problems_).find("properties");
  return found ? *found : kNone;
}

Times Envelope::times() const { return {time("lastModified"), time("created")}; }

std::optional<std::int64_t> Envelope::time(std::string_view name) const {
  const Members members(&document_, id_, "", *problems_);
  const rapidjson::Value* value = members.find(name);
  if (!value) return std::nullopt;
  const auto time = value->IsString() ? parse_rfc3339(text_of(*value)) : std::nullopt;
  if (time && *time >= 0) return time;
  members.complain(name, "must be a date and time from 1970 on, such as 2026-11-23T08:30:00Z");
  return std::nullopt;
}

}  // namespace gateway::arm
