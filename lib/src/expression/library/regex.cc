#include <algorithm>

#include <fmt/format.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/collections.h"
#include "expression/library/libraries.h"
#include "expression/library/regex_objects.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

constexpr std::int64_t kNsOfTick = 100;
constexpr std::int64_t kInfinite = -10'000;  // Regex.InfiniteMatchTimeout in ticks

std::int64_t limit_of(Evaluation& eval, const Value& timeout) {
  const std::int64_t ticks = timeout.ticks();
  if (ticks == kInfinite) return CompiledRegex::kLongestNs;
  if (ticks <= 0) {
    eval.raise("ArgumentOutOfRangeException",
               "Specified argument was out of the range of valid values. (Parameter 'matchTimeout')");
  }
  return std::min(ticks, CompiledRegex::kLongestNs / kNsOfTick) * kNsOfTick;
}

// The regex of a static member: pattern at `at`, then options and timeout where they are given.
RegexObject* regex_of(Call& call, std::size_t at) {
  const std::string_view pattern = text_arg(call, at, "pattern");
  const std::int32_t options = call.args.size() > at + 1 ? call.args[at + 1].enum_number() : 0;
  const std::int64_t limit = call.args.size() > at + 2 ? limit_of(call.eval, call.args[at + 2])
                                                       : CompiledRegex::kLongestNs;
  return make_regex(call.eval, pattern, options, limit);
}

RegexInputText* input_of(Call& call, RegexObject& regex, std::size_t at) {
  return make_input(call.eval, regex, text_arg(call, at, "input"));
}

// The `startat` argument, an index in UTF-16 units, as one in bytes.
std::size_t start_of(Call& call, std::size_t at, std::string_view text) {
  if (call.args.size() <= at) return 0;
  const std::int64_t unit = call.args[at].integer();
  call.eval.charge(text.size() / 8 + 1);
  if (unit < 0 || static_cast<std::size_t>(unit) > utf16_length(text)) {
    call.eval.raise("ArgumentOutOfRangeException",
                    "Start index cannot be less than 0 or greater than input length. (Parameter 'startat')");
  }
  std::size_t byte = 0;
  for (std::int64_t left = unit; left > 0 && byte < text.size();) {
    left -= next_code_point(text, byte) > 0xFFFF ? 2 : 1;
  }
  return byte;
}

std::int64_t count_of(Call& call, std::size_t at, std::int64_t smallest) {
  const std::int64_t count = call.args[at].integer();
  if (count < smallest) {
    call.eval.raise("ArgumentOutOfRangeException",
                    "Count cannot be less than -1. (Parameter 'count')");
  }
  return count;
}

Value construct(Call& call) { return Value::of(regex_of(call, 0)); }

Value static_is_match(Call& call) {
  return Value::of(find_match(call.eval, *input_of(call, *regex_of(call, 1), 0), 0));
}
Value is_match(Call& call) {
  RegexInputText* input = input_of(call, self<RegexObject>(call), 1);
  return Value::of(find_match(call.eval, *input, start_of(call, 2, input->text)));
}

Value first_match(Evaluation& eval, const RegexInputText& input, std::size_t from) {
  const bool found = from != std::string_view::npos && find_match(eval, input, from);
  return Value::of(found ? take_match(eval, input) : no_match(eval));
}
Value static_match(Call& call) {
  return first_match(call.eval, *input_of(call, *regex_of(call, 1), 0), 0);
}
Value match(Call& call) {
  RegexInputText* input = input_of(call, self<RegexObject>(call), 1);
  return first_match(call.eval, *input, start_of(call, 2, input->text));
}
Value next_match(Call& call) {
  auto& match = self<MatchObject>(call);
  if (!match.success) return call.args[0];
  return first_match(call.eval, *match.input, next_start(match.input->text, match.begin, match.end));
}

Value all_matches(Evaluation& eval, const RegexInputText& input, std::size_t from) {
  auto* out = eval.arena().make<RegexCollection>(type_named(eval, "MatchCollection"), eval.arena());
  for (std::size_t at = from; at != std::string_view::npos && find_match(eval, input, at);) {
    MatchObject* match = take_match(eval, input);
    out->items.push_back(Value::of(match));
    at = next_start(input.text, match->begin, match->end);
  }
  return Value::of(out);
}
Value static_matches(Call& call) {
  return all_matches(call.eval, *input_of(call, *regex_of(call, 1), 0), 0);
}
Value matches(Call& call) {
  RegexInputText* input = input_of(call, self<RegexObject>(call), 1);
  return all_matches(call.eval, *input, start_of(call, 2, input->text));
}

