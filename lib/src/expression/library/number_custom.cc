#include <algorithm>
#include <climits>

#include "expression/library/number_digits.h"

// Custom numeric format strings:
// https://learn.microsoft.com/dotnet/standard/base-types/custom-numeric-format-strings
namespace gateway::expression {
namespace {

constexpr std::string_view kPerMille = "\u2030";

// Where a quoted or escaped literal that starts at format[at] ends, and its text.
std::string_view literal(std::string_view format, std::size_t& at) {
  const char first = format[at++];
  if (first == '\\') {
    if (at == format.size()) return {};
    const std::size_t from = at++;
    while (at < format.size() && (format[at] & 0xC0) == 0x80) ++at;
    return format.substr(from, at - from);
  }
  const std::size_t end = std::min(format.find(first, at), format.size());
  const std::string_view text = format.substr(at, end - at);
  at = std::min(end + 1, format.size());
  return text;
}
bool starts_literal(char c) { return c == '\\' || c == '\'' || c == '"'; }

// "E0", "E+00", "e-0" at format[at]: its length, 0 where there is none.
std::size_t exponent_size(std::string_view format, std::size_t at) {
  std::size_t end = at + 1;
  if (end < format.size() && (format[end] == '+' || format[end] == '-')) ++end;
  const std::size_t zeros = end;
  while (end < format.size() && format[end] == '0') ++end;
  return end > zeros ? end - at : 0;
}

struct Sections {
  std::string_view part[3];
  int count = 0;
};
Sections sections_of(std::string_view format) {
  Sections out;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= format.size();) {
    if (at == format.size() || format[at] == ';') {
      out.part[out.count++] = format.substr(from, at - from);
      if (out.count == 3) break;
      from = ++at;
    } else if (starts_literal(format[at])) {
      literal(format, at);
    } else {
      ++at;
    }
  }
  return out;
}

// What the placeholders of one section ask for.
struct Picture {
  int digit_count = 0;
  int decimal_pos = -1;
  int first_zero = INT_MAX;
  int last_zero = 0;
  int scale_adjust = 0;
  bool grouped = false;
  bool scientific = false;
};

Picture picture_of(std::string_view section) {
  Picture out;
  int comma_pos = -1;
  int comma_count = 0;
  for (std::size_t at = 0; at < section.size();) {
    const char c = section[at];
    if (starts_literal(c)) {
      literal(section, at);
      continue;
    }
    if (c == '0') {
      if (out.first_zero == INT_MAX) out.first_zero = out.digit_count;
      out.last_zero = ++out.digit_count;
    } else if (c == '#') {
      ++out.digit_count;
    } else if (c == '.') {
      if (out.decimal_pos < 0) out.decimal_pos = out.digit_count;
    } else if (c == ',') {
      if (out.digit_count > 0 && out.decimal_pos < 0) {
        if (comma_pos == out.digit_count) {
          ++comma_count;
        } else {
          out.grouped = out.grouped || comma_pos >= 0;
          comma_pos = out.digit_count;
          comma_count = 1;
        }
      }
    } else if (c == '%') {
      out.scale_adjust += 2;
    } else if (section.substr(at).starts_with(kPerMille)) {
      out.scale_adjust += 3;
    } else if (c == 'E' || c == 'e') {
      if (const std::size_t size = exponent_size(section, at); size > 0) {
        out.scientific = true;
        at += size;
        continue;
      }
    }
    ++at;
  }
  if (out.decimal_pos < 0) out.decimal_pos = out.digit_count;
  if (comma_pos >= 0) {
    if (comma_pos == out.decimal_pos)
      out.scale_adjust -= comma_count * 3;
    else
      out.grouped = true;
  }
  return out;
}

class Painter {
 public:
  Painter(const NumberDigits& number, const Picture& picture, std::pmr::string& out)
      : number_(number), picture_(picture), out_(out) {
    first_ =
        picture.first_zero < picture.decimal_pos ? picture.decimal_pos - picture.first_zero : 0;
    last_ = picture.last_zero > picture.decimal_pos ? picture.decimal_pos - picture.last_zero : 0;
    position_ =
        picture.scientific ? picture.decimal_pos : std::max(number.scale, picture.decimal_pos);
    excess_ = picture.scientific ? 0 : number.scale - picture.decimal_pos;
    scientific_ = picture.scientific;
  }

