#include "arm/overrides.h"

#include <memory>
#include <set>
#include <utility>

#include "arm/apiops.h"
#include "base/strings.h"
#include "model/document.h"
#include "model/member_reader.h"

namespace gateway::arm {
namespace {

using rapidjson::Document;
using rapidjson::Value;

Error refuse(std::string where, std::string message, ErrorCode code = ErrorCode::InvalidArgument) {
  return {code, "apiops", std::move(message), std::move(where), false};
}

// RFC 7396 §2.
void merge_patch(Value& target, const Value& patch, Document::AllocatorType& allocator) {
  if (!patch.IsObject()) {
    target.CopyFrom(patch, allocator);
    return;
  }
  if (!target.IsObject()) target.SetObject();
  for (const auto& change : patch.GetObject()) {
    const auto present = target.FindMember(change.name);
    if (change.value.IsNull()) {
      if (present != target.MemberEnd()) target.EraseMember(present);
    } else if (present != target.MemberEnd()) {
      merge_patch(present->value, change.value, allocator);
    } else {
      Value fresh;
      merge_patch(fresh, change.value, allocator);
      target.AddMember(Value(change.name, allocator), fresh, allocator);
    }
  }
}

Document open(const Resource& resource) {
  Document envelope;
  envelope.Parse(resource.json.data(), resource.json.size());
  return envelope;
}

Result<Document> parse_one(std::string_view text, const DocumentLimits& limits, std::string_view name) {
  if (trim(text.substr(0, 4096)).starts_with('{')) return parse_json(text, limits, name);
  auto documents = parse_yaml(text, limits, name);
  if (!documents) return std::move(documents).error();
  if (documents->empty()) return Document(rapidjson::kObjectType);
  if (documents->size() > 1) return refuse(std::string(name), "must be one document");
  return std::move(documents->front());
}

class OverridesReader {
 public:
  OverridesReader(std::string_view name, Overrides& out) : name_(name), out_(out) {}

  Result<void> read() {
    if (!out_.document.IsObject()) return refuse(name_, "must be an object with `resources`");
    MemberReader root(out_.document, "");
    if (const auto list = out_.document.FindMember("resources");
        list != out_.document.MemberEnd() && !list->value.IsArray()) {
      return refuse(name_ + ": resources", "must be a list of objects");
    }
    root.each("resources", [&](const Value& element, const std::string& path) { read_element(element, path); });
    note(root);
    return {};
  }

 private:
  void read_element(const Value& element, const std::string& path) {
    MemberReader members(element, path + ".");
    std::string text;
    std::string ignored;
    members.require("id");
    bool sound = members.read("id", text) && !text.empty();
    (void)members.read("name", ignored);
    (void)members.read("type", ignored);
    const Value* properties = nullptr;
    members.object("properties", [&](const Value& value, const std::string&) { properties = &value; });
    sound = sound && (properties || !members.has("properties"));
    std::optional<std::int64_t> time;
    sound = members.read_time("lastModified", time) && sound;
    note(members);
    if (!sound) return;

    const std::string where = name_ + ": " + path;
    auto id = short_id(text);
    if (!id) return out_.problems.push_back(refuse(where + ".id", id.error().message));
    if (!known_.insert(*id).second) {
      return out_.problems.push_back(refuse(where + ".id", quote(*id, 300) + " is in an earlier element of this list",
                                            ErrorCode::AlreadyExists));
    }
    const auto modified = element.FindMember("lastModified");
    out_.entries.push_back({std::move(*id), where, properties, time ? &modified->value : nullptr});
  }

  void note(MemberReader& members) {
    members.end();
    for (const auto& [path, message] : members.problems()) {
      out_.problems.push_back(refuse(name_ + ": " + path, message));
    }
  }

  std::string name_;
  Overrides& out_;
  std::set<std::string> known_;
};

}  // namespace

Result<std::shared_ptr<const Overrides>> read_overrides(std::string_view text, std::string_view name,
                                                        const DocumentLimits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto document = parse_one(text, limits, name);
  if (!document) return std::move(document).error();
  auto overrides = std::make_shared<Overrides>();
  overrides->document = std::move(*document);
  if (auto read = OverridesReader(name, *overrides).read(); !read) return std::move(read).error();
  return std::shared_ptr<const Overrides>(std::move(overrides));
}

Result<Resource> override_resource(const Resource* base, const Override& change) {
  Document envelope(rapidjson::kObjectType);
  if (base) envelope = open(*base);
  auto& allocator = envelope.GetAllocator();
  if (!base) {
    envelope.AddMember("id", Value(change.id.data(), static_cast<rapidjson::SizeType>(change.id.size()), allocator),
                       allocator);
    envelope.AddMember("properties", Value(rapidjson::kObjectType), allocator);
  }
  if (change.properties) merge_patch(envelope["properties"], *change.properties, allocator);
  if (change.last_modified) {
    Value time;
    if (change.last_modified->IsInt64()) {
      const std::string text = format_rfc3339(change.last_modified->GetInt64());
      time.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
    } else {
      time.CopyFrom(*change.last_modified, allocator);
    }
    envelope.RemoveMember("lastModified");
    envelope.AddMember("lastModified", time, allocator);
  }
  return make_resource(envelope);
}

Result<Resource> merge_properties(const Resource& base, const Resource& patch) {
  Document envelope = open(base);
  const Document change = open(patch);
  merge_patch(envelope["properties"], change["properties"], envelope.GetAllocator());
  return make_resource(envelope);
}

Result<Resource> set_property(const Resource& base, const char* name, std::string_view value) {
  Document envelope = open(base);
  auto& allocator = envelope.GetAllocator();
  Value& properties = envelope["properties"];
  properties.RemoveMember(name);
  properties.AddMember(Value(name, allocator),
                       Value(value.data(), static_cast<rapidjson::SizeType>(value.size()), allocator), allocator);
  return make_resource(envelope);
}

}  // namespace gateway::arm
