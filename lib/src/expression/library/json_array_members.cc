#include <algorithm>

#include "expression/library/composite_format.h"
#include "expression/library/json_members.h"

namespace gateway::expression {
namespace {

JArray& array(const Call& call) { return self<JArray>(call); }

Value construct(Call& call) {
  JArray* out = make_json_array(call.eval);
  if (!call.args.empty()) (void)add_json_content(call.eval, *out, 0, call.args[0]);
  return Value::of(out);
}
Value copy(Call& call) { return Value::of(copy_token(call.eval, object_argument<JToken>(call, 0, "other"))); }

Value get(Call& call) { return token_value(child_by_key(call.eval, array(call), call.args[1])); }
Value set(Call& call) {
  set_child_by_key(call.eval, array(call), call.args[1], call.args[2]);
  return {};
}
Value add(Call& call) {
  insert_item(call.eval, array(call), array(call).items.size(), token_arg(call, 1));
  return {};
}
// JToken.Equals: values by what they hold, the rest by identity.
bool same(Evaluation& eval, const JToken& a, const JToken* b) {
  if (&a == b) return true;
  return b && !a.is_container() && !b->is_container() && deep_equals(eval, a, *b);
}
std::int32_t index_of(Call& call) {
  const JToken* item = token_arg(call, 1);
  const auto& items = array(call).items;
  const auto exact = std::find(items.begin(), items.end(), item);
  call.eval.charge(1 + items.size());
  if (exact != items.end()) return static_cast<std::int32_t>(exact - items.begin());
  const auto at = std::find_if(items.begin(), items.end(),
                               [&](const JToken* each) { return same(call.eval, *each, item); });
  return at == items.end() ? -1 : static_cast<std::int32_t>(at - items.begin());
}
Value insert(Call& call) {
  const std::size_t at = index_arg(call, 1, array(call).items.size());
  insert_item(call.eval, array(call), at, token_arg(call, 2));
  return {};
}
Value remove_at(Call& call) {
  detach(call.eval, *child_by_key(call.eval, array(call), call.args[1]));
  return {};
}
Value remove(Call& call) {
  const std::int32_t at = index_of(call);
  if (at >= 0) detach(call.eval, *array(call).items[static_cast<std::size_t>(at)]);
  return Value::of(at >= 0);
}
Value clear(Call& call) {
  clear_children(array(call));
  return {};
}
Value from_object(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "o");
  JToken* made = to_json_token(call.eval, call.args[0]);
  if (made->kind != JsonKind::Array) {
    call.eval.raise("ArgumentException", "Object serialized to " + std::string(json_kind_name(made->kind)) +
                                             ". JArray instance expected.");
  }
  return Value::of(made);
}

// JValue.

JValue& value(const Call& call) { return self<JValue>(call); }

Value construct_value(Call& call) {
  JToken* other = as_json_token(call.eval, call.args[0]);
  if (other && !other->is_container()) return Value::of(copy_token(call.eval, *other));
  return Value::of(make_json_value(call.eval, call.args[0]));
}
Value set_value(Call& call) {
  const JValue* made = make_json_value(call.eval, call.args[1]);
  value(call).kind = made->kind;
  value(call).value = made->value;
  value(call).source = {};
  return {};
}
Value equals(Call& call) {
  JToken* other = as_json_token(call.eval, call.args[1]);
  return Value::of(other && same(call.eval, value(call), other));
}
Value compare_to(Call& call) {
  JToken* other = as_json_token(call.eval, call.args[1]);
  if (call.args[1].is_null()) return Value::of(std::int32_t{1});
  const Value& right = other && !other->is_container() ? static_cast<JValue*>(other)->value : call.args[1];
  return Value::of(std::int32_t{call.eval.compare(value(call).value, right)});
}
Value format(Call& call) {
  auto out = arena_text(call);
  format_value(call.eval, value(call).value, optional_text(call, 1), out);
  return made(call, out);
}
Value of_kind(Call& call, std::string_view type, JsonKind kind, const Value& held) {
  return Value::of(call.eval.arena().make<JValue>(call.eval.catalog().find(type), kind, held));
}

}  // namespace

void declare_json_array(Catalog& catalog) {
  catalog.declare("Newtonsoft.Json.Linq.JArray", {.base = "JContainer"})
      .member("new()", construct)
      .member("new(JArray other)", copy)
      .member("new(object content)", construct)
      .member("new(params object[] content)", construct)
      .member("static JArray Parse(string json)",
              [](Call& call) {
                return Value::of(parse_json_as(call.eval, text_arg(call, 0, "s"), JsonKind::Array));
              })
      .member("static JArray FromObject(object o)", from_object)
      .member("JToken this[int index] { get; }", get)
      .member("JToken this[int index] { set; }", set)
      .member("void Add(JToken item)", add)
      .member("int IndexOf(JToken item)", [](Call& call) { return Value::of(index_of(call)); })
      .member("bool Contains(JToken item)", [](Call& call) { return Value::of(index_of(call) >= 0); })
      .member("void Insert(int index, JToken item)", insert)
      .member("void RemoveAt(int index)", remove_at)
      .member("bool Remove(JToken item)", remove)
      .member("void Clear()", clear);
  catalog.declare("Newtonsoft.Json.Linq.JConstructor", {.base = "JContainer"})
      .member("string Name { get; }", [](Call& call) { return Value::of(array(call).name); });
  catalog.declare("Newtonsoft.Json.Linq.JValue", {.base = "JToken"})
      .member("new(object value)", construct_value)
      .member("object Value { get; }", [](Call& call) { return value(call).value; })
      .member("object Value { set; }", set_value)
      .member("static JValue CreateNull()", [](Call& call) { return of_kind(call, "JValue", JsonKind::Null, {}); })
      .member("static JValue CreateUndefined()",
              [](Call& call) { return of_kind(call, "JValue", JsonKind::Undefined, {}); })
      .member("static JValue CreateString(string value)",
              [](Call& call) { return of_kind(call, "JValue", JsonKind::String, call.args[0]); })
      .member("static JValue CreateComment(string value)",
              [](Call& call) { return of_kind(call, "JValue", JsonKind::Comment, call.args[0]); })
      .member("bool Equals(object obj)", equals)
      .member("int GetHashCode()", [](Call& call) { return Value::of(call.eval.hash(value(call).value)); })
      .member("int CompareTo(object obj)", compare_to)
      .member("string ToString(string format)", format);
  catalog.declare("Newtonsoft.Json.Linq.JRaw", {.base = "JValue"}).member("new(object rawJson)", [](Call& call) {
    const Value text = call.args[0].is_null() ? Value() : Value::of(call.eval.to_text(call.args[0]));
    return of_kind(call, "JRaw", JsonKind::Raw, text);
  });
}

}  // namespace gateway::expression
