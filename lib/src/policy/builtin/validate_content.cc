#include <algorithm>

#include "base/strings.h"
#include "model/document.h"
#include "policy/builtin/list.h"
#include "policy/validation/content_coding.h"
#include "policy/validation/errors.h"
#include "policy/validation/json_schema.h"
#include "policy/validation/xml_schema.h"

// validate-content: the size, the type and the content of a body against the API's schema.
namespace gateway::policy {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{64} << 20;

std::string_view media_type(std::string_view content_type) noexcept {
  return trim(content_type.substr(0, content_type.find(';')));
}

class ValidateContent final : public Step {
 public:
  explicit ValidateContent(ElementCompiler& in)
      : unspecified_(ActionOperand::read(in, "unspecified-content-type-action", true)),
        max_size_(in.int_operand("max-size", true, 0, kMostBytes)),
        too_large_(ActionOperand::read(in, "size-exceeded-action", true)),
        variable_(in.literal("errors-variable-name", "")) {
    (in.section() == Section::Inbound ? reads_request_body : reads_response_body) = true;
    in.only_children(in.element(), {"content-type-map", "content"});
    in.mark(*this, {&unspecified_.operand(), &max_size_, &too_large_.operand()});
    for (const Element& element : in.element().children) {
      if (element.name == "content") read_content(in, element);
      if (element.name == "content-type-map") read_map(in, element);
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Body& body = run.body();
    ValidationErrors errors;
    if (!body.is_whole()) return Flow::Next;
    const std::string message(message_name(run));
    const std::string low = run.deciding_request() ? "request" : "response";
    const std::string type(type_of(run));

    const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(max_size_.integer(run), 0, kMostBytes));
    std::string content;
    bool found = false;
    const std::string_view coding = run.fields().joined("Content-Encoding", run.arena(), &found);
    const Decoding decoded = body.data.size() > most ? Decoding::TooLarge
                                                     : decode_content(coding, body.data, most, content);
    if (decoded == Decoding::TooLarge) {
      const bool plain = body.data.size() > most;
      errors.add(too_large_.get(run), type, message + "Body", "SizeLimit",
                 plain ? message + "'s body is " + std::to_string(body.data.size()) +
                             " bytes long and it exceeds the configured limit of " + std::to_string(most) + " bytes."
                       : message + "'s body exceeds the limit of " + std::to_string(most) + " bytes.");
      return errors.tell(strand, variable_);
    }
    const auto of_type = [&](const Content& one) { return equals_ignoring_case(one.type, type); };
    auto rule = std::find_if(contents_.begin(), contents_.end(), of_type);
    const ApiSchema::Operation* operation = schema_operation(run);
    const std::vector<ApiSchema::Content>* specified = nullptr;
    if (operation && run.deciding_request()) {
      specified = &operation->request;
    } else if (operation) {
      const ApiSchema::Response* response = operation->response(run.response.status);
      if (response) specified = &response->contents;
    }
    const ApiSchema::Content* declared = specified ? content_of(*specified, type) : nullptr;
    if (rule == contents_.end()) {
      if (!declared) {
        if (body.data.empty() && type.empty()) return Flow::Next;
        errors.add(unspecified_.get(run), type, message + "Body", "Unspecified",
                   "Unspecified content type " + type + " is not allowed.");
        return errors.tell(strand, variable_);
      }
      // One without a type is for every type of the schema.
      rule = std::find_if(contents_.begin(), contents_.end(), [](const Content& one) { return one.type.empty(); });
      if (rule == contents_.end()) return Flow::Next;
    }
    const ValidationAction action = rule->action.get(run);
    if (action == ValidationAction::Ignore) return Flow::Next;
    if (decoded == Decoding::Failed) {
      errors.add(action, type, message + "Body", "ValidationException",
                 "Body of the " + low + " cannot be validated for the content type " + type + ".");
    } else if (rule->form == Form::Json) {
      validate_json(run, *rule, declared, type, low, action, content, errors);
    } else {
      validate_xml(run, *rule, type, low, action, content, errors);
    }
    return errors.tell(strand, variable_);
  }

 private:
  enum class Form : std::uint8_t { Json, Xml, Soap };
  struct Content {
    std::string type, schema_id, schema_ref;
    Form form = Form::Json;
    ActionOperand action;
    SchemaOptions options;
  };
  struct Mapping {
    std::string from, to;
    Operand when;
  };

