#include <algorithm>

#include "expression/library/json_members.h"
#include "expression/library/text.h"

namespace gateway::expression {
namespace {

JObject& object(const Call& call) { return self<JObject>(call); }

// Exact first, then as the StringComparison says, as Newtonsoft looks.
JProperty* find(Call& call, std::string_view name, std::size_t comparison_at) {
  JObject& it = object(call);
  call.eval.charge(1 + (it.index ? 1 : it.properties.size() / 2));
  if (JProperty* exact = it.find(name)) return exact;
  if (comparison_at >= call.args.size()) return nullptr;
  const auto comparison = static_cast<Comparison>(enum_arg(call, comparison_at));
  if (!ignores_case(comparison)) return nullptr;
  call.eval.charge(it.properties.size() * 2);
  const auto at = std::find_if(it.properties.begin(), it.properties.end(),
                               [&](const JProperty* property) { return equal_texts(property->name, name, true); });
  return at == it.properties.end() ? nullptr : *at;
}
// An argument that may be null: then no property has it.
JProperty* find_arg(Call& call, std::size_t comparison_at) {
  return call.args[1].is_null() ? nullptr : find(call, call.args[1].text(), comparison_at);
}
Value value_of(JProperty* property) { return property ? Value::of(property->value) : Value(); }

Value construct(Call& call) {
  JObject* out = make_json_object(call.eval);
  if (!call.args.empty()) (void)add_json_content(call.eval, *out, 0, call.args[0]);
  return Value::of(out);
}
Value copy(Call& call) { return Value::of(copy_token(call.eval, object_argument<JToken>(call, 0, "other"))); }

Value get(Call& call) {
  (void)text_arg(call, 1, "propertyName");
  return value_of(find_arg(call, call.args.size()));
}
Value set(Call& call) {
  (void)text_arg(call, 1, "propertyName");
  set_child_by_key(call.eval, object(call), call.args[1], call.args[2]);
  return {};
}
Value add(Call& call) {
  const std::string_view name = text_arg(call, 1, "propertyName");
  JProperty* property = make_json_property(call.eval, name, token_arg(call, 2));
  insert_property(call.eval, object(call), object(call).properties.size(), property);
  return {};
}
Value remove(Call& call) {
  (void)text_arg(call, 1, "propertyName");
  JProperty* property = find_arg(call, call.args.size());
  if (property) detach(call.eval, *property);
  return Value::of(property != nullptr);
}
Value contains_key(Call& call) {
  (void)text_arg(call, 1, "propertyName");
  return Value::of(find_arg(call, call.args.size()) != nullptr);
}
Value try_get(Call& call) {
  JProperty* property = find_arg(call, call.args.size());
  call.args[2] = value_of(property);
  return Value::of(property != nullptr);
}
Value try_get_compared(Call& call) {
  JProperty* property = find_arg(call, 2);
  call.args[3] = value_of(property);
  return Value::of(property != nullptr);
}
Value get_value(Call& call) { return value_of(find_arg(call, 2)); }
Value property(Call& call) { return token_value(find_arg(call, 2)); }
Value properties(Call& call) {
  return token_sequence(call.eval, "JProperty", object(call).properties);
}
Value property_values(Call& call) {
  std::pmr::vector<JToken*> out(&call.eval.arena());
  for (JProperty* each : object(call).properties) out.push_back(each->value);
  return token_sequence(call.eval, "JToken", out);
}
Value from_object(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "o");
  JToken* made = to_json_token(call.eval, call.args[0]);
  if (made->kind != JsonKind::Object) {
    call.eval.raise("ArgumentException", "Object serialized to " + std::string(json_kind_name(made->kind)) +
                                             ". JObject instance expected.");
  }
  return Value::of(made);
}

// JProperty.

JProperty& self_property(const Call& call) { return self<JProperty>(call); }

Value construct_property(Call& call) {
  const std::string_view name = text_arg(call, 0, "name");
  const Value content = call.args.size() > 1 ? call.args[1] : Value();
  return Value::of(make_json_property(call.eval, name, token_of_content(call.eval, content)));
}
Value set_value(Call& call) {
  JProperty& it = self_property(call);
  JToken* value = call.args[1].is_null() ? make_json_value(call.eval, {}) : token_of_content(call.eval, call.args[1]);
  replace_token(call.eval, *it.value, value);
  return {};
}

}  // namespace

void declare_json_object(Catalog& catalog) {
  // Iterating a JObject gives Newtonsoft's KeyValuePairs through one name, and JProperties through another;
  // here they are one: a JProperty has a Key, and becomes a pair where one is asked for.
  catalog
      .declare("Newtonsoft.Json.Linq.JObject", {.base = "JContainer", .interfaces = {"IEnumerable<JProperty>"}})
      .member("new()", construct)
      .member("new(JObject other)", copy)
      .member("new(object content)", construct)
      .member("new(params object[] content)", construct)
      .member("static JObject Parse(string json)",
              [](Call& call) {
                return Value::of(parse_json_as(call.eval, text_arg(call, 0, "s"), JsonKind::Object));
              })
      .member("static JObject FromObject(object o)", from_object)
      .member("JToken this[string propertyName] { get; }", get)
      .member("JToken this[string propertyName] { set; }", set)
      .member("void Add(string propertyName, JToken value)", add)
      .member("bool Remove(string propertyName)", remove)
      .member("bool ContainsKey(string propertyName)", contains_key)
      .member("bool TryGetValue(string propertyName, out JToken value)", try_get)
      .member("bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)",
              try_get_compared)
      .member("JToken GetValue(string propertyName)", get_value)
      .member("JToken GetValue(string propertyName, StringComparison comparison)", get_value)
      .member("JProperty Property(string name)", property)
      .member("JProperty Property(string name, StringComparison comparison)", property)
      .member("IEnumerable<JProperty> Properties()", properties)
      .member("IEnumerable<JToken> PropertyValues()", property_values);
  catalog.declare("Newtonsoft.Json.Linq.JProperty", {.base = "JContainer"})
      .member("new(JProperty other)", copy)
      .member("new(string name, object content)", construct_property)
      .member("new(string name, params object[] content)", construct_property)
      .member("string Name { get; }", [](Call& call) { return Value::of(self_property(call).name); })
      .member("string Key { get; }", [](Call& call) { return Value::of(self_property(call).name); })
      .member("JToken Value { get; }", [](Call& call) { return token_value(self_property(call).value); })
      .member("JToken Value { set; }", set_value)
      .member("static implicit operator KeyValuePair<string, JToken>(JProperty property)", [](Call& call) {
        const auto& it = object_argument<JProperty>(call, 0, "property");
        const Catalog& types = call.eval.catalog();
        return make_pair(call.eval, types.find("string"), types.find("JToken"), Value::of(it.name),
                         token_value(it.value));
      });
}

}  // namespace gateway::expression
