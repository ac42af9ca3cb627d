#pragma once

#include <string>

#include "policy/compiler.h"
#include "policy/run.h"

namespace gateway::policy {

// What proxy says: of a backend, and of the request that send-request makes.
struct ProxyTerms {
  Operand url, username, password;
  void read(ElementCompiler& in, Step& step);
  // "Basic …"; "" = none.
  [[nodiscard]] std::string authorization(Run& run) const;
};

}  // namespace gateway::policy
