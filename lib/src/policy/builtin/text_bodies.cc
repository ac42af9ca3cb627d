#include "policy/builtin/text_bodies.h"

#include "base/strings.h"

namespace gateway::policy {
namespace {

// "application/json" of "Application/JSON; charset=utf-8"; "" where there is none.
std::string media_type(const Fields& fields) {
  const HeaderField* type = fields.list.find(HeaderId::ContentType);
  return type ? to_lower(trim(type->value.substr(0, type->value.find(';')))) : std::string();
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(from, at);
    out += text.substr(at, found == std::string_view::npos ? found : found - at);
    if (found == std::string_view::npos) return out;
    out += to;
    at = found + from.size();
  }
}

bool has_json(const Fields& fields) {
  const std::string type = media_type(fields);
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

bool has_text(const Fields& fields) {
  const std::string type = media_type(fields);
  return type.empty() || type.starts_with("text/") || has_json(fields) ||
         type == "application/xml" || type.ends_with("+xml") || type == "application/javascript" ||
         type == "application/x-www-form-urlencoded";
}

}  // namespace gateway::policy
