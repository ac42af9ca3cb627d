#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "expression/library/json_path.h"
#include "expression/library/decimal.h"
#include "expression/library/json_types.h"
#include "expression/library/regex_objects.h"

namespace gateway::expression {
namespace {

using Tokens = std::pmr::vector<JToken*>;

class Selection {
 public:
  Selection(Evaluation& eval, JToken& root, bool error_when_none)
      : eval_(eval), root_(root), strict_(error_when_none) {}

  Tokens run(const JsonPath& path, JToken& from) {
    Tokens current({&from}, &eval_.arena());
    for (const PathStep& step : path.steps) {
      Tokens next(&eval_.arena());
      if (step.form == PathStep::Form::Root) {
        next.push_back(&root_);
      } else {
        for (JToken* token : current) take(step, *token, next);
      }
      current = std::move(next);
      if (current.empty()) break;
    }
    return current;
  }

 private:
  using Form = PathStep::Form;

  void take(const PathStep& step, JToken& token, Tokens& out) {
    eval_.charge(2);
    switch (step.form) {
      case Form::Names:
        return take_names(step, token, out);
      case Form::ScanNames:
        return scan_names(step, token, out, 0);
      case Form::Indices:
        return take_indices(step, token, out);
      case Form::Slice:
        return take_slice(step, token, out);
      case Form::Filter:
        return take_filtered(*step.filter, token, out);
      case Form::ScanFilter:
        return scan_filtered(*step.filter, token, out, 0);
      case Form::Root:
        return;
    }
  }
  void missing(std::string_view what) {
    if (strict_) eval_.raise("JsonException", what);
  }
  void take_names(const PathStep& step, JToken& token, Tokens& out) {
    if (token.kind != JsonKind::Object) {
      if (step.names.empty() && token.kind == JsonKind::Array) {
        for (JToken* item : static_cast<JArray&>(token).items) out.push_back(item);
        return;
      }
      return missing(fmt::format("Property '{}' not valid on {}.",
                                 step.names.empty() ? "*" : step.names[0], token.type->name));
    }
    auto& object = static_cast<JObject&>(token);
    if (step.names.empty()) {
      for (JProperty* property : object.properties) out.push_back(property->value);
      return;
    }
    for (const std::string_view name : step.names) {
      if (JProperty* property = object.find(name)) {
        out.push_back(property->value);
      } else {
        missing(fmt::format("Property '{}' does not exist on JObject.", name));
      }
    }
  }
  void scan_names(const PathStep& step, JToken& token, Tokens& out, unsigned depth) {
    descend(depth);
    // ..* takes the token itself too.
    if (depth == 0 && step.names.empty()) out.push_back(&token);
    for (std::size_t i = 0; i < child_count(token); ++i) {
      eval_.charge(2);
      JToken* child = child_at(token, i);
      if (child->kind == JsonKind::Property) {
        const std::string_view name = static_cast<JProperty*>(child)->name;
        child = static_cast<JProperty*>(child)->value;
        if (step.names.empty() || std::find(step.names.begin(), step.names.end(), name) != step.names.end()) {
          out.push_back(child);
        }
      } else if (step.names.empty()) {
        out.push_back(child);
      }
      scan_names(step, *child, out, depth + 1);
    }
  }
  void descend(unsigned depth) {
    if (depth > kJsonDeepest) raise_json_depth(eval_);
  }
  void take_indices(const PathStep& step, JToken& token, Tokens& out) {
    if (step.indices.empty()) {
      if (token.kind == JsonKind::Array || token.kind == JsonKind::Object) {
        for (std::size_t i = 0; i < child_count(token); ++i) {
          out.push_back(without_property(child_at(token, i)));
        }
        return;
      }
      return missing(fmt::format("Index * not valid on {}.", token.type->name));
    }
    if (token.kind != JsonKind::Array) {
      return missing(fmt::format("Index {} not valid on {}.", step.indices[0], token.type->name));
    }
    const auto& items = static_cast<JArray&>(token).items;
    for (const std::int64_t index : step.indices) {
      if (index >= 0 && static_cast<std::size_t>(index) < items.size()) {
        out.push_back(items[static_cast<std::size_t>(index)]);
      } else {
        missing(fmt::format("Index {} outside the bounds of JArray.", index));
      }
    }
  }
  void take_slice(const PathStep& step, JToken& token, Tokens& out) {
    if (token.kind != JsonKind::Array) {
      return missing(fmt::format("Array slice is not valid on {}.", token.type->name));
    }
    const auto& items = static_cast<JArray&>(token).items;
    const auto size = static_cast<std::int64_t>(items.size());
    const std::int64_t by = step.step.value_or(1);
    std::int64_t from = step.from.value_or(by > 0 ? 0 : size - 1);
    std::int64_t to = step.to.value_or(by > 0 ? size : -1);
    if (from < 0) from += size;
    if (step.to && to < 0) to += size;
    from = std::clamp<std::int64_t>(from, by > 0 ? 0 : std::numeric_limits<std::int32_t>::min(),
                                    by > 0 ? size : size - 1);
    to = std::clamp<std::int64_t>(to, -1, size);
    bool any = false;
    for (std::int64_t i = from; by > 0 ? i < to : i > to && i >= 0; i += by, any = true) {
      eval_.charge(1);
      out.push_back(items[static_cast<std::size_t>(i)]);
    }
    if (!any) missing("Array slice returned no results.");
  }
  void take_filtered(const PathFilter& filter, JToken& token, Tokens& out) {
    for (std::size_t i = 0; i < child_count(token); ++i) {
      JToken* child = without_property(child_at(token, i));
      if (holds(filter, *child)) out.push_back(child);
    }
  }
  void scan_filtered(const PathFilter& filter, JToken& token, Tokens& out, unsigned depth) {
    descend(depth);
    if (depth == 0 && holds(filter, token)) out.push_back(&token);
    for (std::size_t i = 0; i < child_count(token); ++i) {
      JToken* child = without_property(child_at(token, i));
      if (holds(filter, *child)) out.push_back(child);
      scan_filtered(filter, *child, out, depth + 1);
    }
  }

