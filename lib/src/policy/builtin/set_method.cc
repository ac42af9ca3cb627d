#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"

// set-method: another method for the request.
namespace gateway::policy {
namespace {

class SetMethod final : public Step {
 public:
  explicit SetMethod(ElementCompiler& in) { change_.read(in, *this); }
  Flow run(Strand& strand) const override {
    strand.run().request.method = change_.apply(strand.run());
    return Flow::Next;
  }

 private:
  MethodChange change_;
};

}  // namespace

std::unique_ptr<Step> compile_set_method(ElementCompiler& in) {
  return std::make_unique<SetMethod>(in);
}

}  // namespace gateway::policy
