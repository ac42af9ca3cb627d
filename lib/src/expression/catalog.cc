#include "expression/catalog.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <shared_mutex>
#include <utility>

#include "expression/edit_distance.h"
#include "expression/library/libraries.h"
#include "expression/signature.h"
#include "expression/type_text.h"

namespace gateway::expression {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// Short names that C# has of its own.
constexpr std::pair<std::string_view, std::string_view> kKeywords[] = {
    {"object", "System.Object"}, {"string", "System.String"}, {"bool", "System.Boolean"},
    {"char", "System.Char"},     {"sbyte", "System.SByte"},   {"byte", "System.Byte"},
    {"short", "System.Int16"},   {"ushort", "System.UInt16"}, {"int", "System.Int32"},
    {"uint", "System.UInt32"},   {"long", "System.Int64"},    {"ulong", "System.UInt64"},
    {"float", "System.Single"},  {"double", "System.Double"}, {"decimal", "System.Decimal"},
    {"void", "System.Void"}};

// Found at run time again and again: without a lock.
constexpr const char* kOften[] = {"byte[]",       "string[]",     "object[]", "char[]", "int[]", "List<object>",
                                  "List<string>", "Dictionary<object, object>", "KeyValuePair<object, object>",
                                  "Dictionary<string, object>", "HashSet<object>", "IEnumerable<object>", "IEnumerable<>"};

std::string key_of(std::string_view name, std::size_t arity) {
  std::string key(name);
  if (arity > 0) key += '`' + std::to_string(arity);
  return key;
}

[[noreturn]] void wrong(const std::vector<std::string>& mistakes) {
  for (const auto& mistake : mistakes) std::fprintf(stderr, "catalog of expressions: %s\n", mistake.c_str());
  std::abort();
}

}  // namespace

struct Catalog::State {
  struct PendingMember {
    Type* type;
    std::string signature;
    Native call;
  };
  struct PendingBase {
    Type* type;
    std::string base;
    std::vector<std::string> interfaces;
  };

  std::deque<Type> types;
  TextMap<Type*> names;  // "List`1", "System.Collections.Generic.List`1"; complete once finished
  TextMap<const Type*> often;
  TextMap<bool> namespaces;
  std::array<const Type*, 18> by_kind{};
  const Type* object = nullptr;
  const Type* dynamic = nullptr;
  std::deque<std::string> texts;
  std::vector<PendingMember> pending_members;
  std::vector<PendingBase> pending_bases;
  std::unordered_multimap<std::string_view, const Member*> extensions;
  bool bases_known = false;

  std::recursive_mutex making;       // types
  std::shared_mutex reading;         // the maps below
  TextMap<Type*> parameters;
  TextMap<const Type*> found;
  std::map<std::pair<const Type*, std::vector<const Type*>>, Type*> constructed;
  std::unordered_map<const Type*, const Type*> arrays;
  std::vector<Type*> bare;  // constructed before bases were known

  const Type* substitute(Catalog& catalog, const Type* type, const Type* in);
  void fill(Catalog& catalog, Type& type);
  void fill_array(Catalog& catalog, Type& type);
};

bool Type::is(const Type* other) const noexcept {
  if (this == other) return true;
  if (definition && other && definition == other->definition && arguments.size() == 1 &&
      !arguments[0]->value_type && !other->arguments[0]->value_type && name.starts_with('I') &&
      (name == "IEnumerable" || name == "IEnumerator" || name == "IReadOnlyCollection" || name == "IReadOnlyList") &&
      arguments[0]->is(other->arguments[0])) {
    return true;
  }
  for (const Type* each : interfaces) {
    if (each->is(other)) return true;
  }
  if (arguments.size() == 1 && other && other->arguments.size() == 1 && is_array(this) && is_array(other) &&
      !arguments[0]->value_type && !other->arguments[0]->value_type && arguments[0]->is(other->arguments[0])) {
    return true;
  }
  return base && base->is(other);
}

Catalog::Catalog() : state_(std::make_unique<State>()) {
  Declaration object = declare("System.Object", {.base = ""});
  state_->object = object.type();
  state_->by_kind[static_cast<std::size_t>(Kind::Null)] = object.type();
  state_->dynamic = &state_->types.emplace_back(Type{.name = "dynamic", .full_name = "dynamic", .base = object.type()});
  declare("System.Void");
}
Catalog::~Catalog() = default;

std::shared_ptr<Catalog> Catalog::standard() {
  auto out = std::make_shared<Catalog>();
  declare_core(*out);
  declare_primitives(*out);
  declare_text(*out);
  declare_time(*out);
  declare_collections(*out);
  declare_linq(*out);
  declare_json(*out);
  declare_regex(*out);
  declare_encoding(*out);
  declare_crypto(*out);
  declare_xml(*out);
  out->finish();
  return out;
}

Catalog::Declaration& Catalog::Declaration::member(std::string_view signature, Native call) {
  catalog_->state_->pending_members.push_back({type_, std::string(signature), call});
  return *this;
}
Catalog::Declaration& Catalog::Declaration::enumerator(std::string_view name, std::int32_t number) {
  type_->enumerators.emplace_back(name, number);
  return *this;
}

