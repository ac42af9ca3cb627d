#include "policy/liquid/filters.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/strings.h"
#include "expression/library/date_format.h"
#include "expression/library/native.h"
#include "policy/query.h"

namespace gateway::policy::liquid {

using expression::Kind;
using expression::ListObject;

namespace {

using Arguments = std::span<const Value>;

Value made(Evaluation& eval, std::string_view result) {
  eval.charge(result.size() / 8);
  return eval.text(result);
}
std::string_view argument(Evaluation& eval, Arguments all, std::size_t at, std::string_view fallback = {}) {
  return at < all.size() ? text(eval, all[at]) : fallback;
}
std::int64_t whole(Evaluation& eval, Arguments all, std::size_t at, std::int64_t fallback) {
  double out = 0;
  if (at >= all.size() || !number(eval, all[at], out) || !(std::abs(out) < 1e15)) return fallback;
  return static_cast<std::int64_t>(out);
}

// Characters are UTF-8's.
std::size_t byte_of(std::string_view text, std::int64_t character) noexcept {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    if (character-- == 0) return at;
  }
  return at;
}
std::int64_t count_of(std::string_view text) noexcept {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string replaced(Evaluation& eval, std::string_view in, std::string_view from, std::string_view to, bool first_only) {
  std::string out;
  while (!in.empty()) {
    const std::size_t at = from.empty() ? std::string_view::npos : in.find(from);
    eval.charge(1 + std::min(at, in.size()) / 8 + to.size() / 8);
    if (at == std::string_view::npos || out.size() > Evaluation::kMemory) break;
    out.append(in.substr(0, at)).append(to);
    in.remove_prefix(at + from.size());
    if (first_only) break;
  }
  out.append(in);
  return out;
}

std::string cased(std::string_view text, bool upper) {
  std::string out(text);
  for (char& c : out) {
    if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c = static_cast<char>(c ^ 0x20);
  }
  return out;
}

std::string escaped(std::string_view text, bool once) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&') {
      const std::size_t end = once ? text.find(';', i) : std::string_view::npos;
      const bool entity = end != std::string_view::npos && end - i <= 8 && end > i + 1 &&
                          text.substr(i + 1, end - i - 1).find_first_of(" &<>") == std::string_view::npos;
      out += entity ? "&" : "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string without_tags(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    out.append(text.substr(0, open));
    const std::size_t close = open == std::string_view::npos ? open : text.find('>', open);
    if (close == std::string_view::npos) break;
    text.remove_prefix(close + 1);
  }
  return out;
}

