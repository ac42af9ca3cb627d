#include "policy/builtin/liquid.h"

namespace gateway::policy {

std::unique_ptr<LiquidTemplate> compile_liquid(std::string_view,
                                               std::vector<std::string>& problems) {
  problems.emplace_back("Liquid templates are not offered");
  return nullptr;
}

}  // namespace gateway::policy
