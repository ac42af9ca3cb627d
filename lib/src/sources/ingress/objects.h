#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/error.h>
#include <gateway/resources.h>

// Kubernetes objects, as far as routing needs them. Reading is pure; everything that is wrong with an
// object is said by field, in the words of the API reference.
namespace gateway::kubernetes {

struct ObjectName {
  std::string space;  // the namespace; empty for cluster-scoped objects
  std::string name;
  [[nodiscard]] std::string key() const { return space.empty() ? name : space + '/' + name; }
};

// networking.k8s.io/v1 ServiceBackendPort: a port of the Service by exactly one of both.
struct PortReference {
  std::string name;
  std::uint16_t number = 0;
  [[nodiscard]] std::string to_string() const { return name.empty() ? std::to_string(number) : name; }
};

struct IngressBackend {
  std::string service;
  PortReference port;
  std::string defect;  // field and reason; empty = sound
};

struct IngressPath {
  std::string path;
  MatchType match = MatchType::Prefix;
  bool implementation_specific = false;
  IngressBackend backend;
  std::string defect;
};

struct IngressRule {
  std::string host;                // lower case
  bool has_paths = false;          // `http` is there
  std::vector<IngressPath> paths;
  std::string defect;
};

struct IngressTls {
  std::vector<std::string> hosts;  // lower case; empty = as the rules
  std::string secret;
  std::string defect;
};

struct Ingress {
  ObjectName name;
  std::string revision;
  Witness witness;
  std::optional<std::string> class_annotation;
  std::optional<std::string> class_name;
  std::string policy_fragment;  // of the annotation; "" = none
  std::vector<IngressRule> rules;
  std::optional<IngressBackend> default_backend;
  std::vector<IngressTls> tls;
};

struct IngressClass {
  ObjectName name;
  std::string controller;
  bool is_default = false;
  std::int64_t created_at = 0;
};

struct ServicePort {
  std::string name;
  std::uint16_t port = 0;
  std::uint16_t target_port = 0;  // 0 when it is a name
  std::string app_protocol;
};

struct Service {
  ObjectName name;
  std::string revision;
  std::string external_name;      // for type ExternalName
  bool is_external_name = false;
  bool headless = false;
  std::vector<ServicePort> ports; // TCP only
};

// One EndpointSlice, or one subset of an Endpoints object.
struct EndpointSlice {
  struct Port {
    std::string name;
    std::uint16_t port = 0;
  };
  struct Address {
    std::string ip;
    bool ready = true;
    bool serving = true;
    bool terminating = false;
  };
  std::vector<Port> ports;        // TCP only
  bool any_port = false;          // `ports` was empty: the Service's target port counts
  std::vector<Address> addresses;
};

struct ServiceEndpoints {
  ObjectName name;                // of the object
  std::string service;            // of the Service, in the same namespace
  std::vector<EndpointSlice> slices;
};

enum class Kind : std::uint8_t { Ingress, IngressClass, Service, Endpoints, EndpointSlice, Secret, Other };

// The kind of an object by its `apiVersion` and `kind`; Other for everything this source does not read.
[[nodiscard]] Kind kind_of(const rapidjson::Value& object) noexcept;
[[nodiscard]] Kind kind_of(std::string_view kind) noexcept;
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;
[[nodiscard]] constexpr bool is_namespaced(Kind kind) noexcept { return kind != Kind::IngressClass; }

struct ReadOptions {
  std::int64_t now = 0;  // seconds since 1970: times of the far future are nobody's witness
  // The object comes from a file: what a server wrote into it (uid, generation, times) is ignored, and
  // the annotation gateway/changed-at (RFC 3339) is the witness.
  bool manifest = false;
};

// metadata.name and metadata.namespace ("default" where a namespaced object has none).
[[nodiscard]] std::optional<ObjectName> read_name(const rapidjson::Value& object, Kind kind,
                                                  std::vector<Error>& problems);
// nullopt: the object as a whole makes no sense, and `problems` says why. Otherwise `problems` holds
// what was left out.
[[nodiscard]] std::optional<Ingress> read_ingress(const rapidjson::Value& object,
                                                  const ReadOptions& options,
                                                  std::vector<Error>& problems);
[[nodiscard]] std::optional<IngressClass> read_ingress_class(const rapidjson::Value& object,
                                                             std::vector<Error>& problems);
[[nodiscard]] std::optional<Service> read_service(const rapidjson::Value& object,
                                                  std::vector<Error>& problems);
[[nodiscard]] std::optional<ServiceEndpoints> read_endpoint_slice(const rapidjson::Value& object,
                                                                  std::vector<Error>& problems);
[[nodiscard]] std::optional<ServiceEndpoints> read_endpoints(const rapidjson::Value& object,
                                                             std::vector<Error>& problems);
// A Certificate with id "namespace/name". What is wrong with the Secret's content is its `defect`.
[[nodiscard]] std::optional<Certificate> read_secret(const rapidjson::Value& object,
                                                     std::vector<Error>& problems);

}  // namespace gateway::kubernetes
