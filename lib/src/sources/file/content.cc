#include "sources/file/content.h"

#include <algorithm>
#include <array>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/strings.h"
#include "sources/ingress/objects.h"

namespace gateway::file {
namespace {

using rapidjson::Value;

// Kinds that folders of manifests carry beside those that speak of routes.
constexpr std::array<std::string_view, 36> kOtherKinds{
    "APIService", "CSIDriver", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
    "ConfigMap", "ControllerRevision", "CronJob", "CustomResourceDefinition", "DaemonSet",
    "Deployment", "Event", "HorizontalPodAutoscaler", "Job", "Kustomization", "Lease", "LimitRange",
    "MutatingWebhookConfiguration", "Namespace", "NetworkPolicy", "Node", "PersistentVolume",
    "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "PodSecurityPolicy", "PodTemplate",
    "PriorityClass", "ReplicaSet", "ReplicationController", "ResourceQuota", "Role", "RoleBinding",
    "ServiceAccount", "StatefulSet", "StorageClass"};

std::string_view member_text(const Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

Digest digest_of(const Value& object) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  object.Accept(writer);
  return sha256({buffer.GetString(), buffer.GetSize()});
}

// Provenance of a resource that does not bring one: the file as the space, the id as the name.
void set_provenance(Provenance& provenance, std::string_view kind, std::string_view file,
                    const std::string& id) {
  if (provenance == Provenance()) provenance = {std::string(kind), std::string(file), id, ""};
}

class ContentReader {
 public:
  ContentReader(std::string_view file, FileContent& content) : file_(file), content_(content) {}

  void read(rapidjson::Document& document, const std::string& where) {
    read_object(document, where, document.GetAllocator());
  }

 private:
  void read_object(Value& object, const std::string& where,
                   rapidjson::Document::AllocatorType& allocator) {
    if (!object.IsObject()) return reject(where, "", "must be an object with apiVersion and kind");
    const std::string_view version = member_text(object, "apiVersion");
    const std::string_view kind = member_text(object, "kind");
    const auto known = kubernetes::kind_of(object);
    if (known != kubernetes::Kind::Other) {
      read_manifest(object, known, where);
    } else if (version.starts_with("gateway/") || (version.empty() && kind == "Configuration")) {
      read_own(object, where);
    } else if (version.empty() && kind.empty() && object.HasMember("resources")) {
      read_resources(object, where);
    } else if (kind.ends_with("List")) {
      read_list(object, where, allocator);
    } else if (std::binary_search(kOtherKinds.begin(), kOtherKinds.end(), kind)) {
      content_.skipped.push_back(where + ": " + std::string(kind));
    } else {
      reject_kind(version, kind, where);
    }
  }

  void read_own(const Value& document, const std::string& where) {
    SourceSnapshot own;
    read_configuration_document(document, where, own);
    for (Error& error : own.rejected) content_.rejected.push_back(std::move(error));
    take("Api", own.apis, content_.own.apis, where);
    take("Backend", own.backends, content_.own.backends, where);
    take("Certificate", own.certificates, content_.own.certificates, where);
    take("Hostname", own.hostnames, content_.own.hostnames, where);
    take("Product", own.products, content_.own.products, where);
    take("Subscription", own.subscriptions, content_.own.subscriptions, where);
    take("Policy", own.policies, content_.own.policies, where);
  }

  void read_resources(const Value& document, const std::string& where) {
    const Value& list = document["resources"];
    if (!list.IsArray()) return reject(where, "resources", "must be a list of ARM resources");
    rapidjson::SizeType number = 0;
    for (const Value& element : list.GetArray()) {
      const std::string member = "resources[" + std::to_string(number++) + "]";
      auto resource = arm::make_resource(element);
      if (resource) {
        content_.resources.push_back({std::move(*resource), where + ": " + member});
      } else {
        const Error& error = resource.error();
        const bool named = element.IsObject() && !member_text(element, "id").empty();
        reject(where, member, named ? error.where + ": " + error.message : error.message);
      }
    }
  }

