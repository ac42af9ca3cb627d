#pragma once

#include "expression/library/arguments.h"
#include "expression/library/json_tokens.h"
#include "expression/library/json_types.h"
#include "expression/library/sequences.h"

// The members of Newtonsoft.Json.Linq: what their files share.
namespace gateway::expression {

void declare_json_token(Catalog& catalog);
void declare_json_casts(Catalog& catalog);
void declare_json_object(Catalog& catalog);
void declare_json_array(Catalog& catalog);
void declare_json_extensions(Catalog& catalog);

[[nodiscard]] inline JToken& token(const Call& call) { return self<JToken>(call); }
// A JToken argument; null where it is null.
[[nodiscard]] inline JToken* token_arg(const Call& call, std::size_t index) {
  return call.args[index].is_null() ? nullptr : static_cast<JToken*>(call.args[index].object());
}
[[nodiscard]] inline Value token_value(JToken* token) { return token ? Value::of(token) : Value(); }

// The child that an indexer's key names; null: none. Raises where the token has no such keys.
[[nodiscard]] JToken* child_by_key(Evaluation& eval, JToken& token, const Value& key);
void set_child_by_key(Evaluation& eval, JToken& token, const Value& key, const Value& value);

// JContainer.Add(content), at this place: sequences are spread, values become JValues. Answers how many
// came.
std::size_t add_json_content(Evaluation& eval, JToken& container, std::size_t at, const Value& content);
// What new JProperty(name, content) holds.
[[nodiscard]] JToken* token_of_content(Evaluation& eval, const Value& content);
void clear_children(JToken& container);

// An IEnumerable<element> of these.
template <typename Tokens>
[[nodiscard]] Value token_sequence(Evaluation& eval, std::string_view element, const Tokens& tokens) {
  ListObject* out = make_array(eval, eval.catalog().find(element));
  eval.charge(tokens.size() / 2);
  out->items.reserve(tokens.size());
  for (JToken* each : tokens) out->items.push_back(Value::of(each));
  return Value::of(out);
}
[[nodiscard]] std::pmr::vector<JToken*> children_of(Evaluation& eval, const JToken& token);
// All below it, each before its own children.
[[nodiscard]] std::pmr::vector<JToken*> descendants_of(Evaluation& eval, JToken& token, bool with_self);

// JToken.Parse for `kind` Object, Array or, of any, None.
[[nodiscard]] JToken* parse_json_as(Evaluation& eval, std::string_view text, JsonKind kind);

}  // namespace gateway::expression
