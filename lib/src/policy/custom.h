#pragma once

#include <memory>
#include <string>

#include <gateway/policy.h>
#include <gateway/result.h>

#include "policy/compiler.h"

namespace gateway::policy {

// What a PolicyKind of an embedder rests on.
struct CustomKind {
  std::string name;
  std::shared_ptr<PolicyFactory> factory;
};

// An Error: the name is none, or a built-in policy's; the factory says no section.
[[nodiscard]] Result<PolicyKind> custom_kind(std::shared_ptr<PolicyFactory> factory);
[[nodiscard]] std::unique_ptr<Step> compile_custom(ElementCompiler& in, const CustomKind& kind);

}  // namespace gateway::policy
