#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/fwd.h>
#include <rapidjson/document.h>

#include <gateway/ingress_source.h>
#include <gateway/snapshot.h>

namespace gateway {

// Kubernetes objects in, a SourceSnapshot out: the one place that knows what an Ingress means. Used
// with objects of an API server and of manifest files alike. Not thread-safe; no I/O.
//
// Understands networking.k8s.io/v1 Ingress and IngressClass, v1 Service, Endpoints and Secret,
// discovery.k8s.io/v1 and v1beta1 EndpointSlice; others are ignored. Incremental: a change costs the
// Ingresses that depend on it, and unchanged resources keep their pointers.
class IngressTranslator {
 public:
  struct Options {
    IngressTranslation translation;
    // What is true of objects whose class cannot be looked up: manifests without any IngressClass are
    // all ours; with an API server that forbids reading IngressClass only annotation and names count.
    enum class UnknownClass : std::uint8_t { Ignore, Take } unknown_class = UnknownClass::Ignore;
    // Manifests may come without EndpointSlice and Service: then the Service's DNS name is used.
    bool missing_service_is_dns = false;
  };
  explicit IngressTranslator(Options options);
  ~IngressTranslator();

  // Adds or replaces an object; `where` ("file.yaml, document 2") goes to messages. Malformed objects
  // are reported in the snapshot and keep what they last were.
  void upsert(const rapidjson::Value& object, std::string_view where);
  // `kind` as in Kubernetes: "Ingress".
  void remove(std::string_view kind, std::string_view name_space, std::string_view name);
  // Names ("namespace/name") of the Secrets and Services that the taken Ingresses refer to, sorted.
  [[nodiscard]] std::vector<std::string> wanted_secrets() const;
  [[nodiscard]] std::vector<std::string> wanted_services() const;
  // The current state. Cheap: shares structure with the one before.
  [[nodiscard]] SourceSnapshot snapshot();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
