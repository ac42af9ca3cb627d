#include "expression/library/json_tokens.h"

#include <algorithm>

#include "expression/library/collections.h"
#include "expression/library/decimal.h"
#include "expression/library/json_types.h"

namespace gateway::expression {
namespace {

constexpr std::size_t kIndexFrom = 9;

JProperty* parent_property(JToken& token) noexcept {
  JToken* parent = token.parent;
  return parent && parent->kind == JsonKind::Property ? static_cast<JProperty*>(parent) : nullptr;
}

void forget(JObject& object, JProperty& property) {
  const auto at = std::find(object.properties.begin(), object.properties.end(), &property);
  if (at != object.properties.end()) object.properties.erase(at);
  if (object.index) object.index->erase(property.name);
  property.parent = nullptr;
}

// A token that is in a tree already, or contains the tree, is copied.
JToken* free_token(Evaluation& eval, JToken* token, const JToken* into) {
  if (!token) return make_json_value(eval, {});
  if (token->parent) return copy_token(eval, *token);
  for (const JToken* above = into; above; above = above->parent) {
    eval.charge(1);
    if (above == token) return copy_token(eval, *token);
  }
  return token;
}

}  // namespace

void JToken::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  const std::size_t count = child_count(*this);
  for (std::size_t i = 0; i < count; ++i) {
    eval.charge(1);
    if (!each(data, Value::of(child_at(*this, i)))) return;
    if (child_count(*this) != count) {
      eval.raise("InvalidOperationException",
                 "Collection was modified; enumeration operation may not execute.");
    }
  }
}

std::int64_t JToken::known_size() const noexcept { return static_cast<std::int64_t>(child_count(*this)); }

JProperty* JObject::find(std::string_view name) const noexcept {
  if (index) {
    const auto at = index->find(name);
    return at == index->end() ? nullptr : at->second;
  }
  for (JProperty* property : properties) {
    if (property->name == name) return property;
  }
  return nullptr;
}

std::size_t child_count(const JToken& token) noexcept {
  switch (token.kind) {
    case JsonKind::Object:
      return static_cast<const JObject&>(token).properties.size();
    case JsonKind::Array:
    case JsonKind::Constructor:
      return static_cast<const JArray&>(token).items.size();
    case JsonKind::Property:
      return static_cast<const JProperty&>(token).value ? 1 : 0;
    default:
      return 0;
  }
}

JToken* child_at(const JToken& token, std::size_t index) noexcept {
  switch (token.kind) {
    case JsonKind::Object:
      return static_cast<const JObject&>(token).properties[index];
    case JsonKind::Array:
    case JsonKind::Constructor:
      return static_cast<const JArray&>(token).items[index];
    default:
      return static_cast<const JProperty&>(token).value;
  }
}

JObject* make_json_object(Evaluation& eval) {
  return eval.arena().make<JObject>(eval.catalog().find("JObject"), eval.arena());
}

JArray* make_json_array(Evaluation& eval) {
  return eval.arena().make<JArray>(eval.catalog().find("JArray"), eval.arena());
}

JValue* make_json_value(Evaluation& eval, const Value& value) {
  JsonKind kind = JsonKind::String;
  Value held = value;
  switch (value.kind()) {
    case Kind::Null:
      kind = JsonKind::Null;
      break;
    case Kind::Boolean:
      kind = JsonKind::Boolean;
      break;
    case Kind::SByte:
    case Kind::Byte:
    case Kind::Int16:
    case Kind::UInt16:
    case Kind::Int32:
    case Kind::UInt32:
      kind = JsonKind::Integer;
      held = Value::of(value.integer());
      break;
    case Kind::Int64:
    case Kind::UInt64:
    case Kind::Enum:
      kind = JsonKind::Integer;
      break;
    case Kind::Single:
    case Kind::Double:
      kind = JsonKind::Float;
      break;
    case Kind::DateTime:
      kind = JsonKind::Date;
      break;
    case Kind::TimeSpan:
      kind = JsonKind::TimeSpan;
      break;
    case Kind::Char:
      held = Value::of(eval.to_text(value));
      break;
    case Kind::String:
      break;
    case Kind::Object: {
      const std::string_view name = value.object()->type->name;
      if (name == "Decimal") {
        kind = JsonKind::Float;
      } else if (name == "Guid") {
        kind = JsonKind::Guid;
      } else if (name == "Uri") {
        kind = JsonKind::Uri;
      } else if (name == "DateTimeOffset") {
        kind = JsonKind::Date;
      } else if (eval.catalog().array_of(eval.catalog().find("byte")) == value.object()->type) {
        kind = JsonKind::Bytes;
      } else {
        eval.raise("ArgumentException",
                   "Could not determine JSON object type for type " + value.object()->type->full_name + ".");
      }
    }
  }
  return eval.arena().make<JValue>(eval.catalog().find("JValue"), kind, held);
}

