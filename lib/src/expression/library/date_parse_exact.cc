#include <algorithm>
#include <string>

#include "expression/library/calendar.h"
#include "expression/library/date_format.h"

namespace gateway::expression {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::size_t run(std::string_view format, std::size_t at) {
  std::size_t count = 1;
  while (at + count < format.size() && format[at + count] == format[at]) ++count;
  return count;
}

// What both exact parsers do with the text: take digits, literals, names.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool end() const { return at_ == text_.size(); }
  char peek() const { return end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || end()) return false;
    ++at_;
    return true;
  }
  bool digits(std::size_t least, std::size_t most, int& value) {
    std::size_t count = 0;
    value = 0;
    for (; count < most && digit(peek()); ++count) value = value * 10 + (text_[at_++] - '0');
    return count >= least;
  }
  bool fraction(std::size_t count, bool optional, int& value) {
    value = 0;
    std::size_t taken = 0;
    for (; taken < count && digit(peek()); ++taken) value = value * 10 + (text_[at_++] - '0');
    if (!optional && taken < count) return false;
    for (std::size_t i = taken; i < 7; ++i) value *= 10;
    return true;
  }
  template <typename Names>
  bool name(const Names& names, bool whole, int& index) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (word(whole ? names[i] : names[i].substr(0, 3))) {
        index = static_cast<int>(i);
        return true;
      }
    }
    return false;
  }
  bool word(std::string_view word) {
    const std::string_view there = text_.substr(at_, word.size());
    if (!std::equal(there.begin(), there.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == lower(b); })) {
      return false;
    }
    at_ += word.size();
    return true;
  }
  void spaces() {
    while (white(peek())) ++at_;
  }
  // The literal that starts at format[from]; moves `from` behind it.
  bool literal(std::string_view format, std::size_t& from) {
    const char first = format[from++];
    if (first == '\\') return from < format.size() && take(format[from++]);
    for (; from < format.size() && format[from] != first; ++from) {
      if (format[from] == '\\' && ++from == format.size()) return false;
      if (!take(format[from])) return false;
    }
    return from++ < format.size();
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

class ExactDate {
 public:
  ExactDate(std::string_view text, std::uint32_t styles, std::int64_t today)
      : in_(text), styles_(styles), today_(parts_of(today)) {}

  std::optional<ParsedDate> parse(std::string_view format) {
    if (has(DateStyles::kLeadingWhite)) in_.spaces();
    for (std::size_t at = 0; at < format.size();) {
      if (has(DateStyles::kInnerWhite)) in_.spaces();
      const char c = format[at];
      if (c == '\'' || c == '"' || c == '\\') {
        if (!in_.literal(format, at)) return std::nullopt;
      } else if (c == '%') {
        ++at;
      } else {
        const std::size_t count = run(format, at);
        // The point of ".FFF" is as optional as its digits.
        const bool optional = c == '.' && at + 1 < format.size() && format[at + 1] == 'F';
        if (optional)
          in_.take('.');
        else if (!specifier(c, count))
          return std::nullopt;
        at += count;
      }
    }
    if (has(DateStyles::kTrailingWhite)) in_.spaces();
    if (!in_.end()) return std::nullopt;
    return result();
  }

 private:
  bool has(std::uint32_t style) const { return (styles_ & style) != 0; }
  bool two(std::size_t count, int& value) { return in_.digits(count == 1 ? 1 : 2, 2, value); }

  bool specifier(char c, std::size_t count) {
    switch (c) {
      case 'd':
        if (count <= 2) {
          dated_ = true;
          return two(count, parts_.day);
        }
        return in_.name(kDayNames, count > 3, week_day_);
      case 'M': {
        dated_ = true;
        if (count <= 2) return two(count, parts_.month);
        int index = 0;
        if (!in_.name(kMonthNames, count > 3, index)) return false;
        parts_.month = index + 1;
        return true;
      }
      case 'y':
        return year(count);
      case 'H':
        return two(count, parts_.hour);
      case 'h':
        twelve_ = true;
        return two(count, parts_.hour) && parts_.hour >= 1 && parts_.hour <= 12;
      case 'm':
        return two(count, parts_.minute);
      case 's':
        return two(count, parts_.second);
      case 'f':
      case 'F':
        return count <= 7 && in_.fraction(count, c == 'F', parts_.fraction);
      case 't': {
        const bool morning = count == 1 ? in_.word("A") : in_.word("AM");
        if (!morning && !(count == 1 ? in_.word("P") : in_.word("PM"))) return false;
        afternoon_ = morning ? 0 : 1;
        return true;
      }
      case 'z':
        return offset(count);
      case 'K':
        return zone();
      default:
        for (std::size_t i = 0; i < count; ++i) {
          if (!in_.take(c)) return false;
        }
        return true;
    }
  }
  bool year(std::size_t count) {
    dated_ = year_given_ = true;
    if (count > 2) return in_.digits(count, count, parts_.year);
    if (!in_.digits(count, 2, parts_.year)) return false;
    parts_.year += parts_.year <= 49 ? 2000 : 1900;
    return true;
  }
  bool offset(std::size_t count) {
    const bool negative = in_.peek() == '-';
    if (!in_.take('-') && !in_.take('+')) return false;
    int hours = 0;
    int minutes = 0;
    if (!in_.digits(count == 1 ? 1 : 2, 2, hours)) return false;
    if (count > 2) {
      in_.take(':');
      if (!in_.digits(2, 2, minutes) || minutes >= 60) return false;
    }
    const int whole = hours * 60 + minutes;
    if (whole > 14 * 60) return false;
    out_.offset_minutes = negative ? -whole : whole;
    return true;
  }
  bool zone() {
    if (in_.take('Z')) {
      out_.offset_minutes = 0;
      return out_.zulu = true;
    }
    return in_.peek() == '+' || in_.peek() == '-' ? offset(3) : true;
  }

  std::optional<ParsedDate> result() {
    if (!dated_ && !has(DateStyles::kNoCurrentDate)) {
      parts_.year = today_.year;
      parts_.month = today_.month;
      parts_.day = today_.day;
    } else if (!year_given_ && dated_) {
      parts_.year = today_.year;
    }
    if (afternoon_ >= 0 && twelve_) parts_.hour = parts_.hour % 12 + 12 * afternoon_;
    if (!parts_.valid()) return std::nullopt;
    out_.ticks = parts_.ticks();
    if (week_day_ >= 0 && day_of_week(out_.ticks) != week_day_) return std::nullopt;
    return out_;
  }

  Scanner in_;
  std::uint32_t styles_;
  DateParts today_;
  DateParts parts_;
  ParsedDate out_;
  int week_day_ = -1;
  int afternoon_ = -1;
  bool dated_ = false;
  bool year_given_ = false;
  bool twelve_ = false;
};

}  // namespace

