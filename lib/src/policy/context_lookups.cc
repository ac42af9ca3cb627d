#include <array>
#include <memory_resource>
#include <string>
#include <vector>

#include "base/strings.h"
#include "expression/library/collections.h"
#include "expression/library/decimal.h"
#include "expression/library/guid.h"
#include "policy/context_objects.h"
#include "policy/query.h"

namespace gateway::policy {

using expression::Call;
using expression::Evaluation;
using expression::Kind;
using expression::Type;
using expression::Value;

namespace {

LookupObject& lookup(Call& call) { return expression::self<LookupObject>(call); }

Value index(Call& call) {
  const std::string_view key = expression::text_arg(call, 1, "key");
  Value value;
  if (!lookup(call).find(call.eval, key, value)) {
    call.eval.raise("KeyNotFoundException",
                    "The given key '" + std::string(key) + "' was not present in the dictionary.");
  }
  return value;
}
Value contains(Call& call) {
  Value value;
  return Value::of(lookup(call).find(call.eval, expression::text_arg(call, 1, "key"), value));
}
Value try_get(Call& call) {
  Value value;
  const bool found = lookup(call).find(call.eval, expression::text_arg(call, 1, "key"), value);
  call.args[2] = value;
  return Value::of(found);
}
// One value or text: `args[2]` where it is not there, when that is given.
Value get_or_default(Call& call) {
  Value value;
  if (lookup(call).find_joined(call.eval, expression::text_arg(call, 1, "name"), value))
    return value;
  return call.args.size() > 2 ? call.args[2] : Value();
}
Value get_as_or_default(Call& call) {
  const Type* wanted = call.type_args.empty() ? nullptr : call.type_args[0];
  Value value;
  if (lookup(call).find(call.eval, expression::text_arg(call, 1, "variableName"), value)) {
    return wanted ? call.eval.cast(value, wanted) : value;
  }
  return call.args.size() > 2 ? call.args[2] : default_of(call.eval, wanted);
}

template <typename F>
void for_each_entry(LookupObject& of, Evaluation& eval, F&& each) {
  of.entries(
      eval,
      [](void* f, std::string_view key, const Value& value) {
        return (*static_cast<std::remove_reference_t<F>*>(f))(key, value);
      },
      &each);
}

Value count(Call& call) {
  std::int32_t entries = 0;
  for_each_entry(lookup(call), call.eval,
                 [&](std::string_view, const Value&) { return ++entries > 0; });
  return Value::of(entries);
}
Value keys(Call& call) {
  expression::ListObject* list =
      expression::make_array(call.eval, call.eval.catalog().find("string"));
  for_each_entry(lookup(call), call.eval, [&](std::string_view key, const Value&) {
    list->items.push_back(Value::of(key));
    return true;
  });
  return Value::of(list);
}
Value values(Call& call) {
  expression::ListObject* list =
      expression::make_array(call.eval, lookup(call).value_type(call.eval));
  for_each_entry(lookup(call), call.eval, [&](std::string_view, const Value& value) {
    list->items.push_back(value);
    return true;
  });
  return Value::of(list);
}
// The dictionary that it is now, for what wants one.
template <bool IgnoreCase>
Value as_dictionary(Call& call) {
  LookupObject& of = *static_cast<LookupObject*>(call.args[0].object());
  expression::DictionaryObject* copy = expression::make_dictionary(
      call.eval, call.eval.catalog().find("string"), of.value_type(call.eval));
  copy->table.ignore_case = IgnoreCase;
  for_each_entry(of, call.eval, [&](std::string_view key, const Value& value) {
    copy->set(call.eval, Value::of(key), value);
    return true;
  });
  return Value::of(copy);
}

expression::ListObject* new_texts(Evaluation& eval) {
  return expression::make_array(eval, eval.catalog().find("string"));
}

// Calls `each` with every name once, as it is first written, and an array of all of its values.
struct Grouped {
  std::string_view name;
  expression::ListObject* values;
};
bool tell(const std::pmr::vector<Grouped>& groups,
          bool (*each)(void*, std::string_view, const Value&), void* data) {
  for (const Grouped& group : groups) {
    if (!each(data, group.name, Value::of(group.values))) return false;
  }
  return true;
}
void put(Evaluation& eval, std::pmr::vector<Grouped>& groups, std::string_view name,
         std::string_view value) {
  eval.charge(1 + groups.size() / 4);
  for (Grouped& group : groups) {
    if (equals_ignoring_case(group.name, name)) {
      group.values->items.push_back(Value::of(value));
      return;
    }
  }
  groups.push_back({name, new_texts(eval)});
  groups.back().values->items.push_back(Value::of(value));
}

expression::Catalog::Declaration declare_lookup(expression::Catalog& catalog,
                                                const std::string& name, const std::string& value,
                                                expression::Native conversion) {
  expression::Catalog::TypeOptions options;
  options.interfaces = {"IEnumerable<KeyValuePair<string, " + value + ">>"};
  return catalog.declare(name, options)
      .member(value + " this[string key] { get; }", index)
      .member("bool ContainsKey(string key)", contains)
      .member("bool TryGetValue(string key, out " + value + " value)", try_get)
      .member("int Count { get; }", count)
      .member("IEnumerable<string> Keys { get; }", keys)
      .member("IEnumerable<" + value + "> Values { get; }", values)
      .member(
          "static implicit operator IReadOnlyDictionary<string, " + value + ">(" + name + " from)",
          conversion);
}

}  // namespace

void LookupObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  const Type* key_type = eval.catalog().find("string");
  const Type* held = value_type(eval);
  for_each_entry(*this, eval, [&](std::string_view key, const Value& value) {
    return each(data, expression::make_pair(eval, key_type, held, Value::of(key), value));
  });
}