Catalog::Declaration Catalog::declare(std::string_view name, TypeOptions options) {
  std::vector<std::string> parameters;
  if (const auto open = name.find('<'); open != std::string_view::npos) {
    std::string one;
    for (const char c : name.substr(open + 1)) {
      if (c == ',' || c == '>') parameters.push_back(std::exchange(one, {}));
      else if (c != ' ') one += c;
    }
    name = name.substr(0, open);
  }
  const auto dot = name.rfind('.');
  const std::string_view brief = dot == std::string_view::npos ? name : name.substr(dot + 1);
  const std::string key = key_of(name, parameters.size());
  Type*& known = state_->names[key];
  if (!known) {
    known = &state_->types.emplace_back();
    known->name = brief;
    known->full_name = name;
    known->type_parameters = std::move(parameters);
    state_->names.emplace(key_of(brief, known->type_parameters.size()), known);
    for (auto at = name.find('.'); at != std::string_view::npos; at = name.find('.', at + 1)) {
      state_->namespaces[std::string(name.substr(0, at))] = true;
    }
  }
  Type* type = known;
  if (options.is_enum) options.kind = Kind::Enum;
  if (options.kind != Kind::Object) type->kind = options.kind;
  type->value_type |= options.value_type || options.is_enum;
  type->is_enum |= options.is_enum;
  type->is_flags |= options.is_flags;
  if (options.kind != Kind::Object && options.kind != Kind::Enum) {
    state_->by_kind[static_cast<std::size_t>(options.kind)] = type;
  }
  if (type->is_enum && options.base == "object") options.base = "Enum";
  state_->pending_bases.push_back({type, std::string(options.base), std::move(options.interfaces)});
  Declaration out;
  out.catalog_ = this;
  out.type_ = type;
  return out;
}

const Type* Catalog::State::substitute(Catalog& catalog, const Type* type, const Type* in) {
  if (type->is_type_parameter) {
    const auto& open = in->definition->type_parameters;
    const auto at = std::find(open.begin(), open.end(), type->name);
    return at == open.end() ? type : in->arguments[static_cast<std::size_t>(at - open.begin())];
  }
  if (type->arguments.empty()) return type;
  std::vector<const Type*> arguments;
  for (const Type* each : type->arguments) arguments.push_back(substitute(catalog, each, in));
  return type->definition ? catalog.construct(type->definition, std::move(arguments))
                          : catalog.array_of(arguments[0]);
}

void Catalog::State::fill(Catalog& catalog, Type& type) {
  if (!type.definition) return fill_array(catalog, type);
  type.base = type.definition->base ? substitute(catalog, type.definition->base, &type) : nullptr;
  for (const Type* each : type.definition->interfaces) {
    type.interfaces.push_back(substitute(catalog, each, &type));
  }
}

void Catalog::State::fill_array(Catalog& catalog, Type& type) {
  const Type* array = catalog.lookup("Array", 0);
  type.base = array ? array : object;
  for (const char* name : {"IList", "IReadOnlyList"}) {
    if (const Type* open = catalog.lookup(name, 1)) type.interfaces.push_back(catalog.construct(open, {type.arguments[0]}));
  }
}

void Catalog::finish() {
  std::vector<std::string> mistakes;
  std::vector<Type*> rebased;
  for (auto& pending : std::exchange(state_->pending_bases, {})) {
    const auto resolve = [&](const std::string& name) -> const Type* {
      const Type* found = SignatureParser(*this, pending.type, name).whole_type();
      if (!found) mistakes.push_back("unknown type " + name + " above " + pending.type->full_name);
      return found;
    };
    if (!pending.base.empty() && (pending.base != "object" || !pending.type->base)) {
      pending.type->base = resolve(pending.base);
    }
    for (const auto& name : pending.interfaces) {
      const Type* found = resolve(name);
      auto& all = pending.type->interfaces;
      if (found && std::find(all.begin(), all.end(), found) == all.end()) all.push_back(found);
    }
  }
  if (!mistakes.empty()) wrong(mistakes);
  state_->bases_known = true;
  while (!state_->bare.empty()) {
    Type* type = state_->bare.back();
    state_->bare.pop_back();
    state_->fill(*this, *type);
  }
  for (auto& pending : std::exchange(state_->pending_members, {})) {
    SignatureParser parser(*this, pending.type, pending.signature);
    auto members = parser.members(pending.call);
    if (members.empty()) mistakes.push_back(pending.type->full_name + ": " + pending.signature + ": " + parser.error());
    for (auto& member : members) pending.type->members.push_back(std::move(member));
  }
  if (!mistakes.empty()) wrong(mistakes);
  state_->extensions.clear();
  for (const Type& type : state_->types) {
    for (const Member& member : type.members) {
      if (member.is_extension) state_->extensions.emplace(member.name, &member);
    }
  }
  for (const auto& [keyword, full] : kKeywords) {
    if (const Type* type = lookup(full, 0)) state_->often[std::string(keyword)] = type;
  }
  for (const char* name : kOften) {
    if (const Type* type = SignatureParser(*this, nullptr, name).whole_type()) state_->often[name] = type;
  }
}

