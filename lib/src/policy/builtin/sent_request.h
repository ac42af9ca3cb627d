#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "policy/builtin/client_certificate.h"
#include "policy/builtin/identity_token.h"
#include "policy/builtin/message_changes.h"
#include "policy/builtin/proxy_terms.h"
#include "policy/compiler.h"
#include "policy/services.h"

namespace gateway::policy {

// The request that send-request and send-one-way-request make: mode, timeout, and their children.
class SentRequest {
 public:
  void read(ElementCompiler& in, Step& step);
  // A request on its way out, in the arena of its run.
  struct Making {
    OutgoingCall call;  // without its fields
    Fields fields;
    TokenAnswer token;
  };
  [[nodiscard]] Making* make(Run& run) const;
  // Flow::Wait: the token comes later, and then `owner`'s done(strand, state). Next: `making.token` is there,
  // or none is needed.
  Flow ask_for_token(Strand& strand, Making& making, const Step& owner, void* state) const;
  // There is none, and it is not to be done without.
  [[nodiscard]] bool lacks_token(const Making& making) const noexcept {
    return identity_ && identity_->lacks(making.token);
  }
  // The whole call; Flow::Fail: Run::fail was called.
  Flow finish(Strand& strand, Making& making) const;

 private:
  [[nodiscard]] bool copies(Run& run) const;
  void check_mode(ElementCompiler& in, Step& step);

  Operand mode_, timeout_;
  std::optional<Operand> url_;
  std::optional<MethodChange> method_;
  std::vector<HeaderChange> headers_;
  std::optional<BodyChange> body_;
  Operand user_, password_;  // authentication-basic
  std::unique_ptr<ClientCertificate> certificate_;
  std::optional<IdentityToken> identity_;
  std::optional<ProxyTerms> proxy_;
};

}  // namespace gateway::policy
