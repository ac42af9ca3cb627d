#include "policy/builtin/list.h"

namespace gateway::policy {

// In the order of the reference's chapters. <base/> is the compiler's own.
std::span<const PolicyKind> builtin_policies() {
  static const PolicyKind kinds[] = {
      // control flow
      {"choose", kEverySection, kEveryScope, compile_choose, false, true, true},
      // transformation
      {"set-header", kEverySection, kEveryScope, compile_set_header},
  };
  return kinds;
}

}  // namespace gateway::policy
