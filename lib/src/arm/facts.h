#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/resources.h>

#include "arm/members.h"
#include "arm/resource.h"

// What single resources say, apart from one another: read once when a resource comes, so that
// nothing of its text is kept. Every reader takes what is sound and notes all that is not.
namespace gateway::arm {

// Of resources that do no more than move an API's stamp: releases, assignments.
struct TimesFacts {
  Times times;
  Problems problems;
};

// What is kept of a schema resource; see api_schema.h.
struct SchemaDocument {
  std::string json;        // "" = it says nothing that is known
  bool has_paths = false;  // a whole OpenAPI document, whose references are from its own root
  bool operator==(const SchemaDocument&) const = default;
};
struct SchemaFacts {
  SchemaDocument document;
  Times times;
  Problems problems;
};

// "users;rev=2" → {"users", "2"}; "users" → {"users", ""}.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_revision(std::string_view name);

struct VersionSetFacts {
  Versioning versioning = Versioning::None;
  std::string parameter;
  Problems problems;
  bool operator==(const VersionSetFacts&) const = default;
};

struct ApiFacts {
  ApiRevision revision;     // without operations and policy
  std::string path;         // "/users"; as written where it is not sound, "" where there is none
  bool path_sound = false;  // a request could have it
  std::string version_set;  // a name; "" = none
  std::optional<VersionSetFacts> inline_set;  // what the API itself says about its set
  std::optional<Backend> backend;             // none: the service URL is not sound
  Times times;
  Problems problems;
};

struct OperationFacts {
  Operation operation;  // without policy and defect
  bool usable = false;  // method and template are known
  std::string schema;   // see api_schema.h
  Times times;
  Problems problems;
};

struct PolicyFacts {
  std::string document;
  Times times;
  Problems problems;
};

struct CertificateFacts {
  std::string chain_pem;
  std::string key_pem;
  Problems problems;
};

struct AuthorityFacts {
  bool trusted = false;
  Problems problems;
};

[[nodiscard]] TimesFacts read_times(const Resource& resource);
[[nodiscard]] SchemaFacts read_schema(const Resource& resource);
[[nodiscard]] ApiFacts read_api(const Resource& resource);
[[nodiscard]] VersionSetFacts read_version_set(const Resource& resource);
[[nodiscard]] OperationFacts read_operation(const Resource& resource);
[[nodiscard]] PolicyFacts read_policy(const Resource& resource);

// Without apis and policy.
[[nodiscard]] Product read_product(const Resource& resource);
// The name of the API that a link of a product leads to; "" with a problem.
[[nodiscard]] std::string read_api_link(const Resource& resource, Problems& problems);
[[nodiscard]] Subscription read_subscription(const Resource& resource);

// The ids of Backends that policies name begin with this, apart from those of APIs.
inline constexpr std::string_view kBackendIds = "backends/";
[[nodiscard]] NamedValue read_named_value(const Resource& resource);
[[nodiscard]] PolicyFragment read_fragment(const Resource& resource);
[[nodiscard]] EventHubLogger read_logger(const Resource& resource);
[[nodiscard]] User read_user(const Resource& resource);  // without groups
[[nodiscard]] std::optional<Backend> read_backend(const Resource& resource, Problems& problems);

// Without the client CAs.
[[nodiscard]] Hostname read_hostname(const Resource& resource);
[[nodiscard]] CertificateFacts read_certificate(const Resource& resource);
[[nodiscard]] AuthorityFacts read_authority(const Resource& resource);

}  // namespace gateway::arm
