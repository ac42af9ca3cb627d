#include <algorithm>
#include <string>
#include <vector>

#include "expression/library/calendar.h"
#include "expression/library/date_format.h"

namespace gateway::expression {
namespace {

constexpr std::size_t kLongest = 256;  // no date is longer; what is, is none
constexpr int kTwoDigitYearMax = 2049;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}
// The index of a name, whole or its first three letters; -1.
template <typename Names>
int index_of(const Names& names, std::string_view word) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (same(names[i], word) || same(names[i].substr(0, 3), word)) return static_cast<int>(i);
  }
  return -1;
}
int whole_year(int year, std::size_t digits) {
  if (digits > 2) return year;
  return year + (year <= kTwoDigitYearMax % 100 ? 2000 : 1900);
}
// Seven digits of a fraction; what is behind them rounds.
int fraction_of(std::string_view digits) {
  int value = 0;
  for (std::size_t i = 0; i < 7; ++i)
    value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  if (digits.size() > 7 && digits[7] >= '5') ++value;
  return value;
}

// A date in any of the forms that the invariant culture takes.
class LooseDate {
 public:
  LooseDate(std::string_view text, std::int64_t today) : text_(text), today_(parts_of(today)) {}

  std::optional<ParsedDate> parse() {
    while (at_ < text_.size()) {
      if (!step()) return std::nullopt;
    }
    if (!any_ || !date()) return std::nullopt;
    if (afternoon_ >= 0) {
      if (!time_ || parts_.hour > 12 || parts_.hour == 0) return std::nullopt;
      parts_.hour = parts_.hour % 12 + 12 * afternoon_;
    }
    bool next_second = false;
    if (parts_.fraction == kTicksPerSecond) {
      next_second = true;
      parts_.fraction = 0;
    }
    bool next_day = false;
    if (parts_.hour == 24 && parts_.minute == 0 && parts_.second == 0 && parts_.fraction == 0) {
      next_day = true;
      parts_.hour = 0;
    }
    if (!parts_.valid()) return std::nullopt;
    out_.ticks =
        parts_.ticks() + (next_second ? kTicksPerSecond : 0) + (next_day ? kTicksPerDay : 0);
    if (out_.ticks > kMaxTicks) return std::nullopt;
    return out_;
  }

 private:
  struct Number {
    int value;
    std::size_t digits;
  };

  bool step() {
    const char c = text_[at_];
    if (white(c) || c == ',') {
      ++at_;
      return true;
    }
    if (digit(c)) return number();
    if (letter(c)) return word();
    if ((c == '-' || c == '+') && time_ && !out_.offset_minutes) return zone();
    if ((c == '-' || c == '/' || c == '.') && (!numbers_.empty() || month_ > 0) &&
        at_ + 1 < text_.size() && (digit(text_[at_ + 1]) || letter(text_[at_ + 1]))) {
      ++at_;
      return true;
    }
    return false;
  }

  std::optional<Number> digits(std::size_t most) {
    Number out{0, 0};
    for (; at_ < text_.size() && digit(text_[at_]); ++at_, ++out.digits) {
      if (out.digits == most) return std::nullopt;
      out.value = out.value * 10 + (text_[at_] - '0');
    }
    if (out.digits == 0) return std::nullopt;
    return out;
  }

  bool number() {
    const auto value = digits(4);
    if (!value) return false;
    any_ = true;
    if (at_ < text_.size() && text_[at_] == ':') return clock(*value);
    std::size_t next = at_;
    while (next < text_.size() && white(text_[next])) ++next;
    const char c = next < text_.size() ? lower(text_[next]) : '\0';
    const bool half_day =
        (c == 'a' || c == 'p') && (next + 1 == text_.size() || lower(text_[next + 1]) == 'm');
    if (half_day && !time_) {
      time_ = true;
      parts_.hour = value->value;
      return true;
    }
    numbers_.push_back(*value);
    return numbers_.size() <= 3;
  }

  bool clock(const Number& hour) {
    if (time_ || hour.digits > 2) return false;
    time_ = true;
    parts_.hour = hour.value;
    ++at_;
    const auto minute = digits(2);
    if (!minute) return false;
    parts_.minute = minute->value;
    if (at_ == text_.size() || text_[at_] != ':') return true;
    ++at_;
    const auto second = digits(2);
    if (!second) return false;
    parts_.second = second->value;
    if (at_ == text_.size() || text_[at_] != '.') return true;
    const std::size_t from = ++at_;
    while (at_ < text_.size() && digit(text_[at_])) ++at_;
    if (at_ == from) return false;
    parts_.fraction = fraction_of(text_.substr(from, at_ - from));
    return true;
  }

