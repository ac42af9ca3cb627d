#include "contract_check.h"

#include <algorithm>

#include "arm/resource.h"
#include "base/strings.h"
#include "json_members.h"
#include "model/member_reader.h"

namespace configd {
namespace {

using gateway::text_of;
using rapidjson::Value;

// Where a member is or would be: the object it belongs to, its name there, and its whole path.
struct Place {
  Value& object;
  std::string_view name;
  std::string path;
};

void each_place(Value& object, std::string_view path, const std::string& above,
                const std::function<void(const Place&)>& f) {
  if (!object.IsObject()) return;
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return f({object, path, above + std::string(path)});
  std::string_view name = path.substr(0, dot);
  const bool list = name.ends_with("[]");
  if (list) name.remove_suffix(2);
  Value* inner = member(object, name);
  if (!inner) return;
  const std::string here = above + std::string(name);
  if (!list) return each_place(*inner, path.substr(dot + 1), here + '.', f);
  if (!inner->IsArray()) return;
  for (rapidjson::SizeType i = 0; i < inner->Size(); ++i) {
    each_place((*inner)[i], path.substr(dot + 1), here + '[' + std::to_string(i) + "].", f);
  }
}

std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
}

std::string bounds(const Member& member, std::string_view unit) {
  const std::string words(unit);
  if (member.most < 0) return " of at least " + std::to_string(member.least) + words;
  return " of " + std::to_string(member.least) + " to " + std::to_string(member.most) + words;
}

bool within(const Member& member, std::int64_t number) {
  return number >= member.least && (member.most < 0 || number <= member.most);
}

// P[n]W[n]DT[n]H[n]M[n]S, at least one of them, in this order.
bool is_duration(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3 || text.size() > 40) return false;
  std::string_view units = "YMWD";
  bool digits = false;
  bool any = false;
  for (const char c : text.substr(1)) {
    if (gateway::is_digit(c) || (c == '.' && digits)) {
      digits = true;
    } else if (c == 'T' && !digits && units.find('D') != std::string_view::npos) {
      units = "HMS";
      any = false;
    } else {
      const std::size_t at = units.find(c);
      if (!digits || at == std::string_view::npos) return false;
      units = at + 1 == units.size() && units.back() == 'D' ? std::string_view("D")
                                                            : units.substr(at + 1);
      digits = false;
      any = true;
    }
  }
  return any && !digits;
}

std::string allowed_words(std::string_view words) {
  std::string text;
  for (const std::string_view word : gateway::split(words, '|')) {
    text += (text.empty() ? "" : " or ") + gateway::quote(word);
  }
  return text;
}

// Gives a word the contract's spelling; false when it is none of them.
bool spell(std::string_view words, Value& value, rapidjson::Document::AllocatorType& allocator) {
  if (!value.IsString()) return false;
  for (const std::string_view word : gateway::split(words, '|')) {
    if (!gateway::equals_ignoring_case(text_of(value), word)) continue;
    value.SetString(word.data(), static_cast<rapidjson::SizeType>(word.size()), allocator);
    return true;
  }
  return false;
}

// What is wrong with the shape of a value; "" when nothing is.
std::string shape_problem(const Member& known, Value& value,
                          rapidjson::Document::AllocatorType& allocator) {
  const bool bounded = known.least > 0 || known.most >= 0;
  switch (known.shape) {
    case Shape::Any:
      return {};
    case Shape::Flag:
      return value.IsBool() ? "" : "must be true or false";
    case Shape::Object:
      return value.IsObject() ? "" : "must be an object";
    case Shape::Integer:
      if (value.IsInt64() && within(known, value.GetInt64())) return {};
      return "must be an integer" + bounds(known, "");
    case Shape::Time:
      if (value.IsString() && gateway::parse_rfc3339(text_of(value))) return {};
      return "must be a date and time such as 2026-11-23T08:30:00Z";
    case Shape::Duration:
      if (value.IsString() && is_duration(text_of(value))) return {};
      return "must be an ISO 8601 duration such as PT1M";
    case Shape::List:
      if (value.IsArray() && within(known, value.Size())) return {};
      return "must be a list" + (bounded ? bounds(known, " elements") : std::string());
    case Shape::Text:
      if (!known.words.empty()) {
        return spell(known.words, value, allocator) ? "" : "must be " + allowed_words(known.words);
      }
      if (value.IsString() && within(known, characters(text_of(value)))) return {};
      return "must be a text" + (bounded ? bounds(known, " characters") : std::string());
    case Shape::Texts: {
      bool fine = value.IsArray() && within(known, value.Size());
      if (fine) {
        for (auto& element : value.GetArray()) {
          fine = fine && (known.words.empty() ? element.IsString()
                                              : spell(known.words, element, allocator));
        }
      }
      if (fine) return {};
      if (!known.words.empty()) return "must be a list of " + allowed_words(known.words);
      return "must be a list of texts" + (bounded ? bounds(known, " elements") : std::string());
    }
  }
  return {};
}

