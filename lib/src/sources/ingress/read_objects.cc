#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "base/base64.h"
#include "sources/ingress/json_view.h"
#include "sources/ingress/objects.h"

namespace gateway::kubernetes {
namespace {

using json::find;
using rapidjson::Value;

struct KnownKind {
  std::string_view api_version;
  std::string_view name;
  Kind kind;
};
constexpr KnownKind kKinds[] = {
    {"networking.k8s.io/v1", "Ingress", Kind::Ingress},
    {"networking.k8s.io/v1", "IngressClass", Kind::IngressClass},
    {"v1", "Service", Kind::Service},
    {"v1", "Endpoints", Kind::Endpoints},
    {"v1", "Secret", Kind::Secret},
    {"discovery.k8s.io/v1", "EndpointSlice", Kind::EndpointSlice},
    {"discovery.k8s.io/v1beta1", "EndpointSlice", Kind::EndpointSlice},
};

void refuse(std::vector<Error>& problems, Kind kind, const ObjectName& name, std::string_view field,
            std::string message) {
  problems.push_back({ErrorCode::InvalidArgument, "ingress", std::move(message),
                      std::string(to_string(kind)) + ' ' + name.key() + ": " + std::string(field)});
}

std::uint16_t port_number(const Value* value) noexcept {
  if (!value || !value->IsUint() || value->GetUint() > 65535) return 0;
  return static_cast<std::uint16_t>(value->GetUint());
}

bool is_tcp(const Value& port) noexcept {
  const auto protocol = json::text_or(&port, "protocol", "TCP");
  return protocol == "TCP";
}

// The elements of a list member; none when it is not there.
template <typename Visit>
void for_each_element(const Value* value, std::string_view name, Visit visit) {
  const auto* list = find(value, name);
  if (!list || !list->IsArray()) return;
  for (const auto& item : list->GetArray()) visit(item);
}

std::vector<EndpointSlice::Port> read_ports(const Value& slice) {
  std::vector<EndpointSlice::Port> ports;
  for_each_element(&slice, "ports", [&](const Value& port) {
    const auto number = port_number(find(port, "port"));
    if (number != 0 && is_tcp(port)) {
      ports.push_back({std::string(json::text_or(&port, "name")), number});
    }
  });
  return ports;
}

// Secret.data[name] decoded, or stringData[name]; a defect in its place when that is not possible.
std::string read_entry(const Value& secret, std::string_view name, std::string& defect) {
  if (const auto plain = json::find_text(find(secret, "stringData"), name)) return std::string(*plain);
  const auto encoded = json::find_text(find(secret, "data"), name);
  if (!encoded) {
    if (defect.empty()) defect = "data[" + std::string(name) + "]: missing";
    return {};
  }
  auto decoded = decode_base64(*encoded);
  if (!decoded && defect.empty()) defect = "data[" + std::string(name) + "]: must be base64";
  return decoded ? std::move(*decoded) : std::string();
}

}  // namespace

Kind kind_of(const Value& object) noexcept {
  const auto version = json::text_or(&object, "apiVersion");
  const auto name = json::text_or(&object, "kind");
  for (const auto& known : kKinds) {
    if (known.api_version == version && known.name == name) return known.kind;
  }
  return Kind::Other;
}

Kind kind_of(std::string_view kind) noexcept {
  for (const auto& known : kKinds) {
    if (known.name == kind) return known.kind;
  }
  return Kind::Other;
}

std::string_view to_string(Kind kind) noexcept {
  for (const auto& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  return "Other";
}

std::optional<ObjectName> read_name(const Value& object, Kind kind, std::vector<Error>& problems) {
  const auto* metadata = find(object, "metadata");
  ObjectName name;
  name.name = json::text_or(metadata, "name");
  if (is_namespaced(kind)) name.space = json::text_or(metadata, "namespace", "default");
  const auto unusable = [](const std::string& text) { return text.find('/') != std::string::npos; };
  if (name.name.empty() || unusable(name.name) || unusable(name.space)) {
    problems.push_back({ErrorCode::InvalidArgument, "ingress",
                        "must be the name of an object, without '/'",
                        std::string(to_string(kind)) + ": metadata.name"});
    return std::nullopt;
  }
  return name;
}

std::optional<IngressClass> read_ingress_class(const Value& object, std::vector<Error>& problems) {
  auto name = read_name(object, Kind::IngressClass, problems);
  if (!name) return std::nullopt;
  IngressClass read;
  read.name = std::move(*name);
  const auto* metadata = find(object, "metadata");
  read.controller = json::text_or(find(object, "spec"), "controller");
  read.is_default = json::text_or(find(metadata, "annotations"),
                                  "ingressclass.kubernetes.io/is-default-class") == "true";
  read.created_at = parse_rfc3339(json::text_or(metadata, "creationTimestamp")).value_or(0);
  if (read.controller.empty()) {
    refuse(problems, Kind::IngressClass, read.name, "spec.controller", "must be the name of a controller");
  }
  return read;
}

std::optional<Service> read_service(const Value& object, std::vector<Error>& problems) {
  auto name = read_name(object, Kind::Service, problems);
  if (!name) return std::nullopt;
  Service read;
  read.name = std::move(*name);
  const auto* spec = find(object, "spec");
  if (!spec || !spec->IsObject()) {
    refuse(problems, Kind::Service, read.name, "spec", "must be an object");
    return std::nullopt;
  }
  read.revision = json::text_or(find(object, "metadata"), "resourceVersion");
  read.is_external_name = json::text_or(spec, "type") == "ExternalName";
  read.external_name = to_lower(json::text_or(spec, "externalName"));
  read.headless = json::text_or(spec, "clusterIP") == "None";
  for_each_element(spec, "ports", [&](const Value& port) {
    ServicePort one;
    one.name = json::text_or(&port, "name");
    one.port = port_number(find(port, "port"));
    const auto* target = find(port, "targetPort");
    one.target_port = target ? port_number(target) : one.port;
    one.app_protocol = json::text_or(&port, "appProtocol");
    if (one.port == 0) {
      refuse(problems, Kind::Service, read.name, "spec.ports", "port must be 1 to 65535");
    } else if (is_tcp(port)) {
      read.ports.push_back(std::move(one));
    }
  });
  return read;
}

std::optional<ServiceEndpoints> read_endpoint_slice(const Value& object,
                                                    std::vector<Error>& problems) {
  auto name = read_name(object, Kind::EndpointSlice, problems);
  if (!name) return std::nullopt;
  ServiceEndpoints read;
  read.name = std::move(*name);
  read.service = json::text_or(find(find(object, "metadata"), "labels"), "kubernetes.io/service-name");
  // FQDN slices name hosts that whoever may write slices chose: an ExternalName by another door.
  if (json::text_or(&object, "addressType") == "FQDN") return read;
  EndpointSlice slice;
  slice.ports = read_ports(object);
  const auto* ports = find(object, "ports");
  slice.any_port = !ports || (ports->IsArray() && ports->Empty());
  for_each_element(&object, "endpoints", [&](const Value& endpoint) {
    const auto* addresses = find(endpoint, "addresses");
    if (!addresses || !addresses->IsArray() || addresses->Empty()) return;
    const auto* conditions = find(endpoint, "conditions");
    // The addresses of one endpoint are the same pod: the first one stands for it.
    EndpointSlice::Address address;
    address.ip = json::text((*addresses)[0]);
    address.ready = json::bool_or(conditions, "ready", true);
    address.serving = json::bool_or(conditions, "serving", true);
    address.terminating = json::bool_or(conditions, "terminating", false);
    if (!address.ip.empty()) slice.addresses.push_back(std::move(address));
  });
  read.slices.push_back(std::move(slice));
  return read;
}

std::optional<ServiceEndpoints> read_endpoints(const Value& object, std::vector<Error>& problems) {
  auto name = read_name(object, Kind::Endpoints, problems);
  if (!name) return std::nullopt;
  ServiceEndpoints read;
  read.name = std::move(*name);
  read.service = read.name.name;
  for_each_element(&object, "subsets", [&](const Value& subset) {
    EndpointSlice slice;
    slice.ports = read_ports(subset);
    for_each_element(&subset, "addresses", [&](const Value& address) {
      const auto ip = json::text_or(&address, "ip");
      if (!ip.empty()) slice.addresses.push_back({std::string(ip)});
    });
    read.slices.push_back(std::move(slice));
  });
  return read;
}

std::optional<Certificate> read_secret(const Value& object, std::vector<Error>& problems) {
  auto name = read_name(object, Kind::Secret, problems);
  if (!name) return std::nullopt;
  Certificate read;
  read.id = name->key();
  read.provenance = {"Secret", name->space, name->name,
                     std::string(json::text_or(find(object, "metadata"), "resourceVersion"))};
  const auto type = json::text_or(&object, "type");
  if (type != "kubernetes.io/tls") {
    read.defect = "type: " + quote(type) + " is not allowed: kubernetes.io/tls";
    return read;
  }
  read.chain_pem = read_entry(object, "tls.crt", read.defect);
  read.key_pem = read_entry(object, "tls.key", read.defect);
  return read;
}

}  // namespace gateway::kubernetes
