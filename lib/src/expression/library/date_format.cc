#include "expression/library/date_format.h"

#include <algorithm>
#include <string>

#include "expression/library/calendar.h"

namespace gateway::expression {
namespace {

void number(std::int64_t value, std::size_t least, std::pmr::string& out) {
  const std::string digits = std::to_string(value);
  if (digits.size() < least) out.append(least - digits.size(), '0');
  out += digits;
}

// `count` digits of the second's fraction; `bare`: without zeros at the end.
void fraction(std::int64_t ticks, std::size_t count, bool bare, std::pmr::string& out) {
  std::string digits = std::to_string(ticks);
  digits.insert(0, 7 - digits.size(), '0');
  digits.erase(count);
  if (bare) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.empty() && out.ends_with('.')) out.pop_back();
  }
  out += digits;
}

void offset(std::int32_t minutes, std::size_t count, std::pmr::string& out) {
  out += minutes < 0 ? '-' : '+';
  minutes = std::abs(minutes);
  number(minutes / 60, count == 1 ? 1 : 2, out);
  if (count < 3) return;
  out += ':';
  number(minutes % 60, 2, out);
}

// The rest of a quoted text or an escape that starts at format[at]; false: it never ends.
bool literal(std::string_view format, std::size_t& at, std::pmr::string& out) {
  const char first = format[at++];
  if (first == '\\') {
    if (at == format.size()) return false;
    out += format[at++];
    return true;
  }
  for (; at < format.size() && format[at] != first; ++at) {
    if (format[at] == '\\' && ++at == format.size()) return false;
    out += format[at];
  }
  return at++ < format.size();
}

std::size_t run(std::string_view format, std::size_t at) {
  std::size_t count = 1;
  while (at + count < format.size() && format[at + count] == format[at]) ++count;
  return count;
}

class DatePainter {
 public:
  DatePainter(const DateText& date, std::pmr::string& out)
      : date_(date), parts_(parts_of(date.ticks)), out_(out) {}

  bool paint(std::string_view format) {
    for (std::size_t at = 0; at < format.size();) {
      const char c = format[at];
      if (c == '\'' || c == '"' || c == '\\') {
        if (!literal(format, at, out_)) return false;
      } else if (c == '%') {
        if (at + 1 == format.size() || format[at + 1] == '%') return false;
        ++at;
      } else {
        const std::size_t count = run(format, at);
        if (!specifier(c, count)) return false;
        at += count;
      }
    }
    return true;
  }

 private:
  bool specifier(char c, std::size_t count) {
    switch (c) {
      case 'd':
        if (count <= 2)
          number(parts_.day, count, out_);
        else
          name(kDayNames[static_cast<std::size_t>(day_of_week(date_.ticks))], count);
        return true;
      case 'M':
        if (count <= 2)
          number(parts_.month, count, out_);
        else
          name(kMonthNames[static_cast<std::size_t>(parts_.month - 1)], count);
        return true;
      case 'y':
        number(count <= 2 ? parts_.year % 100 : parts_.year, count, out_);
        return true;
      case 'h':
        number(parts_.hour % 12 == 0 ? 12 : parts_.hour % 12, std::min<std::size_t>(count, 2),
               out_);
        return true;
      case 'H':
        number(parts_.hour, std::min<std::size_t>(count, 2), out_);
        return true;
      case 'm':
        number(parts_.minute, std::min<std::size_t>(count, 2), out_);
        return true;
      case 's':
        number(parts_.second, std::min<std::size_t>(count, 2), out_);
        return true;
      case 'f':
      case 'F':
        if (count > 7) return false;
        fraction(parts_.fraction, count, c == 'F', out_);
        return true;
      case 't':
        out_ += std::string_view(parts_.hour < 12 ? "AM" : "PM").substr(0, count);
        return true;
      case 'g':
        out_ += "A.D.";
        return true;
      case 'z':
        offset(date_.offset_minutes.value_or(0), count, out_);
        return true;
      case 'K':
        for (std::size_t i = 0; i < count; ++i) zone();
        return true;
      default:
        out_.append(count, c);
        return true;
    }
  }
  void name(std::string_view whole, std::size_t count) {
    out_ += count == 3 ? whole.substr(0, 3) : whole;
  }
  void zone() {
    if (date_.offset_minutes)
      offset(*date_.offset_minutes, 3, out_);
    else if (date_.kind == kUtc)
      out_ += 'Z';
    else if (date_.kind == kLocal)
      out_ += "+00:00";
  }

  const DateText& date_;
  DateParts parts_;
  std::pmr::string& out_;
};

