#include "policy/builtin/message_changes.h"

#include <string>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "http/headers.h"

namespace gateway::policy {

using expression::Value;

namespace {

// A header with several values is one line, but for these.
constexpr std::string_view kLineForEach[] = {"user-agent",
                                             "www-authenticate",
                                             "proxy-authenticate",
                                             "cookie",
                                             "set-cookie",
                                             "warning",
                                             "date",
                                             "expires",
                                             "if-modified-since",
                                             "if-unmodified-since",
                                             "last-modified",
                                             "retry-after"};

bool has_line_for_each(std::string_view name) noexcept {
  for (const std::string_view known : kLineForEach)
    if (iequals(known, name)) return true;
  return false;
}

// Why this cannot be the name of a field that a policy sets; "" = it can.
std::string bad_field_name(std::string_view name) {
  if (!is_token(name)) return quote(name) + " is no name of a header";
  if (is_framing_field(name)) {
    return "the header " + quote(name) +
           " is the gateway's own: Connection, Content-Length, Keep-Alive and "
           "Transfer-Encoding cannot be set or deleted";
  }
  return {};
}

[[noreturn]] void refuse(Run& run, std::string_view reason, const std::string& why) {
  throw Failure{500, reason, run.arena().copy(why), {}, {}};
}

}  // namespace

bool is_framing_field(std::string_view name) noexcept {
  for (const std::string_view known :
       {"connection", "content-length", "keep-alive", "transfer-encoding"})
    if (iequals(known, name)) return true;
  return false;
}

void ExistsAction::read(ElementCompiler& in) {
  operand_ = in.operand("exists-action", false);
  if (!operand_.present() || operand_.is_expression()) return;
  literal_ = static_cast<Kind>(
      in.literal_choice("exists-action", {"override", "skip", "append", "delete"}, 0));
}
ExistsAction::Kind ExistsAction::kind(Run& run) const {
  if (!operand_.is_expression()) return literal_;
  const std::string_view text = trim(operand_.text(run));
  if (equals_ignoring_case(text, "override")) return Kind::Override;
  if (equals_ignoring_case(text, "skip")) return Kind::Skip;
  if (equals_ignoring_case(text, "append")) return Kind::Append;
  if (equals_ignoring_case(text, "delete")) return Kind::Delete;
  refuse(run, "InvalidExistsAction",
         "exists-action is one of override, skip, append, delete, not " + quote(text));
}

void NamedValues::read(ElementCompiler& in, Step& step) {
  name = in.operand("name", true);
  action.read(in);
  in.mark(step, {&name, &action.operand()});
  in.only_children(in.element(), {"value"});
  for (const Element& child : in.element().children) {
    if (child.name != "value") continue;
    in.only_children(in.child(child).element(), {});
    values.push_back(in.text_operand(child, true));
    in.mark(step, {&values.back()});
  }
  if (values.empty() && !action.is_delete() && !action.operand().is_expression()) {
    in.problem(in.element().at, "<" + std::string(in.element().name) +
                                    "> has no <value>: only exists-action=\"delete\" needs none");
  }
}
std::span<std::string_view> NamedValues::texts(Run& run) const {
  auto* const out = static_cast<std::string_view*>(
      run.arena().allocate(values.size() * sizeof(std::string_view), alignof(std::string_view)));
  std::size_t count = 0;
  const auto put = [&](std::string_view text) { new (out + count++) std::string_view(text); };
  for (const Operand& operand : values) {
    if (!operand.is_expression()) {
      put(operand.literal());
      continue;
    }
    const Value value = operand.value(run);
    if (!value.is_null()) put(value.is_string() ? value.text() : run.evaluation().to_text(value));
  }
  return {out, count};
}

void HeaderChange::read(ElementCompiler& in, Step& step) {
  said.read(in, step);
  if (said.name.is_expression() || !said.name.present()) return;
  if (const std::string why = bad_field_name(said.name.literal()); !why.empty()) {
    in.problem(in.element().attribute("name")->at, why);
  }
  id_ = header_id(said.name.literal());
  line_for_each_ = has_line_for_each(said.name.literal());
  for (const Operand& value : said.values) {
    if (!value.is_expression() && !is_field_value(value.literal())) {
      in.problem(in.element().at, "a value of the header " + quote(said.name.literal()) +
                                      " has a line break or another control character");
    }
  }
}

void HeaderChange::apply(Run& run, Fields& fields) const {
  const std::string_view name = said.name.text(run);
  HeaderId id = id_;
  bool line_for_each = line_for_each_;
  if (said.name.is_expression()) {
    if (const std::string why = bad_field_name(name); !why.empty())
      refuse(run, "InvalidHeader", why);
    id = header_id(name);
    line_for_each = has_line_for_each(name);
  }
  const ExistsAction::Kind action = said.action.kind(run);
  if (action == ExistsAction::Kind::Delete) {
    fields.remove(name);
    return;
  }
  if (action == ExistsAction::Kind::Skip && fields.has(name)) return;
  const std::span<std::string_view> values = said.texts(run);
  for (std::string_view& value : values) {
    value = trim(value);
    if (!is_field_value(value)) {
      refuse(run, "InvalidHeader",
             "A value of the header " + quote(name) +
                 " has a line break or another control character.");
    }
  }
  bool found = fields.has(name);
  if (found && action == ExistsAction::Kind::Override) {
    fields.remove(name);
    found = false;
  }
  if (values.empty()) return;
  if (line_for_each) {
    for (const std::string_view value : values) fields.add(name, value, id);
    return;
  }
  if (!found && values.size() == 1) {
    fields.add(name, values[0], id);
    return;
  }
  const std::string_view before = fields.joined(name, run.arena(), &found);
  std::string line(before);
  bool first = !found || before.empty();
  for (const std::string_view value : values) {
    if (!first) line += ',';
    first = false;
    line += value;
  }
  fields.set(name, run.arena().copy(line));
}

std::string_view body_bytes(Run& run, const Value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.text();
  expression::Evaluation& eval = run.evaluation();
  if (const auto* bytes = expression::object_as<expression::BytesObject>(eval, value, "byte[]")) {
    return expression::as_text(bytes->bytes);
  }
  return eval.to_text(value);
}

void BodyChange::read(ElementCompiler& in, Step& step) {
  const bool templated = in.literal_choice("template", {"none", "liquid"}, 0) == 1;
  nil_is_null = in.literal_choice("xsi-nil", {"blank", "null"}, 0) == 1;
  parse_date = in.literal_bool("parse-date", true);
  const Element& element = in.element();
  const Element* value = element.children.size() == 1 ? element.child("value") : nullptr;
  const Element& holder = value && trim(element.text).empty() ? *value : element;
  if (&holder != &element) (void)in.child(holder);
  if (templated) {
    std::vector<std::string> problems;
    liquid = compile_liquid(holder.children.empty() ? holder.text : holder.inner, problems);
    for (const std::string& problem : problems) in.problem(element.at, problem);
    // A template sees the bodies of both messages.
    (in.section() == Section::Inbound || in.section() == Section::Backend
         ? step.reads_request_body
         : step.reads_response_body) = true;
    return;
  }
  // Elements in it are its text, as they are written.
  content = holder.children.empty() ? in.text_operand(holder, false)
                                    : Operand(std::string(trim(holder.inner)));
  in.mark(step, {&content});
}

void BodyChange::apply(Run& run, Body& body, Fields& fields, const Body* input) const {
  if (liquid) {
    LiquidTemplate::Input bound;
    bound.body = input;
    bound.fields = &fields;
    bound.parse_date = parse_date;
    bound.nil_is_null = nil_is_null;
    body.assign(liquid->render(run, bound));
    fields.remove("Content-Encoding");
    return;
  }
  if (!content.is_expression()) {
    body.assign(content.literal());
    fields.remove("Content-Encoding");
    return;
  }
  const Value value = content.value(run);
  body.assign(body_bytes(run, value));
  // What is text now was decoded, or never encoded.
  if (!expression::object_as<expression::BytesObject>(run.evaluation(), value, "byte[]")) {
    fields.remove("Content-Encoding");
  }
}

void StatusChange::read(ElementCompiler& in, Step& step) {
  code = in.int_operand("code", true, 200, 999);
  reason = in.operand("reason", false);
  in.mark(step, {&code, &reason});
  in.only_children(in.element(), {});
  if (reason.present() && !reason.is_expression() && !is_field_value(reason.literal())) {
    in.problem(in.element().at,
               "the reason of <set-status> has a line break or another control character");
  }
}
void StatusChange::apply(Run& run, ResponseMessage& response) const {
  const std::int64_t status = code.integer(run);
  if (status < 200 || status > 999) {
    refuse(run, "InvalidStatusCode",
           "A status code is a number from 200 to 999, not " + std::to_string(status) + ".");
  }
  const std::string_view said = reason.present() ? reason.text(run) : std::string_view();
  if (!is_field_value(said)) {
    refuse(run, "InvalidStatusReason", "The reason has a line break or another control character.");
  }
  response.status = static_cast<int>(status);
  response.reason = said;
}

void MethodChange::read(ElementCompiler& in, Step& step) {
  in.only_children(in.element(), {});
  method = in.text_operand(in.element(), true);
  in.mark(step, {&method});
  if (!method.is_expression() && !is_token(method.literal())) {
    in.problem(in.element().at, quote(method.literal()) + " is no method of HTTP");
  }
}
std::string_view MethodChange::apply(Run& run) const {
  const std::string_view said = trim(method.text(run));
  if (!is_token(said)) refuse(run, "InvalidMethod", quote(said) + " is no method of HTTP.");
  return said;
}

}  // namespace gateway::policy