// Whole numbers stay whole.
template <typename F, typename G>
Value arithmetic(Evaluation& eval, const Value& input, Arguments arguments, F of_whole, G of_real) {
  double a = 0, b = 0;
  if (!number(eval, input, a) || !number(eval, arguments[0], b)) return Value::of(std::int64_t{0});
  const auto exact = [](double number) { return std::trunc(number) == number && std::abs(number) < 9e15; };
  const auto plain = [&](const Value& value) { return is_whole(value) || (value.is_string() && value.text().find_first_of(".eE") == std::string_view::npos); };
  if (plain(input) && plain(arguments[0]) && exact(a) && exact(b))
    return of_whole(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
  return Value::of(of_real(a, b));
}

Value plus(Evaluation& eval, const Value& input, Arguments arguments) {
  return arithmetic(eval, input, arguments, [](auto a, auto b) { return Value::of(a + b); }, [](double a, double b) { return a + b; });
}
Value minus(Evaluation& eval, const Value& input, Arguments arguments) {
  return arithmetic(eval, input, arguments, [](auto a, auto b) { return Value::of(a - b); }, [](double a, double b) { return a - b; });
}
Value times(Evaluation& eval, const Value& input, Arguments arguments) {
  return arithmetic(eval, input, arguments, [](std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    return __builtin_mul_overflow(a, b, &out) ? Value::of(static_cast<double>(a) * static_cast<double>(b)) : Value::of(out);
  }, [](double a, double b) { return a * b; });
}
Value divided_by(Evaluation& eval, const Value& input, Arguments arguments) {
  return arithmetic(eval, input, arguments, [&](std::int64_t a, std::int64_t b) {
    if (b == 0) eval.raise("DivideByZeroException", "Attempted to divide by zero.");
    return Value::of(a / b);
  }, [](double a, double b) { return a / b; });
}
Value modulo(Evaluation& eval, const Value& input, Arguments arguments) {
  return arithmetic(eval, input, arguments, [&](std::int64_t a, std::int64_t b) {
    if (b == 0) eval.raise("DivideByZeroException", "Attempted to divide by zero.");
    return Value::of(a % b);
  }, [](double a, double b) { return std::fmod(a, b); });
}
Value at_least(Evaluation& eval, const Value& input, Arguments arguments) {
  return order(eval, input, arguments[0]) < 0 ? arguments[0] : input;
}
Value at_most(Evaluation& eval, const Value& input, Arguments arguments) {
  return order(eval, input, arguments[0]) == 1 ? arguments[0] : input;
}
Value rounded(Evaluation& eval, const Value& input, Arguments arguments) {
  double value = 0;
  if (!number(eval, input, value)) return input;
  const std::int64_t digits = std::clamp<std::int64_t>(whole(eval, arguments, 0, 0), 0, 15);
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double out = std::nearbyint(value * scale) / scale;
  if (digits == 0 && std::abs(out) < 9e15) return Value::of(static_cast<std::int64_t>(out));
  return Value::of(out);
}
template <double (*F)(double)>
Value by(Evaluation& eval, const Value& input, Arguments) {
  double value = 0;
  if (!number(eval, input, value)) return input;
  const double out = F(value);
  return std::abs(out) < 9e15 && std::trunc(out) == out ? Value::of(static_cast<std::int64_t>(out)) : Value::of(out);
}

Value size(Evaluation& eval, const Value& input, Arguments) {
  if (input.is_string()) return Value::of(count_of(input.text()));
  const ListObject* list = items(eval, input);
  return Value::of(list ? static_cast<std::int64_t>(list->items.size()) : std::int64_t{0});
}
Value first(Evaluation& eval, const Value& input, Arguments) { return member(eval, input, "first"); }
Value last(Evaluation& eval, const Value& input, Arguments) { return member(eval, input, "last"); }
Value fallback(Evaluation& eval, const Value& input, Arguments arguments) {
  return !is_true(input) || is_empty(eval, input) ? arguments[0] : input;
}

template <typename F>
Value listed(Evaluation& eval, const Value& input, F&& each) {
  ListObject* out = new_list(eval);
  if (const ListObject* list = items(eval, input)) {
    eval.charge(list->items.size());
    each(*list, *out);
  }
  return Value::of(out);
}
Value join(Evaluation& eval, const Value& input, Arguments arguments) {
  const ListObject* list = items(eval, input);
  if (!list) return input;
  const std::string_view between = argument(eval, arguments, 0, " ");
  std::pmr::string out(&eval.arena());
  bool is_first = true;
  for (const Value& one : list->items) {
    if (!is_first) out += between;
    is_first = false;
    const std::string_view piece = text(eval, one);
    eval.charge(1 + piece.size() / 8);
    out += piece;
  }
  return Value::of(std::string_view(eval.arena().copy(out)));
}
Value sort(Evaluation& eval, const Value& input, Arguments arguments) {
  return listed(eval, input, [&](const ListObject& from, ListObject& to) {
    to.items = from.items;
    eval.charge(to.items.size() * 8);
    const auto key = [&](const Value& one) { return arguments.empty() ? one : member(eval, one, text(eval, arguments[0])); };
    std::stable_sort(to.items.begin(), to.items.end(),
                     [&](const Value& a, const Value& b) { return order(eval, key(a), key(b)) == -1; });
  });
}
Value map(Evaluation& eval, const Value& input, Arguments arguments) {
  return listed(eval, input, [&](const ListObject& from, ListObject& to) {
    for (const Value& one : from.items) to.items.push_back(member(eval, one, text(eval, arguments[0])));
  });
}
Value where(Evaluation& eval, const Value& input, Arguments arguments) {
  return listed(eval, input, [&](const ListObject& from, ListObject& to) {
    for (const Value& one : from.items) {
      const Value said = member(eval, one, text(eval, arguments[0]));
      if (arguments.size() > 1 ? equal(eval, said, arguments[1]) : is_true(said)) to.items.push_back(one);
    }
  });
}
Value uniq(Evaluation& eval, const Value& input, Arguments) {
  return listed(eval, input, [&](const ListObject& from, ListObject& to) {
    for (const Value& one : from.items) {
      eval.charge(to.items.size());
      if (std::none_of(to.items.begin(), to.items.end(), [&](const Value& known) { return equal(eval, known, one); }))
        to.items.push_back(one);
    }
  });
}
Value compact(Evaluation& eval, const Value& input, Arguments) {
  return listed(eval, input, [](const ListObject& from, ListObject& to) {
    for (const Value& one : from.items)
      if (!one.is_null()) to.items.push_back(one);
  });
}
Value reverse(Evaluation& eval, const Value& input, Arguments) {
  return listed(eval, input, [](const ListObject& from, ListObject& to) { to.items.assign(from.items.rbegin(), from.items.rend()); });
}
Value concat(Evaluation& eval, const Value& input, Arguments arguments) {
  return listed(eval, input, [&](const ListObject& from, ListObject& to) {
    to.items = from.items;
    if (const ListObject* more = items(eval, arguments[0])) {
      eval.charge(more->items.size());
      to.items.insert(to.items.end(), more->items.begin(), more->items.end());
    }
  });
}
Value sum(Evaluation& eval, const Value& input, Arguments arguments) {
  Value out = Value::of(std::int64_t{0});
  if (const ListObject* list = items(eval, input)) {
    for (const Value& one : list->items) {
      const Value added[] = {arguments.empty() ? one : member(eval, one, text(eval, arguments[0]))};
      double ignored = 0;
      if (number(eval, added[0], ignored)) out = plus(eval, out, added);
    }
  }
  return out;
}

Value split(Evaluation& eval, const Value& input, Arguments arguments) {
  std::string_view rest = text(eval, input);
  const std::string_view by_text = argument(eval, arguments, 0, " ");
  ListObject* out = new_list(eval);
  if (by_text.empty()) {
    for (std::size_t at = 0; at < rest.size();) {
      const std::size_t end = at + byte_of(rest.substr(at), 1);
      out->items.push_back(Value::of(rest.substr(at, end - at)));
      at = end;
      eval.charge(1);
    }
    return Value::of(out);
  }
  while (!rest.empty()) {
    const std::size_t at = rest.find(by_text);
    eval.charge(1);
    if (at != 0) out->items.push_back(Value::of(rest.substr(0, at)));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + by_text.size());
  }
  return Value::of(out);
}
Value slice(Evaluation& eval, const Value& input, Arguments arguments) {
  std::int64_t from = whole(eval, arguments, 0, 0);
  const std::int64_t length = std::max<std::int64_t>(0, whole(eval, arguments, 1, 1));
  if (const ListObject* list = items(eval, input); list && !input.is_string()) {
    return listed(eval, input, [&](const ListObject& all, ListObject& to) {
      const auto count = static_cast<std::int64_t>(all.items.size());
      if (from < 0) from += count;
      for (std::int64_t i = std::max<std::int64_t>(0, from); i < std::min(count, from + length); ++i)
        to.items.push_back(all.items[static_cast<std::size_t>(i)]);
    });
  }
  const std::string_view all = text(eval, input);
  if (from < 0) from += count_of(all);
  if (from < 0) return Value::of(std::string_view());
  const std::size_t start = byte_of(all, from);
  return Value::of(all.substr(start, byte_of(all.substr(start), length)));
}
Value truncate(Evaluation& eval, const Value& input, Arguments arguments) {
  const std::string_view all = text(eval, input), end = argument(eval, arguments, 1, "...");
  const std::int64_t most = whole(eval, arguments, 0, 50);
  if (count_of(all) <= most) return Value::of(all);
  return made(eval, std::string(all.substr(0, byte_of(all, std::max<std::int64_t>(0, most - count_of(end))))).append(end));
}
Value truncate_words(Evaluation& eval, const Value& input, Arguments arguments) {
  const std::string_view all = text(eval, input);
  std::int64_t left = std::max<std::int64_t>(1, whole(eval, arguments, 0, 15));
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t space = all.find(' ', at);
    if (space == std::string_view::npos) return Value::of(all);
    if (--left == 0) return made(eval, std::string(all.substr(0, space)).append(argument(eval, arguments, 1, "...")));
    at = space + 1;
  }
  return Value::of(all);
}
Value date(Evaluation& eval, const Value& input, Arguments arguments) {
  const std::int64_t now = expression::now_ticks(eval);
  expression::DateText said;
  if (input.kind() == Kind::DateTime) {
    said.ticks = input.ticks();
  } else {
    const std::string_view written = trim(text(eval, input));
    if (written == "now" || written == "today") {
      said.ticks = now;
    } else {
      const auto parsed = expression::parse_date(written, now);
      const auto time = parsed ? expression::date_time_of(*parsed, expression::DateStyles::kAdjustToUniversal) : std::nullopt;
      if (!time) return input;
      said = *time;
    }
  }
  std::pmr::string out(&eval.arena());
  if (!expression::format_date(said, argument(eval, arguments, 0), out)) return input;
  return Value::of(std::string_view(eval.arena().copy(out)));
}

