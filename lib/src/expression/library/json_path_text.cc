#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "expression/library/json_types.h"

namespace gateway::expression {

void append_path_name(std::string_view name, std::pmr::string& out) {
  static constexpr std::string_view kSpecial = ". '/\"[]()\t\n\r\f\b\\";
  const bool special = name.find_first_of(kSpecial) != std::string_view::npos ||
                       name.find("\xC2\x85") != std::string_view::npos ||
                       name.find("\xE2\x80\xA8") != std::string_view::npos ||
                       name.find("\xE2\x80\xA9") != std::string_view::npos;
  if (special) {
    out += "['";
    append_escaped(name, '\'', out);
    out += "']";
    return;
  }
  if (!out.empty()) out += '.';
  out += name;
}

void append_path_index(std::size_t index, std::pmr::string& out) {
  fmt::format_to(std::back_inserter(out), "[{}]", index);
}

std::string_view json_path(Evaluation& eval, const JToken& token) {
  std::pmr::vector<const JToken*> upwards(&eval.arena());
  for (const JToken* at = &token; at; at = at->parent) upwards.push_back(at);
  std::pmr::string out(&eval.arena());
  for (std::size_t i = upwards.size(); i-- > 0;) {
    const JToken* at = upwards[i];
    if (at->kind == JsonKind::Property) {
      append_path_name(static_cast<const JProperty*>(at)->name, out);
    } else if (at->parent && at->parent->kind != JsonKind::Property) {
      const auto& items = static_cast<const JArray*>(at->parent)->items;
      eval.charge(1 + items.size() / 8);
      const auto found = std::find(items.begin(), items.end(), at);
      append_path_index(static_cast<std::size_t>(found - items.begin()), out);
    }
  }
  return eval.arena().copy(out);
}

std::string_view json_kind_name(JsonKind kind) noexcept {
  static constexpr std::string_view kNames[] = {
      "None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float", "String",
      "Boolean", "Null", "Undefined", "Date", "Raw", "Bytes", "Guid", "Uri", "TimeSpan"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace gateway::expression
