#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gateway/resources.h>
#include <gateway/result.h>
#include <gateway/source.h>

namespace gateway {

// A request, as far as routing cares.
struct RouteQuery {
  std::string host;
  std::string path = "/";
  std::string scheme = "http";
  std::string method = "GET";  // for Apis with operations; as is the query of `path`
};

// One Api that could answer a query, and what became of it.
struct RouteCandidate {
  std::string source;
  std::string api;
  std::string host;         // the RouteKey
  std::string path;
  MatchType match = MatchType::Prefix;
  ApiState state = ApiState::Serving;
  bool answers = false;     // this one answers the query
  std::string reason;       // why it won or lost, in words
  std::int64_t stamp = 0;   // whole seconds since 1970, as compared
  bool stamp_observed = false;
  Provenance provenance;
};

struct Explanation {
  std::uint64_t version = 0;
  std::string outcome;      // "route", "tombstone", "no_host", "no_path", "no_operation", "redirect", "invalid_path", …
  std::string normalised_path;
  std::string backend;      // "name@source"
  std::string revision;     // of an Api with revisions: "users;rev=2"
  std::string operation;    // its id
  std::vector<RouteCandidate> candidates;  // the answer first, then the others in the order of the look-up
};

enum class SyncState : std::uint8_t { NotSynced, Synced, Stale };

struct SourceStatus {
  std::string name;
  std::string kind;
  SyncState state = SyncState::NotSynced;
  std::string epoch;
  std::string revision;
  std::size_t apis = 0;
  std::size_t shadowed = 0;
  std::size_t quarantined = 0;
  std::vector<Error> errors;       // what is broken: objects, fields, and what is allowed
  std::optional<Error> degraded;   // why it is stale
};

struct VersionStatus {
  std::string boot_id;
  std::uint64_t number = 0;        // 0 is the empty table every gateway starts with
  std::int64_t published_at_ms = 0;
  std::size_t routes = 0;
  std::size_t tombstones = 0;
  std::size_t hostnames = 0;
};

// The registry as its users see it. All methods are const and thread-safe, and look at one Version each.
class RoutesView {
 public:
  virtual ~RoutesView() = default;
  [[nodiscard]] virtual VersionStatus version() const = 0;
  [[nodiscard]] virtual std::vector<SourceStatus> sources() const = 0;
  // SHA-256 (lower-case hex) of the canonical effective configuration, without versions, stamps,
  // revisions and stale forms: equal on every replica that serves the same. Costs time in proportion to the table.
  [[nodiscard]] virtual std::string table_digest() const = 0;
  // The canonical effective configuration as JSON, without keys.
  [[nodiscard]] virtual std::string effective_json() const = 0;
  [[nodiscard]] virtual Explanation explain(const RouteQuery& query) const = 0;
};

}  // namespace gateway
