#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "router/access_table.h"
#include "router/route_table.h"
#include "tls/tls_table.h"

namespace gateway {

// What workers serve from: one immutable set of routes, backends, access and TLS bindings. Number 0
// is empty.
struct Version {
  std::string boot_id;
  std::uint64_t number = 0;
  std::int64_t published_at_ms = 0;
  RouteTable routes;
  TlsTable tls;
  std::vector<AccessTable> access;  // by CompiledApi::source_index
  // The document that runs on rows without revisions; null: none does.
  policy::CompiledDocumentPtr route_policies;
  std::string routes_blocked;  // why rows without revisions answer 503; empty = they serve
  // By the fragments that rows name.
  struct RouteFragment {
    policy::CompiledDocumentPtr document;
    std::string blocked;  // why rows that name it answer 503; empty = they serve
    bool operator==(const RouteFragment&) const = default;
  };
  std::map<std::string, RouteFragment, std::less<>> route_fragments;
};

using VersionPtr = std::shared_ptr<const Version>;

}  // namespace gateway