Value of_text(Evaluation& eval, const Value& input, std::string (*change)(std::string_view)) {
  return made(eval, change(text(eval, input)));
}
#define GATEWAY_TEXT_FILTER(function, expression)                                     \
  Value function(Evaluation& eval, const Value& input, Arguments) {                  \
    return of_text(eval, input, [](std::string_view in) -> std::string { return expression; }); \
  }
GATEWAY_TEXT_FILTER(upcase, cased(in, true))
GATEWAY_TEXT_FILTER(downcase, cased(in, false))
GATEWAY_TEXT_FILTER(capitalize, in.empty() ? std::string() : cased(in.substr(0, 1), true).append(in.substr(1)))
GATEWAY_TEXT_FILTER(escape, escaped(in, false))
GATEWAY_TEXT_FILTER(escape_once, escaped(in, true))
GATEWAY_TEXT_FILTER(strip_html, without_tags(in))
GATEWAY_TEXT_FILTER(strip, std::string(trim(in)))
#undef GATEWAY_TEXT_FILTER
Value lstrip(Evaluation& eval, const Value& input, Arguments) {
  const std::string_view in = text(eval, input);
  return Value::of(in.substr(std::min(in.find_first_not_of(" \t\r\n"), in.size())));
}
Value rstrip(Evaluation& eval, const Value& input, Arguments) {
  const std::string_view in = text(eval, input);
  return Value::of(in.substr(0, in.find_last_not_of(" \t\r\n") + 1));
}
Value strip_newlines(Evaluation& eval, const Value& input, Arguments) {
  return made(eval, replaced(eval, replaced(eval, text(eval, input), "\r", "", false), "\n", "", false));
}
Value newline_to_br(Evaluation& eval, const Value& input, Arguments) {
  return made(eval, replaced(eval, text(eval, input), "\n", "<br />\n", false));
}
Value append(Evaluation& eval, const Value& input, Arguments arguments) {
  return made(eval, std::string(text(eval, input)).append(text(eval, arguments[0])));
}
Value prepend(Evaluation& eval, const Value& input, Arguments arguments) {
  return made(eval, std::string(text(eval, arguments[0])).append(text(eval, input)));
}
Value replace(Evaluation& eval, const Value& input, Arguments arguments) {
  return made(eval, replaced(eval, text(eval, input), text(eval, arguments[0]), argument(eval, arguments, 1), false));
}
Value replace_first(Evaluation& eval, const Value& input, Arguments arguments) {
  return made(eval, replaced(eval, text(eval, input), text(eval, arguments[0]), argument(eval, arguments, 1), true));
}
Value remove(Evaluation& eval, const Value& input, Arguments arguments) {
  return made(eval, replaced(eval, text(eval, input), text(eval, arguments[0]), "", false));
}
Value remove_first(Evaluation& eval, const Value& input, Arguments arguments) {
  return made(eval, replaced(eval, text(eval, input), text(eval, arguments[0]), "", true));
}
Value url_encode(Evaluation& eval, const Value& input, Arguments) {
  std::string out;
  append_part(text(eval, input), out);
  return made(eval, out);
}
Value url_decode(Evaluation& eval, const Value& input, Arguments) {
  return Value::of(decode_part(text(eval, input), eval.arena()));
}
double magnitude(double value) { return std::fabs(value); }
double upwards(double value) { return std::ceil(value); }
double downwards(double value) { return std::floor(value); }

}  // namespace