struct Span {
  explicit Span(std::int64_t value)
      : negative(value < 0),
        ticks(value < 0 ? 0 - static_cast<std::uint64_t>(value)
                        : static_cast<std::uint64_t>(value)) {}
  std::int64_t part(std::int64_t unit, std::int64_t modulus) const {
    return static_cast<std::int64_t>(ticks / static_cast<std::uint64_t>(unit) %
                                     static_cast<std::uint64_t>(modulus));
  }
  std::int64_t days() const { return static_cast<std::int64_t>(ticks / kTicksPerDay); }
  std::int64_t hours() const { return part(kTicksPerHour, 24); }
  std::int64_t minutes() const { return part(kTicksPerMinute, 60); }
  std::int64_t seconds() const { return part(kTicksPerSecond, 60); }
  std::int64_t fraction() const { return part(1, kTicksPerSecond); }
  bool negative;
  std::uint64_t ticks;
};

void standard_span(const Span& span, char letter, std::pmr::string& out) {
  if (span.negative) out += '-';
  if (span.days() > 0 || letter == 'G') {
    number(span.days(), 1, out);
    out += letter == 'c' ? '.' : ':';
  }
  number(span.hours(), letter == 'g' ? 1 : 2, out);
  out += ':';
  number(span.minutes(), 2, out);
  out += ':';
  number(span.seconds(), 2, out);
  if (span.fraction() == 0 && letter != 'G') return;
  out += '.';
  fraction(span.fraction(), 7, letter == 'g', out);
}

bool custom_span(const Span& span, std::string_view format, std::pmr::string& out) {
  for (std::size_t at = 0; at < format.size();) {
    const char c = format[at];
    if (c == '\'' || c == '"' || c == '\\') {
      if (!literal(format, at, out)) return false;
      continue;
    }
    if (c == '%') {
      if (at + 1 == format.size() || format[at + 1] == '%') return false;
      ++at;
      continue;
    }
    const std::size_t count = run(format, at);
    at += count;
    const auto put = [&](std::int64_t value, std::size_t most) {
      if (count > most) return false;
      number(value, count, out);
      return true;
    };
    bool good = false;
    switch (c) {
      case 'd':
        good = put(span.days(), 8);
        break;
      case 'h':
        good = put(span.hours(), 2);
        break;
      case 'm':
        good = put(span.minutes(), 2);
        break;
      case 's':
        good = put(span.seconds(), 2);
        break;
      case 'f':
      case 'F':
        good = count <= 7;
        if (good) fraction(span.fraction(), count, c == 'F', out);
        break;
      default:
        break;
    }
    if (!good) return false;
  }
  return true;
}

}  // namespace

std::string_view date_pattern(char letter) noexcept {
  switch (letter) {
    case 'd':
      return "MM/dd/yyyy";
    case 'D':
      return "dddd, dd MMMM yyyy";
    case 'f':
      return "dddd, dd MMMM yyyy HH:mm";
    case 'F':
    case 'U':
      return "dddd, dd MMMM yyyy HH:mm:ss";
    case 'g':
      return "MM/dd/yyyy HH:mm";
    case 'G':
      return "MM/dd/yyyy HH:mm:ss";
    case 'm':
    case 'M':
      return "MMMM dd";
    case 'o':
    case 'O':
      return "yyyy-MM-ddTHH:mm:ss.fffffffK";
    case 'r':
    case 'R':
      return "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'";
    case 's':
      return "yyyy-MM-ddTHH:mm:ss";
    case 't':
      return "HH:mm";
    case 'T':
      return "HH:mm:ss";
    case 'u':
      return "yyyy-MM-dd HH':'mm':'ss'Z'";
    case 'y':
    case 'Y':
      return "yyyy MMMM";
    default:
      return {};
  }
}

bool format_date(const DateText& date, std::string_view format, std::pmr::string& out) {
  if (format.empty()) format = date.offset_minutes ? "MM/dd/yyyy HH:mm:ss zzz" : date_pattern('G');
  if (format.size() > 1) return DatePainter(date, out).paint(format);
  const std::string_view pattern = date_pattern(format[0]);
  if (pattern.empty() || (format[0] == 'U' && date.offset_minutes)) return false;
  DateText shown = date;
  if (date.offset_minutes && (format[0] == 'r' || format[0] == 'R' || format[0] == 'u')) {
    shown.ticks =
        std::clamp<std::int64_t>(date.ticks - *date.offset_minutes * kTicksPerMinute, 0, kMaxTicks);
  }
  return DatePainter(shown, out).paint(pattern);
}

bool format_time_span(std::int64_t ticks, std::string_view format, std::pmr::string& out) {
  const Span span(ticks);
  if (format.empty()) format = "c";
  if (format.size() > 1) return custom_span(span, format, out);
  switch (format[0]) {
    case 'c':
    case 't':
    case 'T':
      standard_span(span, 'c', out);
      return true;
    case 'g':
    case 'G':
      standard_span(span, format[0], out);
      return true;
    default:
      return false;
  }
}

}  // namespace gateway::expression
