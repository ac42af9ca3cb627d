#include "base/base64.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// authentication-basic: the backend is told this user name and password.
namespace gateway::policy {
namespace {

class AuthenticationBasic final : public Step {
 public:
  explicit AuthenticationBasic(ElementCompiler& in)
      : user_(in.operand("username", true)), password_(in.operand("password", true)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&user_, &password_});
  }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    std::string both(user_.text(run));
    both.append(":").append(password_.text(run));
    run.request.fields.set("Authorization", run.arena().copy("Basic " + encode_base64(both)));
    return Flow::Next;
  }

 private:
  Operand user_, password_;
};

}  // namespace

std::unique_ptr<Step> compile_authentication_basic(ElementCompiler& in) {
  return std::make_unique<AuthenticationBasic>(in);
}

}  // namespace gateway::policy
