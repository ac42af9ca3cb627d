#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"

// set-body: another body for the request (inbound, backend) or the response, whether it had one or
// not.
namespace gateway::policy {
namespace {

class SetBody final : public Step {
 public:
  explicit SetBody(ElementCompiler& in) { change_.read(in, *this); }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const Body input = run.body();
    change_.apply(run, run.body(), run.fields(), &input);
    return Flow::Next;
  }

 private:
  BodyChange change_;
};

}  // namespace

std::unique_ptr<Step> compile_set_body(ElementCompiler& in) {
  return std::make_unique<SetBody>(in);
}

}  // namespace gateway::policy
