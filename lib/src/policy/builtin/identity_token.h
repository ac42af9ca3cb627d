#pragma once

#include <string>

#include "policy/compiler.h"
#include "policy/run.h"
#include "policy/tokens.h"

namespace gateway::policy {

// What authentication-managed-identity says: of a backend, and of the request that send-request makes.
class IdentityToken {
 public:
  // resource, client-id, output-token-variable-name, ignore-error.
  void read(ElementCompiler& in, Step& step);
  [[nodiscard]] TokenQuery query(Run& run) const;
  [[nodiscard]] bool lacks(const TokenAnswer& answer) const noexcept {
    return !answer.error.empty() && !ignore_error_;
  }
  // Flow::Next: the token is in its variable, else it is the Authorization of `fields`; or there is none and
  // that is ignored. Flow::Fail: Run::fail was called.
  Flow use(Strand& strand, const TokenAnswer& answer, Fields& fields) const;

 private:
  Operand resource_;
  std::string client_id_, variable_;
  bool ignore_error_ = false;
};

}  // namespace gateway::policy
