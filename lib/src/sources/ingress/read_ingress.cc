#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "model/validate.h"
#include "sources/ingress/json_view.h"
#include "sources/ingress/objects.h"

namespace gateway::kubernetes {
namespace {

using json::find;
using json::find_text;
using rapidjson::Value;

constexpr std::string_view kFragmentAnnotation = "azure-api-management/policy-fragment";
constexpr std::string_view kClassAnnotation = "kubernetes.io/ingress.class";
constexpr std::string_view kChangedAtAnnotation = "gateway/changed-at";
constexpr std::int64_t kClockTolerance = 60;

std::string element(std::string_view list, std::size_t index) {
  return std::string(list) + '[' + std::to_string(index) + ']';
}

bool is_ip_address(const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address) == 1;
}

// What is wrong with a host of a rule or of TLS; empty = nothing.
std::string host_defect(const std::string& host, std::string_view field) {
  if (valid_host_pattern(host) && !is_ip_address(host)) return {};
  return std::string(field) + ": " + quote(host) +
         " is not allowed: a DNS name, or \"*.\" before one; no IP address, no port";
}

// RFC 3986 pchar, without the percent sign, and '/'.
bool is_path_character(char c) noexcept {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

// What is wrong with a path of a rule. The API server checks Exact and Prefix only; manifests and
// ImplementationSpecific come unchecked.
std::string_view path_problem(std::string_view path) {
  if (path.empty() || path.front() != '/') return "must start with '/'";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      if (i + 2 >= path.size() || !is_hex_digit(path[i + 1]) || !is_hex_digit(path[i + 2])) {
        return "'%' must be followed by two hexadecimal digits";
      }
      const std::string code = to_lower(path.substr(i + 1, 2));
      if (code == "2f" || code == "5c" || code == "00") {
        return "an encoded slash, backslash or NUL is not allowed";
      }
      if (code == "2e") return "an encoded dot is not allowed";
      i += 2;
    } else if (!is_path_character(path[i])) {
      return "only the characters of RFC 3986 paths are allowed; regular expressions are not supported";
    }
  }
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i] == "." || segments[i] == "..") return "dot segments are not allowed";
    if (segments[i].empty() && i + 1 < segments.size()) return "double slashes are not allowed";
  }
  return {};
}

IngressBackend read_backend(const Value* backend, const std::string& field) {
  IngressBackend read;
  const auto* service = find(backend, "service");
  if (find(backend, "resource")) {
    read.defect = field + ".resource: resource backends are not supported; allowed is " + field + ".service";
    return read;
  }
  if (!service || !service->IsObject()) {
    read.defect = field + ".service: missing; allowed is {name, port}";
    return read;
  }
  read.service = json::text_or(service, "name");
  if (read.service.empty()) {
    read.defect = field + ".service.name: missing; allowed is the name of a Service";
    return read;
  }
  const auto* port = find(service, "port");
  const auto* number = find(port, "number");
  const auto name = find_text(port, "name");
  if (number && number->IsUint() && number->GetUint() >= 1 && number->GetUint() <= 65535) {
    read.port.number = static_cast<std::uint16_t>(number->GetUint());
  }
  if (name) read.port.name = *name;
  const bool by_name = !read.port.name.empty();
  const bool by_number = read.port.number != 0;
  if ((number && !by_number) || by_name == by_number) {
    read.defect = field + ".service.port: exactly one of name and number (1 to 65535) is allowed";
  }
  return read;
}

IngressPath read_path(const Value& value, const std::string& field) {
  IngressPath read;
  if (!value.IsObject()) {
    read.defect = field + ": must be an object with path, pathType and backend";
    return read;
  }
  const auto type = json::text_or(&value, "pathType");
  read.path = json::text_or(&value, "path");
  read.implementation_specific = type == "ImplementationSpecific";
  if (type == "Exact") {
    read.match = MatchType::Exact;
  } else if (type != "Prefix" && !read.implementation_specific) {
    read.defect = field + ".pathType: " + quote(type) +
                  " is not allowed: Exact, Prefix or ImplementationSpecific";
  }
  if (read.implementation_specific && read.path.empty()) read.path = "/";
  if (const auto problem = path_problem(read.path); !problem.empty() && read.defect.empty()) {
    read.defect = field + ".path: " + quote(read.path) + ": " + std::string(problem);
  }
  read.backend = read_backend(find(value, "backend"), field + ".backend");
  return read;
}

IngressRule read_rule(const Value& value, const std::string& field) {
  IngressRule read;
  if (!value.IsObject()) {
    read.defect = field + ": must be an object with host and http";
    return read;
  }
  if (const auto* host = find(value, "host")) {
    read.host = to_lower(json::text(*host));
    read.defect = host->IsString() ? host_defect(read.host, field + ".host")
                                   : field + ".host: must be a text";
  }
  const auto* http = find(value, "http");
  const auto* paths = find(http, "paths");
  if (!http) return read;
  read.has_paths = true;
  if (!paths || !paths->IsArray()) {
    read.defect = field + ".http.paths: must be a list";
    return read;
  }
  for (rapidjson::SizeType i = 0; i < paths->Size(); ++i) {
    read.paths.push_back(read_path((*paths)[i], element(field + ".http.paths", i)));
  }
  return read;
}

