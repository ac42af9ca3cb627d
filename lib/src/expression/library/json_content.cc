#include <fmt/format.h>

#include <algorithm>

#include "expression/library/json_members.h"

namespace gateway::expression {

JToken* child_by_key(Evaluation& eval, JToken& token, const Value& key) {
  eval.charge(2);
  switch (token.kind) {
    case JsonKind::Object: {
      if (!key.is_string()) {
        eval.raise("ArgumentException",
                   fmt::format("Accessed JObject values with invalid key value: {}. Object property name "
                               "expected.",
                               eval.to_text(key)));
      }
      const JProperty* property = static_cast<JObject&>(token).find(key.text());
      return property ? property->value : nullptr;
    }
    case JsonKind::Array:
    case JsonKind::Constructor: {
      if (!key.is_integral() || key.kind() == Kind::Char) {
        eval.raise("ArgumentException",
                   fmt::format("Accessed JArray values with invalid key value: \"{}\". Int32 array index "
                               "expected.",
                               eval.to_text(key)));
      }
      const auto& items = static_cast<JArray&>(token).items;
      if (key.integer() < 0 || static_cast<std::uint64_t>(key.integer()) >= items.size()) {
        raise_range(eval, "index",
                    "Index was out of range. Must be non-negative and less than the size of the collection.");
      }
      return items[static_cast<std::size_t>(key.integer())];
    }
    default:
      eval.raise("InvalidOperationException",
                 fmt::format("Cannot access child value on {}.", token.type->full_name));
  }
}

JToken* token_of_content(Evaluation& eval, const Value& content) {
  if (JToken* token = as_json_token(eval, content)) return token;
  const bool many = content.is_object() && is_sequence(content.object()->type) &&
                    content.object()->type != eval.catalog().find("byte[]");
  if (!many) return make_json_value(eval, content);
  JArray* array = make_json_array(eval);
  (void)add_json_content(eval, *array, 0, content);
  return array;
}

void set_child_by_key(Evaluation& eval, JToken& token, const Value& key, const Value& value) {
  JToken* fresh = value.is_null() ? nullptr : token_of_content(eval, value);
  if (token.kind == JsonKind::Object && key.is_string()) {
    set_property(eval, static_cast<JObject&>(token), key.text(), fresh);
    return;
  }
  replace_token(eval, *child_by_key(eval, token, key), fresh);
}

std::size_t add_json_content(Evaluation& eval, JToken& container, std::size_t at, const Value& content) {
  JToken* token = as_json_token(eval, content);
  if (!token && content.is_object() && is_sequence(content.object()->type) &&
      content.object()->type != eval.catalog().find("byte[]")) {
    std::size_t added = 0;
    for (const Value& item : items_of(eval, content)) {
      added += add_json_content(eval, container, at + added, item);
    }
    return added;
  }
  if (!token) token = make_json_value(eval, content);
  if (container.kind == JsonKind::Object) {
    if (token->kind != JsonKind::Property) {
      eval.raise("ArgumentException", fmt::format("Can not add {} to Newtonsoft.Json.Linq.JObject.",
                                                  token->type->full_name));
    }
    insert_property(eval, static_cast<JObject&>(container), at, static_cast<JProperty*>(token));
  } else if (container.kind == JsonKind::Property) {
    eval.raise("JsonException", "Newtonsoft.Json.Linq.JProperty cannot have multiple values.");
  } else {
    insert_item(eval, static_cast<JArray&>(container), at, token);
  }
  return 1;
}

void clear_children(JToken& container) {
  for (std::size_t i = 0; i < child_count(container); ++i) child_at(container, i)->parent = nullptr;
  if (container.kind == JsonKind::Object) {
    auto& object = static_cast<JObject&>(container);
    object.properties.clear();
    object.index = nullptr;
  } else if (container.kind == JsonKind::Array) {
    static_cast<JArray&>(container).items.clear();
  }
}

std::pmr::vector<JToken*> children_of(Evaluation& eval, const JToken& token) {
  std::pmr::vector<JToken*> out(&eval.arena());
  const std::size_t count = child_count(token);
  eval.charge(1 + count / 4);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(child_at(token, i));
  return out;
}

std::pmr::vector<JToken*> descendants_of(Evaluation& eval, JToken& token, bool with_self) {
  std::pmr::vector<JToken*> out(&eval.arena()), waiting(&eval.arena());
  waiting.push_back(&token);
  while (!waiting.empty()) {
    eval.charge(2);
    JToken* next = waiting.back();
    waiting.pop_back();
    if (with_self || next != &token) out.push_back(next);
    for (std::size_t i = child_count(*next); i-- > 0;) waiting.push_back(child_at(*next, i));
  }
  return out;
}

JToken* parse_json_as(Evaluation& eval, std::string_view text, JsonKind kind) {
  const std::string_view wanted = kind == JsonKind::Object ? "JObject" : kind == JsonKind::Array ? "JArray" : "JToken";
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) {
    eval.raise("JsonReaderException",
               fmt::format("Error reading {} from JsonReader. Path '', line 0, position 0.", wanted));
  }
  JToken* token = parse_json_token(eval, text);
  if (kind == JsonKind::None || token->kind == kind) return token;
  const std::size_t position = token->is_container() ? begin + 1 : text.size();
  eval.raise("JsonReaderException",
             fmt::format("Error reading {} from JsonReader. Current JsonReader item is not an {}: {}{}. Path "
                         "'', line 1, position {}.",
                         wanted, kind == JsonKind::Object ? "object" : "array",
                         token->is_container() ? "Start" : "", json_kind_name(token->kind), position));
}

}  // namespace gateway::expression
