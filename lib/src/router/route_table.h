#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/resources.h>
#include <gateway/shared_map.h>

#include "upstream/compiled_backend.h"

namespace gateway {

class ProtectedPaths;

// One row of the table: what a RouteKey leads to. Immutable.
struct CompiledApi {
  std::string id;               // "name@source"
  std::string source;
  std::string host;             // the RouteKey
  std::string path;             // normalised; Prefix without trailing slash ("" for "/"), Exact as written
  MatchType match = MatchType::Prefix;
  bool case_sensitive = true;
  bool redirect_to_https = false;
  // Why there is no backend: a tombstone, answered with 503 and never passed by. Empty = it serves.
  std::string tombstone;
  std::shared_ptr<const CompiledBackend> backend;  // null for a tombstone
  // Requests under these rules pass the row by, as if it were not there; null = it answers all it
  // matches. Rows of one table yield to the same rules or to none.
  std::shared_ptr<const ProtectedPaths> yields_to;
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
  // `host`: lower case, no port (as parse_authority gives); `path`: normalised. Exact host, then
  // wildcard (exactly one label), then any host; within a level the longest path, Exact before
  // Prefix; a level without a matching path passes on to the next. Rows that yield to the rule of a
  // protected path do not match what is under it. No allocation; the cost does not depend on the
  // number of routes. NoHost when no level knew the host, NoPath when one did.
  [[nodiscard]] RouteMatch match(std::string_view host, std::string_view path) const noexcept;

  // For `explain`: what matches, in the order of the look-up.
  struct Candidates {
    std::vector<std::shared_ptr<const CompiledApi>> rows;       // the first is match()'s
    std::vector<std::shared_ptr<const CompiledApi>> passed_by;  // as the path is protected
  };
  [[nodiscard]] Candidates candidates(std::string_view host, std::string_view path) const;

  // Replaces all rows of one host pattern ("" = any host). No two rows share path and match type.
  void set_host(std::string_view host, std::vector<std::shared_ptr<const CompiledApi>> rows);

  [[nodiscard]] std::size_t hosts() const noexcept { return hosts_.size(); }

 private:
  SharedMap<PathTree> hosts_;
};

}  // namespace gateway
