#include <map>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/query.h"
#include "policy/validation/errors.h"

// validate-parameters: path, query and header parameters of a request against the API's schema.
namespace gateway::policy {
namespace {

// What of the child elements headers, query and path.
struct Group {
  bool present = false;
  ActionOperand specified, unspecified;
  std::vector<std::pair<std::string, ActionOperand>> own;  // by name

  [[nodiscard]] const ActionOperand* of(std::string_view name, bool any_case) const noexcept {
    for (const auto& [known, action] : own)
      if (any_case ? equals_ignoring_case(known, name) : known == name) return &action;
    return nullptr;
  }
};

// Fields that no API declares: they are of HTTP, of the gateway, or of its callers.
bool is_everywhere(std::string_view name) noexcept {
  static constexpr std::string_view kNames[] = {
      "accept", "accept-charset", "accept-encoding", "accept-language", "authorization", "cache-control", "connection",
      "content-encoding", "content-length", "content-type", "cookie", "date", "expect", "forwarded", "host",
      "origin", "pragma", "referer", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-request-id"};
  for (const std::string_view known : kNames)
    if (equals_ignoring_case(known, name)) return true;
  return name.size() > 12 && equals_ignoring_case(name.substr(0, 12), "x-forwarded-");
}

class ValidateParameters final : public Step {
 public:
  explicit ValidateParameters(ElementCompiler& in)
      : specified_(ActionOperand::read(in, "specified-parameter-action", true)),
        unspecified_(ActionOperand::read(in, "unspecified-parameter-action", true)),
        variable_(in.literal("errors-variable-name", "")) {
    in.only_children(in.element(), {"headers", "query", "path"});
    in.mark(*this, {&specified_.operand(), &unspecified_.operand()});
    for (const Element& child : in.element().children) {
      if (child.name == "headers") read(in, child, headers_, true);
      if (child.name == "query") read(in, child, query_, true);
      if (child.name == "path") read(in, child, path_, false);
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const ApiSchema::Operation* operation = schema_operation(run);
    ValidationErrors errors;
    if (!operation) {
      errors.add(specified_.get(run), run.facts.operation ? run.facts.operation->id : "", "Request", "ApiSchema",
                 "API's schema does not exist or it could not be resolved.");
      return errors.tell(strand, variable_);
    }
    const ApiSchema& schema = *schema_of(run);
    for (const ApiSchema::Parameter& parameter : operation->parameters) check(run, schema, parameter, errors);
    for (const QueryPart& part : query_parts(run.request.original.query)) {
      const std::string_view called = decode_part(part.name, run.arena());
      if (declares(*operation, "query", called, false) || (run.facts.api && called == run.facts.api->key_query)) continue;
      unspecified(run, query_, "query parameter", "QueryParameter", called, false, errors);
    }
    for (const HeaderField& field : run.request.fields.list) {
      if (declares(*operation, "header", field.name, true) || is_everywhere(field.name) ||
          (run.facts.api && equals_ignoring_case(field.name, run.facts.api->key_header)))
        continue;
      unspecified(run, headers_, "header", "RequestHeader", field.name, true, errors);
    }
    return errors.tell(strand, variable_);
  }

 private:
  void read(ElementCompiler& in, const Element& element, Group& group, bool both) {
    ElementCompiler& child = in.child(element);
    group.present = true;
    group.specified = ActionOperand::read(child, "specified-parameter-action", false);
    in.mark(*this, {&group.specified.operand()});
    if (both) {
      group.unspecified = ActionOperand::read(child, "unspecified-parameter-action", false);
      in.mark(*this, {&group.unspecified.operand()});
    }
    in.only_children(element, {"parameter"});
    for (const Element& one : element.children) {
      if (one.name != "parameter") continue;
      ElementCompiler& parameter = in.child(one);
      std::string called(parameter.literal("name", std::nullopt));
      group.own.emplace_back(std::move(called), ActionOperand::read(parameter, "action", true));
      in.mark(*this, {&group.own.back().second.operand()});
    }
  }

  static bool declares(const ApiSchema::Operation& operation, std::string_view in, std::string_view called,
                       bool any_case) noexcept {
    for (const ApiSchema::Parameter& one : operation.parameters)
      if (one.in == in && (any_case ? equals_ignoring_case(one.name, called) : one.name == called)) return true;
    return false;
  }

  void unspecified(Run& run, const Group& group, std::string_view what, std::string_view type, std::string_view called,
                   bool any_case, ValidationErrors& errors) const {
    const ActionOperand* own = group.of(called, any_case);
    const ValidationAction action = own ? own->get(run) : group.unspecified.get(run, unspecified_.get(run));
    errors.add(action, std::string(called), std::string(type), "Unspecified",
               "Unspecified " + std::string(what) + " " + std::string(called) + " is not allowed.");
  }

  void check(Run& run, const ApiSchema& schema, const ApiSchema::Parameter& parameter, ValidationErrors& errors) const {
    std::vector<std::string_view> texts;
    const bool header = parameter.in == "header", query = parameter.in == "query";
    const Group& group = header ? headers_ : query ? query_ : path_;
    const std::string_view what = header ? "header" : query ? "query parameter" : "path parameter";
    if (header) {
      if (is_everywhere(parameter.name)) return;  // as OpenAPI says of Accept, Content-Type and Authorization
      for (const HeaderField& field : run.request.fields.list)
        if (equals_ignoring_case(field.name, parameter.name)) texts.push_back(field.value);
    } else if (query) {
      for (const QueryPart& part : query_parts(run.request.original.query))
        if (decode_part(part.name, run.arena()) == parameter.name) texts.push_back(decode_part(part.value, run.arena()));
    } else {
      for (const auto& [called, value] : run.matched_parameters)
        if (called == parameter.name) texts.push_back(decode_part(value, run.arena()));
    }
    const ActionOperand* own = group.of(parameter.name, header);
    const ValidationAction action = own ? own->get(run) : group.specified.get(run, specified_.get(run));
    if (action == ValidationAction::Ignore) return;
    const std::string type = header ? "RequestHeader" : query ? "QueryParameter" : "PathParameter";
    if (texts.empty()) {
      if (parameter.required)
        errors.add(action, std::string(parameter.name), type, "Required",
                   "Required " + std::string(what) + " " + std::string(parameter.name) + " is missing.");
      return;
    }
    if (std::string problem = parameter_problem(schema, parameter, what, texts); !problem.empty())
      errors.add(action, std::string(parameter.name), type, "IncorrectMessage", std::move(problem));
  }

  ActionOperand specified_, unspecified_;
  std::string variable_;
  Group headers_, query_, path_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_parameters(ElementCompiler& in) {
  return std::make_unique<ValidateParameters>(in);
}

}  // namespace gateway::policy