  bool zone() {
    const bool negative = text_[at_++] == '-';
    const auto hours = digits(4);
    if (!hours) return false;
    int minutes = hours->value * 60;
    if (hours->digits > 2) {
      minutes = hours->value / 100 * 60 + hours->value % 100;
    } else if (at_ < text_.size() && text_[at_] == ':') {
      ++at_;
      const auto rest = digits(2);
      if (!rest || rest->value >= 60) return false;
      minutes += rest->value;
    }
    if (minutes > 14 * 60) return false;
    out_.offset_minutes = negative ? -minutes : minutes;
    return true;
  }

  bool word() {
    const std::size_t from = at_;
    while (at_ < text_.size() && letter(text_[at_])) ++at_;
    const std::string_view it = text_.substr(from, at_ - from);
    if (at_ < text_.size() && text_[at_] == '.') ++at_;  // "Nov."
    if (same(it, "T"))
      return !numbers_.empty() && !time_ && at_ < text_.size() && digit(text_[at_]);
    if (same(it, "Z") || same(it, "GMT") || same(it, "UTC")) {
      if (!time_ || out_.offset_minutes) return false;
      out_.offset_minutes = 0;
      out_.zulu = true;
      return true;
    }
    if (same(it, "AM") || same(it, "A") || same(it, "PM") || same(it, "P")) {
      if (!time_ || afternoon_ >= 0) return false;
      afternoon_ = lower(it[0]) == 'p' ? 1 : 0;
      return true;
    }
    if (const int month = index_of(kMonthNames, it); month >= 0) {
      if (month_ > 0) return false;
      month_ = month + 1;
      return any_ = true;
    }
    if (const int day = index_of(kDayNames, it); day >= 0 && day_ < 0) {
      day_ = day;
      return true;
    }
    return false;
  }

  bool date() {
    if (month_ > 0) {
      if (!named_month()) return false;
    } else if (numbers_.empty()) {
      if (!time_) return false;
      parts_.year = today_.year;
      parts_.month = today_.month;
      parts_.day = today_.day;
    } else if (!numeric()) {
      return false;
    }
    if (day_ < 0) return true;
    const DateParts day{parts_.year, parts_.month, parts_.day};
    return day.valid() && day_of_week(day.ticks()) == day_;
  }

  static bool year_like(const Number& number) { return number.digits > 2 || number.value > 31; }
  void set(const Number& year, int month, int day) {
    parts_.year = whole_year(year.value, year.digits);
    parts_.month = month;
    parts_.day = day;
  }
  bool named_month() {
    const Number this_year{today_.year, 4};
    if (numbers_.size() == 1) {
      if (year_like(numbers_[0]))
        set(numbers_[0], month_, 1);
      else
        set(this_year, month_, numbers_[0].value);
      return true;
    }
    if (numbers_.size() != 2) return false;
    const bool year_first = year_like(numbers_[0]);
    set(numbers_[year_first ? 0 : 1], month_, numbers_[year_first ? 1 : 0].value);
    return true;
  }
  bool numeric() {
    const Number first = numbers_[0];
    if (numbers_.size() == 1) return false;
    const Number second = numbers_[1];
    if (numbers_.size() == 3) {
      if (first.digits > 2)
        set(first, second.value, numbers_[2].value);
      else
        set(numbers_[2], first.value, second.value);
    } else if (first.digits > 2) {
      set(first, second.value, 1);
    } else if (second.digits > 2) {
      set(second, first.value, 1);
    } else {
      set(Number{today_.year, 4}, first.value, second.value);
    }
    return true;
  }

  std::string_view text_;
  DateParts today_;
  std::size_t at_ = 0;
  std::vector<Number> numbers_;
  DateParts parts_;
  ParsedDate out_;
  int month_ = 0;
  int day_ = -1;
  int afternoon_ = -1;
  bool time_ = false;
  bool any_ = false;
};

}  // namespace

std::optional<ParsedDate> parse_date(std::string_view text, std::int64_t today) {
  if (text.size() > kLongest) return std::nullopt;
  return LooseDate(text, today).parse();
}

std::optional<DateText> date_time_of(const ParsedDate& parsed, std::uint32_t styles) {
  const bool universal = (styles & DateStyles::kAdjustToUniversal) != 0;
  if (parsed.offset_minutes) {
    const std::int64_t ticks = parsed.ticks - *parsed.offset_minutes * kTicksPerMinute;
    if (ticks < 0 || ticks > kMaxTicks) return std::nullopt;
    const bool utc = universal || (parsed.zulu && (styles & DateStyles::kRoundtripKind) != 0);
    return DateText{ticks, utc ? kUtc : kLocal};
  }
  const bool assumed = (styles & (DateStyles::kAssumeLocal | DateStyles::kAssumeUniversal)) != 0;
  return DateText{parsed.ticks, !assumed ? kUnspecified : universal ? kUtc : kLocal};
}

}  // namespace gateway::expression
