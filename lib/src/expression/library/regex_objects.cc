#include "expression/library/regex_objects.h"

#include <algorithm>
#include <chrono>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

constexpr std::int64_t kNsOfStep = 10;

// Valid UTF-8, as what is no UTF-8 counts as U+FFFD everywhere.
std::string_view repaired(Evaluation& eval, std::string_view text) {
  eval.charge(text.size() / 16 + 1);
  if (is_utf8(text)) return text;
  std::pmr::string out(&eval.arena());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    append_code_point(c >= 0xD800 && c < 0xE000 ? char32_t{0xFFFD} : c, out);
  }
  return eval.arena().copy(out);
}

}  // namespace

void RegexCollection::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  for (const Value& item : items) {
    eval.charge(1);
    if (!each(data, item)) return;
  }
}

RegexObject* make_regex(Evaluation& eval, std::string_view pattern, std::int32_t options,
                        std::int64_t limit_ns) {
  bool compiled = false;
  auto code = cached_regex(pattern, options, compiled);
  eval.charge(compiled ? 2'000 + pattern.size() * 20 : 10);
  if (!code) eval.raise("ArgumentException", code.error().message);
  return eval.arena().make<RegexObject>(type_named(eval, "Regex"), std::move(*code), limit_ns);
}

RegexInputText* make_input(Evaluation& eval, RegexObject& regex, std::string_view text) {
  return eval.arena().make<RegexInputText>(RegexInputText{&regex, repaired(eval, text)});
}

bool find_match(Evaluation& eval, const RegexInputText& input, std::size_t from) {
  using std::chrono::steady_clock;
  const auto begin = steady_clock::now();
  const auto outcome = input.regex->code->match(input.text, from, input.regex->limit_ns);
  const std::int64_t ns = (steady_clock::now() - begin) / std::chrono::nanoseconds(1);
  if (outcome == CompiledRegex::Outcome::TimedOut) {
    eval.charge(std::min<std::uint64_t>(eval.steps_left(), static_cast<std::uint64_t>(ns / kNsOfStep) / 2));
    eval.raise("RegexMatchTimeoutException",
               "The Regex engine has timed out while trying to match a pattern to an input string. This "
               "can occur for many reasons, including very large inputs or excessive backtracking caused "
               "by nested quantifiers, back-references and other factors.");
  }
  // Short matches by what they looked at: an evaluation must not fail for a machine that was busy.
  eval.charge(static_cast<std::uint64_t>(ns > 200'000 ? ns / kNsOfStep / 2 : 20));
  return outcome == CompiledRegex::Outcome::Match;
}

MatchObject* take_match(Evaluation& eval, const RegexInputText& input) {
  const auto spans = input.regex->code->spans();
  auto* copy = static_cast<std::size_t*>(
      eval.arena().allocate(spans.size() * sizeof(std::size_t), alignof(std::size_t)));
  std::copy(spans.begin(), spans.end(), copy);
  auto* match = eval.arena().make<MatchObject>(type_named(eval, "Match"));
  match->input = &input;
  match->begin = spans[0];
  match->end = spans[1];
  match->success = true;
  match->name = "0";
  match->group_count = spans.size() / 2;
  match->spans = copy;
  return match;
}

MatchObject* no_match(Evaluation& eval) {
  auto* match = eval.arena().make<MatchObject>(type_named(eval, "Match"));
  match->name = "0";
  match->group_count = 1;
  return match;
}

std::size_t next_start(std::string_view text, std::size_t begin, std::size_t end) noexcept {
  if (end != begin) return end;
  if (end >= text.size()) return std::string_view::npos;
  (void)next_code_point(text, end);
  return end;
}

GroupObject* group_at(Evaluation& eval, const MatchObject& match, std::size_t index) {
  auto* group = eval.arena().make<GroupObject>(type_named(eval, "Group"));
  if (!match.input || index >= match.group_count) return group;
  group->name = eval.arena().copy(match.input->regex->code->groups()[index].name);
  group->input = match.input;
  const std::size_t begin = match.spans[2 * index];
  if (begin == CompiledRegex::kUnset) return group;
  group->success = true;
  group->begin = begin;
  group->end = match.spans[2 * index + 1];
  return group;
}

std::string_view escape_regex(Evaluation& eval, std::string_view text) {
  eval.charge(text.size() / 8 + 1);
  std::pmr::string out(&eval.arena());
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\f': out += "\\f"; break;
      default:
        if (std::string_view(" #$()*+.?[\\^{|").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
  }
  return eval.arena().copy(out);
}

std::string_view unescape_regex(Evaluation& eval, std::string_view text) {
  eval.charge(text.size() / 8 + 1);
  std::pmr::string out(&eval.arena());
  const auto hex = [&](std::size_t at, std::size_t count) {
    char32_t value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (i >= text.size() || !is_hex_digit(text[i])) {
        eval.raise("ArgumentException", "Insufficient hexadecimal digits.");
      }
      value = value * 16 + static_cast<char32_t>(is_digit(text[i]) ? text[i] - '0' : to_lower(text[i]) - 'a' + 10);
    }
    return value;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) eval.raise("ArgumentException", "Illegal \\ at end of pattern.");
    switch (text[i]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'f': out += '\f'; break;
      case 'v': out += '\v'; break;
      case 'a': out += '\a'; break;
      case 'e': out += '\x1b'; break;
      case 'x': append_code_point(hex(i + 1, 2), out); i += 2; break;
      case 'u': append_unit(static_cast<char16_t>(hex(i + 1, 4)), out); i += 4; break;
      default:
        if (is_alpha(text[i]) || text[i] == '_') {
          eval.raise("ArgumentException", "Unrecognized escape sequence.");
        }
        out += text[i];
    }
  }
  return eval.arena().copy(out);
}

}  // namespace gateway::expression
