#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/facts.h"

// What the facts of many resources make together.
namespace gateway::arm {

struct OperationNode {
  std::optional<OperationFacts> facts;
  std::optional<PolicyFacts> policy;
  [[nodiscard]] bool empty() const { return !facts && !policy; }
};

// One API resource and what is below it. Without `facts`, there is no such API (yet).
struct RevisionNode {
  std::optional<ApiFacts> facts;
  std::map<std::string, OperationNode, std::less<>> operations;
  std::optional<PolicyFacts> policy;
  std::map<std::string, SchemaFacts, std::less<>> schemas;
  std::map<std::string, TimesFacts, std::less<>> releases;
  [[nodiscard]] bool empty() const {
    return !facts && operations.empty() && !policy && schemas.empty() && releases.empty();
  }
};

// The schemas of the service, by name: those that a revision's policies name are put to its own.
using ServiceSchemas = std::map<std::string, SchemaFacts, std::less<>>;

// All revisions of one version of an API.
struct NamedApi {
  std::map<std::string, RevisionNode, std::less<>> revisions;  // by resource name
  std::map<std::string, TimesFacts, std::less<>> assignments;  // to the gateway, by resource name
  [[nodiscard]] bool empty() const { return revisions.empty() && assignments.empty(); }

  // The facts that speak for all revisions: those of the current one, else of the first; null where
  // there are none.
  [[nodiscard]] const ApiFacts* lead() const;
};

// The members of one version set, by name; or one API that is in none.
using ApiFamily = std::map<std::string_view, const NamedApi*>;

// Every member has a lead. `set` is the name of the version set, "" for none; `known` the set's own
// resource, where there is one.
[[nodiscard]] std::vector<Api> build_apis(std::string_view set, const VersionSetFacts* known,
                                          const ApiFamily& family, const ServiceSchemas& schemas);

// Those of all revisions whose service URL is sound. `ca_pem`: trusted beside the default store.
[[nodiscard]] std::vector<Backend> build_backends(const NamedApi& api, std::string_view ca_pem);

}  // namespace gateway::arm
