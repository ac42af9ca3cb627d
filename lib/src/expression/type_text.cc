#include "expression/type_text.h"

namespace gateway::expression {
namespace {

constexpr std::pair<std::string_view, std::string_view> kKeywords[] = {
    {"System.Object", "object"}, {"System.String", "string"}, {"System.Boolean", "bool"},
    {"System.Char", "char"},     {"System.SByte", "sbyte"},   {"System.Byte", "byte"},
    {"System.Int16", "short"},   {"System.UInt16", "ushort"}, {"System.Int32", "int"},
    {"System.UInt32", "uint"},   {"System.Int64", "long"},    {"System.UInt64", "ulong"},
    {"System.Single", "float"},  {"System.Double", "double"}, {"System.Decimal", "decimal"},
    {"System.Void", "void"}};

}  // namespace

bool is_array(const Type* type) noexcept {
  return !type->definition && type->arguments.size() == 1 && type->name.ends_with("[]");
}

bool is_nullable(const Type* type) noexcept {
  return type->definition && type->full_name == "System.Nullable";
}

const Type* without_nullable(const Type* type) noexcept {
  return is_nullable(type) ? type->arguments[0] : type;
}

const std::vector<Member>& members_of(const Type* type) noexcept {
  return type->definition ? type->definition->members : type->members;
}

const Member* invoke_of(const Type* type) noexcept {
  const Type* base = type->definition ? type->definition->base : type->base;
  if (!base || base->full_name != "System.MulticastDelegate") return nullptr;
  for (const Member& member : members_of(type)) {
    if (member.name == "Invoke") return &member;
  }
  return nullptr;
}

bool is_void(const Type* type) noexcept { return type->full_name == "System.Void"; }

const Type* instance_of(const Type* type, const Type* definition) noexcept {
  if (type == definition || type->definition == definition) return type;
  for (const Type* each : type->interfaces) {
    if (const Type* found = instance_of(each, definition)) return found;
  }
  return type->base ? instance_of(type->base, definition) : nullptr;
}

std::string display(const Type* type) {
  if (!type) return "null";
  if (is_array(type)) return display(type->arguments[0]) + "[]";
  if (is_nullable(type)) return display(type->arguments[0]) + "?";
  for (const auto& [full, keyword] : kKeywords) {
    if (type->full_name == full) return std::string(keyword);
  }
  std::string out = type->name;
  if (!type->arguments.empty()) {
    out += '<';
    for (const Type* each : type->arguments) {
      if (out.back() != '<') out += ", ";
      out += display(each);
    }
    out += '>';
  }
  return out;
}

std::string runtime_name(const Type* type) {
  if (is_array(type)) return runtime_name(type->arguments[0]) + "[]";
  std::string out = type->full_name;
  if (type->arguments.empty()) return out;
  out += '`' + std::to_string(type->arguments.size()) + '[';
  for (const Type* each : type->arguments) {
    if (out.back() != '[') out += ',';
    out += runtime_name(each);
  }
  return out + ']';
}

}  // namespace gateway::expression
