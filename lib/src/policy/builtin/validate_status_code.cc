#include "policy/builtin/list.h"
#include "policy/validation/errors.h"

// validate-status-code: a response's status is one that the API's schema has.
namespace gateway::policy {
namespace {

class ValidateStatusCode final : public Step {
 public:
  explicit ValidateStatusCode(ElementCompiler& in)
      : unspecified_(ActionOperand::read(in, "unspecified-status-code-action", true)),
        variable_(in.literal("errors-variable-name", "")) {
    in.only_children(in.element(), {"status-code"});
    in.mark(*this, {&unspecified_.operand()});
    for (const Element& element : in.element().children) {
      if (element.name != "status-code") continue;
      ElementCompiler& child = in.child(element);
      const std::int64_t code = child.literal_int("code", std::nullopt, 100, 999);
      own_.emplace_back(code, ActionOperand::read(child, "action", true));
      in.mark(*this, {&own_.back().second.operand()});
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const ApiSchema::Operation* operation = schema_operation(run);
    ValidationErrors errors;
    if (!operation) {
      errors.add(unspecified_.get(run), schema_missing());
      return errors.tell(strand, variable_);
    }
    if (operation->response(run.response.status)) return Flow::Next;
    ValidationAction action = unspecified_.get(run);
    for (const auto& [code, said] : own_)
      if (code == run.response.status) action = said.get(run);
    const std::string status = std::to_string(run.response.status);
    errors.add(action, {status, "StatusCode", "Unspecified", "Response status code " + status + " is not allowed."});
    return errors.tell(strand, variable_);
  }

 private:
  ActionOperand unspecified_;
  std::string variable_;
  std::vector<std::pair<std::int64_t, ActionOperand>> own_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_status_code(ElementCompiler& in) {
  return std::make_unique<ValidateStatusCode>(in);
}

}  // namespace gateway::policy
