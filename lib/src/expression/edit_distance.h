#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway::expression {

// Of the names it is shown, the one that looks most like what was written; none that looks different.
class Nearest {
 public:
  explicit Nearest(std::string_view written) : written_(written), best_(3 * (written.size() < 6 ? 1 : written.size() / 3)) {}
  void consider(std::string_view name);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string_view written_;
  std::size_t best_;  // three for a letter that differs, one for its case
  std::string name_;
};

}  // namespace gateway::expression