  template <typename T>
  void take(std::string_view kind, const SharedMap<T>& from, SharedMap<T>& into,
            const std::string& where) {
    for (const std::string_view id : from.sorted_names()) {
      if (into.find(id)) {
        reject(where, "", std::string(kind) + " " + quote(id) +
                              " is in an earlier document of this file; its id must be unique");
        continue;
      }
      T resource = *from.find(id);
      set_provenance(resource.provenance, kind, file_, resource.id);
      into.set(id, std::make_shared<const T>(std::move(resource)));
    }
  }

  void read_list(Value& list, const std::string& where,
                 rapidjson::Document::AllocatorType& allocator) {
    if (!list.HasMember("items") || !list["items"].IsArray()) {
      return reject(where, "items", "must be a list of objects");
    }
    // Items of typed lists, such as an IngressList, leave out what their list says.
    const std::string version(member_text(list, "apiVersion"));
    std::string kind(member_text(list, "kind"));
    kind.resize(kind.size() - std::string_view("List").size());
    rapidjson::SizeType number = 0;
    for (Value& item : list["items"].GetArray()) {
      const std::string item_where = where + ", item " + std::to_string(++number);
      if (item.IsObject() && !kind.empty() && !item.HasMember("kind")) {
        item.AddMember("kind", Value(kind.c_str(), allocator), allocator);
        if (!item.HasMember("apiVersion")) {
          item.AddMember("apiVersion", Value(version.c_str(), allocator), allocator);
        }
      }
      if (item.IsObject() && member_text(item, "kind").ends_with("List")) {
        reject(item_where, "kind", "a list must not hold a list");
        continue;
      }
      read_object(item, item_where, allocator);
    }
  }

  void read_manifest(const Value& object, kubernetes::Kind kind, const std::string& where) {
    std::vector<Error> problems;
    const auto name = kubernetes::read_name(object, kind, problems);
    if (!name) {
      for (Error& problem : problems) {
        problem.where = where + (problem.where.empty() ? "" : ": " + problem.where);
        content_.rejected.push_back(std::move(problem));
      }
      return;
    }
    content_.manifests.push_back({std::string(kubernetes::to_string(kind)), name->space, name->name,
                                  where, digest_of(object), &object});
  }

  void reject_kind(std::string_view version, std::string_view kind, const std::string& where) {
    if (version.empty() || kind.empty()) {
      return reject(where, "", "must have apiVersion and kind: gateway/v1 Configuration, or a "
                               "Kubernetes Ingress, IngressClass, Service, Endpoints, EndpointSlice or Secret; "
                               "or `resources`, a list of ARM resources");
    }
    reject(where, "kind",
           quote(std::string(version) + " " + std::string(kind)) +
               " is not known; allowed are gateway/v1 Configuration, networking.k8s.io/v1 Ingress and "
               "IngressClass, v1 Service, Endpoints, Secret and List, discovery.k8s.io/v1 and v1beta1 "
               "EndpointSlice");
  }

  void reject(const std::string& where, std::string_view member, std::string message) {
    content_.rejected.push_back({ErrorCode::InvalidArgument, "file", std::move(message),
                                 where + (member.empty() ? "" : ": " + std::string(member)), false});
  }

  std::string_view file_;
  FileContent& content_;
};

bool is_json(std::string_view text, std::string_view name) {
  if (name.ends_with(".json")) return true;
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return false;
  return trim(text.substr(0, 4096)).starts_with('{');
}

}  // namespace

Result<std::shared_ptr<const FileContent>> read_content(std::string_view text, std::string_view name,
                                                        const DocumentLimits& limits) {
  auto content = std::make_shared<FileContent>();
  if (is_json(text, name)) {
    auto parsed = parse_json(text, limits, name);
    if (!parsed) return std::move(parsed).error();
    content->documents.push_back(std::move(*parsed));
  } else {
    auto parsed = parse_yaml(text, limits, name);
    if (!parsed) return std::move(parsed).error();
    content->documents = std::move(*parsed);
  }
  ContentReader reader(name, *content);
  const bool several = content->documents.size() > 1;
  for (std::size_t i = 0; i < content->documents.size(); ++i) {
    reader.read(content->documents[i],
                std::string(name) + (several ? ", document " + std::to_string(i + 1) : ""));
  }
  return std::shared_ptr<const FileContent>(std::move(content));
}

}  // namespace gateway::file
