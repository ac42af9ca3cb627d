#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/resources.h>
#include <gateway/shared_map.h>

#include "policy/facts.h"
#include "policy/step.h"
#include "router/api_revisions.h"
#include "upstream/compiled_backend.h"

namespace gateway {

class ProtectedPaths;

// One row of the table: what a RouteKey leads to. Immutable.
struct CompiledApi {
  std::string id;  // "name@source"
  std::string source;
  std::string host;  // the RouteKey
  std::string path;  // normalised; Prefix without trailing slash ("" for "/"), Exact as written
  MatchType match = MatchType::Prefix;
  bool case_sensitive = true;
  bool redirect_to_https = false;
  // Why there is no backend: a tombstone, answered with 503 and never passed by. Empty = it serves.
  std::string tombstone;
  std::shared_ptr<const CompiledBackend> backend;  // null for a tombstone, and where revisions decide
  std::shared_ptr<const ApiRevisions> revisions;   // null: every request goes to `backend`
  std::size_t source_index = 0;                    // of Version::access
  // Of rows without revisions: what policies see of them, and a document of their own (null: none).
  policy::CompiledDocumentPtr policy;
  std::shared_ptr<const policy::ApiFacts> facts;
  std::shared_ptr<const policy::OperationFacts> operation_facts;
  bool takes_route_policies = false;  // Version::route_policies runs on it
  std::string policy_fragment;        // of Version::route_fragments; "" = none
  bool above_protected = false;  // a protected path lies below: see RouteTable::match
};

class PathTree;  // the paths of one host; immutable

// Why a look-up ended as it did; the names go to the access log.
enum class RouteOutcome : std::uint8_t { Found, NoHost, NoPath };

struct RouteMatch {
  const CompiledApi* api = nullptr;  // lives as long as the table
  RouteOutcome outcome = RouteOutcome::NoHost;
};

// The routes of one Version. Immutable once published; copies share structure, so that a changed
// host costs that host alone.
class RouteTable {
 public:
  using Row = std::shared_ptr<const CompiledApi>;

  // Under `protected_paths` (null = none) only reserved rows answer.
  explicit RouteTable(std::shared_ptr<const ProtectedPaths> protected_paths = nullptr);

  // `host`: lower case, no port (as parse_authority gives); `path`: normalised. Exact host, then
  // wildcard (exactly one label), then any host; within a level the longest path, Exact before
  // Prefix; a level without a matching path passes on to the next. No allocation; the cost does not
  // depend on the number of routes. NoHost when no level knew the host, NoPath when one did.
  //
  // What is under a protected path is looked up in the same way, but among the reserved rows alone.
  // That is asked only where a row above such a path was found, or none.
  [[nodiscard]] RouteMatch match(std::string_view host, std::string_view path) const noexcept;

  // For `explain`: what matches, in the order of the look-up.
  struct Candidates {
    std::vector<Row> rows;       // the first is match()'s
    std::vector<Row> passed_by;  // as the path is protected
  };
  [[nodiscard]] Candidates candidates(std::string_view host, std::string_view path) const;

  // Replaces all rows of one host pattern ("" = any host). No two rows share path and match type.
  // `reserved`: the rows that there would be if the others had no part in it; needed where their
  // path is at, above or below a protected one. Rows at or below one are reserved ones.
  void set_host(std::string_view host, std::vector<Row> rows, std::vector<Row> reserved = {});

  [[nodiscard]] std::size_t hosts() const noexcept { return hosts_.size(); }

 private:
  // The rule that decides a request for which `found` is what all rows say; "" = none.
  [[nodiscard]] std::string_view rule_of(const RouteMatch& found, std::string_view host,
                                         std::string_view path) const noexcept;

  SharedMap<PathTree> hosts_;
  SharedMap<PathTree> reserved_;
  std::shared_ptr<const ProtectedPaths> protected_;
};

}  // namespace gateway
