#include "arm/resource.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include <rapidjson/writer.h>

#include "base/strings.h"

namespace gateway::arm {
namespace {

using rapidjson::SizeType;
using rapidjson::Value;

constexpr std::size_t kMaxNameCharacters = 256;
constexpr std::size_t kMaxIdBytes = 8192;
constexpr std::string_view kForbidden = "*#&+:<>?/\\";
constexpr std::string_view kPolicyName = "policy";

constexpr std::string_view kKinds[] = {
    "apiVersionSets",
    "apis",
    "apis/diagnostics",
    "apis/operations",
    "apis/operations/policies",
    "apis/policies",
    "apis/releases",
    "apis/schemas",
    "authorizationServers",
    "backends",
    "caches",
    "certificates",
    "diagnostics",
    "gateways",
    "gateways/apis",
    "gateways/certificateAuthorities",
    "gateways/hostnameConfigurations",
    "groups",
    "loggers",
    "namedValues",
    "openidConnectProviders",
    "policies",
    "policyFragments",
    "products",
    "products/apiLinks",
    "products/apis",
    "products/groups",
    "products/policies",
    "schemas",
    "subscriptions",
    "tags",
    "users",
};

Error refuse(std::string_view id, std::string message) {
  return Error{ErrorCode::InvalidArgument, "configuration", std::move(message),
               "resource " + quote(id, 300)};
}

// What is wrong with a name; "" when nothing is.
std::string name_problem(std::string_view name) {
  if (name.empty()) return "an empty name; names have 1 to 256 characters";
  if (!is_utf8(name)) return "a name that is not UTF-8";
  std::size_t characters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool c1 = byte == 0xC2 && static_cast<unsigned char>(name[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || c1) return "a control character in a name";
    if (kForbidden.find(name[i]) != std::string_view::npos) {
      return "a name with one of " + std::string(kForbidden) + ", which are not allowed";
    }
    characters += (byte & 0xC0u) != 0x80u ? 1 : 0;
  }
  if (characters <= kMaxNameCharacters) return {};
  return "a name of " + std::to_string(characters) + " characters; names have 1 to 256";
}

// Takes "/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.ApiManagement/service/{n}" off.
std::span<const std::string_view> below_service(std::span<const std::string_view> parts) {
  constexpr std::size_t kPrefix = 8;
  const bool full = parts.size() >= kPrefix && equals_ignoring_case(parts[0], "subscriptions") &&
                    equals_ignoring_case(parts[2], "resourceGroups") &&
                    equals_ignoring_case(parts[4], "providers") &&
                    equals_ignoring_case(parts[5], "Microsoft.ApiManagement") &&
                    equals_ignoring_case(parts[6], "service") && !parts[1].empty() &&
                    !parts[3].empty() && !parts[7].empty();
  return full ? parts.subspan(kPrefix) : parts;
}

void write_number(double number, std::string& out) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  std::array<char, 32> text{};
  std::to_chars_result end{};
  if (std::trunc(number) == number && std::abs(number) < kExact) {
    end = std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(number));
  } else {
    end = std::to_chars(text.data(), text.data() + text.size(), number);
  }
  out.append(text.data(), end.ptr);
}

// RapidJSON's output stream onto a std::string.
struct StringStream {
  using Ch = char;
  void Put(char c) { text.push_back(c); }
  void Flush() {}
  std::string& text;
};
using Writer = rapidjson::Writer<StringStream>;

std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

void write(const Value& value, Writer& writer);

void write_members(std::vector<std::pair<std::string_view, const Value*>>& members,
                   Writer& writer) {
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  writer.StartObject();
  for (const auto& [name, value] : members) {
    writer.Key(name.data(), static_cast<SizeType>(name.size()));
    write(*value, writer);
  }
  writer.EndObject();
}

void write(const Value& value, Writer& writer) {
  if (value.IsObject()) {
    std::vector<std::pair<std::string_view, const Value*>> members;
    members.reserve(value.MemberCount());
    for (const auto& member : value.GetObject())
      members.emplace_back(text_of(member.name), &member.value);
    write_members(members, writer);
  } else if (value.IsArray()) {
    writer.StartArray();
    for (const auto& element : value.GetArray()) write(element, writer);
    writer.EndArray();
  } else if (value.IsDouble() && std::isfinite(value.GetDouble())) {
    std::string number;
    write_number(value.GetDouble(), number);
    writer.RawValue(number.data(), number.size(), rapidjson::kNumberType);
  } else if (value.IsDouble()) {
    writer.Null();  // no JSON text has such a number
  } else {
    value.Accept(writer);
  }
}

