#include "arm/apiops.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "arm/artifact_paths.h"
#include "arm/openapi.h"
#include "arm/overrides.h"
#include "base/strings.h"

namespace gateway::arm {

struct Artifact {
  std::vector<Resource> resources;
  std::string service_url;           // of a specification
  bool lacks_service_url = false;    // of an API
  std::vector<std::string> notices;
};

namespace {

using rapidjson::Document;
using rapidjson::Value;

constexpr std::string_view kOperations = "/operations/";
// No policies are called that: what such documents cover is not served without what they stand for.
constexpr std::string_view kUnreadPolicy = "<policies><unreadable-document/></policies>";
constexpr std::string_view kUnreadOperations = "<policies><unreadable-specification/></policies>";

Error problem(std::string where, std::string message,
              ErrorCode code = ErrorCode::InvalidArgument) {
  return {code, "apiops", std::move(message), std::move(where), false};
}

// The file in front of what was found in it.
Error in_file(std::string_view file, Error error) {
  error.origin = "apiops";
  if (!error.where.starts_with(file)) {
    error.where = std::string(file) + (error.where.empty() ? "" : ": " + error.where);
  }
  return error;
}

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

Value text_value(std::string_view text, Document::AllocatorType& allocator) {
  return {text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator};
}

Result<Resource> policy_resource(const std::string& id, std::string_view text) {
  Document envelope(rapidjson::kObjectType);
  auto& allocator = envelope.GetAllocator();
  Value properties(rapidjson::kObjectType);
  properties.AddMember("format", "rawxml", allocator);
  properties.AddMember("value", text_value(text, allocator), allocator);
  envelope.AddMember("id", text_value(id, allocator), allocator);
  envelope.AddMember("properties", properties, allocator);
  return make_resource(envelope);
}

Result<Resource> association(const std::string& id) {
  Document envelope(rapidjson::kObjectType);
  auto& allocator = envelope.GetAllocator();
  envelope.AddMember("id", text_value(id, allocator), allocator);
  envelope.AddMember("properties", Value(rapidjson::kObjectType), allocator);
  return make_resource(envelope);
}

const Value* member(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

class ArtifactReader {
 public:
  ArtifactReader(std::string_view file, const ArtifactPath& path, const DocumentLimits& limits)
      : file_(file), path_(path), limits_(limits) {}

  Result<ArtifactPtr> read(std::string_view text) {
    Result<void> done = read_as(path_.role, without_byte_order_mark(text));
    if (!done) return in_file(file_, std::move(done).error());
    return std::make_shared<const Artifact>(std::move(artifact_));
  }

 private:
  Result<void> read_as(ArtifactRole role, std::string_view text) {
    switch (role) {
      case ArtifactRole::Policy:
      case ArtifactRole::FragmentPolicy: return read_policy(text);
      case ArtifactRole::Specification: return read_specification(text);
      case ArtifactRole::Names: return read_names(text);
      case ArtifactRole::ForeignSpecification:
        return problem("", "is not supported; operations are read from OpenAPI or Swagger in "
                           "specification.yaml, .yml or .json");
      default: return read_information(role, text);
    }
  }

  Result<void> read_policy(std::string_view text) {
    if (text.size() > limits_.max_bytes) {
      return problem("", "larger than " + std::to_string(limits_.max_bytes) + " bytes", ErrorCode::TooLarge);
    }
    if (!is_utf8(text)) return problem("", "must be UTF-8");
    return take(policy_resource(path_.id, text));
  }

  Result<void> read_information(ArtifactRole role, std::string_view text) {
    auto document = parse_json(text, limits_, file_);
    if (!document) return std::move(document).error();
    if (!document->IsObject()) return problem("", "must be an object with `properties`");
    const Value* properties = member(*document, "properties");
    if (!properties && role == ArtifactRole::Association) return take(association(path_.id));
    if (!properties) return problem("", "`properties` is missing");
    if (!properties->IsObject()) return problem("", "`properties` must be an object");
    if (role == ArtifactRole::Api) {
      const Value* url = member(*properties, "serviceUrl");
      artifact_.lacks_service_url = !url || url->IsNull() || (url->IsString() && url->GetStringLength() == 0);
    }
    Document envelope(rapidjson::kObjectType, &document->GetAllocator());
    auto& allocator = envelope.GetAllocator();
    envelope.AddMember("id", text_value(path_.id, allocator), allocator);
    for (const char* name : {"properties", "created", "lastModified"}) {
      const auto found = document->FindMember(name);
      if (found == document->MemberEnd()) continue;
      envelope.AddMember(Value(name, allocator), found->value, allocator);
    }
    return take(make_resource(envelope));
  }

  Result<void> read_names(std::string_view text) {
    auto document = parse_json(text, limits_, file_);
    if (!document) return std::move(document).error();
    if (!document->IsArray()) return problem("", "must be a list of objects with `name`");
    std::size_t number = 0;
    for (const Value& element : document->GetArray()) {
      const std::string at = "[" + std::to_string(number++) + "]";
      const Value* name = element.IsObject() ? member(element, "name") : &element;
      if (!name || !name->IsString()) return problem("", at + " must be an object with a `name`");
      const std::string id = path_.id + "/" + std::string(name->GetString(), name->GetStringLength());
      if (auto taken = take(association(id)); !taken) return taken;
    }
    return {};
  }

  Result<void> read_specification(std::string_view text) {
    auto api = read_openapi(text, limits_, file_);
    if (!api) return std::move(api).error();
    artifact_.service_url = std::move(api->service_url);
    for (const std::string& notice : api->notices) {
      artifact_.notices.push_back(notice.starts_with(file_) ? notice : std::string(file_) + ": " + notice);
    }
    auto& allocator = api->operations.GetAllocator();
    for (Value& operation : api->operations.GetArray()) {
      Value& id = operation["id"];
      const std::string full = path_.id + std::string(kOperations) + id.GetString();
      id.SetString(full.data(), static_cast<rapidjson::SizeType>(full.size()), allocator);
      if (auto taken = take(make_resource(operation)); !taken) return taken;
    }
    return take_schema(std::move(api->schema));
  }

  Result<void> take_schema(rapidjson::Document document) {
    auto& allocator = document.GetAllocator();
    const std::string full = path_.id + "/schemas/openapi";
    Value properties(rapidjson::kObjectType);
    properties.AddMember("contentType", "application/vnd.oai.openapi+json", allocator);
    properties.AddMember("document", static_cast<Value&>(document), allocator);
    Value schema(rapidjson::kObjectType);
    schema.AddMember("id", Value(full.c_str(), allocator), allocator);
    schema.AddMember("properties", properties, allocator);
    return take(make_resource(schema));
  }

  Result<void> take(Result<Resource> resource) {
    if (!resource) return std::move(resource).error();
    artifact_.resources.push_back(std::move(*resource));
    return {};
  }

  std::string_view file_;
  const ArtifactPath& path_;
  const DocumentLimits& limits_;
  Artifact artifact_;
};

class Assembly {
 public:
  void add_tree(const std::map<std::string, ArtifactPtr>& artifacts) {
    for (const auto& [file, artifact] : artifacts) {
      if (const auto path = read_artifact_path(file)) add_artifact(file, *path, artifact.get());
    }
    for (const auto& [api, file] : without_url_) take_service_url(api);
  }

  void add(const Resource& resource, const std::string& file) {
    const auto [at, fresh] = entries_.try_emplace(resource.id, Entry{resource, file});
    if (fresh) return;
    complain(file, quote(resource.id, 300) + " is already in " + at->second.file + "; a resource may be there once",
             ErrorCode::AlreadyExists);
  }

  void apply(const Overrides& overrides) {
    for (const Override& one : overrides.entries) {
      const auto at = entries_.find(one.id);
      auto merged = override_resource(at == entries_.end() ? nullptr : &at->second.resource, one);
      if (!merged) {
        out_.problems.push_back(in_file(one.where, std::move(merged).error()));
      } else if (at == entries_.end()) {
        entries_.try_emplace(one.id, Entry{std::move(*merged), one.where});
      } else {
        at->second.resource = std::move(*merged);
        at->second.file += " with " + one.where;
      }
    }
    out_.problems.insert(out_.problems.end(), overrides.problems.begin(), overrides.problems.end());
  }

  // An API of which no operation is known would answer 404 to everything, in the place of others.
  void withhold_unread_apis() {
    for (const auto& [api, file] : unread_) {
      const std::string below = api + std::string(kOperations);
      const auto operation = entries_.lower_bound(below);
      const bool some = operation != entries_.end() && operation->first.starts_with(below);
      if (some || !entries_.contains(api)) continue;
      const std::string id = api + "/policies/policy";
      if (auto stand_in = policy_resource(id, kUnreadOperations)) {
        entries_.insert_or_assign(id, Entry{std::move(*stand_in), file});
      }
    }
  }

  // What belongs to something that is not there, such as the policy of an operation.
  void drop_orphans() {
    std::set<std::string> told;
    for (auto at = entries_.begin(); at != entries_.end();) {
      const std::string missing = missing_owner(at->first);
      if (missing.empty()) {
        ++at;
        continue;
      }
      if (told.insert(missing).second) tell_orphan(missing, at->second.file);
      at = entries_.erase(at);
    }
  }

  ArtifactTree finish() && {
    out_.resources.reserve(entries_.size());
    out_.files.reserve(entries_.size());
    for (auto& [id, entry] : entries_) {
      out_.resources.push_back(std::move(entry.resource));
      out_.files.push_back(std::move(entry.file));
    }
    return std::move(out_);
  }

 private:
  struct Entry {
    Resource resource;
    std::string file;
  };
  struct Specification {
    std::string file;
    const Artifact* artifact;  // null: it could not be read
  };

  void complain(std::string where, std::string message, ErrorCode code = ErrorCode::InvalidArgument) {
    out_.problems.push_back(problem(std::move(where), std::move(message), code));
  }

  void add_artifact(const std::string& file, const ArtifactPath& path, const Artifact* artifact) {
    switch (path.role) {
      case ArtifactRole::ForeignSpecification: unread_.emplace(path.id, file); return;
      case ArtifactRole::Specification: {
        const auto [at, fresh] = specifications_.try_emplace(path.id, Specification{file, artifact});
        if (!fresh) {
          return complain(file, "the API has its operations from " + at->second.file + "; one specification is allowed",
                          ErrorCode::AlreadyExists);
        }
        if (!artifact) unread_.emplace(path.id, file);
        break;
      }
      case ArtifactRole::Policy:
      case ArtifactRole::FragmentPolicy:
        if (!artifact) return add_unread_policy(file, path);
        break;
      case ArtifactRole::Api:
        if (artifact && artifact->lacks_service_url) without_url_.emplace(path.id, file);
        break;
      default: break;
    }
    if (!artifact) return;
    out_.notices.insert(out_.notices.end(), artifact->notices.begin(), artifact->notices.end());
    for (const Resource& resource : artifact->resources) add_part(file, path, resource);
  }

  // The two files of a policy fragment make one resource.
  void add_part(const std::string& file, const ArtifactPath& path, const Resource& resource) {
    const bool part = path.role == ArtifactRole::FragmentInformation || path.role == ArtifactRole::FragmentPolicy;
    const auto first = entries_.find(resource.id);
    if (!part || first == entries_.end()) return add(resource, file);
    const bool text = path.role == ArtifactRole::FragmentPolicy;
    auto merged = text ? merge_properties(first->second.resource, resource)
                       : merge_properties(resource, first->second.resource);
    if (!merged) return out_.problems.push_back(in_file(file, std::move(merged).error()));
    first->second = {std::move(*merged), text ? file : first->second.file};
  }

  void add_unread_policy(const std::string& file, const ArtifactPath& path) {
    if (auto stand_in = policy_resource(path.id, kUnreadPolicy)) add_part(file, path, *stand_in);
  }

  void take_service_url(const std::string& api) {
    const auto entry = entries_.find(api);
    const auto specification = specifications_.find(api);
    if (entry == entries_.end() || specification == specifications_.end()) return;
    if (!specification->second.artifact || specification->second.artifact->service_url.empty()) return;
    auto changed = set_property(entry->second.resource, "serviceUrl", specification->second.artifact->service_url);
    if (changed) entry->second.resource = std::move(*changed);
  }

  // The id of the outermost owner that is not there; "" when all are.
  [[nodiscard]] std::string missing_owner(const std::string& id) const {
    const auto parts = id_parts(id);
    std::string owner;
    for (std::size_t i = 0; i + 2 < parts.size(); i += 2) {
      owner += "/" + std::string(parts[i]) + "/" + std::string(parts[i + 1]);
      if (!entries_.contains(owner)) return owner;
    }
    return {};
  }

  void tell_orphan(const std::string& missing, const std::string& file) {
    const auto parts = id_parts(missing);
    if (parts.size() != 4 || parts[2] != "operations") {
      return complain(file, "there is no " + quote(missing, 300) + " that it belongs to", ErrorCode::NotFound);
    }
    const std::string api = "/" + std::string(parts[0]) + "/" + std::string(parts[1]);
    const auto specification = specifications_.find(api);
    const std::string operation = "operation " + quote(parts[3], 300);
    if (specification == specifications_.end()) {
      complain(file, operation + " is unknown: API " + quote(parts[1], 300) + " has no specification",
               ErrorCode::NotFound);
    } else if (specification->second.artifact) {
      complain(file, operation + " is not in " + specification->second.file, ErrorCode::NotFound);
    }
  }

  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Specification, std::less<>> specifications_;  // by the id of the API
  std::map<std::string, std::string, std::less<>> unread_;  // specifications that are no use, by the same
  std::map<std::string, std::string, std::less<>> without_url_;
  ArtifactTree out_;
};

}  // namespace

Result<ArtifactPtr> read_artifact(std::string_view path, std::string_view text, const DocumentLimits& limits) {
  const auto known = read_artifact_path(path);
  if (!known) return problem(std::string(path), "is no file of a tree of artifacts");
  return ArtifactReader(path, *known, limits).read(text);
}

ArtifactTree assemble(const std::map<std::string, ArtifactPtr>& artifacts,
                      const std::vector<LocatedResource>& documents, const Overrides* overrides) {
  Assembly assembly;
  assembly.add_tree(artifacts);
  for (const LocatedResource& document : documents) assembly.add(document.resource, document.where);
  if (overrides) assembly.apply(*overrides);
  if (!artifacts.empty()) {
    assembly.drop_orphans();
    assembly.withhold_unread_apis();
  }
  return std::move(assembly).finish();
}

ArtifactTree read_artifacts(const std::map<std::string, std::string>& files, std::string_view overrides,
                            std::string_view overrides_name, const DocumentLimits& limits) {
  std::map<std::string, ArtifactPtr> artifacts;
  std::vector<Error> problems;
  std::set<std::string> notices;
  for (const auto& [file, text] : files) {
    if (!is_relative_path(file)) {
      problems.push_back(problem(quote(file, 300), "is not allowed: the path of an artifact is relative and has no "
                                                   "\".\" or \"..\" in it"));
    } else if (is_artifact(file)) {
      auto artifact = read_artifact(file, text, limits);
      artifacts.emplace(file, artifact ? *artifact : nullptr);
      if (!artifact) problems.push_back(std::move(artifact).error());
    } else if (std::string notice = notice_of(file); !notice.empty()) {
      notices.insert(std::move(notice));
    }
  }
  std::shared_ptr<const Overrides> changes;
  if (!overrides.empty()) {
    auto read = read_overrides(overrides, overrides_name, limits);
    if (read) {
      changes = std::move(*read);
    } else {
      problems.push_back(std::move(read).error());
    }
  }
  ArtifactTree tree = assemble(artifacts, {}, changes.get());
  tree.problems.insert(tree.problems.begin(), problems.begin(), problems.end());
  tree.notices.insert(tree.notices.begin(), notices.begin(), notices.end());
  return tree;
}

}  // namespace gateway::arm