  bool holds(const PathFilter& filter, JToken& item) {
    eval_.charge(4);
    const auto part_holds = [&](const PathFilter* part) { return holds(*part, item); };
    switch (filter.form) {
      case PathFilter::Form::And:
        return std::all_of(filter.parts.begin(), filter.parts.end(), part_holds);
      case PathFilter::Form::Or:
        return std::any_of(filter.parts.begin(), filter.parts.end(), part_holds);
      case PathFilter::Form::Exists:
        return !values(filter.left, item).empty();
      default: {
        const Tokens left = values(filter.left, item), right = values(filter.right, item);
        for (JToken* a : left) {
          for (JToken* b : right) {
            if (compare(filter.form, *a, *b)) return true;
          }
        }
        return false;
      }
    }
  }
  Tokens values(const PathOperand& operand, JToken& item) {
    if (operand.literal) return Tokens({operand.literal}, &eval_.arena());
    return Selection(eval_, root_, false).run(*operand.path, item);
  }

  bool compare(PathFilter::Form form, JToken& a, JToken& b) {
    eval_.charge(4);
    if (a.is_container() || b.is_container()) {
      // Newtonsoft: of containers only Exists and != hold.
      return form == PathFilter::Form::Differs;
    }
    const auto& left = static_cast<JValue&>(a);
    const auto& right = static_cast<JValue&>(b);
    switch (form) {
      case PathFilter::Form::Equals:
        return loosely_equal(left, right);
      case PathFilter::Form::Differs:
        return !loosely_equal(left, right);
      case PathFilter::Form::StrictEquals:
        return strictly_equal(left, right);
      case PathFilter::Form::StrictDiffers:
        return !strictly_equal(left, right);
      case PathFilter::Form::Matches:
        return matches(left, right);
      default:
        break;
    }
    const auto order = order_of(left, right);
    if (!order) return false;
    switch (form) {
      case PathFilter::Form::Less:
        return *order < 0;
      case PathFilter::Form::LessOrEqual:
        return *order <= 0;
      case PathFilter::Form::Greater:
        return *order > 0;
      default:
        return *order >= 0;
    }
  }
  static bool is_number(const JValue& token) noexcept {
    return token.kind == JsonKind::Integer || token.kind == JsonKind::Float;
  }
  // Values of two kinds compare by the left one's; a text that is a number counts as one.
  std::optional<int> order_of(const JValue& a, const JValue& b) {
    if (is_number(a) && is_number(b)) {
      if (a.value.is_integral() && b.value.is_integral()) {
        return a.value.integer() < b.value.integer() ? -1 : a.value.integer() > b.value.integer() ? 1 : 0;
      }
      const double x = number(a), y = number(b);
      return x < y ? -1 : x > y ? 1 : 0;
    }
    if (a.kind == b.kind && !a.value.is_null() && a.value.kind() == b.value.kind()) {
      return eval_.compare(a.value, b.value);
    }
    const bool a_null = a.value.is_null(), b_null = b.value.is_null();
    if (a_null || b_null) return a_null && b_null ? 0 : a_null ? -1 : 1;
    const std::string_view x = json_text(eval_, a), y = json_text(eval_, b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  static double number(const JValue& token) noexcept {
    const Decimal* decimal = as_decimal(token.value);
    return decimal ? decimal->to_double() : token.value.real();
  }
  bool loosely_equal(const JValue& a, const JValue& b) {
    if (is_number(a) && is_number(b)) return order_of(a, b) == 0;
    if (a.kind == b.kind) return deep_equals(eval_, a, b);
    if (b.kind != JsonKind::String && a.kind != JsonKind::String) return false;
    const JValue& other = a.kind == JsonKind::String ? b : a;
    const JValue& text = a.kind == JsonKind::String ? a : b;
    if (other.kind == JsonKind::Date && !other.source.empty()) return other.source == text.value.text();
    if (other.kind == JsonKind::Guid || other.kind == JsonKind::Uri || other.kind == JsonKind::TimeSpan) {
      return json_text(eval_, other) == text.value.text();
    }
    return false;
  }
  bool strictly_equal(const JValue& a, const JValue& b) {
    if (is_number(a) && is_number(b)) return a.kind == b.kind && order_of(a, b) == 0;
    return a.kind == b.kind && deep_equals(eval_, a, b);
  }
  bool matches(const JValue& text, const JValue& pattern) {
    if (text.kind != JsonKind::String || pattern.kind != JsonKind::String) return false;
    const std::string_view whole = pattern.value.text();
    const std::size_t last = whole.rfind('/');
    if (whole.empty() || whole[0] != '/' || last == 0) return false;
    std::int32_t options = 0;
    for (const char c : whole.substr(last + 1)) {
      // RegexOptions: IgnoreCase, Multiline, Singleline, ExplicitCapture.
      options |= c == 'i' ? 1 : c == 'm' ? 2 : c == 's' ? 16 : c == 'x' ? 4 : 0;
    }
    RegexObject* regex = make_regex(eval_, whole.substr(1, last - 1), options, CompiledRegex::kLongestNs);
    return find_match(eval_, *make_input(eval_, *regex, text.value.text()), 0);
  }

  Evaluation& eval_;
  JToken& root_;
  bool strict_;
};

}  // namespace

std::pmr::vector<JToken*> select_tokens(Evaluation& eval, JToken& root, std::string_view path,
                                        bool error_when_none) {
  JToken* top = &root;
  while (top->parent) top = top->parent;
  Tokens found = Selection(eval, *top, error_when_none).run(*parse_json_path(eval, path), root);
  return found;
}

}  // namespace gateway::expression
