#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "router/route_table.h"

namespace gateway {

// The paths of one host, immutable. A request's path is hashed once, from left to right; at the end
// of every element the hash so far is looked up, so that the cost follows the request's depth and
// not the number of rows.
class PathTree {
 public:
  using Row = std::shared_ptr<const CompiledApi>;

  // No two rows share path (in lower case, for case-insensitive ones), match type and case rule.
  explicit PathTree(std::vector<Row> rows);

  // The row with the longest path, Exact before Prefix, case-sensitive before case-insensitive at
  // equal length; null when none matches. `path` is normalised.
  [[nodiscard]] const CompiledApi* match(std::string_view path) const noexcept;
  // All rows that match, best first.
  [[nodiscard]] std::vector<Row> matches(std::string_view path) const;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    const CompiledApi* exact = nullptr;
    const CompiledApi* prefix = nullptr;
    [[nodiscard]] bool used() const noexcept { return exact || prefix; }
  };
  // Rows of one case rule, in an open-addressed table of a power of two slots.
  struct Table {
    std::vector<Slot> slots;
    std::size_t longest = 0;  // of the paths in it

    void build(const std::vector<Row>& rows, bool case_sensitive);
    template <bool kFold>
    [[nodiscard]] const Slot* find(std::uint64_t hash, std::string_view path) const noexcept;
    // Calls found(row, length) for every match, shortest first.
    template <bool kFold, typename F>
    void walk(std::string_view path, F&& found) const noexcept;
  };

  std::vector<Row> rows_;
  Table sensitive_;
  Table insensitive_;
};

}  // namespace gateway
