#include "policy/builtin/identity_token.h"
#include "policy/builtin/list.h"
#include "policy/builtin/resume_owner.h"

// authentication-managed-identity: the backend is sent a token of the gateway's own identity, or a variable
// holds it.
namespace gateway::policy {
namespace {

class AuthenticationManagedIdentity final : public Step {
 public:
  explicit AuthenticationManagedIdentity(ElementCompiler& in) { token_.read(in, *this); }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto* answer = run.arena().make<TokenAnswer>();
    std::unique_ptr<Pending> pending;
    const bool at_once = find_token(
        run.services(), token_.query(run), *answer,
        [this, &strand, answer](const TokenAnswer& later) {
          *answer = later;
          resume_owner(strand, *this, answer);
        },
        pending);
    if (at_once) return token_.use(strand, *answer, run.request.fields);
    strand.wait_for(std::move(pending));
    return Flow::Wait;
  }
  Flow done(Strand& strand, void* answer) const override {
    return token_.use(strand, *static_cast<TokenAnswer*>(answer), strand.run().request.fields);
  }

 private:
  IdentityToken token_;
};

}  // namespace

std::unique_ptr<Step> compile_authentication_managed_identity(ElementCompiler& in) {
  return std::make_unique<AuthenticationManagedIdentity>(in);
}

}  // namespace gateway::policy
