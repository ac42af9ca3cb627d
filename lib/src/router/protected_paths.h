#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

#include "router/route_table.h"

namespace gateway {

// ConflictOptions::protected_paths, compiled: what the cloud alone may claim and answer. A rule
// speaks of its path and of everything below it, whatever the case. Immutable, any thread.
class ProtectedPaths {
 public:
  // Each rule is "host/path" or "/path" (any host); the host may be a wildcard. The Error names the
  // first that is wrong and what is allowed.
  static Result<std::shared_ptr<const ProtectedPaths>> compile(
      const std::vector<std::string>& rules);

  // The rule that a request is under, as it was written without trailing slashes; "" = none. `host`
  // and `path` as for RouteTable::match. No allocation.
  [[nodiscard]] std::string_view rule_of(std::string_view host,
                                         std::string_view path) const noexcept;
  // Whether a claim lies at or below a protected path, on a host that both patterns match.
  [[nodiscard]] bool forbid(std::string_view host, std::string_view path) const;
  // Whether a protected path lies below a claim, so that not all of its requests are its own to
  // answer.
  [[nodiscard]] bool lie_below(std::string_view host, std::string_view path) const;
  // All rules, sorted, each once.
  [[nodiscard]] const std::vector<std::string>& rules() const noexcept { return rules_; }

 private:
  std::vector<std::string> rules_;
  RouteTable table_;  // a row for each rule: a request is looked up here as among the routes
};

}  // namespace gateway
