#include "policy/builtin/identity_token.h"

namespace gateway::policy {

void IdentityToken::read(ElementCompiler& in, Step& step) {
  in.only_children(in.element(), {});
  resource_ = in.operand("resource", true);
  client_id_ = in.literal("client-id", "");
  variable_ = in.literal("output-token-variable-name", "");
  ignore_error_ = in.literal_bool("ignore-error", false);
  in.mark(step, {&resource_});
}

TokenQuery IdentityToken::query(Run& run) const { return {std::string(resource_.text(run)), client_id_}; }

Flow IdentityToken::use(Strand& strand, const TokenAnswer& answer, Fields& fields) const {
  Run& run = strand.run();
  if (lacks(answer)) {
    return run.fail(strand, {500, "ManagedIdentityTokenFailure",
                             run.arena().copy("No token was given: " + answer.error + "."), {},
                             "authentication-managed-identity"});
  }
  if (!answer.error.empty()) return Flow::Next;
  if (variable_.empty()) {
    fields.set("Authorization", run.arena().copy("Bearer " + answer.token));
  } else {
    run.set_variable(variable_, run.evaluation().text(answer.token));
  }
  return Flow::Next;
}

}  // namespace gateway::policy
