#include "expression/library/number_digits.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace gateway::expression {
namespace {

char lower(char c) { return static_cast<char>(c | 0x20); }

// The digit of 10^`position`, counted from the point: 0 is the first before it, -1 the first
// behind.
char digit_at(const NumberDigits& number, int position) {
  const int index = number.scale - 1 - position;
  return index >= 0 && index < static_cast<int>(number.digits.size())
             ? number.digits[static_cast<std::size_t>(index)]
             : '0';
}

void fixed(const NumberDigits& number, int places, bool grouped, std::pmr::string& out) {
  for (int at = std::max(number.scale, 1) - 1; at >= 0; --at) {
    out += digit_at(number, at);
    if (grouped && at > 0 && at % 3 == 0) out += ',';
  }
  if (places <= 0) return;
  out += '.';
  for (int at = 1; at <= places; ++at) {
    if (number.scale + at > static_cast<int>(number.digits.size()) && at > -number.scale) {
      out.append(static_cast<std::size_t>(places - at + 1), '0');
      return;
    }
    out += digit_at(number, -at);
  }
}

void exponent(int value, int least_digits, char mark, bool plus, std::pmr::string& out) {
  out += mark;
  if (value < 0)
    out += '-';
  else if (plus)
    out += '+';
  const std::string digits = std::to_string(std::abs(value));
  if (static_cast<int>(digits.size()) < least_digits) {
    out.append(static_cast<std::size_t>(least_digits) - digits.size(), '0');
  }
  out += digits;
}

void scientific(const NumberDigits& number, int places, char mark, std::pmr::string& out) {
  out += number.digits.empty() ? '0' : number.digits[0];
  if (places > 0) {
    out += '.';
    const int there = std::clamp(static_cast<int>(number.digits.size()) - 1, 0, places);
    if (there > 0) out.append(number.digits, 1, static_cast<std::size_t>(there));
    out.append(static_cast<std::size_t>(places - there), '0');
  }
  exponent(number.digits.empty() ? 0 : number.scale - 1, 3, mark, true, out);
}

void general(const NumberDigits& number, int limit, char letter, std::pmr::string& out) {
  const int power = number.digits.empty() ? 0 : number.scale - 1;
  if (number.digits.empty()) {
    out += '0';
  } else if (power >= limit || power < -4) {
    out += number.digits[0];
    if (number.digits.size() > 1) {
      out += '.';
      out.append(number.digits, 1);
    }
    exponent(power, 2, letter == 'G' ? 'E' : 'e', true, out);
  } else {
    fixed(number, std::max(static_cast<int>(number.digits.size()) - number.scale, 0), false, out);
  }
}

}  // namespace

void NumberDigits::trim() {
  const std::size_t zeros = digits.find_first_not_of('0');
  if (zeros == std::string::npos) {
    digits.clear();
    scale = 0;
    negative = negative && floating;
    return;
  }
  digits.erase(0, zeros);
  scale -= static_cast<int>(zeros);
  digits.erase(digits.find_last_not_of('0') + 1);
}

void NumberDigits::round(int count) {
  if (count >= static_cast<int>(digits.size())) return;
  if (count < 0) {
    digits.clear();
  } else {
    const auto keep = static_cast<std::size_t>(count);
    const bool up = digits[keep] >= '5';
    digits.erase(keep);
    if (up) {
      std::size_t at = keep;
      while (at > 0 && digits[at - 1] == '9') --at;
      digits.erase(at);
      if (at > 0) {
        ++digits[at - 1];
      } else {
        digits.assign(1, '1');
        ++scale;
      }
    }
  }
  trim();
}

bool standard_format(std::string_view format, char& letter, int& precision) {
  precision = -1;
  letter = 'G';
  if (format.empty()) return true;
  letter = format[0];
  if (lower(letter) < 'a' || lower(letter) > 'z') return false;
  if (format.size() == 1) return true;
  const std::string_view digits = format.substr(1);
  if (digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  std::from_chars(digits.data(), digits.data() + digits.size(), precision);
  return true;
}

bool format_standard(NumberDigits number, char letter, int precision, std::pmr::string& out) {
  const int places = precision < 0 ? 2 : precision;
  const auto sign = [&] {
    if (number.negative) out += '-';
  };
  switch (lower(letter)) {
    case 'g':
      if (precision > 0) number.round(precision);
      sign();
      general(number, precision, letter, out);
      return true;
    case 'f':
    case 'n':
      number.round(number.scale + places);
      sign();
      fixed(number, places, lower(letter) == 'n', out);
      return true;
    case 'e':
      number.round((precision < 0 ? 6 : precision) + 1);
      sign();
      scientific(number, precision < 0 ? 6 : precision, letter, out);
      return true;
    case 'c':  // (¤1.00)
      number.round(number.scale + places);
      if (number.negative) out += '(';
      out += "¤";
      fixed(number, places, true, out);
      if (number.negative) out += ')';
      return true;
    case 'p':
      number.scale += 2;
      number.trim();
      number.round(number.scale + places);
      sign();
      fixed(number, places, true, out);
      out += " %";
      return true;
    default:
      return false;
  }
}

}  // namespace gateway::expression