const Type* Catalog::find(std::string_view csharp_name) const {
  if (const auto at = state_->often.find(csharp_name); at != state_->often.end()) return at->second;
  if (csharp_name.find_first_of("<[? ") == std::string_view::npos) return lookup(csharp_name, 0);
  {
    const std::shared_lock lock(state_->reading);
    if (const auto at = state_->found.find(csharp_name); at != state_->found.end()) return at->second;
  }
  const Type* type = SignatureParser(const_cast<Catalog&>(*this), nullptr, csharp_name).whole_type();
  if (type && state_->bases_known) {
    const std::unique_lock lock(state_->reading);
    state_->found.emplace(csharp_name, type);
  }
  return type;
}

const Type* Catalog::lookup(std::string_view name, std::size_t arity) const {
  if (arity == 0) {
    for (const auto& [keyword, full] : kKeywords) {
      if (name == keyword) return lookup(full, 0);
    }
    if (name == "dynamic") return state_->dynamic;
    const auto at = state_->names.find(name);
    return at == state_->names.end() ? nullptr : at->second;
  }
  const auto at = state_->names.find(key_of(name, arity));
  return at == state_->names.end() ? nullptr : at->second;
}

const Type* Catalog::construct(const Type* definition, std::vector<const Type*> arguments) const {
  if (definition->type_parameters.size() != arguments.size()) return nullptr;
  const auto key = std::make_pair(definition, arguments);
  {
    const std::shared_lock lock(state_->reading);
    if (const auto at = state_->constructed.find(key); at != state_->constructed.end()) return at->second;
  }
  // The types it is made of may have to be made with it.
  const std::scoped_lock making(state_->making);
  {
    const std::shared_lock lock(state_->reading);
    if (const auto at = state_->constructed.find(key); at != state_->constructed.end()) return at->second;
  }
  Type& type = state_->types.emplace_back();
  type.name = definition->name;
  type.full_name = definition->full_name;
  type.definition = definition;
  type.arguments = std::move(arguments);
  type.kind = definition->kind;
  type.value_type = definition->value_type;
  auto& self = const_cast<Catalog&>(*this);
  if (state_->bases_known) state_->fill(self, type);
  else state_->bare.push_back(&type);
  const std::unique_lock lock(state_->reading);
  return state_->constructed.emplace(key, &type).first->second;
}

const Type* Catalog::array_of(const Type* element) const {
  {
    const std::shared_lock lock(state_->reading);
    if (const auto at = state_->arrays.find(element); at != state_->arrays.end()) return at->second;
  }
  const std::scoped_lock making(state_->making);
  {
    const std::shared_lock lock(state_->reading);
    if (const auto at = state_->arrays.find(element); at != state_->arrays.end()) return at->second;
  }
  Type& type = state_->types.emplace_back();
  type.name = element->name + "[]";
  type.full_name = element->full_name + "[]";
  type.arguments = {element};
  auto& self = const_cast<Catalog&>(*this);
  if (state_->bases_known) state_->fill_array(self, type);
  else state_->bare.push_back(&type);
  const std::unique_lock lock(state_->reading);
  return state_->arrays.emplace(element, &type).first->second;
}

const Type* Catalog::nullable_of(const Type* type) const {
  if (!type->value_type && !type->is_type_parameter) return type;
  const Type* nullable = lookup("System.Nullable", 1);
  return nullable ? construct(nullable, {type}) : nullptr;
}

const Type* Catalog::type_parameter(std::string_view name) const {
  const std::scoped_lock making(state_->making);
  Type*& known = state_->parameters[std::string(name)];
  if (!known) {
    known = &state_->types.emplace_back();
    known->name = known->full_name = name;
    known->base = state_->object;
    known->is_type_parameter = true;
  }
  return known;
}

std::string_view Catalog::keep(std::string_view text) const { return state_->texts.emplace_back(text); }

const Type* Catalog::dynamic() const noexcept { return state_->dynamic; }

std::vector<const Member*> Catalog::extensions(std::string_view name) const {
  std::vector<const Member*> out;
  const auto [from, to] = state_->extensions.equal_range(name);
  for (auto at = from; at != to; ++at) out.push_back(at->second);
  return out;
}

bool Catalog::is_namespace(std::string_view name) const { return state_->namespaces.contains(name); }

std::string Catalog::nearest(std::string_view name) const {
  Nearest nearest(name);
  for (const auto& [key, type] : state_->names) nearest.consider(type->name);
  for (const auto& [keyword, full] : kKeywords) nearest.consider(keyword);
  return nearest.name();
}

const Type* Catalog::type_of(const Value& value) const noexcept {
  if (value.is_object()) return value.object()->type;
  if (value.kind() == Kind::Enum) return value.enum_type();
  const Type* type = state_->by_kind[static_cast<std::size_t>(value.kind())];
  return type ? type : state_->object;
}

}  // namespace gateway::expression