  void paint(std::string_view section) {
    for (std::size_t at = 0; at < section.size();) {
      const char c = section[at];
      if (c == '#' || c == '0' || c == '.') spill();
      if (c == '#' || c == '0') {
        placeholder();
      } else if (c == '.') {
        point();
      } else if (starts_literal(c)) {
        out_ += literal(section, at);
        continue;
      } else if (c == 'E' || c == 'e') {
        at += exponent(section, at);
        continue;
      } else if (c != ',') {
        out_ += c;
      }
      ++at;
    }
  }

 private:
  bool left() const { return at_ < number_.digits.size(); }
  void put(char c) {
    out_ += c;
    if (picture_.grouped && position_ > 1 && (position_ - 1) % 3 == 0) out_ += ',';
  }
  // Digits of the whole part for which there is no placeholder.
  void spill() {
    for (; excess_ > 0; --excess_, --position_) put(left() ? number_.digits[at_++] : '0');
  }
  void placeholder() {
    if (excess_ < 0) {
      ++excess_;
      if (position_ <= first_) put('0');
    } else if (left()) {
      put(number_.digits[at_++]);
    } else if (position_ > last_) {
      put('0');
    }
    --position_;
  }
  void point() {
    if (position_ != 0 || point_written_) return;
    if (last_ < 0 || (picture_.decimal_pos < picture_.digit_count && left())) {
      out_ += '.';
      point_written_ = true;
    }
  }
  std::size_t exponent(std::string_view section, std::size_t at) {
    const std::size_t size = exponent_size(section, at);
    if (size == 0 || !scientific_) {
      out_ += section.substr(at, std::max<std::size_t>(size, 1));
      return std::max<std::size_t>(size, 1);
    }
    scientific_ = false;
    const bool plus = section[at + 1] == '+';
    const std::size_t zeros = size - (plus || section[at + 1] == '-' ? 2 : 1);
    const int value = number_.digits.empty() ? 0 : number_.scale - picture_.decimal_pos;
    out_ += section[at];
    if (value < 0)
      out_ += '-';
    else if (plus)
      out_ += '+';
    const std::string digits = std::to_string(std::abs(value));
    const std::size_t least = std::min<std::size_t>(zeros, 10);
    if (digits.size() < least) out_.append(least - digits.size(), '0');
    out_ += digits;
    return size;
  }

  const NumberDigits& number_;
  const Picture& picture_;
  std::pmr::string& out_;
  std::size_t at_ = 0;
  int first_ = 0;
  int last_ = 0;
  int position_ = 0;
  int excess_ = 0;
  bool scientific_ = false;
  bool point_written_ = false;
};

}  // namespace

void format_custom(NumberDigits number, std::string_view format, std::pmr::string& out) {
  const Sections sections = sections_of(format);
  const auto section_for = [&](int wanted) {
    return wanted < sections.count && !sections.part[wanted].empty() ? wanted : 0;
  };
  int section = section_for(number.digits.empty() ? 2 : number.negative ? 1 : 0);
  Picture picture = picture_of(sections.part[section]);
  if (!number.digits.empty()) {
    number.scale += picture.scale_adjust;
    number.round(picture.scientific ? picture.digit_count
                                    : number.scale + picture.digit_count - picture.decimal_pos);
    if (number.digits.empty()) {  // rounded to zero
      section = section_for(2);
      picture = picture_of(sections.part[section]);
    }
  }
  if (number.negative && section == 0) out += '-';
  Painter(number, picture, out).paint(sections.part[section]);
}

}  // namespace gateway::expression
