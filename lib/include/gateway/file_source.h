#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <gateway/export.h>
#include <gateway/ingress_source.h>
#include <gateway/result.h>
#include <gateway/source.h>

namespace gateway {

struct FileSourceOptions {
  std::string path;                       // a file, or a folder of *.json, *.yaml and *.yml (read in the order of their names), or of artifacts
  std::string overrides;                  // a file that changes ARM resources; "" = none
  std::string gateway;                    // whose assigned APIs and hostnames count; "" = all APIs
  bool watch = true;                      // follow changes
  IngressTranslation translation;         // how Ingress manifests become Apis
  std::size_t max_bytes = 64u << 20;      // of one file
  std::size_t max_depth = 64;             // of nested values
  std::size_t max_yaml_aliases = 100;
};

// Reads our own document (apiVersion "gateway/v1", kind "Configuration"), Kubernetes manifests
// (Ingress, IngressClass, Service, EndpointSlice, Secret, lists of those) and ARM resources:
// {"resources":[{"id":"/apis/users","properties":{…}}, …]}. A file that cannot be read or parsed keeps
// what it last said, and is reported; the others serve on.
//
// A folder of APIOps artifacts (apis/users/apiInformation.json and the like) is read as that tree, at
// most 100,000 files and 8 names deep, and no link is followed out of it.
//
// The override file has the form of ARM resources, in JSON or YAML. Its properties are merged into
// those of the same id (RFC 7396), and what is not there yet is added: what trees have no place for,
// such as keys, certificates and hostnames. Where it is named, ARM resources are never served without it.
[[nodiscard]] GATEWAY_EXPORT Result<std::unique_ptr<ConfigSource>> make_file_source(
    FileSourceOptions options);

// The same reading, once and without a gateway: for checks. Every problem is in `rejected` or in a
// resource's `defect`; an Error only when the path cannot be read at all.
[[nodiscard]] GATEWAY_EXPORT Result<SourceSnapshot> read_configuration(const FileSourceOptions& options);

}  // namespace gateway