IngressTls read_tls(const Value& value, const std::string& field) {
  IngressTls read;
  if (!value.IsObject()) {
    read.defect = field + ": must be an object with hosts and secretName";
    return read;
  }
  read.secret = json::text_or(&value, "secretName");
  const auto* hosts = find(value, "hosts");
  if (!hosts) return read;
  if (!hosts->IsArray()) {
    read.defect = field + ".hosts: must be a list";
    return read;
  }
  for (rapidjson::SizeType i = 0; i < hosts->Size(); ++i) {
    const std::string host = to_lower(json::text((*hosts)[i]));
    const std::string where = element(field + ".hosts", i);
    if (read.defect.empty()) {
      read.defect = host.empty() ? where + ": must be a host" : host_defect(host, where);
    }
    if (!host.empty()) read.hosts.push_back(host);
  }
  return read;
}

// Whether one managedFields entry covers what routing comes from.
bool covers_what_is_read(const Value& entry) {
  const auto* fields = find(entry, "fieldsV1");
  if (find(fields, "f:spec")) return true;
  const auto* annotations = find(find(fields, "f:metadata"), "f:annotations");
  return find(annotations, "f:kubernetes.io/ingress.class") || find(annotations, "f:azure-api-management/policy-fragment");
}

Witness read_witness(const Value& metadata, const Value* annotations, const ReadOptions& options,
                     std::vector<Error>& problems, const std::string& where) {
  Witness witness;
  if (options.manifest) {
    if (const auto given = find_text(annotations, kChangedAtAnnotation)) {
      const auto time = parse_rfc3339(*given);
      if (time && *time <= options.now + kClockTolerance) {
        witness.changed_at = time;
      } else {
        problems.push_back({ErrorCode::InvalidArgument, "ingress",
                            quote(*given) + " is not allowed: an RFC 3339 time that is not in the future",
                            where + ": metadata.annotations[" + std::string(kChangedAtAnnotation) + "]"});
      }
    }
    return witness;
  }
  witness.identity = json::text_or(&metadata, "uid");
  witness.generation = json::integer_or(&metadata, "generation", 0);
  if (const auto created = parse_rfc3339(json::text_or(&metadata, "creationTimestamp"))) {
    witness.created_at = *created;
    witness.changed_at = created;
  }
  const auto* managed = find(metadata, "managedFields");
  if (!managed || !managed->IsArray()) return witness;
  for (const auto& entry : managed->GetArray()) {
    const auto time = parse_rfc3339(json::text_or(&entry, "time"));
    if (!time || !covers_what_is_read(entry)) continue;
    if (*time < witness.created_at || *time > options.now + kClockTolerance) continue;
    witness.changed_at = std::max(witness.changed_at.value_or(*time), *time);
  }
  return witness;
}

}  // namespace

std::optional<Ingress> read_ingress(const Value& object, const ReadOptions& options,
                                    std::vector<Error>& problems) {
  auto name = read_name(object, Kind::Ingress, problems);
  if (!name) return std::nullopt;
  const std::string where = "Ingress " + name->key();
  const auto refuse = [&](std::string field, std::string message) {
    problems.push_back({ErrorCode::InvalidArgument, "ingress", std::move(message), where + ": " + field});
  };
  const auto* metadata = find(object, "metadata");
  const auto* spec = find(object, "spec");
  if (!spec || !spec->IsObject()) {
    refuse("spec", "must be an object");
    return std::nullopt;
  }
  Ingress ingress;
  ingress.name = std::move(*name);
  ingress.revision = json::text_or(metadata, "resourceVersion");
  const auto* annotations = find(metadata, "annotations");
  ingress.witness = read_witness(*metadata, annotations, options, problems, where);
  if (const auto given = find_text(annotations, kClassAnnotation)) ingress.class_annotation = *given;
  if (const auto given = find_text(annotations, kFragmentAnnotation)) ingress.policy_fragment = *given;
  if (const auto* given = find(spec, "ingressClassName")) {
    if (given->IsString()) {
      ingress.class_name = json::text(*given);
    } else {
      refuse("spec.ingressClassName", "must be the name of an IngressClass");
      return std::nullopt;
    }
  }
  if (const auto* backend = find(spec, "defaultBackend")) {
    ingress.default_backend = read_backend(backend, "spec.defaultBackend");
  }
  if (const auto* rules = find(spec, "rules")) {
    if (!rules->IsArray()) {
      refuse("spec.rules", "must be a list");
      return std::nullopt;
    }
    for (rapidjson::SizeType i = 0; i < rules->Size(); ++i) {
      ingress.rules.push_back(read_rule((*rules)[i], element("spec.rules", i)));
    }
  }
  if (const auto* tls = find(spec, "tls")) {
    if (!tls->IsArray()) {
      refuse("spec.tls", "must be a list");
      return std::nullopt;
    }
    for (rapidjson::SizeType i = 0; i < tls->Size(); ++i) {
      ingress.tls.push_back(read_tls((*tls)[i], element("spec.tls", i)));
    }
  }
  if (ingress.rules.empty() && !ingress.default_backend) {
    refuse("spec", "one of rules and defaultBackend must be there");
  }
  return ingress;
}

}  // namespace gateway::kubernetes
