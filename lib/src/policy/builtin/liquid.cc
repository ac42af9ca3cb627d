#include "policy/builtin/liquid.h"

#include <algorithm>

#include "base/strings.h"
#include "expression/library/json_tokens.h"
#include "expression/library/xml_nodes.h"
#include "policy/liquid/template.h"
#include "policy/run.h"

namespace gateway::policy {
namespace {

using expression::Value;

std::string_view content_type(const Fields& fields) noexcept {
  const HeaderField* field = fields.list.find(HeaderId::ContentType);
  return field ? trim(field->value.substr(0, field->value.find(';'))) : std::string_view();
}
bool is_of(std::string_view type, std::string_view kind) noexcept {
  const std::size_t slash = type.find('/');
  const std::string_view subtype = slash == std::string_view::npos ? std::string_view() : type.substr(slash + 1);
  return equals_ignoring_case(subtype, kind) ||
         (subtype.size() > kind.size() + 1 && subtype[subtype.size() - kind.size() - 1] == '+' &&
          equals_ignoring_case(subtype.substr(subtype.size() - kind.size()), kind));
}

// JSON and XML by the Content-Type, or by how it begins where there is none; other content is one text.
Value read_body(expression::Evaluation& eval, const LiquidTemplate::Input& input) {
  if (!input.body || !input.body->is_whole()) return {};
  const std::string_view data = input.body->data;
  if (trim(data).empty()) return {};
  const std::string_view type = input.fields ? content_type(*input.fields) : std::string_view();
  const char first = trim(data).front();
  const bool unknown = type.empty();
  if (is_of(type, "json") || (unknown && (first == '{' || first == '[')))
    return liquid::unwrapped(Value::of(expression::parse_json_token(eval, data, input.parse_date)));
  if (is_of(type, "xml") || (unknown && first == '<')) {
    // `body.order` is the root, so that the body is something with it as its only member.
    expression::XDocument* document = expression::parse_xml(eval, data);
    expression::XElement* holder = expression::make_element(eval, expression::XmlName{});
    expression::XElement* root = document->root();
    expression::detach(*root);
    expression::insert_node(*holder, *root, nullptr);
    return Value::of(holder);
  }
  return Value::of(data);
}

class Compiled final : public LiquidTemplate {
 public:
  explicit Compiled(liquid::Nodes nodes) : nodes_(std::move(nodes)) {}
  std::string_view render(Run& run, const Input& input) const override {
    expression::Evaluation& eval = run.evaluation();
    eval.begin();
    liquid::Rendering rendering(eval);
    rendering.nil_is_null = input.nil_is_null;
    rendering.set("body", read_body(eval, input));
    rendering.set("context", run.roots()[0]);
    liquid::render_all(nodes_, rendering);
    return run.arena().copy(rendering.out);
  }

 private:
  liquid::Nodes nodes_;
};

}  // namespace

std::unique_ptr<LiquidTemplate> compile_liquid(std::string_view text, std::vector<std::string>& problems) {
  std::vector<liquid::Problem> found;
  liquid::Nodes nodes = liquid::parse(text, found);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  for (const liquid::Problem& one : found) {
    const std::string_view before = text.substr(0, one.offset);
    problems.push_back("line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) +
                       " of the template: " + one.message);
  }
  if (!found.empty()) return nullptr;
  return std::make_unique<Compiled>(std::move(nodes));
}

}  // namespace gateway::policy
