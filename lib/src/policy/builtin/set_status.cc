#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"

// set-status: another status and reason for the response.
namespace gateway::policy {
namespace {

class SetStatus final : public Step {
 public:
  explicit SetStatus(ElementCompiler& in) { change_.read(in, *this); }
  Flow run(Strand& strand) const override {
    change_.apply(strand.run(), strand.run().response);
    return Flow::Next;
  }

 private:
  StatusChange change_;
};

}  // namespace

std::unique_ptr<Step> compile_set_status(ElementCompiler& in) {
  return std::make_unique<SetStatus>(in);
}

}  // namespace gateway::policy