  void read_content(ElementCompiler& in, const Element& element) {
    ElementCompiler& child = in.child(element);
    Content content;
    content.type = media_type(child.literal("type", ""));
    content.form = static_cast<Form>(child.literal_choice("validate-as", {"json", "xml", "soap"}, std::nullopt));
    content.action = ActionOperand::read(child, "action", true);
    content.schema_id = child.literal("schema-id", "");
    content.schema_ref = child.literal("schema-ref", "");
    if (element.attribute("allow-additional-properties"))
      content.options.additional_properties = child.literal_bool("allow-additional-properties", true);
    content.options.ignore_case_of_properties = child.literal_bool("case-insensitive-property-names", false);
    in.only_children(element, {});
    in.mark(*this, {&content.action.operand()});
    if (content.form != Form::Json && content.schema_id.empty())
      in.problem(element.at, "<content> with validate-as xml or soap needs the attribute schema-id");
    if (!content.schema_ref.empty() && !content.schema_ref.starts_with("#/"))
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

  std::string_view type_of(Run& run) const {
    if (!any_type_.empty()) return any_type_;
    bool found = false;
    std::string_view type = media_type(run.fields().joined("Content-Type", run.arena(), &found));
    if (type.empty() && !missing_type_.empty()) type = missing_type_;
    for (const Mapping& one : mappings_)
      if (one.when.present() ? one.when.boolean(run) : equals_ignoring_case(one.from, type)) return one.to;
    return type;
  }

  static void validate_json(Run& run, const Content& rule, const ApiSchema::Content* declared, const std::string& type,
                            const std::string& low, ValidationAction action, const std::string& content,
                            ValidationErrors& errors) {
    const std::string body = std::string(message_name(run)) + "Body";
    const ApiSchema* schema = schema_of(run);
    if (!schema || !schema->has_definitions()) {
      errors.add(action, type, body, "ApiSchema",
                 schema ? "API's schema does not specify definitions."
                        : "API's schema does not exist or it could not be resolved.");
      return;
    }
    const bool named = !rule.schema_id.empty() || !rule.schema_ref.empty();
    const rapidjson::Value* definition =
        named ? schema->definition(rule.schema_id, rule.schema_ref) : declared ? declared->schema : nullptr;
    std::string called = named ? (rule.schema_ref.empty() ? rule.schema_id
                                                        : rule.schema_ref.substr(rule.schema_ref.rfind('/') + 1))
                             : std::string(declared ? declared->definition : std::string_view());
    if (!definition) {
      errors.add(action, type, body, "MissingDefinition",
                 "API's schema does not contain definition " + called + ", which is associated with the content type " +
                     type + ".");
      return;
    }
    const std::string whole = "Body of the " + low + " does not conform to the definition " + called +
                              ", which is associated with the content type " + type + ".\n\n";
    auto document = parse_json(content, {}, "body");
    if (!document.ok()) {
      errors.add(action, type, body, "IncorrectMessage", whole + document.error().message);
      return;
    }
    if (const auto found = find_violation(*document, *definition, schema->root(), rule.options))
      errors.add(action, type, body, "IncorrectMessage", whole + with_place(found->message, content, found->path));
  }

  static void validate_xml(Run& run, const Content& rule, const std::string& type, const std::string& low,
                           ValidationAction action, const std::string& content, ValidationErrors& errors) {
    const std::string body = std::string(message_name(run)) + "Body";
    const ApiSchema* schema = schema_of(run);
    const XmlSchema* xml = schema ? schema->xml_schema(rule.schema_id) : nullptr;
    if (!xml) {
      errors.add(action, type, body, schema ? "MissingDefinition" : "ApiSchema",
                 schema ? "API's schema does not contain definition " + rule.schema_id +
                              ", which is associated with the content type " + type + "."
                        : "API's schema does not exist or it could not be resolved.");
      return;
    }
    if (const auto found = xml->find_violation(content, rule.form == Form::Soap)) {
      errors.add(action, type, body, "IncorrectMessage",
                 "Body of the " + low + " does not conform to the definition " + rule.schema_id +
                     ", which is associated with the content type " + type + ".\n\n" + found->message +
                     " Line: " + std::to_string(found->line) + ", Position: 1");
    }
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
