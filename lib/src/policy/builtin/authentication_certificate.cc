#include "policy/builtin/client_certificate.h"
#include "policy/builtin/list.h"

// authentication-certificate: the connection to the backend shows this client certificate, whichever backend
// it is in the end.
namespace gateway::policy {
namespace {

class AuthenticationCertificate final : public Step {
 public:
  explicit AuthenticationCertificate(ElementCompiler& in) { certificate_.read(in, *this); }
  Flow run(Strand& strand) const override {
    strand.run().backend_identity = certificate_.identity(strand.run());
    return Flow::Next;
  }

 private:
  ClientCertificate certificate_;
};

}  // namespace

std::unique_ptr<Step> compile_authentication_certificate(ElementCompiler& in) {
  return std::make_unique<AuthenticationCertificate>(in);
}

}  // namespace gateway::policy
