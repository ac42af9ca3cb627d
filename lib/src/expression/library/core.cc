#include "expression/library/core.h"

#include <charconv>
#include <string>

#include "expression/conversion.h"
#include "expression/library/composite_format.h"
#include "expression/library/libraries.h"
#include "expression/library/native.h"
#include "expression/type_text.h"

namespace gateway::expression {

Value type_value(Evaluation& eval, const Type* type) {
  return Value::of(eval.arena().make<TypeObject>(eval.catalog().find("System.Type"), type));
}

namespace {

Value to_text(Call& call) { return Value::of(call.eval.to_text(call.args[0])); }
Value equals(Call& call) { return Value::of(call.eval.equal(call.args[0], call.args[1])); }
Value hash(Call& call) { return Value::of(call.eval.hash(call.args[0])); }

void declare_object(Catalog& catalog) {
  catalog.declare("System.Object", {.base = ""})
      .member("new()", [](Call& call) {
        return Value::of(call.eval.arena().make<Object>(call.eval.catalog().find("object")));
      })
      .member("string ToString()", to_text)
      .member("bool Equals(object obj)", equals)
      .member("int GetHashCode()", hash)
      .member("Type GetType()", [](Call& call) {
        return type_value(call.eval, call.eval.catalog().type_of(call.args[0]));
      })
      .member("static bool Equals(object objA, object objB)", equals)
      .member("static bool ReferenceEquals(object objA, object objB)", [](Call& call) {
        const Value& a = call.args[0];
        const Value& b = call.args[1];
        if (a.is_object() && b.is_object()) return Value::of(a.object() == b.object());
        return Value::of((a.is_null() && b.is_null()) || (a.is_string() && b.is_string() && a.text() == b.text()));
      });
  catalog.declare("System.IDisposable").member("void Dispose()", [](Call&) { return Value::null(); });
  catalog.declare("System.IComparable").member("int CompareTo(object obj)", [](Call& call) {
    return Value::of(std::int32_t{call.eval.compare(call.args[0], call.args[1])});
  });
}

const Type* type_of(Call& call) { return static_cast<TypeObject*>(call.args[0].object())->value; }

void declare_type(Catalog& catalog) {
  catalog.declare("System.Type")
      .member("string Name { get; }", [](Call& call) {
        const Type* type = type_of(call);
        std::string name = type->name;
        if (!type->arguments.empty() && !is_array(type)) name += '`' + std::to_string(type->arguments.size());
        return call.eval.text(name);
      })
      .member("string FullName { get; }", [](Call& call) { return call.eval.text(runtime_name(type_of(call))); })
      .member("string Namespace { get; }", [](Call& call) {
        const std::string& name = type_of(call)->full_name;
        const auto dot = name.rfind('.');
        return call.eval.text(std::string_view(name).substr(0, dot == std::string::npos ? 0 : dot));
      })
      .member("bool IsArray { get; }", [](Call& call) { return Value::of(is_array(type_of(call))); })
      .member("bool IsEnum { get; }", [](Call& call) { return Value::of(type_of(call)->is_enum); })
      .member("bool IsValueType { get; }", [](Call& call) { return Value::of(type_of(call)->value_type); })
      .member("string ToString()", [](Call& call) { return call.eval.text(runtime_name(type_of(call))); })
      .member("bool Equals(object o)", [](Call& call) {
        const Value& other = call.args[1];
        return Value::of(other.is_object() && other.object()->type == call.args[0].object()->type &&
                         static_cast<TypeObject*>(other.object())->value == type_of(call));
      })
      .member("int GetHashCode()", [](Call& call) {
        return Value::of(static_cast<std::int32_t>(reinterpret_cast<std::uintptr_t>(type_of(call)) >> 4));
      })
      .member("static bool operator ==(Type left, Type right)", equals)
      .member("static bool operator !=(Type left, Type right)", [](Call& call) {
        return Value::of(!call.eval.equal(call.args[0], call.args[1]));
      });
}

void declare_nullable(Catalog& catalog) {
  catalog.declare("System.Nullable<T>")
      .member("new(T value)", [](Call& call) { return call.args[0]; })
      .member("bool HasValue { get; }", [](Call& call) { return Value::of(!call.args[0].is_null()); })
      .member("T Value { get; }", [](Call& call) {
        if (call.args[0].is_null()) call.eval.raise("InvalidOperationException", "Nullable object must have a value.");
        return call.args[0];
      })
      .member("T GetValueOrDefault()", [](Call& call) {
        return call.args[0].is_null() && !call.type_args.empty() ? default_value(call.eval, call.type_args[0])
                                                                 : call.args[0];
      })
      .member("T GetValueOrDefault(T defaultValue)", [](Call& call) {
        return call.args[0].is_null() ? call.args[1] : call.args[0];
      });
}

// Names, or a number, separated by commas.
bool parse_enum(const Type& type, std::string_view text, bool ignore_case, std::int32_t& number) {
  const auto trim = [](std::string_view one) {
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    return one;
  };
  const auto same = [&](std::string_view a, std::string_view b) {
    if (!ignore_case) return a == b;
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
      return lower(x) == lower(y);
    });
  };
  text = trim(text);
  if (text.empty()) return false;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong == std::errc() && end == text.data() + text.size()) return true;
  number = 0;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view name = trim(text.substr(0, comma));
    const std::pair<std::string, std::int32_t>* found = nullptr;
    for (const auto& each : type.enumerators) {
      if (same(each.first, name)) found = &each;
    }
    if (!found) return false;
    number |= found->second;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool ignore_case(const Call& call, std::size_t index) {
  return call.args.size() > index && call.args[index].kind() == Kind::Boolean && call.args[index].boolean();
}

