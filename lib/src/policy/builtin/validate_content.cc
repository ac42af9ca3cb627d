#include <algorithm>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/validation/bodies.h"
#include "policy/validation/content_coding.h"

// validate-content: the size, the type and the content of a body against the API's schema.
namespace gateway::policy {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{4} << 20;  // that are validated
constexpr std::int64_t kMostSaid = std::int64_t{64} << 20;

std::string_view media_type(std::string_view content_type) noexcept {
  return trim(content_type.substr(0, content_type.find(';')));
}

class ValidateContent final : public Step {
 public:
  explicit ValidateContent(ElementCompiler& in)
      : unspecified_(ActionOperand::read(in, "unspecified-content-type-action", true)),
        max_size_(in.int_operand("max-size", true, 0, kMostSaid)),
        too_large_(ActionOperand::read(in, "size-exceeded-action", true)),
        variable_(in.literal("errors-variable-name", "")) {
    (in.section() == Section::Inbound ? reads_request_body : reads_response_body) = true;
    if (const auto said = parse_decimal(max_size_.literal());
        said && !max_size_.is_expression() && *said > static_cast<std::uint64_t>(kMostBytes))
      in.warning(in.element().attribute("max-size")->at,
                 "max-size is taken as " + std::to_string(kMostBytes) + ", the most that is validated");
    in.only_children(in.element(), {"content-type-map", "content"});
    in.mark(*this, {&unspecified_.operand(), &max_size_, &too_large_.operand()});
    for (const Element& element : in.element().children) {
      if (element.name == "content") read_content(in, element);
      if (element.name == "content-type-map") read_map(in, element);
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const Body& body = run.body();
    if (!body.is_whole()) return Flow::Next;
    ValidationErrors errors;
    check(run, body.data, errors);
    return errors.tell(strand, variable_);
  }

 private:
  enum class Form : std::uint8_t { Json, Xml, Soap };
  struct Content {
    std::string type;
    Form form = Form::Json;
    ActionOperand action;
    BodyTerms terms;
  };
  struct Mapping {
    std::string from, to;
    Operand when;
  };

  void check(Run& run, std::string_view data, ValidationErrors& errors) const {
    BodyFacts body;
    body.of_request = run.deciding_request();
    body.type = type_of(run);
    body.schema = schema_of(run);

    const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(max_size_.integer(run), 0, kMostBytes));
    if (data.size() > most) return errors.add(too_large_.get(run), body_too_large(body, data.size(), most));
    bool found = false;
    const std::string_view coding = run.fields().joined("Content-Encoding", run.arena(), &found);
    std::string content;
    const Decoding decoded = decode_content(coding, data, most, content);
    if (decoded == Decoding::TooLarge) return errors.add(too_large_.get(run), body_too_large_decoded(body, most));
    body.content = content;

    const ApiSchema::Operation* operation = schema_operation(run);
    body.declared = operation ? declared_content(run, *operation, body.type) : nullptr;
    const Content* rule = rule_of(body, operation);
    if (!rule) {
      const bool nothing = data.empty() && body.type.empty();
      if (!body.declared && !nothing) errors.add(unspecified_.get(run), unspecified_body(body));
      return;
    }
    const ValidationAction action = rule->action.get(run);
    if (action == ValidationAction::Ignore) return;
    if (decoded == Decoding::Failed)
      return errors.add(action, body_not_validated(body, "Its content coding cannot be decoded."));
    if (auto problem = rule->form == Form::Json ? find_json_problem(rule->terms, body) : find_xml_problem(rule->terms, body))
      errors.add(action, std::move(*problem));
  }

  // Null: the operation has none of that type.
  static const ApiSchema::Content* declared_content(Run& run, const ApiSchema::Operation& operation,
                                                    std::string_view type) {
    if (run.deciding_request()) return content_of(operation.request, type);
    const ApiSchema::Response* response = operation.response(run.response.status);
    return response ? content_of(response->contents, type) : nullptr;
  }

  // The one for this type, else the one for every type of the schema. Null: there is none, or the schema should have
  // the type and has not.
  const Content* rule_of(const BodyFacts& body, const ApiSchema::Operation* operation) const {
    for (const Content& one : contents_) {
      if (one.type.empty() || !equals_ignoring_case(one.type, body.type)) continue;
      return body.declared || !operation || one.terms.names_schema() || one.form != Form::Json ? &one : nullptr;
    }
    if (!body.declared) return nullptr;
    for (const Content& one : contents_)
      if (one.type.empty()) return &one;
    return nullptr;
  }

  void read_content(ElementCompiler& in, const Element& element) {
    ElementCompiler& child = in.child(element);
    Content content;
    content.type = media_type(child.literal("type", ""));
    content.form = static_cast<Form>(child.literal_choice("validate-as", {"json", "xml", "soap"}, std::nullopt));
    content.action = ActionOperand::read(child, "action", true);
    content.terms.soap = content.form == Form::Soap;
    content.terms.schema_id = child.literal("schema-id", "");
    content.terms.schema_ref = child.literal("schema-ref", "");
    if (element.attribute("allow-additional-properties"))
      content.terms.options.additional_properties = child.literal_bool("allow-additional-properties", true);
    content.terms.options.ignore_case_of_properties = child.literal_bool("case-insensitive-property-names", false);
    in.only_children(element, {});
    in.mark(*this, {&content.action.operand()});
    if (!content.terms.schema_ref.empty() && !content.terms.schema_ref.starts_with("#/"))
      in.problem(element.attribute("schema-ref")->at, "schema-ref must begin with \"#/\"");
    contents_.push_back(std::move(content));
  }

  void read_map(ElementCompiler& in, const Element& element) {
    ElementCompiler& child = in.child(element);
    any_type_ = media_type(child.literal("any-content-type-value", ""));
    missing_type_ = media_type(child.literal("missing-content-type-value", ""));
    in.only_children(element, {"type"});
    for (const Element& one : element.children) {
      if (one.name != "type") continue;
      ElementCompiler& type = in.child(one);
      Mapping mapping;
      mapping.from = media_type(type.literal("from", ""));
      mapping.to = media_type(type.literal("to", std::nullopt));
      mapping.when = type.bool_operand("when", false);
      in.only_children(one, {});
      in.mark(*this, {&mapping.when});
      if (mapping.from.empty() == !mapping.when.present())
        in.problem(one.at, "<type> needs one of the attributes from and when");
      mappings_.push_back(std::move(mapping));
    }
  }

  // What the body is validated as: its own type, but for the map.
  std::string_view type_of(Run& run) const {
    bool found = false;
    const std::string_view type = media_type(run.fields().joined("Content-Type", run.arena(), &found));
    for (const Mapping& one : mappings_)
      if (one.when.present() ? one.when.boolean(run) : equals_ignoring_case(one.from, type)) return one.to;
    if (!any_type_.empty()) return any_type_;
    return type.empty() ? std::string_view(missing_type_) : type;
  }

  ActionOperand unspecified_;
  Operand max_size_;
  ActionOperand too_large_;
  std::string variable_;
  std::vector<Content> contents_;
  std::string any_type_, missing_type_;
  std::vector<Mapping> mappings_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_content(ElementCompiler& in) {
  return std::make_unique<ValidateContent>(in);
}

}  // namespace gateway::policy
