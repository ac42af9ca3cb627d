#include "expression/edit_distance.h"

#include <algorithm>
#include <vector>

namespace gateway::expression {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = 3 * j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = 3 * i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : lower(a[i - 1]) == lower(b[j - 1]) ? 1 : 3;
      row[j] = std::min({above + 3, row[j - 1] + 3, diagonal + change});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

void Nearest::consider(std::string_view name) {
  if (written_.size() > 64 || name.size() > written_.size() + best_ || written_.size() > name.size() + best_) return;
  const std::size_t far = distance(written_, name);
  if (far >= 3 * name.size() || far > best_) return;
  // The first of the alphabet among equals: whatever the order they come in.
  if (far == best_ && !name_.empty() && name >= name_) return;
  best_ = far;
  name_ = name;
}

}  // namespace gateway::expression
