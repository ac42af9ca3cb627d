#include <fmt/format.h>

#include "expression/library/collections.h"
#include "expression/library/json_dates.h"
#include "expression/library/json_types.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

// JsonSerializer on the way out: what any value looks like in JSON.
class Serializer {
 public:
  explicit Serializer(Evaluation& eval) : eval_(eval) {}

  JToken* token_of(const Value& value, unsigned depth = 0) {
    eval_.charge(4);
    if (JToken* token = as_json_token(eval_, value)) return token;
    if (!value.is_object() || is_scalar(value.object()->type)) return make_json_value(eval_, value);
    if (depth == kJsonDepth) {
      eval_.raise("JsonSerializationException",
                  fmt::format("Objects of more than {} levels, or that hold themselves, cannot be serialized.",
                              kJsonDepth));
    }
    const Type* type = value.object()->type;
    if (is_dictionary(type)) return object_of(*static_cast<DictionaryObject*>(value.object()), depth);
    if (is_sequence(type)) return array_of(value, depth);
    return properties_of(value, depth);
  }

 private:
  [[nodiscard]] bool is_scalar(const Type* type) const {
    return type->name == "Decimal" || type->name == "Guid" || type->name == "Uri" ||
           type->name == "DateTimeOffset" || type == eval_.catalog().find("byte[]");
  }
  JToken* object_of(DictionaryObject& dictionary, unsigned depth) {
    JObject* out = make_json_object(eval_);
    for (std::size_t i = 0; i < dictionary.table.slots(); ++i) {
      const KeyTable::Entry* entry = dictionary.table.at(i);
      if (entry) set_property(eval_, *out, key_text(entry->key), token_of(entry->value, depth + 1));
    }
    return out;
  }
  std::string_view key_text(const Value& key) {
    if (key.kind() != Kind::DateTime) return eval_.to_text(key);
    std::pmr::string text(&eval_.arena());
    write_json_date(key, text);
    return eval_.arena().copy(text);
  }
  JToken* array_of(const Value& sequence, unsigned depth) {
    JArray* out = make_json_array(eval_);
    eval_.for_each(sequence, [&](const Value& item) {
      (void)insert_item(eval_, *out, out->items.size(), token_of(item, depth + 1));
      return true;
    });
    return out;
  }
  // Anonymous types, pairs and the rest: their public properties.
  JToken* properties_of(const Value& value, unsigned depth) {
    JObject* out = make_json_object(eval_);
    for (const Type* type = value.object()->type; type; type = type->base) {
      for (const Member& member : members_of(type)) {
        if (member.form != MemberForm::Property || member.is_static || out->find(member.name)) continue;
        Value self = value;
        const std::string_view name = eval_.arena().copy(member.name);
        set_property(eval_, *out, name, token_of(eval_.call_member(name, {&self, 1}), depth + 1));
      }
    }
    return out;
  }

  Evaluation& eval_;
};

// And on the way in.
class Deserializer {
 public:
  explicit Deserializer(Evaluation& eval) : eval_(eval) {}

  Value object_of(JToken* token, const Type* to) {
    eval_.charge(4);
    if (!token) return {};
    token = without_property(token);
    if (to->is(eval_.catalog().find("JToken"))) return as_token(*token, to);
    const bool null = token->kind == JsonKind::Null || token->kind == JsonKind::Undefined;
    if (is_nullable(to)) return null ? Value() : object_of(token, without_nullable(to));
    if (to == eval_.catalog().find("object") || to == eval_.catalog().dynamic()) {
      return token->is_container() ? Value::of(token) : static_cast<JValue*>(token)->value;
    }
    if (!is_collection(to)) return cast_json_token(eval_, token, to);
    if (null) return {};
    if (is_dictionary(to)) return dictionary_of(*token, to);
    return list_of(*token, to);
  }

 private:
  [[nodiscard]] bool is_collection(const Type* to) const {
    return to->kind == Kind::Object && to != eval_.catalog().find("byte[]") &&
           (is_dictionary(to) || is_sequence(to));
  }
  Value as_token(JToken& token, const Type* to) {
    if (token.type->is(to)) return Value::of(copy_token(eval_, token));
    if (token.kind == JsonKind::Null) return {};
    eval_.raise("JsonSerializationException", fmt::format("Unable to cast object of type '{}' to type '{}'.",
                                                          token.type->full_name, to->full_name));
  }
  [[noreturn]] void raise_form(const JToken& token, const Type* to, std::string_view form) {
    eval_.raise("JsonSerializationException",
                fmt::format("Cannot deserialize the current JSON {} into type '{}' because the type requires "
                            "a JSON {} to deserialize correctly. Path '{}'.",
                            token.kind == JsonKind::Object  ? "object (e.g. {\"name\":\"value\"})"
                            : token.kind == JsonKind::Array ? "array (e.g. [1,2,3])"
                                                            : "value",
                            display(to), form, json_path(eval_, token)));
  }
  Value dictionary_of(const JToken& token, const Type* to) {
    if (token.kind != JsonKind::Object) raise_form(token, to, "object (e.g. {\"name\":\"value\"})");
    const auto& types = pair_types(to);
    DictionaryObject* out = make_dictionary(eval_, types[0], types[1]);
    for (JProperty* property : static_cast<const JObject&>(token).properties) {
      const Value name = Value::of(property->name);
      const Value key = types[0]->kind == Kind::String || types[0]->kind == Kind::Object
                            ? name
                            : cast_json_token(eval_, make_json_value(eval_, name), types[0]);
      out->set(eval_, key, object_of(property->value, types[1]));
    }
    return Value::of(out);
  }
  const std::vector<const Type*>& pair_types(const Type* to) {
    if (to->arguments.size() == 2) return to->arguments;
    return eval_.catalog().find("Dictionary<string, object>")->arguments;
  }
  Value list_of(JToken& token, const Type* to) {
    if (token.kind != JsonKind::Array) raise_form(token, to, "array (e.g. [1,2,3])");
    const Type* element =
        to->arguments.empty() ? eval_.catalog().find("object") : to->arguments[0];
    const auto& items = static_cast<JArray&>(token).items;
    if (to->name == "HashSet" || to->name == "ISet") {
      SetObject* out = make_set(eval_, element);
      for (JToken* item : items) (void)out->table.put(eval_, object_of(item, element));
      return Value::of(out);
    }
    ListObject* out = array_element(to) ? make_array(eval_, element) : make_list(eval_, element);
    if (!array_element(to) && !out->type->is(to)) {
      eval_.raise("JsonSerializationException",
                  fmt::format("Could not create an instance of type {}.", display(to)));
    }
    for (JToken* item : items) out->items.push_back(object_of(item, element));
    return Value::of(out);
  }

  Evaluation& eval_;
};

}  // namespace

JToken* to_json_token(Evaluation& eval, const Value& value) { return Serializer(eval).token_of(value); }

Value json_to_object(Evaluation& eval, JToken* token, const Type* to) {
  return Deserializer(eval).object_of(token, to);
}

}  // namespace gateway::expression
