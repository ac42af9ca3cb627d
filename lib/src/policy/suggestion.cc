#include "policy/suggestion.h"

#include "base/strings.h"
#include "expression/edit_distance.h"

namespace gateway::policy {

std::string did_you_mean(std::string_view written, const std::vector<std::string_view>& names) {
  expression::Nearest nearest(written);
  for (const auto name : names) nearest.consider(name);
  return nearest.name().empty() ? std::string() : "; did you mean " + quote(nearest.name()) + "?";
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string out;
  for (const auto name : names) {
    if (!out.empty()) out += ", ";
    out += quote(name);
  }
  return out;
}

std::string tag(std::string_view name) {
  std::string out = quote(name);
  out.front() = '<';
  out.back() = '>';
  return out;
}

}  // namespace gateway::policy
