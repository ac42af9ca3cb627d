#include "expression/library/jwt.h"

#include <cmath>
#include <string>

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/base64.h"
#include "base/strings.h"
#include "expression/library/arguments.h"

namespace gateway::expression {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxToken = 256 * 1024;

std::optional<std::string> decode_part(std::string_view part) {
  std::string text(part);
  for (char& c : text) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  text.append((4 - text.size() % 4) % 4, '=');
  return decode_base64(text);
}

// Neither of RapidJSON's readers and writers bounds how deep it goes.
bool nested_too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_string) {
      if (json[i] == '\\') ++i;
      else if (json[i] == '"') in_string = false;
    } else if (json[i] == '"') {
      in_string = true;
    } else if (json[i] == '{' || json[i] == '[') {
      if (++depth > kMaxDepth) return true;
    } else if (json[i] == '}' || json[i] == ']') {
      --depth;
    }
  }
  return false;
}

bool read_object(std::string_view part, rapidjson::Document& out) {
  const auto json = decode_part(part);
  if (!json || !is_utf8(*json) || nested_too_deep(*json)) return false;
  out.Parse(json->data(), json->size());
  return !out.HasParseError() && out.IsObject();
}

std::string_view view(const rapidjson::Value& text) { return {text.GetString(), text.GetStringLength()}; }

std::string claim_text(const rapidjson::Value& value) {
  if (value.IsString()) return std::string(view(value));
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return fmt::format("{}", value.GetInt64());
  if (value.IsUint64()) return fmt::format("{}", value.GetUint64());
  if (value.IsDouble()) {
    // A whole number that was written with an exponent is shown without it.
    const double number = value.GetDouble();
    if (std::floor(number) == number && std::fabs(number) < 1e15) return fmt::format("{:.0f}", number);
    return fmt::format("{}", number);
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

Value claim_values(Evaluation& eval, const rapidjson::Value& value) {
  ListObject* out = make_array(eval, type_named(eval, "string"));
  if (value.IsArray()) {
    for (const auto& item : value.GetArray()) out->items.push_back(eval.text(claim_text(item)));
  } else if (!value.IsNull()) {
    out->items.push_back(eval.text(claim_text(value)));
  }
  return Value::of(out);
}

std::string_view text_member(Evaluation& eval, const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return {};
  return eval.arena().copy(view(found->value));
}

std::optional<std::int64_t> numeric_date(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsNumber()) return std::nullopt;
  const double seconds = found->value.GetDouble();
  // Beyond DateTime's range there is no such time.
  if (!(seconds >= -62'135'596'800.0 && seconds < 253'402'300'800.0)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds));
}

}  // namespace

JwtObject* parse_jwt(Evaluation& eval, std::string_view text) {
  eval.charge(text.size() / 2 + 20);
  text = trim(text);
  if (text.size() > 7 && equals_ignoring_case(text.substr(0, 7), "Bearer ")) text = trim(text.substr(7));
  if (text.size() > kMaxToken) return nullptr;
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return nullptr;
  rapidjson::Document header, payload;
  if (!read_object(text.substr(0, first), header) ||
      !read_object(text.substr(first + 1, second - first - 1), payload) ||
      !decode_part(text.substr(second + 1))) {
    return nullptr;
  }
  auto* jwt = eval.arena().make<JwtObject>(type_named(eval, "Jwt"));
  jwt->raw = eval.arena().copy(text);
  jwt->algorithm = text_member(eval, header, "alg");
  jwt->token_type = text_member(eval, header, "typ");
  jwt->key_id = text_member(eval, header, "kid");
  jwt->expires = numeric_date(payload, "exp");
  jwt->not_before = numeric_date(payload, "nbf");
  jwt->issued_at = numeric_date(payload, "iat");
  jwt->claims = make_dictionary(eval, type_named(eval, "string"), type_named(eval, "string[]"));
  jwt->claims->table.ignore_case = true;
  for (const auto& member : payload.GetObject()) {
    jwt->claims->set(eval, eval.text(view(member.name)), claim_values(eval, member.value));
  }
  return jwt;
}

BasicObject* parse_basic(Evaluation& eval, std::string_view header) {
  eval.charge(header.size() / 4 + 10);
  constexpr std::string_view kScheme = "Basic ";
  if (header.substr(0, kScheme.size()) != kScheme) return nullptr;
  const auto bytes = decode_base64(trim(header.substr(kScheme.size())));
  if (!bytes) return nullptr;
  const std::size_t colon = bytes->rfind(':');
  if (colon == std::string::npos || colon == 0) return nullptr;
  // ISO 8859-1.
  const auto latin1 = [&](std::string_view part) {
    std::string out;
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) {
        out += c;
      } else {
        out += static_cast<char>(0xC0 | (byte >> 6));
        out += static_cast<char>(0x80 | (byte & 0x3F));
      }
    }
    return eval.arena().copy(out);
  };
  auto* out = eval.arena().make<BasicObject>(type_named(eval, "BasicAuthCredentials"));
  out->user = latin1(std::string_view(*bytes).substr(0, colon));
  out->password = latin1(std::string_view(*bytes).substr(colon + 1));
  return out;
}

}  // namespace gateway::expression
