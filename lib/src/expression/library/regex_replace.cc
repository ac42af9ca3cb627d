#include <algorithm>
#include <optional>
#include <string>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/collections.h"
#include "expression/library/regex_objects.h"

namespace gateway::expression {
namespace {

std::string_view text_of_group(const MatchObject& match, std::size_t index) {
  const std::size_t begin = match.spans[2 * index];
  if (begin == CompiledRegex::kUnset) return {};
  return match.input->text.substr(begin, match.spans[2 * index + 1] - begin);
}

std::optional<std::size_t> group_index(const MatchObject& match, std::string_view name) {
  const auto& groups = match.input->regex->code->groups();
  const auto number = gateway::parse_decimal(name, 1'000'000);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].name == name || (number && groups[i].number == static_cast<std::int32_t>(*number))) {
      return i;
    }
  }
  return std::nullopt;
}

std::string_view last_group(const MatchObject& match) {
  for (std::size_t i = match.group_count; i-- > 1;) {
    if (match.spans[2 * i] != CompiledRegex::kUnset) return text_of_group(match, i);
  }
  return {};
}

// The name of a group from behind the "$" on, and how much of the text it takes; none: 0.
std::pair<std::string_view, std::size_t> reference_at(std::string_view text) {
  if (!text.empty() && is_digit(text[0])) {
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) ++size;
    return {text.substr(0, size), size};
  }
  const std::size_t close = text.find('}');
  if (text.empty() || text[0] != '{' || close == std::string_view::npos) return {{}, 0};
  return {text.substr(1, close - 1), close + 1};
}

}  // namespace

void expand_replacement(Evaluation& eval, std::string_view replacement, const MatchObject& match,
                        std::pmr::string& out) {
  const std::string_view text = match.input->text;
  eval.charge(replacement.size() / 8 + 1);
  for (std::size_t i = 0; i < replacement.size();) {
    const std::size_t dollar = std::min(replacement.find('$', i), replacement.size());
    out += replacement.substr(i, dollar - i);
    i = dollar + 1;
    if (i > replacement.size()) return;
    if (i == replacement.size()) {
      out += '$';
      return;
    }
    const char c = replacement[i];
    if (const auto [name, size] = reference_at(replacement.substr(i)); size != 0) {
      if (const auto index = group_index(match, name)) {
        out += text_of_group(match, *index);
        i += size;
      } else {
        out += '$';
      }
      continue;
    }
    ++i;
    switch (c) {
      case '$': out += '$'; break;
      case '&': out += match.value(); break;
      case '`': out += text.substr(0, match.begin); break;
      case '\'': out += text.substr(match.end); break;
      case '+': out += last_group(match); break;
      case '_': out += text; break;
      default: out += '$'; --i;
    }
  }
}

Value replace_matches(Evaluation& eval, const RegexInputText& input, const Value& evaluator,
                      std::string_view replacement, std::int64_t count, std::size_t from) {
  std::pmr::string out(&eval.arena());
  const bool plain = evaluator.is_null() && replacement.find('$') == std::string_view::npos;
  std::size_t copied = 0;
  bool found = false;
  for (std::size_t at = from; count != 0 && at != std::string_view::npos && find_match(eval, input, at);) {
    found = true;
    const std::size_t begin = input.regex->code->spans()[0], end = input.regex->code->spans()[1];
    out += input.text.substr(copied, begin - copied);
    if (plain) {
      out += replacement;
    } else {
      MatchObject* match = take_match(eval, input);
      if (evaluator.is_null()) {
        expand_replacement(eval, replacement, *match, out);
      } else if (const Value text = eval.invoke(evaluator, {Value::of(match)}); !text.is_null()) {
        out += text.text();
      }
    }
    copied = end;
    at = next_start(input.text, begin, end);
    if (count > 0) --count;
  }
  if (!found) return Value::of(input.text);
  out += input.text.substr(copied);
  return eval.text(out);
}

Value split_by_matches(Evaluation& eval, const RegexInputText& input, std::int64_t count, std::size_t from) {
  ListObject* parts = make_array(eval, type_named(eval, "string"));
  std::size_t copied = 0;
  for (std::size_t at = from; count != 1 && at != std::string_view::npos && find_match(eval, input, at);) {
    const auto spans = input.regex->code->spans();
    parts->items.push_back(Value::of(input.text.substr(copied, spans[0] - copied)));
    copied = spans[1];
    for (std::size_t i = 2; i < spans.size(); i += 2) {
      if (spans[i] == CompiledRegex::kUnset) continue;
      parts->items.push_back(Value::of(input.text.substr(spans[i], spans[i + 1] - spans[i])));
    }
    at = next_start(input.text, spans[0], spans[1]);
    if (count > 0) --count;
  }
  parts->items.push_back(Value::of(input.text.substr(copied)));
  return Value::of(parts);
}

}  // namespace gateway::expression
