#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/environment.h>
#include <gateway/ingress_source.h>
#include <gateway/snapshot.h>

namespace gateway {

// Kubernetes objects in, a SourceSnapshot out: the one place that knows what an Ingress means. Used
// with objects of an API server and of manifest files alike. Not thread-safe; no I/O.
//
// Understands networking.k8s.io/v1 Ingress and IngressClass, v1 Service, Endpoints and Secret,
// discovery.k8s.io/v1 and v1beta1 EndpointSlice; others are ignored. Incremental: a change costs the
// Ingresses that depend on it, and unchanged resources keep their pointers: what differs in nothing
// but the revision of its provenance is unchanged.
class IngressTranslator {
 public:
  struct Options {
    IngressTranslation translation;
    // What is true of objects whose class cannot be looked up: manifests without any IngressClass are
    // all ours; with an API server that forbids reading IngressClass only annotation and names count.
    enum class UnknownClass : std::uint8_t { Ignore, Take } unknown_class = UnknownClass::Ignore;
    // Manifests may come without EndpointSlice and Service: then the Service's DNS name is used.
    bool missing_service_is_dns = false;
    // Objects come from files: uid, generation and times that a server wrote into them vouch for
    // nothing; the annotation gateway/changed-at (RFC 3339) does.
    bool manifests = false;
    std::shared_ptr<const Clock> clock = {};  // null = the system's
  };
  explicit IngressTranslator(Options options);
  ~IngressTranslator();

  // Adds or replaces an object; `where` ("file.yaml, document 2") goes to messages. Malformed objects
  // are reported in the snapshot and keep what they last were.
  void upsert(const rapidjson::Value& object, std::string_view where);
  // `kind` as in Kubernetes: "Ingress".
  void remove(std::string_view kind, std::string_view name_space, std::string_view name);
  // Names ("namespace/name") of the Secrets and Services that the taken Ingresses refer to, sorted.
  [[nodiscard]] std::vector<std::string> wanted_secrets();
  [[nodiscard]] std::vector<std::string> wanted_services();
  // The current state. Cheap: shares structure with the one before. Epoch and revision are left to the caller.
  [[nodiscard]] SourceSnapshot snapshot();

  // What became of an Ingress of ours: for the log.
  struct Change {
    enum class What : std::uint8_t { Added, Updated, Deleted } what = What::Added;
    std::string name_space;
    std::string name;
    std::string class_name;  // of annotation or field, whichever counted
    std::string revision;
  };
  // Those since the last call, in no particular order; one for each Ingress at most. An Ingress is
  // updated when its resourceVersion is another.
  [[nodiscard]] std::vector<Change> take_changes();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
