#include "policy/builtin/content_types.h"

#include <string>

#include "base/strings.h"

namespace gateway::policy {
namespace {

bool is_of_kind(std::string_view type, std::string_view kind) {
  type = trim(type.substr(0, type.find(';')));
  const std::string lower = to_lower(type);
  const std::size_t slash = lower.find('/');
  if (slash == std::string::npos) return false;
  const std::string_view sub = std::string_view(lower).substr(slash + 1);
  return sub == kind || (sub.size() > kind.size() && sub.ends_with(kind) && sub[sub.size() - kind.size() - 1] == '+');
}

}  // namespace

bool has_type(Run& run, std::string_view kind) {
  const HeaderField* field = run.fields().list.find("Content-Type");
  return field && is_of_kind(field->value, kind);
}

bool accepts(Run& run, std::string_view kind) {
  for (const HeaderField& field : run.request.fields.list) {
    if (!iequals(field.name, "Accept")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (is_of_kind(rest.substr(0, end), kind)) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace gateway::policy
