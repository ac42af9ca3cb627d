#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/query.h"
#include "policy/validation/parameters.h"

// validate-headers: a response's headers against the API's schema.
namespace gateway::policy {
namespace {

// Of every response; no API declares them.
bool is_everywhere(std::string_view name) noexcept {
  static constexpr std::string_view kNames[] = {"cache-control",  "connection", "content-encoding", "content-length",
                                                "content-type",   "date",       "server",           "trailer",
                                                "transfer-encoding", "vary",    "via",              "x-request-id"};
  for (const std::string_view known : kNames)
    if (equals_ignoring_case(known, name)) return true;
  return false;
}

class ValidateHeaders final : public Step {
 public:
  explicit ValidateHeaders(ElementCompiler& in)
      : specified_(ActionOperand::read(in, "specified-header-action", true)),
        unspecified_(ActionOperand::read(in, "unspecified-header-action", true)),
        variable_(in.literal("errors-variable-name", "")) {
    in.only_children(in.element(), {"header"});
    in.mark(*this, {&specified_.operand(), &unspecified_.operand()});
    for (const Element& element : in.element().children) {
      if (element.name != "header") continue;
      ElementCompiler& child = in.child(element);
      std::string called(child.literal("name", std::nullopt));
      own_.emplace_back(std::move(called), ActionOperand::read(child, "action", true));
      in.mark(*this, {&own_.back().second.operand()});
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const ApiSchema::Operation* operation = schema_operation(run);
    const ApiSchema::Response* response = operation ? operation->response(run.response.status) : nullptr;
    ValidationErrors errors;
    if (!operation) {
      errors.add(specified_.get(run), schema_missing());
      return errors.tell(strand, variable_);
    }
    static const std::vector<ApiSchema::Parameter> kNone;
    const auto& declared = response ? response->headers : kNone;
    for (const ApiSchema::Parameter& header : declared) {
      if (equals_ignoring_case(header.name, "content-type")) continue;  // as OpenAPI says
      const ValidationAction action = action_of(run, header.name, specified_);
      if (action == ValidationAction::Ignore) continue;
      std::vector<std::string_view> texts;
      for (const HeaderField& field : run.response.fields.list)
        if (equals_ignoring_case(field.name, header.name)) texts.push_back(as_utf8(field.value, run.arena()));
      if (texts.empty()) {
        if (header.required) errors.add(action, missing_parameter(ParameterPlace::ResponseHeader, header.name));
      } else if (auto problem =
                     find_parameter_problem(*schema_of(run), header, ParameterPlace::ResponseHeader, texts)) {
        errors.add(action, std::move(*problem));
      }
    }
    for (const HeaderField& field : run.response.fields.list) {
      bool known = is_everywhere(field.name) && !has_own(field.name);
      for (const ApiSchema::Parameter& header : declared) known = known || equals_ignoring_case(header.name, field.name);
      if (!known)
        errors.add(action_of(run, field.name, unspecified_),
                   unspecified_parameter(ParameterPlace::ResponseHeader, field.name));
    }
    return errors.tell(strand, variable_);
  }

 private:
  [[nodiscard]] bool has_own(std::string_view called) const noexcept {
    for (const auto& [known, action] : own_)
      if (equals_ignoring_case(known, called)) return true;
    return false;
  }
  ValidationAction action_of(Run& run, std::string_view called, const ActionOperand& usual) const {
    for (const auto& [known, action] : own_)
      if (equals_ignoring_case(known, called)) return action.get(run);
    return usual.get(run);
  }

  ActionOperand specified_, unspecified_;
  std::string variable_;
  std::vector<std::pair<std::string, ActionOperand>> own_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_headers(ElementCompiler& in) {
  return std::make_unique<ValidateHeaders>(in);
}

}  // namespace gateway::policy