std::span<const Filter> all_filters() {
  static const Filter filters[] = {
      {"abs", "Abs", 0, 0, by<magnitude>},
      {"append", "Append", 1, 1, append},
      {"atleast", "AtLeast", 1, 1, at_least},
      {"atmost", "AtMost", 1, 1, at_most},
      {"capitalize", "Capitalize", 0, 0, capitalize},
      {"ceil", "Ceil", 0, 0, by<upwards>},
      {"compact", "Compact", 0, 0, compact},
      {"concat", "Concat", 1, 1, concat},
      {"date", "Date", 1, 1, date},
      {"default", "Default", 1, 1, fallback},
      {"dividedby", "DividedBy", 1, 1, divided_by},
      {"downcase", "Downcase", 0, 0, downcase},
      {"escape", "Escape", 0, 0, escape},
      {"escapeonce", "EscapeOnce", 0, 0, escape_once},
      {"first", "First", 0, 0, first},
      {"floor", "Floor", 0, 0, by<downwards>},
      {"h", "H", 0, 0, escape},
      {"join", "Join", 0, 1, join},
      {"last", "Last", 0, 0, last},
      {"lstrip", "Lstrip", 0, 0, lstrip},
      {"map", "Map", 1, 1, map},
      {"minus", "Minus", 1, 1, minus},
      {"modulo", "Modulo", 1, 1, modulo},
      {"newlinetobr", "NewlineToBr", 0, 0, newline_to_br},
      {"plus", "Plus", 1, 1, plus},
      {"prepend", "Prepend", 1, 1, prepend},
      {"remove", "Remove", 1, 1, remove},
      {"removefirst", "RemoveFirst", 1, 1, remove_first},
      {"replace", "Replace", 1, 2, replace},
      {"replacefirst", "ReplaceFirst", 1, 2, replace_first},
      {"reverse", "Reverse", 0, 0, reverse},
      {"round", "Round", 0, 1, rounded},
      {"rstrip", "Rstrip", 0, 0, rstrip},
      {"size", "Size", 0, 0, size},
      {"slice", "Slice", 1, 2, slice},
      {"sort", "Sort", 0, 1, sort},
      {"split", "Split", 0, 1, split},
      {"strip", "Strip", 0, 0, strip},
      {"striphtml", "StripHtml", 0, 0, strip_html},
      {"stripnewlines", "StripNewlines", 0, 0, strip_newlines},
      {"sum", "Sum", 0, 1, sum},
      {"times", "Times", 1, 1, times},
      {"truncate", "Truncate", 0, 2, truncate},
      {"truncatewords", "TruncateWords", 0, 2, truncate_words},
      {"uniq", "Uniq", 0, 0, uniq},
      {"upcase", "Upcase", 0, 0, upcase},
      {"urldecode", "UrlDecode", 0, 0, url_decode},
      {"urlencode", "UrlEncode", 0, 0, url_encode},
      {"where", "Where", 1, 2, where},
  };
  return filters;
}

const Filter* find_filter(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != '_') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  for (const Filter& one : all_filters())
    if (one.name == plain) return &one;
  return nullptr;
}

}  // namespace gateway::policy::liquid
