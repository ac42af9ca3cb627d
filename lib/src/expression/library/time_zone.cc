#include "expression/library/time_zone.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "expression/library/calendar.h"

namespace gateway::expression {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kEpochDays = kUnixEpochTicks / kTicksPerDay;
constexpr std::size_t kLargestFile = std::size_t{256} << 10;

// Big-endian numbers of a TZif file.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}
  bool has(std::size_t count) const { return count <= data_.size(); }
  std::int64_t number(std::size_t size) {
    std::uint64_t value =
        size == 4 && (static_cast<unsigned char>(data_[0]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < size; ++i)
      value = value << 8 | static_cast<unsigned char>(data_[i]);
    data_.remove_prefix(size);
    return static_cast<std::int64_t>(value);
  }
  std::uint8_t byte() {
    const auto value = static_cast<std::uint8_t>(data_[0]);
    data_.remove_prefix(1);
    return value;
  }
  void skip(std::size_t count) { data_.remove_prefix(count); }
  std::string_view rest() const { return data_; }

 private:
  std::string_view data_;
};

struct Header {
  char version = 0;
  std::size_t ut = 0, standard = 0, leaps = 0, times = 0, types = 0, chars = 0;
  std::size_t size(std::size_t width) const {
    return times * (width + 1) + types * 6 + chars + leaps * (width + 4) + standard + ut;
  }
};
std::optional<Header> header_of(Bytes& in) {
  if (!in.has(44) || !in.rest().starts_with("TZif")) return std::nullopt;
  Header out;
  in.skip(4);
  out.version = static_cast<char>(in.byte());
  in.skip(15);
  for (std::size_t* count :
       {&out.ut, &out.standard, &out.leaps, &out.times, &out.types, &out.chars}) {
    const std::int64_t value = in.number(4);
    if (value < 0 || value > 65536) return std::nullopt;
    *count = static_cast<std::size_t>(value);
  }
  return out;
}

// POSIX TZ: "CET-1CEST,M3.5.0,M10.5.0/3".
class PosixReader {
 public:
  explicit PosixReader(std::string_view text) : text_(text) {}
  bool end() const { return text_.empty(); }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    std::size_t size = 0;
    if (take('<')) {
      size = text_.find('>');
      if (size == std::string_view::npos) return false;
      text_.remove_prefix(size + 1);
      return true;
    }
    while (size < text_.size() && ((text_[size] | 0x20) >= 'a' && (text_[size] | 0x20) <= 'z'))
      ++size;
    text_.remove_prefix(size);
    return size >= 3;
  }
  bool number(int& out) {
    out = 0;
    std::size_t size = 0;
    for (; size < text_.size() && size < 4 && text_[size] >= '0' && text_[size] <= '9'; ++size)
      out = out * 10 + (text_[size] - '0');
    text_.remove_prefix(size);
    return size > 0;
  }
  bool time(std::int32_t& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0;
    int minutes = 0;
    int rest = 0;
    if (!number(hours)) return false;
    if (take(':') && !number(minutes)) return false;
    if (take(':') && !number(rest)) return false;
    seconds = hours * 3600 + minutes * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
  }
  bool change(ZoneChange& out) {
    if (take('M')) {
      if (!number(out.month) || !take('.') || !number(out.week) || !take('.') || !number(out.day))
        return false;
      if (out.month < 1 || out.month > 12 || out.week < 1 || out.week > 5 || out.day > 6)
        return false;
    } else {
      out.form = take('J') ? ZoneChange::Form::Julian : ZoneChange::Form::Zero;
      if (!number(out.day) || out.day > 366) return false;
    }
    return !take('/') || time(out.seconds);
  }
  bool at_time() const {
    return !text_.empty() &&
           (text_[0] == '-' || text_[0] == '+' || (text_[0] >= '0' && text_[0] <= '9'));
  }

 private:
  std::string_view text_;
};

// Local seconds since 1970 at which it happens in a year.
std::int64_t moment(const ZoneChange& change, int year) {
  std::int64_t days = days_of(year, 1, 1);
  if (change.form == ZoneChange::Form::MonthWeekDay) {
    days = days_of(year, change.month, 1);
    const int first = static_cast<int>((days + 1) % 7);
    int day = (change.day - first + 7) % 7 + (change.week - 1) * 7;
    if (day >= days_in_month(year, change.month)) day -= 7;
    days += day;
  } else if (change.form == ZoneChange::Form::Julian) {
    days += change.day - 1 + (leap_year(year) && change.day >= 60 ? 1 : 0);
  } else {
    days += change.day;
  }
  return (days - kEpochDays) * kDay + change.seconds;
}

bool safe_id(std::string_view id) {
  if (id.empty() || id.size() > 64 || id[0] == '/' || id.find("..") != std::string_view::npos)
    return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

}  // namespace