void combine(Digest& into, const Digest& other) {
  for (std::size_t i = 0; i < into.size(); ++i)
    into[i] = static_cast<std::uint8_t>(into[i] ^ other[i]);
}

}  // namespace

Result<std::string> short_id(std::string_view id) {
  if (!id.starts_with('/')) return refuse(id, "an id begins with a slash");
  if (id.size() > kMaxIdBytes) return refuse(id, "an id of more than 8192 bytes");
  const auto all = split(id.substr(1), '/');
  const auto parts = below_service(all);
  std::string kind;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    if (i != 0) kind += '/';
    kind += parts[i];
  }
  const auto known = std::find_if(std::begin(kKinds), std::end(kKinds), [&](std::string_view one) {
    return equals_ignoring_case(one, kind);
  });
  if (known == std::end(kKinds)) {
    return refuse(id, quote(kind) +
                          " is no known kind of resource; apis, apis/operations, products, "
                          "subscriptions, backends and the like are");
  }
  if (parts.size() % 2 != 0)
    return refuse(id, "the id of a collection, where one of its elements is wanted");
  const auto collections = split(*known, '/');
  std::string text;
  for (std::size_t i = 0; i < collections.size(); ++i) {
    std::string_view name = parts[2 * i + 1];
    if (std::string problem = name_problem(name); !problem.empty())
      return refuse(id, std::move(problem));
    if (collections[i] == "policies") {
      if (!equals_ignoring_case(name, kPolicyName)) {
        return refuse(id, "a policy of the name " + quote(name) + "; only \"policy\" is allowed");
      }
      name = kPolicyName;
    }
    text += '/';
    text += collections[i];
    text += '/';
    text += name;
  }
  return text;
}

std::vector<std::string_view> id_parts(std::string_view short_id) {
  if (short_id.starts_with('/')) short_id.remove_prefix(1);
  return split(short_id, '/');
}

std::string kind_of(std::string_view short_id) {
  std::string kind;
  const auto parts = id_parts(short_id);
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    if (i != 0) kind += '/';
    kind += parts[i];
  }
  return kind;
}

Result<Resource> make_resource(const Value& envelope) {
  if (!envelope.IsObject()) return refuse("", "a resource is an object with id and properties");
  const auto id = envelope.FindMember("id");
  if (id == envelope.MemberEnd() || !id->value.IsString()) {
    return refuse("", "a resource without an id; it is a text such as \"/apis/users\"");
  }
  auto known = short_id(text_of(id->value));
  if (!known) return std::move(known).error();
  const auto properties = envelope.FindMember("properties");
  if (properties == envelope.MemberEnd() || !properties->value.IsObject()) {
    return refuse(*known, "`properties` is missing or no object");
  }
  Resource resource;
  resource.id = std::move(*known);
  const Value short_form(rapidjson::StringRef(resource.id.data(), resource.id.size()));
  std::vector<std::pair<std::string_view, const Value*>> members;
  for (const auto& member : envelope.GetObject()) {
    const auto name = text_of(member.name);
    members.emplace_back(name, name == "id" ? &short_form : &member.value);
  }
  StringStream stream{resource.json};
  Writer writer(stream);
  write_members(members, writer);
  return resource;
}

void write_canonical_json(const Value& value, std::string& out) {
  StringStream stream{out};
  Writer writer(stream);
  write(value, writer);
}

Digest digest(const Resource& resource) { return sha256(resource.json); }

bool ResourceSet::upsert(Resource resource) {
  if (const Resource* before = find(resource.id)) {
    if (before->json == resource.json) return false;
    combine(digest_, arm::digest(*before));
  }
  combine(digest_, arm::digest(resource));
  const std::string id = resource.id;
  entries_.set(id, std::make_shared<const Resource>(std::move(resource)));
  return true;
}

bool ResourceSet::erase(std::string_view id) {
  const auto before = entries_.get(id);
  if (!before) return false;
  combine(digest_, arm::digest(*before));
  return entries_.erase(id);
}

}  // namespace gateway::arm
