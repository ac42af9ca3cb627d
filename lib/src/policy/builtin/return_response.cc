#include <vector>

#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"
#include "policy/context.h"

// return-response: ends the pipeline with a response of its own: that of a variable, or an empty
// 200, as its children change it. They see context.Response as it was before.
namespace gateway::policy {
namespace {

class ReturnResponse final : public Step {
 public:
  explicit ReturnResponse(ElementCompiler& in)
      : variable_(in.literal("response-variable-name", "")) {
    in.only_children(in.element(), {"set-status", "set-header", "set-body"});
    for (const Element& child : in.element().children) {
      if (child.name == "set-status") {
        once(in, child, status_.empty());
        status_.emplace_back().read(in.child(child), *this);
      } else if (child.name == "set-header") {
        headers_.emplace_back().read(in.child(child), *this);
      } else if (child.name == "set-body") {
        once(in, child, body_.empty());
        body_.emplace_back().read(in.child(child), *this);
      }
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    ResponseMessage made;
    if (!variable_.empty()) take_variable(run, made);
    for (const StatusChange& change : status_) change.apply(run, made);
    for (const HeaderChange& change : headers_) change.apply(run, made.fields);
    for (const BodyChange& change : body_) change.apply(run, made.body, made.fields, nullptr);
    run.response = std::move(made);
    run.response_known = true;
    return Flow::Answer;
  }

 private:
  static void once(ElementCompiler& in, const Element& child, bool first) {
    if (!first)
      in.problem(child.at, "<" + std::string(child.name) + "> can be in <return-response> once");
  }
  void take_variable(Run& run, ResponseMessage& made) const {
    const expression::Value* value = run.variable(variable_);
    const ResponseObject* response = value ? as_response(run.evaluation(), *value) : nullptr;
    if (!response) {
      throw Failure{500,
                    "ResponseVariableInvalid",
                    run.arena().copy("The variable '" + variable_ + "' holds no response."),
                    {},
                    {}};
    }
    made = *response->message;
  }

  std::string variable_;
  std::vector<StatusChange> status_;
  std::vector<HeaderChange> headers_;
  std::vector<BodyChange> body_;
};

}  // namespace

std::unique_ptr<Step> compile_return_response(ElementCompiler& in) {
  return std::make_unique<ReturnResponse>(in);
}

}  // namespace gateway::policy
