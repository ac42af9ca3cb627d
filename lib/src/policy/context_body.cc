#include <memory_resource>
#include <string>

#include "base/strings.h"
#include "expression/library/collections.h"
#include "expression/library/json_tokens.h"
#include "expression/library/utf16.h"
#include "expression/library/xml_nodes.h"
#include "policy/context_objects.h"
#include "policy/query.h"

namespace gateway::policy {

using expression::Call;
using expression::Evaluation;
using expression::Type;
using expression::Value;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The bytes of the body. It is consumed unless it is to be kept.
std::string_view take(Call& call) {
  Body& body = *expression::self<BodyObject>(call).body;
  if (body.state == Body::State::Consumed) {
    call.eval.raise(
        "InvalidOperationException",
        "The message body was consumed already: As<T>(preserveContent: true) keeps it for later.");
  }
  if (!body.is_whole())
    call.eval.raise("InvalidOperationException", "The message body is not available here.");
  const bool preserve = call.args.size() > 1 && call.args[1].boolean();
  if (!preserve) body.state = Body::State::Consumed;
  call.eval.charge(1 + body.data.size() / 8);
  return body.data;
}

bool is_latin1(const Fields* fields) {
  const HeaderField* type = fields ? fields->list.find(HeaderId::ContentType) : nullptr;
  if (!type) return false;
  const std::string lower = to_lower(type->value);
  return lower.find("charset=iso-8859-1") != std::string::npos ||
         lower.find("charset=\"iso-8859-1\"") != std::string::npos;
}

std::string_view text_of(Call& call, std::string_view bytes) {
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (!is_latin1(expression::self<BodyObject>(call).fields))
    return as_utf8(bytes, call.eval.arena());
  std::pmr::string text(&call.eval.arena());
  for (const char c : bytes) {
    expression::append_code_point(static_cast<char32_t>(static_cast<unsigned char>(c)), text);
  }
  return call.eval.text(text).text();
}

// Newtonsoft's word for a token of the wrong kind.
[[noreturn]] void raise_kind(Evaluation& eval, std::string_view wanted, std::string_view got) {
  eval.raise("JsonReaderException", "Error reading " + std::string(wanted) +
                                        " from JsonReader. Current JsonReader item "
                                        "is not " +
                                        std::string(got) + ".");
}

Value as(Call& call) {
  Evaluation& eval = call.eval;
  const Type* wanted = call.type_args.empty() ? nullptr : call.type_args[0];
  const std::string_view name = wanted ? std::string_view(wanted->name) : std::string_view();
  const bool text = wanted && wanted->kind == expression::Kind::String;
  const bool bytes = wanted && wanted == eval.catalog().find("byte[]");
  if (!text && !bytes && name != "JObject" && name != "JToken" && name != "JArray" &&
      name != "XElement" && name != "XDocument" && name != "XNode") {
    eval.raise("InvalidOperationException",
               "A message body can be read as string, byte[], JObject, JToken, JArray, XElement, "
               "XDocument or "
               "XNode, not as " +
                   std::string(name) + ".");
  }
  const std::string_view data = take(call);
  if (bytes) return expression::bytes_value(eval, expression::as_bytes(data));
  const std::string_view content = text_of(call, data);
  if (text) return Value::of(content);
  if (name.starts_with('J')) {
    expression::JToken* token = expression::parse_json_token(eval, content);
    if (name == "JObject" && token->kind != expression::JsonKind::Object)
      raise_kind(eval, "JObject", "an object");
    if (name == "JArray" && token->kind != expression::JsonKind::Array)
      raise_kind(eval, "JArray", "an array");
    return Value::of(token);
  }
  expression::XDocument* document = expression::parse_xml(eval, content);
  if (name == "XDocument") return Value::of(document);
  expression::XElement* root = document->root();
  expression::detach(*root);
  return Value::of(root);
}

// ---- forms -------------------------------------------------------------------------------------

Value as_form(Call& call) {
  Evaluation& eval = call.eval;
  const std::string_view content = text_of(call, take(call));
  const Type* text = eval.catalog().find("string");
  expression::DictionaryObject* form =
      expression::make_dictionary(eval, text, eval.catalog().find("IList<string>"));
  for (const QueryPart& part : query_parts(content)) {
    const Value name = Value::of(decode_part(part.name, eval.arena()));
    const Value value = Value::of(decode_part(part.value, eval.arena()));
    const Value* known = form->find(eval, name);
    if (!known) {
      form->set(eval, name, Value::of(expression::make_list(eval, text)));
      known = form->find(eval, name);
    }
    static_cast<expression::ListObject*>(known->object())->items.push_back(value);
  }
  return Value::of(form);
}

std::string form_text(Call& call) {
  std::string out;
  Evaluation& eval = call.eval;
  eval.for_each(call.args[0], [&](const Value& item) {
    const auto& pair = *static_cast<expression::PairObject*>(item.object());
    if (pair.value.is_null()) return true;
    eval.for_each(pair.value, [&](const Value& value) {
      if (!out.empty()) out += '&';
      append_part(eval.to_text(pair.key), out);
      out += '=';
      append_part(eval.to_text(value), out);
      eval.charge(1 + out.size() / 1024);
      return true;
    });
    return true;
  });
  return out;
}
Value to_form(Call& call) { return call.eval.text(form_text(call)); }
Value to_query(Call& call) { return to_form(call); }

}  // namespace

void declare_context_body(expression::Catalog& catalog) {
  catalog.declare("IMessageBody")
      .member("T As<T>(bool preserveContent = false)", as)
      .member(
          "IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = "
          "false)",
          as_form);
  expression::Catalog::TypeOptions options;
  options.is_static = true;
  catalog.declare("MessageBodyExtensions", options)
      .member(
          "static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> content)",
          to_form)
      .member("static string ToQueryString(this IDictionary<string, IList<string>> content)",
              to_query);
}

}  // namespace gateway::policy
