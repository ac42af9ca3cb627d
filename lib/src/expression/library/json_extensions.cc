#include "expression/library/json_members.h"

namespace gateway::expression {
namespace {

const Type* wanted(Call& call) {
  const Type* type = type_arg(call, 0);
  return type ? type : call.eval.catalog().find("JToken");
}

// value.Value<T>(): of a token itself.
Value value_of(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "value");
  JToken* token = as_json_token(call.eval, call.args[0]);
  if (!token) call.eval.raise("ArgumentException", "Source value must be a JToken.");
  return json_value_as(call.eval, token, wanted(call));
}

template <typename F>
void each_token(Call& call, F&& each) {
  call.eval.for_each(sequence_arg(call, 0, "source"), [&](const Value& item) {
    call.eval.charge(2);
    JToken* token = as_json_token(call.eval, item);
    if (token) each(*token);
    return true;
  });
}

// Values<T>([key]) of a sequence: what each has under the key, or its children.
Value values(Call& call) {
  const Type* type = wanted(call);
  ListObject* out = make_list(call.eval, type);
  const Value key = call.args.size() > 1 ? call.args[1] : Value();
  each_token(call, [&](JToken& token) {
    if (!key.is_null()) {
      JToken* child = child_by_key(call.eval, token, key);
      if (child) out->items.push_back(json_value_as(call.eval, child, type));
    } else if (!token.is_container()) {
      out->items.push_back(json_value_as(call.eval, &token, type));
    } else {
      for (JToken* child : children_of(call.eval, token)) {
        out->items.push_back(json_value_as(call.eval, child, type));
      }
    }
  });
  return Value::of(out);
}

template <bool Deep>
Value below(Call& call) {
  std::pmr::vector<JToken*> out(&call.eval.arena());
  each_token(call, [&](JToken& token) {
    const auto more = Deep ? descendants_of(call.eval, token, false) : children_of(call.eval, token);
    out.insert(out.end(), more.begin(), more.end());
  });
  return token_sequence(call.eval, "JToken", out);
}

Value properties(Call& call) {
  std::pmr::vector<JToken*> out(&call.eval.arena());
  each_token(call, [&](JToken& token) {
    if (token.kind != JsonKind::Object) return;
    const auto more = children_of(call.eval, token);
    out.insert(out.end(), more.begin(), more.end());
  });
  return token_sequence(call.eval, "JProperty", out);
}

}  // namespace

void declare_json_extensions(Catalog& catalog) {
  catalog.declare("Newtonsoft.Json.Linq.Extensions", {.is_static = true})
      .member("static U Value<U>(this IEnumerable<JToken> value)", value_of)
      .member("static IEnumerable<JToken> Values(this IEnumerable<JToken> source)", values)
      .member("static IEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)", values)
      .member("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", values)
      .member("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)", values)
      .member("static IEnumerable<JToken> Children(this IEnumerable<JToken> source)", below<false>)
      .member("static IEnumerable<JToken> Descendants(this IEnumerable<JContainer> source)", below<true>)
      .member("static IEnumerable<JProperty> Properties(this IEnumerable<JObject> source)", properties)
      .member("static IEnumerable<JToken> AsJEnumerable(this IEnumerable<JToken> source)",
              [](Call& call) { return call.args[0]; });
}

}  // namespace gateway::expression