std::optional<ParsedDate> parse_date_exact(std::string_view text, std::string_view format,
                                           std::uint32_t styles, std::int64_t today) {
  bool utc = false;
  if (format.size() == 1) {
    const char c = format[0];
    format = date_pattern(c);
    utc = c == 'r' || c == 'R' || c == 'u' || c == 'U';
  }
  if (format.empty()) return std::nullopt;
  auto out = ExactDate(text, styles, today).parse(format);
  if (out && utc && (styles & DateStyles::kAssumeUniversal) != 0) {
    out->offset_minutes = 0;
    out->zulu = true;
  }
  return out;
}

std::optional<std::int64_t> parse_time_span_exact(std::string_view text, std::string_view format,
                                                  SpanFault& fault) {
  if (format.size() == 1) return parse_time_span(text, fault);
  fault = SpanFault::Format;
  Scanner in(text);
  int days = 0;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  int fraction = 0;
  for (std::size_t at = 0; at < format.size();) {
    const char c = format[at];
    if (c == '\'' || c == '"' || c == '\\') {
      if (!in.literal(format, at)) return std::nullopt;
      continue;
    }
    if (c == '%') {
      ++at;
      continue;
    }
    const std::size_t count = run(format, at);
    at += count;
    bool good = false;
    switch (c) {
      case 'd':
        good = count <= 8 && in.digits(count, 8, days);
        break;
      case 'h':
        good = count <= 2 && in.digits(count, 2, hours) && hours < 24;
        break;
      case 'm':
        good = count <= 2 && in.digits(count, 2, minutes) && minutes < 60;
        break;
      case 's':
        good = count <= 2 && in.digits(count, 2, seconds) && seconds < 60;
        break;
      case 'f':
      case 'F':
        good = count <= 7 && in.fraction(count, c == 'F', fraction);
        break;
      default:
        break;
    }
    if (!good) return std::nullopt;
  }
  if (!in.end()) return std::nullopt;
  if (days > 10'675'198) {
    fault = SpanFault::Overflow;
    return std::nullopt;
  }
  fault = SpanFault::None;
  return days * kTicksPerDay + hours * kTicksPerHour + minutes * kTicksPerMinute +
         seconds * kTicksPerSecond + fraction;
}

