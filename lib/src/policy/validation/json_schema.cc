#include "policy/validation/json_schema.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/strings.h"
#include "expression/library/regex_cache.h"
#include "policy/validation/text_formats.h"

namespace gateway::policy {
namespace {

using rapidjson::Value;

constexpr std::size_t kMostWork = 2'000'000;
constexpr std::size_t kDeepest = 150;
constexpr std::size_t kShown = 100;  // bytes of a value in a message

std::string shown(std::string_view text) {
  if (text.size() <= kShown) return std::string(text);
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string json_text(const Value& value) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> writer(out);
  value.Accept(writer);
  return shown({out.GetString(), out.GetSize()});
}

bool is_whole(const Value& value) noexcept {
  if (value.IsInt64() || value.IsUint64()) return true;
  return value.IsDouble() && std::isfinite(value.GetDouble()) && std::trunc(value.GetDouble()) == value.GetDouble();
}

std::string_view kind_of(const Value& value) noexcept {
  if (value.IsNull()) return "Null";
  if (value.IsBool()) return "Boolean";
  if (value.IsString()) return "String";
  if (value.IsArray()) return "Array";
  if (value.IsObject()) return "Object";
  return value.IsInt64() || value.IsUint64() ? "Integer" : "Number";
}

std::string capital(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

bool has_type(const Value& value, std::string_view type) noexcept {
  if (type == "string") return value.IsString();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.IsNumber();
  if (type == "boolean") return value.IsBool();
  if (type == "array") return value.IsArray();
  if (type == "object") return value.IsObject();
  if (type == "null") return value.IsNull();
  return true;  // no type that is known
}

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The same text for equal values: members in order, 1.0 as 1.
void append_canonical(const Value& value, std::string& out) {
  if (value.IsObject()) {
    std::vector<std::pair<std::string_view, const Value*>> members;
    for (const auto& [name, one] : value.GetObject()) members.emplace_back(text_of(&name), &one);
    std::sort(members.begin(), members.end());
    out += '{';
    for (const auto& [name, one] : members) {
      out.append(std::to_string(name.size())).append(":").append(name);
      append_canonical(*one, out);
    }
    out += '}';
  } else if (value.IsArray()) {
    out += '[';
    for (const Value& one : value.GetArray()) append_canonical(one, out);
    out += ']';
  } else if (value.IsString()) {
    out.append("s").append(std::to_string(value.GetStringLength())).append(":").append(text_of(&value));
  } else if (value.IsDouble() && is_whole(value) && std::abs(value.GetDouble()) < 9e15) {
    out.append("n").append(std::to_string(static_cast<std::int64_t>(value.GetDouble()))).append(",");
  } else {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    value.Accept(writer);
    out.append("n").append(text.GetString(), text.GetSize()).append(",");
  }
}

class Validation {
 public:
  Validation(const Value& root, const SchemaOptions& options) : root_(root), options_(options) {}

  // True: it conforms. Else finding() tells why.
  bool conforms(const Value& value, const Value& schema) {
    if (finding_.undecided) return false;
    if (depth_ >= kDeepest) return undecided("The value or its schema is too deep.");
    if (!spend(1 + (schema.IsObject() ? schema.MemberCount() : 0))) return false;
    ++depth_;
    const bool result = checked(value, schema);
    --depth_;
    return result;
  }
  [[nodiscard]] const SchemaFinding& finding() const noexcept { return finding_; }

 private:
  bool found(std::string message) {
    if (finding_.undecided) return false;
    finding_.path = path_;
    finding_.message = std::move(message);
    return false;
  }
  bool undecided(std::string message) {
    (void)found(std::move(message));
    finding_.undecided = true;
    return false;
  }
  bool spend(std::size_t work) {
    if (work > left_) {
      left_ = 0;
      return undecided("The validation takes too long.");
    }
    left_ -= work;
    return true;
  }
  // Among alternatives nobody hears of what one of them lacks.
  bool quietly(const Value& value, const Value& schema) {
    const auto kept = path_;
    const bool result = conforms(value, schema);
    path_ = kept;
    return result;
  }

  bool checked(const Value& value, const Value& schema) {
    if (schema.IsBool()) return schema.GetBool() || found("Schema always fails validation.");
    if (!schema.IsObject()) return true;
    if (const Value* reference = member_of(schema, "$ref")) {
      const Value* target = find_pointer(root_, text_of(reference));
      if (!target) return undecided("The schema refers to " + quote(shown(text_of(reference))) + ", which is not there.");
      return conforms(value, *target);
    }
    if (value.IsNull() && flag_of(member_of(schema, "nullable"))) return true;
    if (!typed(value, schema) || !among(value, schema) || !composed(value, schema)) return false;
    if (value.IsString()) return string_conforms(value, schema);
    if (value.IsNumber()) return number_conforms(value, schema);
    if (value.IsArray()) return array_conforms(value, schema);
    if (value.IsObject()) return object_conforms(value, schema);
    return true;
  }

  bool typed(const Value& value, const Value& schema) {
    const Value* type = member_of(schema, "type");
    if (!type) return true;
    std::string expected;
    if (type->IsString()) {
      if (has_type(value, text_of(type))) return true;
      expected = capital(text_of(type));
    } else if (type->IsArray()) {
      for (const Value& one : type->GetArray()) {
        if (!one.IsString() || has_type(value, text_of(&one))) return true;
        expected += (expected.empty() ? "" : ", ") + capital(text_of(&one));
      }
    } else {
      return true;
    }
    return found("Invalid type. Expected " + expected + " but got " + std::string(kind_of(value)) + ".");
  }

  bool among(const Value& value, const Value& schema) {
    if (const Value* constant = member_of(schema, "const"); constant && *constant != value)
      return found("Value " + json_text(value) + " does not match const.");
    const Value* allowed = member_of(schema, "enum");
    if (!allowed || !allowed->IsArray()) return true;
    for (const Value& one : allowed->GetArray()) {
      if (!spend(1)) return false;
      if (one == value) return true;
    }
    return found("Value " + json_text(value) + " is not defined in enum.");
  }

  bool composed(const Value& value, const Value& schema) {
    ++composing_;
    const bool result = composed_of(value, schema);
    --composing_;
    return result;
  }

  bool composed_of(const Value& value, const Value& schema) {
    if (const Value* all = member_of(schema, "allOf"); all && all->IsArray()) {
      for (const Value& one : all->GetArray())
        if (!conforms(value, one)) return false;
    }
    if (const Value* any = member_of(schema, "anyOf"); any && any->IsArray()) {
      bool fits = false;
      for (const Value& one : any->GetArray()) fits = fits || quietly(value, one);
      if (!fits) return found("JSON does not match any schemas from 'anyOf'.");
    }
    if (const Value* one_of = member_of(schema, "oneOf"); one_of && one_of->IsArray()) {
      std::string fitting;
      std::size_t count = 0;
      for (rapidjson::SizeType i = 0; i < one_of->Size(); ++i) {
        if (!quietly(value, (*one_of)[i])) continue;
        fitting += (fitting.empty() ? "" : ", ") + std::to_string(i);
        ++count;
      }
      if (count == 0) return found("JSON is valid against no schemas from 'oneOf'.");
      if (count > 1)
        return found("JSON is valid against more than one schema from 'oneOf'. Valid schema indexes: " + fitting + ".");
    }
    const Value* no = member_of(schema, "not");
    return !no || !quietly(value, *no) || found("JSON is valid against schema from 'not'.");
  }

  // No: it does not, or it cannot be told, which is noted.
  bool matches(std::string_view text, std::string_view pattern) {
    bool compiled = false;
    const auto regex = expression::cached_regex(pattern, 0, compiled);
    if (!spend(compiled ? 10'000 : 100)) return false;
    if (!regex.ok()) return undecided("The schema's pattern '" + shown(pattern) + "' is none.");
    const auto outcome = (*regex)->match(text, 0, expression::CompiledRegex::kLongestNs);
    if (outcome == expression::CompiledRegex::Outcome::TimedOut)
      return undecided("Matching the pattern '" + shown(pattern) + "' takes too long.");
    return outcome == expression::CompiledRegex::Outcome::Match;
  }

  bool string_conforms(const Value& value, const Value& schema) {
    const std::string_view text = gateway::policy::text_of(&value);
    if (!spend(text.size() / 64)) return false;
    const std::size_t length = characters(text);
    if (const Value* least = member_of(schema, "minLength"); least && least->IsUint64() && length < least->GetUint64())
      return found("String '" + shown(text) + "' is less than minimum length of " +
                   std::to_string(least->GetUint64()) + ".");
    if (const Value* most = member_of(schema, "maxLength"); most && most->IsUint64() && length > most->GetUint64())
      return found("String '" + shown(text) + "' exceeds maximum length of " + std::to_string(most->GetUint64()) + ".");
    if (const Value* pattern = member_of(schema, "pattern"); pattern && pattern->IsString()) {
      if (!matches(text, text_of(pattern)))
        return found("String '" + shown(text) + "' does not match regex pattern '" + shown(text_of(pattern)) + "'.");
    }
    if (const std::string_view format = text_of(member_of(schema, "format")); !format.empty() && !has_format(text, format))
      return found("String '" + shown(text) + "' does not validate against format '" + std::string(format) + "'.");
    return true;
  }

  bool number_conforms(const Value& value, const Value& schema) {
    const std::string who = std::string(kind_of(value)) == "Integer" ? "Integer " : "Float ";
    const double number = value.GetDouble();
    const auto limit = [&](const char* name) -> const Value* {
      const Value* out = member_of(schema, name);
      return out && out->IsNumber() ? out : nullptr;
    };
    // Whole numbers are compared as such: beyond 2^53 doubles are not exact.
    const auto less = [](const Value& a, const Value& b) {
      if (a.IsInt64() && b.IsInt64()) return a.GetInt64() < b.GetInt64();
      if (a.IsUint64() && b.IsUint64()) return a.GetUint64() < b.GetUint64();
      return a.GetDouble() < b.GetDouble();
    };
    if (const Value* least = limit("minimum")) {
      const bool equal_too = flag_of(member_of(schema, "exclusiveMinimum"));
      if (less(value, *least)) return found(who + json_text(value) + " is less than minimum value of " + json_text(*least) + ".");
      if (equal_too && !less(*least, value))
        return found(who + json_text(value) + " equals minimum value of " + json_text(*least) + " and exclusive minimum is true.");
    }
    if (const Value* most = limit("maximum")) {
      const bool equal_too = flag_of(member_of(schema, "exclusiveMaximum"));
      if (less(*most, value)) return found(who + json_text(value) + " exceeds maximum value of " + json_text(*most) + ".");
      if (equal_too && !less(value, *most))
        return found(who + json_text(value) + " equals maximum value of " + json_text(*most) + " and exclusive maximum is true.");
    }
    if (const Value* above = limit("exclusiveMinimum"); above && !less(*above, value))
      return found(who + json_text(value) + " is not more than " + json_text(*above) + ".");
    if (const Value* below = limit("exclusiveMaximum"); below && !less(value, *below))
      return found(who + json_text(value) + " is not less than " + json_text(*below) + ".");
    if (const Value* factor = limit("multipleOf"); factor && factor->GetDouble() > 0) {
      const double quotient = number / factor->GetDouble();
      if (std::abs(quotient - std::round(quotient)) > 1e-9 * std::max(1.0, std::abs(quotient)))
        return found(who + json_text(value) + " is not a multiple of " + json_text(*factor) + ".");
    }
    const std::string_view format = text_of(member_of(schema, "format"));
    if ((format == "int32" && !value.IsInt()) || (format == "int64" && !value.IsInt64()))
      if (is_whole(value) && !(value.IsDouble() && std::abs(number) < (format == "int32" ? 2147483648.0 : 9.2e18)))
        return found(who + json_text(value) + " does not validate against format '" + std::string(format) + "'.");
    return true;
  }

  bool array_conforms(const Value& value, const Value& schema) {
    const int composing = std::exchange(composing_, 0);
    const bool result = items_conform(value, schema);
    composing_ = composing;
    return result;
  }

  bool items_conform(const Value& value, const Value& schema) {
    const std::size_t count = value.Size();
    if (const Value* least = member_of(schema, "minItems"); least && least->IsUint64() && count < least->GetUint64())
      return found("Array item count " + std::to_string(count) + " is less than minimum count of " +
                   std::to_string(least->GetUint64()) + ".");
    if (const Value* most = member_of(schema, "maxItems"); most && most->IsUint64() && count > most->GetUint64())
      return found("Array item count " + std::to_string(count) + " exceeds maximum count of " +
                   std::to_string(most->GetUint64()) + ".");
    if (flag_of(member_of(schema, "uniqueItems"))) {
      std::set<std::string> known;
      for (rapidjson::SizeType i = 0; i < count; ++i) {
        std::string item;
        append_canonical(value[i], item);
        if (!spend(1 + item.size() / 16)) return false;
        if (!known.insert(std::move(item)).second)
          return found("Non-unique array item at index " + std::to_string(i) + ".");
      }
    }
    const Value* items = member_of(schema, "items");
    if (!items) return true;
    for (rapidjson::SizeType i = 0; i < count; ++i) {
      path_.push_back(std::to_string(i));
      if (!conforms(value[i], *items)) return false;
      path_.pop_back();
    }
    return true;
  }

  [[nodiscard]] bool same_name(std::string_view a, std::string_view b) const noexcept {
    return options_.ignore_case_of_properties ? equals_ignoring_case(a, b) : a == b;
  }
  [[nodiscard]] const Value* property(const Value& object, std::string_view name) const noexcept {
    for (const auto& member : object.GetObject())
      if (same_name(gateway::policy::text_of(&member.name), name)) return &member.value;
    return nullptr;
  }

  // The names of the properties that a schema has, with those of the schemas that it is composed of.
  void collect_properties(const Value& schema, std::vector<std::string_view>& names, int levels = 0) {
    const Value* said = follow_references(root_, &schema);
    if (!said || levels > 20 || !spend(1)) return;
    if (const Value* properties = member_of(*said, "properties"); properties && properties->IsObject()) {
      if (!spend(properties->MemberCount())) return;
      for (const auto& [name, one] : properties->GetObject()) names.push_back(text_of(&name));
    }
    for (const char* const keyword : {"allOf", "anyOf", "oneOf"}) {
      const Value* parts = member_of(*said, keyword);
      if (!parts || !parts->IsArray()) continue;
      for (const Value& one : parts->GetArray()) collect_properties(one, names, levels + 1);
    }
  }

  // Of an object: by option, every property is one that the schema, or what it is composed of, has.
  bool only_declared(const Value& value, const Value& schema) {
    std::vector<std::string_view> names;
    collect_properties(schema, names);
    if (names.empty() || finding_.undecided) return !finding_.undecided;
    const Value* patterns = member_of(schema, "patternProperties");
    for (const auto& [called, one] : value.GetObject()) {
      const std::string_view name = text_of(&called);
      if (!spend(1 + names.size() / 8)) return false;
      if (std::any_of(names.begin(), names.end(), [&](std::string_view known) { return same_name(known, name); })) continue;
      bool by_pattern = false;
      if (patterns && patterns->IsObject())
        for (const auto& pattern : patterns->GetObject()) by_pattern = by_pattern || matches(name, text_of(&pattern.name));
      if (by_pattern) continue;
      path_.emplace_back(name);
      return found("Property '" + shown(name) +
                   "' has not been defined and the schema does not allow additional properties.");
    }
    return true;
  }

  bool object_conforms(const Value& value, const Value& schema) {
    const int composing = std::exchange(composing_, 0);  // its members are values of their own
    const bool refuse = composing == 0 && options_.additional_properties == std::optional(false);
    const bool result = members_conform(value, schema) && (!refuse || only_declared(value, schema));
    composing_ = composing;
    return result;
  }

  bool members_conform(const Value& value, const Value& schema) {
    const std::size_t count = value.MemberCount();
    if (const Value* least = member_of(schema, "minProperties"); least && least->IsUint64() && count < least->GetUint64())
      return found("Object property count " + std::to_string(count) + " is less than minimum count of " +
                   std::to_string(least->GetUint64()) + ".");
    if (const Value* most = member_of(schema, "maxProperties"); most && most->IsUint64() && count > most->GetUint64())
      return found("Object property count " + std::to_string(count) + " exceeds maximum count of " +
                   std::to_string(most->GetUint64()) + ".");
    if (const Value* required = member_of(schema, "required"); required && required->IsArray()) {
      if (!spend(required->Size() * (1 + count / 8))) return false;
      std::string missing;
      for (const Value& one : required->GetArray()) {
        if (one.IsString() && !property(value, text_of(&one)))
          missing += (missing.empty() ? "" : ", ") + std::string(text_of(&one));
      }
      if (!missing.empty()) return found("Required properties are missing from object: " + missing + ".");
    }
    const Value* properties = member_of(schema, "properties");
    const Value* patterns = member_of(schema, "patternProperties");
    const Value* additional = member_of(schema, "additionalProperties");
    const std::size_t known = properties && properties->IsObject() ? properties->MemberCount() : 0;
    for (const auto& member : value.GetObject()) {
      const std::string_view name = gateway::policy::text_of(&member.name);
      if (!spend(1 + known / 8)) return false;
      const Value* declared = nullptr;
      if (known > 0) declared = property(*properties, name);
      path_.emplace_back(name);
      if (declared) {
        if (!conforms(member.value, *declared)) return false;
        path_.pop_back();
        continue;
      }
      bool by_pattern = false;
      if (patterns && patterns->IsObject()) {
        for (const auto& pattern : patterns->GetObject()) {
          if (!matches(name, text_of(&pattern.name))) continue;
          by_pattern = true;
          if (!conforms(member.value, pattern.value)) return false;
        }
        if (finding_.undecided) return false;
      }
      if (!by_pattern) {
        if (!options_.additional_properties.value_or(false) && additional && additional->IsFalse())
          return found("Property '" + shown(name) +
                       "' has not been defined and the schema does not allow additional properties.");
        if (additional && additional->IsObject() && !conforms(member.value, *additional)) return false;
      }
      path_.pop_back();
    }
    return true;
  }

  static std::string_view text_of(const Value* value) noexcept { return gateway::policy::text_of(value); }

  const Value& root_;
  const SchemaOptions& options_;
  std::vector<std::string> path_;
  SchemaFinding finding_;
  std::size_t left_ = kMostWork;
  std::size_t depth_ = 0;
  int composing_ = 0;  // schemas around this one that it is a part of, for the same value
};

}  // namespace

const Value* member_of(const Value& object, std::string_view name) noexcept {
  if (!object.IsObject()) return nullptr;
  const auto at = object.FindMember(
      Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  return at == object.MemberEnd() ? nullptr : &at->value;
}
std::string_view text_of(const Value* value) noexcept {
  return value && value->IsString() ? std::string_view(value->GetString(), value->GetStringLength()) : std::string_view();
}
bool flag_of(const Value* value) noexcept { return value && value->IsBool() && value->GetBool(); }

const Value* find_pointer(const Value& root, std::string_view pointer) noexcept {
  if (pointer.starts_with('#')) pointer.remove_prefix(1);
  const Value* at = &root;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string name;
    for (std::size_t i = 0; i < end; ++i) {
      const auto hex = [&](std::size_t from) { return from < end ? hex_value(pointer[from]) : -1; };
      if (pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
        name += pointer[++i] == '0' ? '~' : '/';
      } else if (pointer[i] == '%' && hex(i + 1) >= 0 && hex(i + 2) >= 0) {
        name += static_cast<char>(hex(i + 1) * 16 + hex(i + 2));
        i += 2;
      } else {
        name += pointer[i];
      }
    }
    pointer.remove_prefix(end);
    if (at->IsArray()) {
      const auto index = parse_decimal(name, 0xffff'ffff);
      at = index && *index < at->Size() ? &(*at)[static_cast<rapidjson::SizeType>(*index)] : nullptr;
    } else {
      at = member_of(*at, name);
    }
    if (!at) return nullptr;
  }
  return at;
}

const Value* follow_references(const Value& root, const Value* schema) noexcept {
  for (int i = 0; schema && i < 20; ++i) {
    const Value* reference = member_of(*schema, "$ref");
    if (!reference) return schema;
    schema = find_pointer(root, text_of(reference));
  }
  return nullptr;
}

std::optional<SchemaFinding> find_violation(const Value& instance, const Value& schema, const Value& root,
                                            const SchemaOptions& options) {
  Validation validation(root, options);
  if (validation.conforms(instance, schema) && !validation.finding().undecided) return std::nullopt;
  return validation.finding();
}

}  // namespace gateway::policy
