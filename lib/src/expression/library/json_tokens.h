#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expression/evaluation.h"

// Newtonsoft.Json.Linq's tree: mutable, in the arena. No text in it owns memory.
namespace gateway::expression {

// JTokenType, with its numbers.
enum class JsonKind : std::uint8_t {
  None, Object, Array, Constructor, Property, Comment, Integer, Float, String, Boolean, Null,
  Undefined, Date, Raw, Bytes, Guid, Uri, TimeSpan,
};

struct JToken : Enumerable {
  JToken(const Type* the_type, JsonKind the_kind) : Enumerable(the_type), kind(the_kind) {}
  JsonKind kind;
  JToken* parent = nullptr;  // of what a JProperty holds: that JProperty
  // Its children; a JValue has none.
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override;
  [[nodiscard]] bool is_container() const noexcept {
    return kind == JsonKind::Object || kind == JsonKind::Array || kind == JsonKind::Property ||
           kind == JsonKind::Constructor;
  }

 protected:
  ~JToken() = default;
};

// Everything that has no children; JRaw too, whose `value` is its text.
struct JValue final : JToken {
  JValue(const Type* the_type, JsonKind the_kind, const Value& the_value)
      : JToken(the_type, the_kind), value(the_value) {}
  // Int64, UInt64 or a decimal (Integer); Double or a decimal (Float); String, Boolean, DateTime,
  // TimeSpan; byte[], Guid, Uri objects; null.
  Value value;
  // The text it was read from, where `value` does not tell it all: dates, and integers beyond 64 bits.
  std::string_view source;
};

struct JProperty final : JToken {
  JProperty(const Type* the_type, std::string_view the_name, JToken* the_value)
      : JToken(the_type, JsonKind::Property), name(the_name), value(the_value) {
    if (value) value->parent = this;
  }
  std::string_view name;
  JToken* value;  // null only while it is being made
};

struct JObject final : JToken {
  JObject(const Type* the_type, Arena& arena)
      : JToken(the_type, JsonKind::Object), properties(&arena) {}
  std::pmr::vector<JProperty*> properties;
  // By name, from the ninth property on.
  std::pmr::unordered_map<std::string_view, JProperty*>* index = nullptr;
  [[nodiscard]] JProperty* find(std::string_view name) const noexcept;
};

// JArray, and JConstructor with its arguments.
struct JArray final : JToken {
  JArray(const Type* the_type, Arena& arena, JsonKind the_kind = JsonKind::Array)
      : JToken(the_type, the_kind), items(&arena) {}
  std::pmr::vector<JToken*> items;
  std::string_view name;  // of a constructor
};

inline constexpr unsigned kJsonDepth = 64;
// Of trees that an expression has made: deeper ones are not copied, compared or written.
inline constexpr unsigned kJsonDeepest = 512;
inline constexpr std::uint64_t kJsonIntegerDigits = 380;

// JToken.Parse: comments are skipped, dates become dates. At most kJsonDepth levels. Raises
// JsonReaderException in Newtonsoft's words. Texts in the tree are views of `text` where they can be.
[[nodiscard]] JToken* parse_json_token(Evaluation& eval, std::string_view text);
// With `dates` false, strings that look like dates stay strings.
[[nodiscard]] JToken* parse_json_token(Evaluation& eval, std::string_view text, bool dates);

// Formatting, with its numbers.
enum class JsonFormatting : std::uint8_t { None, Indented };
// As JToken.ToString(formatting) writes containers: lines end with "\n", two spaces a level.
void write_json(Evaluation& eval, const JToken& token, JsonFormatting formatting, std::pmr::string& out);
// JToken.ToString(): containers indented, values bare (a string without quotes, null as "").
[[nodiscard]] std::string_view json_text(Evaluation& eval, const JToken& token);
// A JSON string with its quotes, escaped as Newtonsoft escapes.
void write_json_string(std::string_view text, std::pmr::string& out);

// Making and changing trees. A token that has a parent is copied before it is put elsewhere: `set_…` and
// `insert_…` answer the token that is now in the tree.
[[nodiscard]] JObject* make_json_object(Evaluation& eval);
[[nodiscard]] JArray* make_json_array(Evaluation& eval);
// new JValue(value): of a primitive, a string, null, DateTime, TimeSpan, decimal, Guid, Uri, byte[].
[[nodiscard]] JValue* make_json_value(Evaluation& eval, const Value& value);
[[nodiscard]] JProperty* make_json_property(Evaluation& eval, std::string_view name, JToken* value);
// JToken.FromObject: any value; tokens as they are. Raises JsonSerializationException.
[[nodiscard]] JToken* to_json_token(Evaluation& eval, const Value& value);
[[nodiscard]] JToken* copy_token(Evaluation& eval, const JToken& token);
// Adds or replaces the value of the property.
JToken* set_property(Evaluation& eval, JObject& object, std::string_view name, JToken* value);
void insert_property(Evaluation& eval, JObject& object, std::size_t at, JProperty* property);
JToken* insert_item(Evaluation& eval, JArray& array, std::size_t at, JToken* item);
// Takes it out of its parent. Of a property's value: null is put in its place.
void detach(Evaluation& eval, JToken& token);
// Puts `by` where `token` is.
void replace_token(Evaluation& eval, JToken& token, JToken* by);
[[nodiscard]] std::size_t child_count(const JToken& token) noexcept;
[[nodiscard]] JToken* child_at(const JToken& token, std::size_t index) noexcept;

// JToken.Path: "a.b[0]['c d']".
[[nodiscard]] std::string_view json_path(Evaluation& eval, const JToken& token);
[[nodiscard]] bool deep_equals(Evaluation& eval, const JToken& a, const JToken& b);
// SelectTokens: every match, in document order. Raises JsonException where the path is none, and with
// `error_when_none` where an element that it names is missing.
[[nodiscard]] std::pmr::vector<JToken*> select_tokens(Evaluation& eval, JToken& root,
                                                      std::string_view path, bool error_when_none);

// Null where the value is no token.
[[nodiscard]] JToken* as_json_token(Evaluation& eval, const Value& value) noexcept;
// (T)token: raises ArgumentException "Can not convert Object to String.", FormatException and so on; a
// null token gives null where T has null.
[[nodiscard]] Value cast_json_token(Evaluation& eval, JToken* token, const Type* to);
// Extensions.Value<T>(): the token itself, or its value by Convert.ChangeType.
[[nodiscard]] Value json_value_as(Evaluation& eval, JToken* token, const Type* to);
// token.ToObject<T>(): dictionaries, lists, arrays, tokens, primitives; `object` gives tokens.
[[nodiscard]] Value json_to_object(Evaluation& eval, JToken* token, const Type* to);

}  // namespace gateway::expression
