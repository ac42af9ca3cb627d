#include "policy/builtin/list.h"
#include "policy/run.h"

// set-variable: names a value for later policies; it stays what the expression gave, and text
// otherwise.
namespace gateway::policy {
namespace {

class SetVariable final : public Step {
 public:
  explicit SetVariable(ElementCompiler& in)
      : variable_(in.literal("name", std::nullopt)), value_(in.operand("value", true)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&value_});
    if (const Attribute* said = in.element().attribute("name"); said && variable_.empty()) {
      in.problem(said->at, "the name of a variable is empty");
    }
  }
  Flow run(Strand& strand) const override {
    strand.run().set_variable(variable_, value_.value(strand.run()));
    return Flow::Next;
  }

 private:
  std::string variable_;
  Operand value_;
};

}  // namespace

std::unique_ptr<Step> compile_set_variable(ElementCompiler& in) {
  return std::make_unique<SetVariable>(in);
}

}  // namespace gateway::policy