bool FieldsObject::find(Evaluation& eval, std::string_view key, Value& value) {
  expression::ListObject* list = nullptr;
  eval.charge(fields->list.size() / 4);
  for (const HeaderField& field : fields->list) {
    if (!iequals(field.name, key)) continue;
    if (!list) list = new_texts(eval);
    list->items.push_back(Value::of(as_utf8(field.value, eval.arena())));
  }
  if (!list) return false;
  value = Value::of(list);
  return true;
}
bool FieldsObject::find_joined(Evaluation& eval, std::string_view key, Value& value) {
  bool found = false;
  eval.charge(fields->list.size() / 4);
  const std::string_view joined = fields->joined(key, eval.arena(), &found);
  if (found) value = Value::of(as_utf8(joined, eval.arena()));
  return found;
}
const Type* FieldsObject::value_type(Evaluation& eval) const {
  return eval.catalog().find("string[]");
}
void FieldsObject::entries(Evaluation& eval, bool (*each)(void*, std::string_view, const Value&),
                           void* data) {
  std::pmr::vector<Grouped> groups(&eval.arena());
  for (const HeaderField& field : fields->list)
    put(eval, groups, field.name, as_utf8(field.value, eval.arena()));
  tell(groups, each, data);
}

bool QueryObject::find(Evaluation& eval, std::string_view key, Value& value) {
  expression::ListObject* list = nullptr;
  eval.charge(url->query.size() / 8);
  for (const QueryPart& part : query_parts(url->query)) {
    if (!equals_ignoring_case(decode_part(part.name, eval.arena()), key)) continue;
    if (!list) list = new_texts(eval);
    list->items.push_back(Value::of(decode_part(part.value, eval.arena())));
  }
  if (!list) return false;
  value = Value::of(list);
  return true;
}
bool QueryObject::find_joined(Evaluation& eval, std::string_view key, Value& value) {
  Value all;
  if (!find(eval, key, all)) return false;
  const auto& items = static_cast<expression::ListObject*>(all.object())->items;
  value = items.front();
  if (items.size() == 1) return true;
  std::pmr::string joined(&eval.arena());
  for (const Value& item : items) {
    if (!joined.empty() || &item != items.data()) joined += ',';
    joined += item.text();
  }
  value = eval.text(joined);
  return true;
}
const Type* QueryObject::value_type(Evaluation& eval) const {
  return eval.catalog().find("string[]");
}
void QueryObject::entries(Evaluation& eval, bool (*each)(void*, std::string_view, const Value&),
                          void* data) {
  std::pmr::vector<Grouped> groups(&eval.arena());
  for (const QueryPart& part : query_parts(url->query)) {
    put(eval, groups, decode_part(part.name, eval.arena()), decode_part(part.value, eval.arena()));
  }
  tell(groups, each, data);
}

bool ParametersObject::find(Evaluation&, std::string_view key, Value& value) {
  for (const auto& [name, matched] : run->matched_parameters) {
    if (name != key) continue;
    value = Value::of(matched);
    return true;
  }
  return false;
}
const Type* ParametersObject::value_type(Evaluation& eval) const {
  return eval.catalog().find("string");
}
void ParametersObject::entries(Evaluation&, bool (*each)(void*, std::string_view, const Value&),
                               void* data) {
  for (const auto& [name, matched] : run->matched_parameters) {
    if (!each(data, name, Value::of(matched))) return;
  }
}

bool VariablesObject::find(Evaluation&, std::string_view key, Value& value) {
  const Value* known = run->variable(key);
  if (known) value = *known;
  return known != nullptr;
}
const Type* VariablesObject::value_type(Evaluation& eval) const {
  return eval.catalog().find("object");
}
void VariablesObject::entries(Evaluation&, bool (*each)(void*, std::string_view, const Value&),
                              void* data) {
  for (const auto& [name, value] : run->variables()) {
    if (!each(data, name, value)) return;
  }
}

Value default_of(Evaluation& eval, const Type* type) {
  if (!type || !type->value_type) return {};
  if (type->definition && type->definition->name == "Nullable") return {};
  switch (type->kind) {
    case Kind::Single:
      return Value::single(0);
    case Kind::Double:
      return Value::of(0.0);
    case Kind::DateTime:
      return Value::date_time(0, 0);
    case Kind::TimeSpan:
      return Value::time_span(0);
    case Kind::Enum:
      return Value::enumeration(type, 0);
    case Kind::Object:
      if (type->name == "Guid") return expression::make_guid(eval, {});
      if (type->name == "Decimal") return expression::decimal_value(eval, expression::Decimal());
      return {};
    case Kind::Null:
    case Kind::String:
      return {};
    default:
      return Value::integer(type->kind, 0);
  }
}

void declare_context_lookups(expression::Catalog& catalog) {
  declare_lookup(catalog, "IContextFields", "string[]", as_dictionary<true>)
      .member("string GetValueOrDefault(string name)", get_or_default)
      .member("string GetValueOrDefault(string name, string defaultValue)", get_or_default);
  declare_lookup(catalog, "IContextParameters", "string", as_dictionary<false>)
      .member("string GetValueOrDefault(string name)", get_or_default)
      .member("string GetValueOrDefault(string name, string defaultValue)", get_or_default);
  declare_lookup(catalog, "IContextVariables", "object", as_dictionary<false>)
      .member("object GetValueOrDefault(string variableName)", get_or_default)
      .member("T GetValueOrDefault<T>(string variableName)", get_as_or_default)
      .member("T GetValueOrDefault<T>(string variableName, T defaultValue)", get_as_or_default);
}

}  // namespace gateway::policy