bool is_one_of(std::string_view words, std::string_view word) {
  const auto all = gateway::split(words, '|');
  return std::find(all.begin(), all.end(), word) != all.end();
}

// Puts an id into its short form.
std::string reference_problem(Value& value, std::string_view kinds,
                              rapidjson::Document::AllocatorType& allocator) {
  auto id = gateway::arm::short_id(text_of(value));
  if (!id || !is_one_of(kinds, gateway::arm::kind_of(*id))) {
    return "must be an id such as /" + std::string(gateway::split(kinds, '|').front()) + "/{name}";
  }
  value.SetString(id->data(), static_cast<rapidjson::SizeType>(id->size()), allocator);
  return {};
}

void drop(const Contract& contract, rapidjson::Document& properties, Role role) {
  for (const Member& known : contract.members) {
    if (known.role == role) remove_member(properties, known.path);
  }
}

}  // namespace

void each_reference(const Contract& contract, Value& properties, const ReferenceVisitor& f) {
  for (const Member& known : contract.members) {
    if (known.role != Role::Reference) continue;
    each_place(properties, known.path, "", [&](const Place& place) {
      Value* value = member(place.object, place.name);
      if (!value) return;
      if (value->IsString()) return f(*value, place.path, known.refers);
      if (!value->IsArray()) return;
      for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
        if ((*value)[i].IsString())
          f((*value)[i], place.path + '[' + std::to_string(i) + ']', known.refers);
      }
    });
  }
}

void drop_read_only(const Contract& contract, rapidjson::Document& properties) {
  drop(contract, properties, Role::ReadOnly);
  for (auto at = properties.MemberBegin(); at != properties.MemberEnd();) {
    at = at->value.IsNull() ? properties.EraseMember(at) : at + 1;
  }
}

void drop_orders(const Contract& contract, rapidjson::Document& properties) {
  drop(contract, properties, Role::WriteOnly);
}

void hide_secrets(const Contract& contract, rapidjson::Document& properties) {
  drop(contract, properties, Role::Secret);
  if (contract.kind == "namedValues" && flag_member(properties, "secret").value_or(false)) {
    remove_member(properties, "value");
  }
}

void keep_secrets(const Contract& contract, const Value& before, rapidjson::Document& properties) {
  const auto has = [&](std::string_view name) {
    return member(std::as_const(properties), name) != nullptr;
  };
  const bool other_certificate = contract.kind == "certificates" && (has("data") || has("pem"));
  for (const Member& known : contract.members) {
    if (known.role != Role::Secret || other_certificate || has(known.path)) continue;
    if (const Value* kept = member(before, known.path)) set_member(properties, known.path, *kept);
  }
  const bool secret =
      contract.kind == "namedValues" && flag_member(before, "secret").value_or(false);
  if (secret && flag_member(properties, "secret").value_or(false) && !has("value")) {
    if (const Value* kept = member(before, "value")) set_member(properties, "value", *kept);
  }
}

void check_members(const Contract& contract, rapidjson::Document& properties, Problems& problems) {
  auto& allocator = properties.GetAllocator();
  for (const Member& known : contract.members) {
    each_place(properties, known.path, "", [&](const Place& place) {
      Value* value = member(place.object, place.name);
      if (!value || value->IsNull()) {
        if (known.required)
          problems.push_back(validation_error("properties." + place.path, "is missing"));
        return;
      }
      std::string problem = shape_problem(known, *value, allocator);
      if (!problem.empty())
        problems.push_back(validation_error("properties." + place.path, std::move(problem)));
    });
  }
  each_reference(contract, properties,
                 [&](Value& value, const std::string& path, std::string_view kinds) {
                   std::string problem = reference_problem(value, kinds, allocator);
                   if (!problem.empty())
                     problems.push_back(validation_error("properties." + path, std::move(problem)));
                 });
}

}  // namespace configd