// The replacement at `at`: a string or a lambda.
Value replace_with(Call& call, const RegexInputText& input, std::size_t at, std::int64_t count,
              std::size_t from) {
  const Value& by = call.args[at];
  if (by.is_null()) raise_null(call.eval, "replacement");
  return by.is_string() ? replace_matches(call.eval, input, {}, by.text(), count, from)
                        : replace_matches(call.eval, input, by, {}, count, from);
}
Value static_replace(Call& call) {
  // (input, pattern, replacement[, options[, timeout]])
  const std::int32_t options = call.args.size() > 3 ? call.args[3].enum_number() : 0;
  const std::int64_t limit =
      call.args.size() > 4 ? limit_of(call.eval, call.args[4]) : CompiledRegex::kLongestNs;
  RegexObject* regex = make_regex(call.eval, text_arg(call, 1, "pattern"), options, limit);
  return replace_with(call, *input_of(call, *regex, 0), 2, -1, 0);
}
Value replace(Call& call) {
  RegexInputText* input = input_of(call, self<RegexObject>(call), 1);
  const std::int64_t count = call.args.size() > 3 ? count_of(call, 3, -1) : -1;
  return replace_with(call, *input, 2, count, start_of(call, 4, input->text));
}

Value static_split(Call& call) {
  return split_by_matches(call.eval, *input_of(call, *regex_of(call, 1), 0), 0, 0);
}
Value split(Call& call) {
  RegexInputText* input = input_of(call, self<RegexObject>(call), 1);
  const std::int64_t count = call.args.size() > 2 ? count_of(call, 2, 0) : 0;
  return split_by_matches(call.eval, *input, count, start_of(call, 3, input->text));
}

Value regex_text(Call& call) { return call.eval.text(self<RegexObject>(call).code->pattern()); }
Value regex_options(Call& call) {
  return Value::enumeration(type_named(call.eval, "RegexOptions"), self<RegexObject>(call).code->options());
}
Value group_names(Call& call) {
  ListObject* out = make_array(call.eval, type_named(call.eval, "string"));
  for (const auto& group : self<RegexObject>(call).code->groups()) {
    out->items.push_back(call.eval.text(group.name));
  }
  return Value::of(out);
}

Value capture_value(Call& call) { return Value::of(self<CaptureObject>(call).value()); }
Value capture_index(Call& call) {
  const auto& capture = self<CaptureObject>(call);
  if (!capture.input) return Value::of(std::int32_t{0});
  call.eval.charge(capture.begin / 16 + 1);
  return Value::of(static_cast<std::int32_t>(utf16_length(capture.input->text.substr(0, capture.begin))));
}
Value capture_length(Call& call) {
  return Value::of(static_cast<std::int32_t>(utf16_length(self<CaptureObject>(call).value())));
}

Value group_success(Call& call) { return Value::of(self<GroupObject>(call).success); }
Value group_name(Call& call) { return Value::of(self<GroupObject>(call).name); }
Value group_captures(Call& call) {
  const auto& group = self<GroupObject>(call);
  auto* out = call.eval.arena().make<RegexCollection>(type_named(call.eval, "CaptureCollection"),
                                                      call.eval.arena());
  if (group.success) {
    auto* capture = call.eval.arena().make<CaptureObject>(type_named(call.eval, "Capture"));
    capture->input = group.input;
    capture->begin = group.begin;
    capture->end = group.end;
    out->items.push_back(Value::of(capture));
  }
  return Value::of(out);
}

Value match_groups(Call& call) {
  auto& match = self<MatchObject>(call);
  auto* out = call.eval.arena().make<RegexCollection>(type_named(call.eval, "GroupCollection"),
                                                      call.eval.arena());
  out->match = &match;
  out->items.push_back(call.args[0]);
  for (std::size_t i = 1; i < match.group_count; ++i) {
    out->items.push_back(Value::of(group_at(call.eval, match, i)));
  }
  return Value::of(out);
}
Value match_result(Call& call) {
  const auto& match = self<MatchObject>(call);
  if (!match.success) {
    call.eval.raise("NotSupportedException", "Result cannot be called on a failed Match.");
  }
  std::pmr::string out(&call.eval.arena());
  expand_replacement(call.eval, text_arg(call, 1, "replacement"), match, out);
  return call.eval.text(out);
}
Value empty_match(Call& call) { return Value::of(no_match(call.eval)); }

Value collection_count(Call& call) {
  return Value::of(static_cast<std::int32_t>(self<RegexCollection>(call).items.size()));
}
Value collection_item(Call& call) {
  auto& items = self<RegexCollection>(call).items;
  const std::int64_t index = call.args[1].integer();
  if (index < 0 || static_cast<std::size_t>(index) >= items.size()) raise_range(call.eval, "i", "Specified argument was out of the range of valid values.");
  return items[static_cast<std::size_t>(index)];
}
// A group that is not there is one without success.
Value group_by_number(Call& call) {
  const auto& groups = self<RegexCollection>(call);
  const auto* input = groups.match->input;
  for (std::size_t i = 0; i < groups.items.size(); ++i) {
    const std::int64_t number =
        input ? input->regex->code->groups()[i].number : static_cast<std::int64_t>(i);
    if (number == call.args[1].integer()) return groups.items[i];
  }
  return Value::of(group_at(call.eval, *groups.match, groups.items.size()));
}
Value group_by_name(Call& call) {
  const std::string_view name = text_arg(call, 1, "groupname");
  const auto& groups = self<RegexCollection>(call);
  if (groups.match->input) {
    const auto& names = groups.match->input->regex->code->groups();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].name == name) return groups.items[i];
    }
  }
  return Value::of(group_at(call.eval, *groups.match, groups.items.size()));
}

