#pragma once

#include <span>

#include "expression/evaluation.h"

namespace gateway::expression {

// A value of a delegate type: a lambda, a local function, a method group.
struct FunctionObject : Object {
  using Object::Object;
  virtual Value call(Evaluation& eval, std::span<Value> args) = 0;

 protected:
  ~FunctionObject() = default;
};

}  // namespace gateway::expression