Value parsed(Call& call, const Type* type, std::size_t text_index) {
  if (!type->is_enum) raise_argument(call.eval, "enumType", "Type provided must be an Enum.");
  const std::string_view text = text_arg(call, text_index, "value");
  std::int32_t number = 0;
  if (!parse_enum(*type, text, ignore_case(call, text_index + 1), number)) {
    call.eval.raise("ArgumentException", "Requested value '" + std::string(text) + "' was not found.");
  }
  return Value::enumeration(type, number);
}
Value parse_generic(Call& call) { return parsed(call, call.type_args[0], 0); }
const Type* type_arg(Call& call) {
  if (!call.args[0].is_object()) raise_null(call.eval, "enumType");
  return type_of(call);
}
Value parse_typed(Call& call) { return parsed(call, type_arg(call), 1); }
Value try_parse(Call& call) {
  std::int32_t number = 0;
  const Type* type = call.type_args[0];
  if (!type->is_enum) raise_argument(call.eval, "TEnum", "Type provided must be an Enum.");
  const bool ok = parse_enum(*type, optional_text(call, 0), ignore_case(call, 1), number);
  call.args.back() = Value::enumeration(type, ok ? number : 0);
  return Value::of(ok);
}

void declare_enum(Catalog& catalog) {
  catalog.declare("System.Enum", {.value_type = true})
      .member("string ToString(string format)", [](Call& call) {
        auto out = arena_text(call);
        format_value(call.eval, call.args[0], optional_text(call, 1), out);
        return made(call, out);
      })
      .member("bool HasFlag(Enum flag)", [](Call& call) {
        const std::int32_t flag = enum_arg(call, 1);
        return Value::of((enum_arg(call, 0) & flag) == flag);
      })
      .member("int CompareTo(object target)", [](Call& call) {
        return Value::of(std::int32_t{call.eval.compare(call.args[0], call.args[1])});
      })
      .member("static object Parse(Type enumType, string value)", parse_typed)
      .member("static object Parse(Type enumType, string value, bool ignoreCase)", parse_typed)
      .member("static TEnum Parse<TEnum>(string value)", parse_generic)
      .member("static TEnum Parse<TEnum>(string value, bool ignoreCase)", parse_generic)
      .member("static bool TryParse<TEnum>(string value, out TEnum result)", try_parse)
      .member("static bool TryParse<TEnum>(string value, bool ignoreCase, out TEnum result)", try_parse)
      .member("static bool IsDefined(Type enumType, object value)", [](Call& call) {
        const Type* type = type_arg(call);
        const Value& value = call.args[1];
        for (const auto& [name, number] : type->enumerators) {
          if (value.is_string() ? value.text() == name
                                : number == (value.kind() == Kind::Enum ? value.enum_number() : value.integer())) {
            return Value::of(true);
          }
        }
        return Value::of(false);
      })
      .member("static string[] GetNames(Type enumType)", [](Call& call) {
        const Type* type = type_arg(call);
        auto* out = call.eval.arena().make<ListObject>(call.eval.catalog().find("string[]"), call.eval.arena());
        for (const auto& each : type->enumerators) out->items.push_back(call.eval.text(each.first));
        return Value::of(out);
      });
}

}  // namespace

void declare_core(Catalog& catalog) {
  declare_object(catalog);
  declare_type(catalog);
  declare_exceptions(catalog);
  declare_delegates(catalog);
  declare_nullable(catalog);
  declare_enum(catalog);
  declare_array(catalog);
  declare_tuples(catalog);
}

}  // namespace gateway::expression