Value escape(Call& call) {
  return Value::of(escape_regex(call.eval, text_arg(call, 0, "str")));
}
Value unescape(Call& call) {
  return Value::of(unescape_regex(call.eval, text_arg(call, 0, "str")));
}
Value infinite(Call&) { return Value::time_span(kInfinite); }

// "<head>(string input, string pattern<more>)" with options and timeout as they may follow.
void declare_static(Catalog::Declaration& type, std::string_view head, std::string_view more, Native call) {
  for (const std::string_view tail : {"", ", RegexOptions options", ", RegexOptions options, TimeSpan matchTimeout"}) {
    type.member(fmt::format("static {}(string input, string pattern{}{})", head, more, tail), call);
  }
}

}  // namespace

void declare_regex(Catalog& catalog) {
  const std::string space = "System.Text.RegularExpressions.";
  catalog.declare(space + "RegexOptions", {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("IgnoreCase", RegexOptions::kIgnoreCase)
      .enumerator("Multiline", RegexOptions::kMultiline)
      .enumerator("ExplicitCapture", RegexOptions::kExplicitCapture)
      .enumerator("Compiled", RegexOptions::kCompiled)
      .enumerator("Singleline", RegexOptions::kSingleline)
      .enumerator("IgnorePatternWhitespace", RegexOptions::kIgnorePatternWhitespace)
      .enumerator("RightToLeft", RegexOptions::kRightToLeft)
      .enumerator("ECMAScript", RegexOptions::kEcmaScript)
      .enumerator("CultureInvariant", RegexOptions::kCultureInvariant)
      .enumerator("NonBacktracking", RegexOptions::kNonBacktracking);
  catalog.declare(space + "RegexMatchTimeoutException", {.base = "TimeoutException"});

  catalog.declare(space + "Capture")
      .member("string Value { get; }", capture_value)
      .member("int Index { get; }", capture_index)
      .member("int Length { get; }", capture_length)
      .member("string ToString()", capture_value);
  catalog.declare(space + "Group", {.base = "Capture"})
      .member("bool Success { get; }", group_success)
      .member("string Name { get; }", group_name)
      .member("CaptureCollection Captures { get; }", group_captures);
  catalog.declare(space + "Match", {.base = "Group"})
      .member("static Match Empty { get; }", empty_match)
      .member("GroupCollection Groups { get; }", match_groups)
      .member("Match NextMatch()", next_match)
      .member("string Result(string replacement)", match_result);
  catalog.declare(space + "CaptureCollection", {.interfaces = {"IEnumerable<Capture>"}})
      .member("int Count { get; }", collection_count)
      .member("Capture this[int i] { get; }", collection_item);
  catalog.declare(space + "GroupCollection", {.interfaces = {"IEnumerable<Group>"}})
      .member("int Count { get; }", collection_count)
      .member("Group this[int groupnum] { get; }", group_by_number)
      .member("Group this[string groupname] { get; }", group_by_name);
  catalog.declare(space + "MatchCollection", {.interfaces = {"IEnumerable<Match>"}})
      .member("int Count { get; }", collection_count)
      .member("Match this[int i] { get; }", collection_item);

  auto regex = catalog.declare(space + "Regex");
  regex.member("new(string pattern)", construct)
      .member("new(string pattern, RegexOptions options)", construct)
      .member("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", construct)
      .member("static string Escape(string str)", escape)
      .member("static string Unescape(string str)", unescape)
      .member("static TimeSpan InfiniteMatchTimeout { get; }", infinite)
      .member("RegexOptions Options { get; }", regex_options)
      .member("string ToString()", regex_text)
      .member("string[] GetGroupNames()", group_names)
      .member("bool IsMatch(string input)", is_match)
      .member("bool IsMatch(string input, int startat)", is_match)
      .member("Match Match(string input)", match)
      .member("Match Match(string input, int startat)", match)
      .member("MatchCollection Matches(string input)", matches)
      .member("MatchCollection Matches(string input, int startat)", matches)
      .member("string[] Split(string input)", split)
      .member("string[] Split(string input, int count)", split)
      .member("string[] Split(string input, int count, int startat)", split);
  declare_static(regex, "bool IsMatch", "", static_is_match);
  declare_static(regex, "Match Match", "", static_match);
  declare_static(regex, "MatchCollection Matches", "", static_matches);
  declare_static(regex, "string[] Split", "", static_split);
  for (const std::string_view by : {"string replacement", "Func<Match, string> evaluator"}) {
    declare_static(regex, "string Replace", fmt::format(", {}", by), static_replace);
    for (const std::string_view tail : {"", ", int count", ", int count, int startat"}) {
      regex.member(fmt::format("string Replace(string input, {}{})", by, tail), replace);
    }
  }
}

}  // namespace gateway::expression
