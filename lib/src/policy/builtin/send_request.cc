#include "policy/builtin/list.h"
#include "policy/builtin/resume_owner.h"
#include "policy/builtin/sent_request.h"
#include "policy/context.h"

// send-request: sends a request, waits for the whole response, and puts it into a variable. Without a
// response it fails or, with ignore-error, the variable is null.
namespace gateway::policy {
namespace {

class SendRequest final : public Step {
 public:
  explicit SendRequest(ElementCompiler& in) {
    variable_ = in.operand("response-variable-name", false);
    ignore_error_ = in.literal_bool("ignore-error", false);
    in.mark(*this, {&variable_});
    request_.read(in, *this);
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto* state = run.arena().make<State>();
    if (variable_.present()) state->variable = run.arena().copy(variable_.text(run));
    state->making = request_.make(run);
    const Flow flow = request_.ask_for_token(strand, *state->making, *this, state);
    return flow == Flow::Wait ? flow : send(strand, *state);
  }

  // The token has come, or the response.
  Flow done(Strand& strand, void* it) const override {
    State& state = *static_cast<State*>(it);
    return state.sent ? take(strand, state) : send(strand, state);
  }

 private:
  struct State {
    SentRequest::Making* making = nullptr;
    std::string_view variable;
    CallResult result;
    bool sent = false;
  };

  Flow send(Strand& strand, State& state) const {
    Run& run = strand.run();
    if (ignore_error_ && request_.lacks_token(*state.making)) {
      set(run, state, {});
      return Flow::Next;
    }
    const Flow flow = request_.finish(strand, *state.making);
    if (flow != Flow::Next) return flow;
    state.sent = true;
    HttpCalls* calls = run.services().calls;
    if (!calls) return run.fail(strand, {500, "BackendConnectionFailure", "The gateway is closing.", {}, {}});
    strand.wait_for(calls->start(std::move(state.making->call), [this, &strand, &state](CallResult& result) {
      state.result = std::move(result);
      resume_owner(strand, *this, &state);
    }));
    return Flow::Wait;
  }

  Flow take(Strand& strand, State& state) const {
    Run& run = strand.run();
    CallResult& result = state.result;
    if (!result.ok) {
      set(run, state, {});
      if (ignore_error_) return Flow::Next;
      return run.fail(strand, {500, result.reason, run.arena().copy(result.message), {}, {}});
    }
    expression::Arena& arena = run.arena();
    ResponseObject* response = make_response_object(run.evaluation());
    ResponseMessage& message = *response->message;
    message.status = result.status;
    message.reason = arena.copy(result.status_reason);
    for (const auto& field : result.fields) message.fields.add(arena.copy(field.first), arena.copy(field.second));
    message.body.assign(arena.copy(result.body));
    result = {};
    set(run, state, expression::Value::of(response));
    return Flow::Next;
  }

  static void set(Run& run, const State& state, const expression::Value& value) {
    if (!state.variable.empty()) run.set_variable(state.variable, value);
  }

  SentRequest request_;
  Operand variable_;
  bool ignore_error_ = false;
};

}  // namespace

std::unique_ptr<Step> compile_send_request(ElementCompiler& in) { return std::make_unique<SendRequest>(in); }

}  // namespace gateway::policy
