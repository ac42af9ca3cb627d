#pragma once

#include "expression/evaluation.h"

namespace gateway::expression {

// System.Text.StringBuilder.
struct BuilderObject final : Object {
  BuilderObject(const Type* the_type, Arena& arena) : Object(the_type), text(&arena) {}
  std::pmr::string text;
};

}  // namespace gateway::expression
