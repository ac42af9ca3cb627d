#pragma once

#include "policy/compiler.h"

// Each policy is one file of this folder, one line here, and one line in list.cc.
namespace gateway::policy {

#define GATEWAY_POLICY(function) std::unique_ptr<Step> function(ElementCompiler& in)
// control flow
GATEWAY_POLICY(compile_choose);
// transformation
GATEWAY_POLICY(compile_set_header);
#undef GATEWAY_POLICY

}  // namespace gateway::policy
