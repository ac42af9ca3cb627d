#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"

// set-header: sets, adds to or deletes a header of the request (inbound, backend) or of the
// response.
namespace gateway::policy {
namespace {

class SetHeader final : public Step {
 public:
  explicit SetHeader(ElementCompiler& in) { change_.read(in, *this); }
  Flow run(Strand& strand) const override {
    change_.apply(strand.run(), strand.run().fields());
    return Flow::Next;
  }

 private:
  HeaderChange change_;
};

}  // namespace

std::unique_ptr<Step> compile_set_header(ElementCompiler& in) {
  return std::make_unique<SetHeader>(in);
}

}  // namespace gateway::policy
