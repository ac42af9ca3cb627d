#include <algorithm>

#include "expression/library/json_members.h"

namespace gateway::expression {
namespace {

// JContainer: what a property holds has the property as its parent.
Value parent(Call& call) { return token_value(token(call).parent); }

Value root(Call& call) {
  JToken* at = &token(call);
  for (; at->parent; at = at->parent) call.eval.charge(1);
  return Value::of(at);
}

// The token `by` places further among its siblings; null: there is none.
JToken* sibling(Call& call, std::ptrdiff_t by) {
  JToken& it = token(call);
  if (!it.parent) return nullptr;
  const auto all = children_of(call.eval, *it.parent);
  const auto at = std::find(all.begin(), all.end(), &it) - all.begin() + by;
  const bool there = at >= 0 && at < static_cast<std::ptrdiff_t>(all.size());
  return there ? all[static_cast<std::size_t>(at)] : nullptr;
}

Value end(Call& call, bool last) {
  JToken& it = token(call);
  if (!it.is_container()) {
    call.eval.raise("InvalidOperationException", "Cannot access child value on " + it.type->full_name + ".");
  }
  const std::size_t count = child_count(it);
  return count == 0 ? Value() : Value::of(child_at(it, last ? count - 1 : 0));
}

Value ancestors(Call& call) {
  std::pmr::vector<JToken*> out(&call.eval.arena());
  for (JToken* at = token(call).parent; at; at = at->parent) {
    call.eval.charge(1);
    out.push_back(at);
  }
  return token_sequence(call.eval, "JToken", out);
}

Value get(Call& call) { return token_value(child_by_key(call.eval, token(call), call.args[1])); }
Value set(Call& call) {
  set_child_by_key(call.eval, token(call), call.args[1], call.args[2]);
  return {};
}
const Type* wanted(Call& call) {
  const Type* type = type_arg(call, 0);
  return type ? type : call.eval.catalog().find("JToken");
}
Value value_of_key(Call& call) {
  return json_value_as(call.eval, child_by_key(call.eval, token(call), call.args[1]), wanted(call));
}
// Values<T>(): the children, each converted.
Value values(Call& call) {
  const Type* type = wanted(call);
  ListObject* out = make_list(call.eval, type);
  for (JToken* child : children_of(call.eval, token(call))) {
    out->items.push_back(json_value_as(call.eval, child, type));
  }
  return Value::of(out);
}
Value children(Call& call) {
  return token_sequence(call.eval, "JToken", children_of(call.eval, token(call)));
}
// Children<T>(): those of that type.
Value children_of_type(Call& call) {
  const Type* type = wanted(call);
  ListObject* out = make_list(call.eval, type);
  for (JToken* child : children_of(call.eval, token(call))) {
    if (child->type->is(type)) out->items.push_back(Value::of(child));
  }
  return Value::of(out);
}

bool error_when_none(const Call& call) { return call.args.size() > 2 && call.args[2].boolean(); }
Value select_all(Call& call) {
  return token_sequence(call.eval, "JToken", select_tokens(call.eval, token(call), text_arg(call, 1, "path"),
                                                           error_when_none(call)));
}
Value select_one(Call& call) {
  const auto found =
      select_tokens(call.eval, token(call), text_arg(call, 1, "path"), error_when_none(call));
  if (found.size() > 1) call.eval.raise("JsonException", "Path returned multiple tokens.");
  return found.empty() ? Value() : Value::of(found.front());
}

Value to_text(Call& call) { return Value::of(json_text(call.eval, token(call))); }
Value to_formatted(Call& call) {
  auto out = arena_text(call);
  write_json(call.eval, token(call), static_cast<JsonFormatting>(enum_arg(call, 1)), out);
  return made(call, out);
}

Value remove(Call& call) {
  JToken& it = token(call);
  if (it.parent && it.parent->kind == JsonKind::Property) {
    call.eval.raise("JsonException", "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.");
  }
  detach(call.eval, it);
  return {};
}
Value replace(Call& call) {
  replace_token(call.eval, token(call), token_arg(call, 1));
  return {};
}
template <bool After>
Value add_beside(Call& call) {
  JToken& it = token(call);
  if (!it.parent) call.eval.raise("InvalidOperationException", "The parent is missing.");
  const auto all = children_of(call.eval, *it.parent);
  const auto at = static_cast<std::size_t>(std::find(all.begin(), all.end(), &it) - all.begin());
  (void)add_json_content(call.eval, *it.parent, at + (After ? 1 : 0), call.args[1]);
  return {};
}

// JContainer.

Value add(Call& call) {
  (void)add_json_content(call.eval, token(call), child_count(token(call)), call.args[1]);
  return {};
}
Value add_first(Call& call) {
  (void)add_json_content(call.eval, token(call), 0, call.args[1]);
  return {};
}
Value remove_all(Call& call) {
  clear_children(token(call));
  return {};
}
Value replace_all(Call& call) {
  clear_children(token(call));
  return add(call);
}

void merge(Evaluation& eval, JToken& into, JToken& from, unsigned depth) {
  if (depth > kJsonDeepest) raise_json_depth(eval);
  if (into.kind == JsonKind::Array) {
    if (from.kind != JsonKind::Array) return;
    for (JToken* item : children_of(eval, from)) {
      insert_item(eval, static_cast<JArray&>(into), child_count(into), item);
    }
    return;
  }
  if (into.kind != JsonKind::Object || from.kind != JsonKind::Object) return;
  auto& object = static_cast<JObject&>(into);
  for (JToken* child : children_of(eval, from)) {
    auto& property = static_cast<JProperty&>(*child);
    JProperty* known = object.find(property.name);
    if (!known) {
      set_property(eval, object, property.name, property.value);
    } else if (known->value->is_container() && known->value->kind == property.value->kind) {
      merge(eval, *known->value, *property.value, depth + 1);
    } else if (property.value->kind != JsonKind::Null) {
      set_property(eval, object, property.name, property.value);
    }
  }
}
Value merge_content(Call& call) {
  if (JToken* content = as_json_token(call.eval, call.args[1])) {
    merge(call.eval, token(call), *content, 0);
  } else if (!call.args[1].is_null()) {
    merge(call.eval, token(call), *to_json_token(call.eval, call.args[1]), 0);
  }
  return {};
}

}  // namespace

void declare_json_token(Catalog& catalog) {
  catalog.declare("Newtonsoft.Json.Linq.JToken", {.interfaces = {"IEnumerable<JToken>"}})
      .member("static JToken Parse(string json)",
              [](Call& call) {
                return Value::of(parse_json_as(call.eval, text_arg(call, 0, "s"), JsonKind::None));
              })
      .member("static JToken FromObject(object o)",
              [](Call& call) {
                if (call.args[0].is_null()) raise_null(call.eval, "o");
                return Value::of(to_json_token(call.eval, call.args[0]));
              })
      .member("static bool DeepEquals(JToken t1, JToken t2)",
              [](Call& call) {
                JToken *a = token_arg(call, 0), *b = token_arg(call, 1);
                return Value::of(a == b || (a && b && deep_equals(call.eval, *a, *b)));
              })
      .member("JTokenType Type { get; }",
              [](Call& call) {
                return Value::enumeration(call.eval.catalog().find("JTokenType"),
                                          static_cast<std::int32_t>(token(call).kind));
              })
      .member("JContainer Parent { get; }", parent)
      .member("JToken Root { get; }", root)
      .member("JToken Next { get; }", [](Call& call) { return token_value(sibling(call, 1)); })
      .member("JToken Previous { get; }", [](Call& call) { return token_value(sibling(call, -1)); })
      .member("JToken First { get; }", [](Call& call) { return end(call, false); })
      .member("JToken Last { get; }", [](Call& call) { return end(call, true); })
      .member("string Path { get; }", [](Call& call) { return Value::of(json_path(call.eval, token(call))); })
      .member("bool HasValues { get; }", [](Call& call) { return Value::of(child_count(token(call)) > 0); })
      .member("JToken this[object key] { get; }", get)
      .member("JToken this[object key] { set; }", set)
      .member("T Value<T>(object key)", value_of_key)
      .member("IEnumerable<T> Values<T>()", values)
      .member("IEnumerable<JToken> Children()", children)
      .member("IEnumerable<T> Children<T>()", children_of_type)
      .member("IEnumerable<JToken> Ancestors()", ancestors)
      .member("T ToObject<T>()",
              [](Call& call) { return json_to_object(call.eval, &token(call), wanted(call)); })
      .member("JToken SelectToken(string path)", select_one)
      .member("JToken SelectToken(string path, bool errorWhenNoMatch)", select_one)
      .member("IEnumerable<JToken> SelectTokens(string path)", select_all)
      .member("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", select_all)
      .member("JToken DeepClone()", [](Call& call) { return Value::of(copy_token(call.eval, token(call))); })
      .member("string ToString()", to_text)
      .member("string ToString(Formatting formatting)", to_formatted)
      .member("void Remove()", remove)
      .member("void Replace(JToken value)", replace)
      .member("void AddAfterSelf(object content)", add_beside<true>)
      .member("void AddBeforeSelf(object content)", add_beside<false>);
  catalog.declare("Newtonsoft.Json.Linq.JContainer", {.base = "JToken"})
      .member("int Count { get; }", count_of)
      .member("void Add(object content)", add)
      .member("void AddFirst(object content)", add_first)
      .member("void RemoveAll()", remove_all)
      .member("void ReplaceAll(object content)", replace_all)
      .member("void Merge(object content)", merge_content)
      .member("IEnumerable<JToken> Descendants()",
              [](Call& call) {
                return token_sequence(call.eval, "JToken", descendants_of(call.eval, token(call), false));
              })
      .member("IEnumerable<JToken> DescendantsAndSelf()", [](Call& call) {
        return token_sequence(call.eval, "JToken", descendants_of(call.eval, token(call), true));
      });
}

}  // namespace gateway::expression