JProperty* make_json_property(Evaluation& eval, std::string_view name, JToken* value) {
  if (value && value->kind == JsonKind::Property) {
    eval.raise("ArgumentException",
               "Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JProperty.");
  }
  return eval.arena().make<JProperty>(eval.catalog().find("JProperty"), name,
                                      free_token(eval, value, nullptr));
}

namespace {

JToken* copy_at(Evaluation& eval, const JToken& token, unsigned depth) {
  eval.charge(4);
  if (depth > kJsonDeepest) raise_json_depth(eval);
  Arena& arena = eval.arena();
  switch (token.kind) {
    case JsonKind::Object: {
      auto* copy = arena.make<JObject>(token.type, arena);
      for (const JProperty* property : static_cast<const JObject&>(token).properties) {
        insert_property(eval, *copy, copy->properties.size(),
                        static_cast<JProperty*>(copy_at(eval, *property, depth + 1)));
      }
      return copy;
    }
    case JsonKind::Array:
    case JsonKind::Constructor: {
      const auto& array = static_cast<const JArray&>(token);
      auto* copy = arena.make<JArray>(token.type, arena, token.kind);
      copy->name = array.name;
      copy->items.reserve(array.items.size());
      for (const JToken* item : array.items) {
        copy->items.push_back(copy_at(eval, *item, depth + 1));
        copy->items.back()->parent = copy;
      }
      return copy;
    }
    case JsonKind::Property: {
      const auto& property = static_cast<const JProperty&>(token);
      return arena.make<JProperty>(token.type, property.name,
                                   property.value ? copy_at(eval, *property.value, depth) : nullptr);
    }
    default: {
      const auto& value = static_cast<const JValue&>(token);
      auto* copy = arena.make<JValue>(token.type, token.kind, value.value);
      copy->source = value.source;
      return copy;
    }
  }
}

bool equal_at(Evaluation& eval, const JToken& a, const JToken& b, unsigned depth) {
  eval.charge(4);
  if (depth > kJsonDeepest) raise_json_depth(eval);
  if (&a == &b) return true;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case JsonKind::Object: {
      const auto& left = static_cast<const JObject&>(a);
      const auto& right = static_cast<const JObject&>(b);
      if (left.properties.size() != right.properties.size()) return false;
      return std::all_of(left.properties.begin(), left.properties.end(), [&](const JProperty* property) {
        const JProperty* other = right.find(property->name);
        return other && equal_at(eval, *property->value, *other->value, depth + 1);
      });
    }
    case JsonKind::Property: {
      const auto& left = static_cast<const JProperty&>(a);
      const auto& right = static_cast<const JProperty&>(b);
      return left.name == right.name && equal_at(eval, *left.value, *right.value, depth + 1);
    }
    case JsonKind::Array:
    case JsonKind::Constructor: {
      const auto& left = static_cast<const JArray&>(a);
      const auto& right = static_cast<const JArray&>(b);
      return left.name == right.name && left.items.size() == right.items.size() &&
             std::equal(left.items.begin(), left.items.end(), right.items.begin(),
                        [&](const JToken* x, const JToken* y) { return equal_at(eval, *x, *y, depth + 1); });
    }
    default: {
      const Value& x = static_cast<const JValue&>(a).value;
      const Value& y = static_cast<const JValue&>(b).value;
      if (x.is_null() || y.is_null()) return x.is_null() == y.is_null();
      return x.kind() == y.kind() ? eval.equal(x, y) : eval.compare(x, y) == 0;
    }
  }
}

}  // namespace

JToken* copy_token(Evaluation& eval, const JToken& token) { return copy_at(eval, token, 0); }

bool deep_equals(Evaluation& eval, const JToken& a, const JToken& b) { return equal_at(eval, a, b, 0); }

void raise_json_depth(Evaluation& eval) {
  eval.raise("JsonSerializationException",
             "JSON of more than " + std::to_string(kJsonDeepest) + " levels is not supported.");
}

JToken* set_property(Evaluation& eval, JObject& object, std::string_view name, JToken* value) {
  JProperty* property = object.find(name);
  if (!property) {
    property = eval.arena().make<JProperty>(eval.catalog().find("JProperty"), name,
                                            free_token(eval, value, &object));
    insert_property(eval, object, object.properties.size(), property);
    return property->value;
  }
  if (property->value != value) {
    JToken* fresh = free_token(eval, value, property);
    property->value->parent = nullptr;
    property->value = fresh;
    fresh->parent = property;
  }
  return property->value;
}