std::optional<ZoneRules::Footer> ZoneRules::parse_footer(std::string_view text) {
  PosixReader in(text);
  Footer out;
  std::int32_t west = 0;
  if (!in.name() || !in.time(west)) return std::nullopt;
  out.standard = -west;
  if (in.end()) return out;
  out.has_daylight = true;
  if (!in.name()) return std::nullopt;
  out.daylight = out.standard + 3600;
  if (in.at_time()) {
    if (!in.time(west)) return std::nullopt;
    out.daylight = -west;
  }
  if (!in.take(',') || !in.change(out.start) || !in.take(',') || !in.change(out.end) || !in.end())
    return std::nullopt;
  return out;
}

std::optional<ZoneRules> ZoneRules::parse(std::string_view tzif) {
  Bytes in(tzif);
  auto header = header_of(in);
  if (!header) return std::nullopt;
  std::size_t width = 4;
  if (header->version >= '2') {
    if (!in.has(header->size(4))) return std::nullopt;
    in.skip(header->size(4));
    header = header_of(in);
    if (!header) return std::nullopt;
    width = 8;
  }
  if (!in.has(header->size(width)) || header->types == 0) return std::nullopt;
  ZoneRules out;
  for (std::size_t i = 0; i < header->times; ++i) out.transitions_.push_back(in.number(width));
  for (std::size_t i = 0; i < header->times; ++i) {
    out.kinds_.push_back(in.byte());
    if (out.kinds_.back() >= header->types) return std::nullopt;
  }
  if (!std::is_sorted(out.transitions_.begin(), out.transitions_.end())) return std::nullopt;
  for (std::size_t i = 0; i < header->types; ++i) {
    ZoneOffset type;
    type.seconds = static_cast<std::int32_t>(in.number(4));
    type.daylight = in.byte() != 0;
    in.skip(1);
    if (std::abs(type.seconds) > 26 * 3600) return std::nullopt;
    out.types_.push_back(type);
  }
  in.skip(header->chars + header->leaps * (width + 4) + header->standard + header->ut);
  std::string_view footer = in.rest();
  if (footer.size() > 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    out.footer_ = parse_footer(footer.substr(0, footer.find('\n')));
  }
  return out;
}

std::optional<ZoneRules> ZoneRules::load(std::string_view id, const std::string& folder) {
  const std::string_view windows = iana_of_windows(id);
  if (!windows.empty()) id = windows;
  if (!safe_id(id)) return std::nullopt;
  std::ifstream file(folder + "/" + std::string(id), std::ios::binary);
  std::string contents(kLargestFile, '\0');
  file.read(contents.data(), static_cast<std::streamsize>(contents.size()));
  contents.resize(static_cast<std::size_t>(file.gcount()));
  return parse(contents);
}

ZoneOffset ZoneRules::by_footer(std::int64_t seconds) const {
  if (!footer_->has_daylight) return {footer_->standard, false};
  const std::int64_t days =
      std::clamp<std::int64_t>(seconds / kDay + kEpochDays, 0, kMaxTicks / kTicksPerDay);
  const int year = parts_of(days * kTicksPerDay).year;
  const std::int64_t start = moment(footer_->start, year) - footer_->standard;
  const std::int64_t end = moment(footer_->end, year) - footer_->daylight;
  const bool daylight =
      start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
  return {daylight ? footer_->daylight : footer_->standard, daylight};
}

ZoneOffset ZoneRules::at_utc(std::int64_t seconds) const {
  if (footer_ && (transitions_.empty() || seconds >= transitions_.back()))
    return by_footer(seconds);
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), seconds);
  if (next == transitions_.begin()) return types_[0];
  return types_[kinds_[static_cast<std::size_t>(next - transitions_.begin() - 1)]];
}

ZoneRules::Local ZoneRules::at_local(std::int64_t seconds) const {
  const ZoneOffset before = at_utc(seconds - kDay);
  const ZoneOffset after = at_utc(seconds + kDay);
  if (before.seconds == after.seconds) return {after, false, false};
  const bool before_fits = at_utc(seconds - before.seconds).seconds == before.seconds;
  const bool after_fits = at_utc(seconds - after.seconds).seconds == after.seconds;
  const ZoneOffset standard = before.daylight ? after : before;
  if (before_fits == after_fits) return {standard, before_fits, !before_fits};
  return {before_fits ? before : after, false, false};
}

std::int32_t ZoneRules::standard_offset() const {
  if (footer_) return footer_->standard;
  for (std::size_t i = kinds_.size(); i-- > 0;) {
    if (!types_[kinds_[i]].daylight) return types_[kinds_[i]].seconds;
  }
  return types_[0].seconds;
}

bool ZoneRules::has_daylight() const {
  if (footer_ && footer_->has_daylight) return true;
  return std::any_of(types_.begin(), types_.end(),
                     [](const ZoneOffset& type) { return type.daylight; });
}

}  // namespace gateway::expression
