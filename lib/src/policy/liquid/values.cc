#include "policy/liquid/values.h"

#include <charconv>
#include <cmath>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/collections.h"
#include "expression/library/date_format.h"
#include "expression/library/json_tokens.h"
#include "expression/library/xml_nodes.h"
#include "policy/context.h"

namespace gateway::policy::liquid {

using namespace expression;

namespace {

XElement* as_element(const Value& value) noexcept {
  if (!value.is_object() || !value.object() || !value.object()->type) return nullptr;
  return value.object()->type->name == "XElement" ? static_cast<XElement*>(value.object()) : nullptr;
}

JToken* as_token(const Value& value) noexcept {
  if (!value.is_object() || !value.object() || !value.object()->type) return nullptr;
  const std::string_view name = value.object()->type->name;
  return name == "JObject" || name == "JArray" || name == "JValue" ? static_cast<JToken*>(value.object()) : nullptr;
}

// Lists of expressions: T[] and List<T>.
ListObject* as_list(const Value& value) noexcept {
  if (!value.is_object() || !value.object() || !value.object()->type) return nullptr;
  const std::string_view name = value.object()->type->name;
  return name.ends_with("[]") || name == "List" || name.starts_with("List<") ? static_cast<ListObject*>(value.object()) : nullptr;
}

LookupObject* as_lookup(const Value& value) noexcept {
  if (!value.is_object() || !value.object() || !value.object()->type) return nullptr;
  const std::string_view name = value.object()->type->name;
  return name == "IContextFields" || name == "IContextParameters" || name == "IContextVariables"
             ? static_cast<LookupObject*>(value.object())
             : nullptr;
}

// The child elements of that local name, in any case where none is exact.
Value children_named(Evaluation& eval, const XElement& of, std::string_view name) {
  for (const bool any_case : {false, true}) {
    XElement* first = nullptr;
    ListObject* list = nullptr;
    for (XNode* node = of.first; node; node = node->next) {
      eval.charge(1);
      if (node->kind != XmlKind::Element) continue;
      auto* child = static_cast<XElement*>(node);
      if (any_case ? !equals_ignoring_case(child->name.local, name) : child->name.local != name) continue;
      if (!first) {
        first = child;
        continue;
      }
      if (!list) {
        list = new_list(eval);
        list->items.push_back(Value::of(first));
      }
      list->items.push_back(Value::of(child));
    }
    if (list) return Value::of(list);
    if (first) return Value::of(first);
  }
  for (const XAttribute* attribute = of.attributes; attribute; attribute = attribute->next)
    if (!attribute->declares_namespace() && equals_ignoring_case(attribute->name.local, name))
      return Value::of(attribute->value);
  return {};
}

std::string_view date_text(Evaluation& eval, const Value& value) {
  std::pmr::string out(&eval.arena());
  DateText date;
  date.ticks = value.ticks();
  (void)format_date(date, "MM/dd/yyyy HH:mm:ss", out);
  return eval.arena().copy(out);
}

std::int64_t characters(std::string_view text) noexcept {
  std::int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace

Value unwrapped(const Value& value) noexcept {
  const JToken* token = as_token(value);
  if (!token || token->is_container()) return value;
  return static_cast<const JValue*>(token)->value;
}

ListObject* new_list(Evaluation& eval) { return make_array(eval, eval.catalog().find("object")); }

Value member(Evaluation& eval, const Value& value, std::string_view name) {
  eval.charge(2);
  if (value.is_null()) return {};
  if (value.is_string()) return name == "size" ? Value::of(characters(value.text())) : Value();
  if (JToken* token = as_token(value)) {
    if (token->kind == JsonKind::Object) {
      const JProperty* property = static_cast<JObject*>(token)->find(name);
      if (property) return unwrapped(Value::of(property->value));
      return name == "size" ? Value::of(static_cast<std::int64_t>(child_count(*token))) : Value();
    }
    if (token->kind != JsonKind::Array) return {};
    const std::size_t count = child_count(*token);
    if (name == "size") return Value::of(static_cast<std::int64_t>(count));
    if (count == 0) return {};
    if (name == "first") return unwrapped(Value::of(child_at(*token, 0)));
    if (name == "last") return unwrapped(Value::of(child_at(*token, count - 1)));
    return {};
  }
  if (const XElement* element = as_element(value)) return children_named(eval, *element, name);
  if (const ListObject* list = as_list(value)) {
    if (name == "size") return Value::of(static_cast<std::int64_t>(list->items.size()));
    if (list->items.empty()) return {};
    if (name == "first") return unwrapped(list->items.front());
    if (name == "last") return unwrapped(list->items.back());
    return {};
  }
  if (!value.is_object()) return {};
  if (LookupObject* lookup = as_lookup(value)) {
    Value out;
    return lookup->find_joined(eval, name, out) ? unwrapped(out) : Value();
  }
  Value receiver[] = {value};
  try {
    return unwrapped(eval.call_member(name, receiver));
  } catch (const Raised&) {
    return {};
  }
}

Value element(Evaluation& eval, const Value& value, const Value& key) {
  eval.charge(2);
  if (key.is_string()) return member(eval, value, key.text());
  double at = 0;
  if (!number(eval, key, at)) return {};
  const ListObject* list = items(eval, value);
  if (!list) return {};
  const auto size = static_cast<double>(list->items.size());
  if (at < 0) at += size;
  if (!(at >= 0 && at < size)) return {};
  return unwrapped(list->items[static_cast<std::size_t>(at)]);
}

ListObject* items(Evaluation& eval, const Value& value) {
  if (JToken* token = as_token(value)) {
    ListObject* out = new_list(eval);
    const std::size_t count = token->is_container() ? child_count(*token) : 0;
    eval.charge(count);
    for (std::size_t i = 0; i < count; ++i) {
      JToken* child = child_at(*token, i);
      if (child->kind != JsonKind::Property) {
        out->items.push_back(unwrapped(Value::of(child)));
        continue;
      }
      auto* property = static_cast<JProperty*>(child);
      ListObject* pair = new_list(eval);
      pair->items.push_back(Value::of(property->name));
      pair->items.push_back(unwrapped(Value::of(property->value)));
      out->items.push_back(Value::of(pair));
    }
    return out;
  }
  if (ListObject* list = as_list(value)) return list;
  if (as_element(value)) {
    ListObject* out = new_list(eval);
    out->items.push_back(value);
    return out;
  }
  return nullptr;
}

bool is_true(const Value& value) noexcept {
  return !value.is_null() && !(value.kind() == Kind::Boolean && !value.boolean());
}
bool is_list(Evaluation&, const Value& value) noexcept {
  const JToken* token = as_token(value);
  return (token && token->kind == JsonKind::Array) || as_list(value);
}
bool is_empty(Evaluation& eval, const Value& value) {
  if (value.is_null()) return true;
  if (value.is_string()) return value.text().empty();
  const JToken* token = as_token(value);
  if (token && token->is_container()) return child_count(*token) == 0;
  if (const ListObject* list = as_list(value)) return list->items.empty();
  return as_element(value) && text(eval, value).empty();
}

bool is_nil_element(const Value& value) noexcept {
  const XElement* element = as_element(value);
  for (const XAttribute* one = element ? element->attributes : nullptr; one; one = one->next)
    if (one->name.local == "nil" && one->name.space == "http://www.w3.org/2001/XMLSchema-instance") return one->value == "true" || one->value == "1";
  return false;
}

std::string_view text(Evaluation& eval, const Value& value) {
  if (value.is_string()) return value.text();
  if (value.is_null()) return {};
  if (value.kind() == Kind::Boolean) return value.boolean() ? "true" : "false";
  if (value.kind() == Kind::DateTime) return date_text(eval, value);
  if (XElement* element = as_element(value)) return text_of(eval, *element);
  if (is_list(eval, value)) {
    std::pmr::string out(&eval.arena());
    for (const Value& one : items(eval, value)->items) out += text(eval, one);
    return eval.arena().copy(out);
  }
  return eval.to_text(value);
}

bool is_whole(const Value& value) noexcept { return value.is_integral() && value.kind() != Kind::Char; }

bool number(Evaluation& eval, const Value& value, double& out) {
  if (value.is_number()) {
    out = value.real();
    return true;
  }
  if (value.is_null() || value.kind() == Kind::Boolean) return false;
  const std::string_view said = trim(text(eval, value));
  const auto read = std::from_chars(said.data(), said.data() + said.size(), out);
  return !said.empty() && read.ec == std::errc() && read.ptr == said.data() + said.size();
}

bool equal(Evaluation& eval, const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.kind() == Kind::Boolean || b.kind() == Kind::Boolean)
    return a.kind() == b.kind() && a.boolean() == b.boolean();
  if (a.is_number() && b.is_number()) return a.real() == b.real();
  if (a.is_number() != b.is_number()) return false;
  return text(eval, a) == text(eval, b);
}

int order(Evaluation& eval, const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null() ? 0 : 2;
  if (a.kind() == Kind::DateTime && b.kind() == Kind::DateTime)
    return a.ticks() < b.ticks() ? -1 : a.ticks() > b.ticks() ? 1 : 0;
  double x = 0, y = 0;
  if ((a.is_number() || b.is_number()) && number(eval, a, x) && number(eval, b, y)) return x < y ? -1 : x > y ? 1 : 0;
  const int compared = text(eval, a).compare(text(eval, b));
  return compared < 0 ? -1 : compared > 0 ? 1 : 0;
}

}  // namespace gateway::policy::liquid
