#include "policy/builtin/list.h"
#include "policy/builtin/sent_request.h"

// send-one-way-request: sends a request and goes on; what becomes of it only the log tells.
namespace gateway::policy {
namespace {

class SendOneWayRequest final : public Step {
 public:
  explicit SendOneWayRequest(ElementCompiler& in) { request_.read(in, *this); }

  Flow run(Strand& strand) const override {
    SentRequest::Making* making = request_.make(strand.run());
    const Flow flow = request_.ask_for_token(strand, *making, *this, making);
    return flow == Flow::Wait ? flow : send(strand, *making);
  }
  Flow done(Strand& strand, void* making) const override {
    return send(strand, *static_cast<SentRequest::Making*>(making));
  }

 private:
  Flow send(Strand& strand, SentRequest::Making& making) const {
    Reporter* reporter = strand.run().services().reporter;
    if (request_.lacks_token(making)) {
      if (reporter) reporter->warn("send-one-way-request: no token was given: " + making.token.error + ".");
      return Flow::Next;
    }
    const Flow flow = request_.finish(strand, making);
    if (flow != Flow::Next) return flow;
    if (HttpCalls* calls = strand.run().services().calls) (void)calls->detach(std::move(making.call));
    return Flow::Next;
  }

  SentRequest request_;
};

}  // namespace

std::unique_ptr<Step> compile_send_one_way_request(ElementCompiler& in) {
  return std::make_unique<SendOneWayRequest>(in);
}

}  // namespace gateway::policy
