#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/query.h"
#include "policy/validation/parameters.h"

// validate-parameters: path, query and header parameters of a request against the API's schema.
namespace gateway::policy {
namespace {

// What of the child elements headers, query and path.
struct Group {
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

// OpenAPI describes them elsewhere, and ignores parameters of these names.
bool is_described_elsewhere(std::string_view name) noexcept {
  return equals_ignoring_case(name, "accept") || equals_ignoring_case(name, "content-type") ||
         equals_ignoring_case(name, "authorization");
}

// A query parameter, decoded.
struct QueryText {
  std::string_view name, value;
};

// "x" of "filter[x]"; "" = it is no property of that parameter.
std::string_view property_of(std::string_view called, std::string_view parameter) noexcept {
  if (!called.starts_with(parameter) || !called.ends_with(']')) return {};
  called.remove_prefix(parameter.size());
  return called.size() > 2 && called.front() == '[' ? called.substr(1, called.size() - 2) : std::string_view();
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
      errors.add(specified_.get(run), schema_missing());
      return errors.tell(strand, variable_);
    }
    std::vector<QueryText> query;
    for (const QueryPart& part : query_parts(run.request.original.query))
      query.push_back({decode_part(part.name, run.arena()), decode_part(part.value, run.arena())});
    for (const ApiSchema::Parameter& parameter : operation->parameters) check(run, parameter, query, errors);
    check_others(run, *operation, query, errors);
    return errors.tell(strand, variable_);
  }

 private:
  void read(ElementCompiler& in, const Element& element, Group& group, bool both) {
    ElementCompiler& child = in.child(element);
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

  void check(Run& run, const ApiSchema::Parameter& parameter, const std::vector<QueryText>& query,
             ValidationErrors& errors) const {
    const bool header = parameter.in == "header";
    const ParameterPlace place = header                    ? ParameterPlace::RequestHeader
                                 : parameter.in == "query" ? ParameterPlace::Query
                                                           : ParameterPlace::Path;
    const Group& group = header ? headers_ : place == ParameterPlace::Query ? query_ : path_;
    const ActionOperand* own = group.of(parameter.name, header);
    if (header && is_described_elsewhere(parameter.name)) return;
    const ValidationAction action = own ? own->get(run) : group.specified.get(run, specified_.get(run));
    if (action == ValidationAction::Ignore) return;

    std::vector<std::string_view> texts;
    ParameterProperties properties;
    if (header) {
      for (const HeaderField& field : run.request.fields.list)
        if (equals_ignoring_case(field.name, parameter.name)) texts.push_back(as_utf8(field.value, run.arena()));
    } else if (place == ParameterPlace::Query) {
      for (const auto& [called, value] : query) {
        const std::string_view property = parameter.deep ? property_of(called, parameter.name) : std::string_view();
        if (!property.empty()) properties.emplace_back(property, value);
        if (called == parameter.name) texts.push_back(value);
      }
    } else {
      for (const auto& [called, value] : run.matched_parameters)
        if (called == parameter.name)
          texts.push_back(as_utf8(run.arena().copy(percent_decode(value)), run.arena()));
    }
    const ApiSchema& schema = *schema_of(run);
    std::optional<ValidationFinding> problem;
    if (!properties.empty()) {
      problem = find_object_problem(schema, parameter, place, properties);
    } else if (!texts.empty()) {
      problem = find_parameter_problem(schema, parameter, place, texts);
    } else if (parameter.required && !is_spread(schema, parameter)) {
      problem = missing_parameter(place, parameter.name);
    }
    if (problem) errors.add(action, std::move(*problem));
  }

  // What the schema does not have.
  void check_others(Run& run, const ApiSchema::Operation& operation, const std::vector<QueryText>& query,
                    ValidationErrors& errors) const {
    const ApiFacts* api = run.facts.api;
    for (const auto& [called, value] : query) {
      if (declares_query(*schema_of(run), operation, called) || (api && called == api->key_query)) continue;
      errors.add(action_of_other(run, query_, called, false), unspecified_parameter(ParameterPlace::Query, called));
    }
    for (const HeaderField& field : run.request.fields.list) {
      const bool own = headers_.of(field.name, true) != nullptr;
      if (declares_header(operation, field.name) || (is_everywhere(field.name) && !own) ||
          (api && equals_ignoring_case(field.name, api->key_header)))
        continue;
      errors.add(action_of_other(run, headers_, field.name, true),
                 unspecified_parameter(ParameterPlace::RequestHeader, field.name));
    }
  }

  ValidationAction action_of_other(Run& run, const Group& group, std::string_view called, bool any_case) const {
    const ActionOperand* own = group.of(called, any_case);
    return own ? own->get(run) : group.unspecified.get(run, unspecified_.get(run));
  }

  static bool declares_header(const ApiSchema::Operation& operation, std::string_view called) noexcept {
    for (const ApiSchema::Parameter& one : operation.parameters)
      if (one.in == "header" && equals_ignoring_case(one.name, called)) return true;
    return false;
  }
  static bool declares_query(const ApiSchema& schema, const ApiSchema::Operation& operation, std::string_view called) {
    for (const ApiSchema::Parameter& one : operation.parameters) {
      if (one.in != "query") continue;
      if (one.name == called || (one.deep && !property_of(called, one.name).empty())) return true;
      if (is_spread(schema, one) && has_property(schema, one, called)) return true;
    }
    return false;
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