std::optional<std::int64_t> parse_time_span(std::string_view text, SpanFault& fault) {
  fault = SpanFault::Format;
  while (!text.empty() && white(text.front())) text.remove_prefix(1);
  while (!text.empty() && white(text.back())) text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::int64_t parts[5] = {};  // as written, left to right
  char before[5] = {};         // the separator before each
  int fraction = 0;
  int count = 0;
  std::size_t at = 0;
  bool large = false;
  for (;;) {
    if (count == 4 || at == text.size() || !digit(text[at])) return std::nullopt;
    std::int64_t value = 0;
    for (; at < text.size() && digit(text[at]); ++at) {
      value = std::min<std::int64_t>(value * 10 + (text[at] - '0'), 1'000'000'000'000);
    }
    large = large || value > 10'675'199;
    parts[count++] = value;
    if (at == text.size()) break;
    const char c = text[at++];
    if (c == '.' && (count > 2 || (count == 2 && before[1] != '.'))) {  // the fraction
      const std::size_t size = text.size() - at;
      if (size == 0 || size > 7 ||
          text.find_first_not_of("0123456789", at) != std::string_view::npos)
        return std::nullopt;
      for (std::size_t i = 0; i < 7; ++i)
        fraction = fraction * 10 + (i < size ? text[at + i] - '0' : 0);
      if (count == 2) return std::nullopt;
      break;
    }
    if (c != ':' && !(c == '.' && count == 1)) return std::nullopt;
    before[count] = c;
  }
  std::int64_t days = 0;
  std::int64_t clock[3] = {};
  const bool with_days = count == 1 || count == 4 || before[1] == '.';
  if (with_days) days = parts[0];
  const int from = with_days ? 1 : 0;
  if (count - from == 1) return std::nullopt;
  for (int i = from; i < count; ++i) clock[i - from] = parts[i];
  fault = SpanFault::Overflow;
  if (large || clock[0] > 23 || clock[1] > 59 || clock[2] > 59) return std::nullopt;
  const auto total =
      static_cast<std::uint64_t>(days) * static_cast<std::uint64_t>(kTicksPerDay) +
      static_cast<std::uint64_t>(clock[0] * kTicksPerHour + clock[1] * kTicksPerMinute +
                                 clock[2] * kTicksPerSecond + fraction);
  if (total > (std::uint64_t{1} << 63) - (negative ? 0 : 1)) return std::nullopt;
  fault = SpanFault::None;
  return static_cast<std::int64_t>(negative ? 0 - total : total);
}

}  // namespace gateway::expression
