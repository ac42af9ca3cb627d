#include "expression/library/json_dates.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <iterator>

namespace gateway::expression {
namespace {

constexpr std::int64_t kTicksPerSecond = 10'000'000;
constexpr std::int64_t kTicksPerDay = 86'400 * kTicksPerSecond;
constexpr std::int64_t kDaysToEpoch = 719'162;  // 0001-01-01 to 1970-01-01
constexpr std::int64_t kLastTicks = 3'652'059 * kTicksPerDay - 1;

class DateReader {
 public:
  explicit DateReader(std::string_view text) noexcept : rest_(text) {}

  std::optional<Value> read() noexcept {
    const auto year = digits(4), month = take('-') ? digits(2) : kNone,
               day = take('-') ? digits(2) : kNone;
    const std::chrono::year_month_day date(
        std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month < 0 ? 0 : month)),
        std::chrono::day(static_cast<unsigned>(day < 0 ? 0 : day)));
    if (year < 1 || !date.ok() || !take('T')) return std::nullopt;
    const auto hour = digits(2), minute = take(':') ? digits(2) : kNone,
               second = take(':') ? digits(2) : kNone;
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
    std::int64_t fraction = 0;
    if (take('.') && !read_fraction(fraction)) return std::nullopt;
    if (hour == 24 && (minute || second || fraction)) return std::nullopt;
    std::int64_t ticks =
        (std::chrono::sys_days(date).time_since_epoch().count() + kDaysToEpoch) * kTicksPerDay +
        ((hour * 60 + minute) * 60 + second) * kTicksPerSecond + fraction;
    return in_zone(ticks);
  }

 private:
  static constexpr int kNone = -1;

  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  int digits(std::size_t count) noexcept {
    if (rest_.size() < count) return kNone;
    int number = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return kNone;
      number = number * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  bool read_fraction(std::int64_t& fraction) noexcept {
    int seen = 0;
    for (; seen < 7 && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++seen) {
      fraction = fraction * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    for (int more = seen; more < 7; ++more) fraction *= 10;
    return seen > 0;
  }
  std::optional<Value> in_zone(std::int64_t ticks) noexcept {
    if (rest_.empty()) return valid(ticks, 0);
    if (take('Z') || take('z')) return rest_.empty() ? valid(ticks, 1) : std::nullopt;
    const bool east = rest_.front() == '+';
    if (!take('+') && !take('-')) return std::nullopt;
    const int hours = digits(2);
    take(':');
    const int minutes = rest_.empty() ? 0 : digits(2);
    if (hours < 0 || minutes < 0 || !rest_.empty()) return std::nullopt;
    const std::int64_t offset = (hours * 60 + minutes) * 60 * kTicksPerSecond;
    return valid(east ? ticks - offset : ticks + offset, 2);
  }
  static std::optional<Value> valid(std::int64_t ticks, std::uint32_t kind) noexcept {
    if (ticks < 0 || ticks > kLastTicks) return std::nullopt;
    return Value::date_time(ticks, kind);
  }

  std::string_view rest_;
};

std::optional<Value> parse_milliseconds(std::string_view text) noexcept {
  constexpr std::string_view kStart = "/Date(", kEnd = ")/";
  if (!text.starts_with(kStart) || !text.ends_with(kEnd) || text.size() < 9) return std::nullopt;
  text = text.substr(kStart.size(), text.size() - kStart.size() - kEnd.size());
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr std::int64_t kLimit = std::int64_t{1} << 50;
  if (milliseconds < -kLimit || milliseconds > kLimit) return std::nullopt;
  const std::int64_t ticks = kDaysToEpoch * kTicksPerDay + milliseconds * 10'000;
  if (ticks < 0 || ticks > kLastTicks) return std::nullopt;
  return Value::date_time(ticks, 1);
}

}  // namespace

std::optional<Value> parse_json_date(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  if (text.front() == '/') return parse_milliseconds(text);
  if (text.size() < 19 || text.size() > 40 || text[10] != 'T') return std::nullopt;
  return DateReader(text).read();
}

void write_json_date(const Value& date, std::pmr::string& out) {
  const std::int64_t days = date.ticks() / kTicksPerDay, rest = date.ticks() % kTicksPerDay;
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days - kDaysToEpoch))};
  const std::int64_t seconds = rest / kTicksPerSecond, fraction = rest % kTicksPerSecond;
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                 static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                 static_cast<unsigned>(day.day()), seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fraction) {
    fmt::format_to(std::back_inserter(out), ".{:07}", fraction);
    while (out.back() == '0') out.pop_back();
  }
  if (date.date_time_kind() == 1) out += 'Z';
  if (date.date_time_kind() == 2) out += "+00:00";
}

}  // namespace gateway::expression