void insert_property(Evaluation& eval, JObject& object, std::size_t at, JProperty* property) {
  if (property->parent) property = static_cast<JProperty*>(copy_token(eval, *property));
  eval.charge(object.index ? 2 : 1 + object.properties.size() / 2);
  if (object.find(property->name)) {
    eval.raise("ArgumentException",
               "Can not add property " + std::string(property->name) +
                   " to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.");
  }
  object.properties.insert(object.properties.begin() + static_cast<std::ptrdiff_t>(at), property);
  property->parent = &object;
  if (object.index) {
    object.index->emplace(property->name, property);
  } else if (object.properties.size() == kIndexFrom) {
    object.index = eval.arena().make<std::pmr::unordered_map<std::string_view, JProperty*>>(&eval.arena());
    for (JProperty* each : object.properties) object.index->emplace(each->name, each);
  }
}

JToken* insert_item(Evaluation& eval, JArray& array, std::size_t at, JToken* item) {
  JToken* fresh = free_token(eval, item, &array);
  if (fresh->kind == JsonKind::Property) {
    eval.raise("ArgumentException",
               "Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JArray.");
  }
  eval.charge(1 + (array.items.size() - at) / 8);
  array.items.insert(array.items.begin() + static_cast<std::ptrdiff_t>(at), fresh);
  fresh->parent = &array;
  return fresh;
}

void detach(Evaluation& eval, JToken& token) {
  JToken* parent = token.parent;
  if (!parent) eval.raise("InvalidOperationException", "The parent is missing.");
  eval.charge(1 + child_count(*parent) / 8);
  if (JProperty* property = parent_property(token)) {
    property->value = make_json_value(eval, {});
    property->value->parent = property;
  } else if (parent->kind == JsonKind::Object) {
    forget(static_cast<JObject&>(*parent), static_cast<JProperty&>(token));
  } else {
    auto& items = static_cast<JArray&>(*parent).items;
    items.erase(std::find(items.begin(), items.end(), &token));
  }
  token.parent = nullptr;
}

void replace_token(Evaluation& eval, JToken& token, JToken* by) {
  JToken* parent = token.parent;
  if (!parent) eval.raise("InvalidOperationException", "The parent is missing.");
  if (by == &token) return;
  eval.charge(1 + child_count(*parent) / 8);
  if (JProperty* property = parent_property(token)) {
    JToken* fresh = free_token(eval, by, property);
    if (fresh->kind == JsonKind::Property) {
      eval.raise("ArgumentException",
                 "Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JProperty.");
    }
    token.parent = nullptr;
    property->value = fresh;
    fresh->parent = property;
    return;
  }
  if (parent->kind == JsonKind::Object) {
    if (!by || by->kind != JsonKind::Property) {
      eval.raise("ArgumentException",
                 "Can not add Newtonsoft.Json.Linq.JValue to Newtonsoft.Json.Linq.JObject.");
    }
    auto& object = static_cast<JObject&>(*parent);
    const auto at = std::find(object.properties.begin(), object.properties.end(), &token);
    const auto index = static_cast<std::size_t>(at - object.properties.begin());
    const JProperty* same = object.find(static_cast<JProperty*>(by)->name);
    if (same && same != &token) {
      eval.raise("ArgumentException",
                 "Can not add property " + std::string(same->name) +
                     " to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on "
                     "object.");
    }
    forget(object, static_cast<JProperty&>(token));
    insert_property(eval, object, index, static_cast<JProperty*>(by));
    return;
  }
  auto& array = static_cast<JArray&>(*parent);
  JToken* fresh = free_token(eval, by, &array);
  if (fresh->kind == JsonKind::Property) {
    eval.raise("ArgumentException",
               "Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JArray.");
  }
  *std::find(array.items.begin(), array.items.end(), &token) = fresh;
  token.parent = nullptr;
  fresh->parent = &array;
}

JToken* without_property(JToken* token) noexcept {
  return token && token->kind == JsonKind::Property ? static_cast<JProperty*>(token)->value : token;
}

JToken* as_json_token(Evaluation&, const Value& value) noexcept {
  if (!value.is_object()) return nullptr;
  for (const Type* type = value.object()->type; type; type = type->base) {
    if (type->name == "JToken") return static_cast<JToken*>(value.object());
  }
  return nullptr;
}

}  // namespace gateway::expression
