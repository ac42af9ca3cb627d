#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "expression/library/number_format.h"

namespace gateway::expression {
namespace {

bool white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

// A number as written: digits / 10^scale.
struct Written {
  std::string digits;  // without zeros in front
  std::int64_t scale = 0;
  bool negative = false;
};

class Reader {
 public:
  Reader(std::string_view text, std::uint32_t styles) : text_(text), styles_(styles) {}

  std::optional<Written> read() {
    before();
    if (!number()) return std::nullopt;
    behind();
    if (open_ || at_ != text_.size()) return std::nullopt;
    return out_;
  }

 private:
  bool has(std::uint32_t style) const { return (styles_ & style) != 0; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool sign() {
    if (signed_ || (peek() != '-' && peek() != '+')) return false;
    out_.negative = text_[at_++] == '-';
    return signed_ = true;
  }
  bool currency() {
    constexpr std::string_view kSymbol = "¤";
    if (!has(NumberStyles::kCurrency) || !text_.substr(at_).starts_with(kSymbol)) return false;
    at_ += kSymbol.size();
    return true;
  }
  void before() {
    for (;;) {
      if (has(NumberStyles::kLeadingWhite) && white(peek())) {
        ++at_;
      } else if (has(NumberStyles::kLeadingSign) && sign()) {
      } else if (has(NumberStyles::kParentheses) && !signed_ && peek() == '(') {
        ++at_;
        signed_ = open_ = out_.negative = true;
      } else if (!currency()) {
        return;
      }
    }
  }
  bool number() {
    bool any = false;
    bool point = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (digit(c)) {
        any = true;
        if (c != '0' || !out_.digits.empty()) out_.digits += c;
        if (point) ++out_.scale;
      } else if (c == '.' && has(NumberStyles::kDecimalPoint) && !point) {
        point = true;
      } else if (!(c == ',' && has(NumberStyles::kThousands) && any && !point)) {
        break;
      }
    }
    if (any && has(NumberStyles::kExponent) && (peek() == 'e' || peek() == 'E')) exponent();
    return any;
  }
  void exponent() {
    std::size_t at = at_ + 1;
    const bool minus = at < text_.size() && text_[at] == '-';
    if (minus || (at < text_.size() && text_[at] == '+')) ++at;
    if (at == text_.size() || !digit(text_[at])) return;
    std::int64_t value = 0;
    for (; at < text_.size() && digit(text_[at]); ++at) {
      value = std::min<std::int64_t>(value * 10 + (text_[at] - '0'), 1'000'000'000);
    }
    out_.scale -= minus ? -value : value;
    at_ = at;
  }
  void behind() {
    for (;;) {
      if (has(NumberStyles::kTrailingWhite) && white(peek())) {
        ++at_;
      } else if (has(NumberStyles::kTrailingSign) && sign()) {
      } else if (open_ && peek() == ')') {
        ++at_;
        open_ = false;
      } else if (!currency()) {
        return;
      }
    }
  }

  std::string_view text_;
  std::uint32_t styles_;
  std::size_t at_ = 0;
  bool signed_ = false;
  bool open_ = false;
  Written out_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && white(text.front())) text.remove_prefix(1);
  while (!text.empty() && white(text.back())) text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

struct Range {
  std::int64_t least;
  std::uint64_t most;
  int bits;
};
template <typename T>
Range range() {
  return {std::is_signed_v<T> ? static_cast<std::int64_t>(std::numeric_limits<T>::min()) : 0,
          static_cast<std::uint64_t>(std::numeric_limits<T>::max()),
          static_cast<int>(sizeof(T) * 8)};
}
Range range_of(Kind kind) {
  switch (kind) {
    case Kind::SByte:
      return range<std::int8_t>();
    case Kind::Byte:
      return range<std::uint8_t>();
    case Kind::Int16:
      return range<std::int16_t>();
    case Kind::UInt16:
      return range<std::uint16_t>();
    case Kind::Int32:
      return range<std::int32_t>();
    case Kind::UInt32:
      return range<std::uint32_t>();
    case Kind::Int64:
      return range<std::int64_t>();
    default:
      return range<std::uint64_t>();
  }
}

std::optional<std::int64_t> parse_hex(std::string_view text, const Range& range,
                                      ParseFault& fault) {
  text = trimmed(text);
  std::uint64_t value = 0;
  fault = ParseFault::Format;
  if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || (range.bits < 64 && (value >> range.bits) != 0)) {
    fault = ParseFault::Overflow;
    return std::nullopt;
  }
  fault = ParseFault::None;
  const int unused = 64 - range.bits;
  return range.least < 0 ? static_cast<std::int64_t>(value << unused) >> unused
                         : static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text, Kind kind, std::uint32_t styles,
                                          ParseFault& fault) {
  const Range range = range_of(kind);
  if ((styles & NumberStyles::kHex) != 0) return parse_hex(text, range, fault);
  fault = ParseFault::Format;
  auto written = Reader(text, styles).read();
  if (!written) return std::nullopt;
  fault = ParseFault::Overflow;
  std::string& digits = written->digits;
  if (digits.empty()) {
    fault = ParseFault::None;
    return 0;
  }
  for (; written->scale > 0; --written->scale) {  // only zeros may be behind the point
    if (digits.empty()) return std::nullopt;
    if (digits.back() != '0') return std::nullopt;
    digits.pop_back();
  }
  if (static_cast<std::int64_t>(digits.size()) - written->scale > 20) return std::nullopt;
  digits.append(static_cast<std::size_t>(-written->scale), '0');
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (written->negative) {
    if (magnitude > 0 - static_cast<std::uint64_t>(range.least)) return std::nullopt;
    fault = ParseFault::None;
    return static_cast<std::int64_t>(0 - magnitude);
  }
  if (magnitude > range.most) return std::nullopt;
  fault = ParseFault::None;
  return static_cast<std::int64_t>(magnitude);
}

std::optional<double> parse_double(std::string_view text, std::uint32_t styles) {
  const auto written = Reader(text, styles).read();
  if (!written) {
    std::string_view word = trimmed(text);
    bool negative = false;
    if (word.starts_with('-') || word.starts_with('+')) {
      negative = word[0] == '-';
      word.remove_prefix(1);
    }
    const double infinity = std::numeric_limits<double>::infinity();
    if (equals_ignoring_case(word, "Infinity") || word == "∞")
      return negative ? -infinity : infinity;
    if (equals_ignoring_case(word, "NaN")) return std::nan("");
    return std::nullopt;
  }
  double value = 0;
  if (!written->digits.empty()) {
    const std::string plain = written->digits + "e" + std::to_string(-written->scale);
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (error == std::errc::result_out_of_range) {
      const bool large = static_cast<std::int64_t>(written->digits.size()) - written->scale > 0;
      value = large ? std::numeric_limits<double>::infinity() : 0.0;
    }
  }
  return written->negative ? -value : value;
}

std::optional<Decimal> parse_decimal(std::string_view text, std::uint32_t styles,
                                     ParseFault& fault) {
  fault = ParseFault::Format;
  const auto written = Reader(text, styles).read();
  if (!written) return std::nullopt;
  fault = ParseFault::Overflow;
  auto out = Decimal::of_digits(written->negative, written->digits, written->scale);
  if (out) fault = ParseFault::None;
  return out;
}

}  // namespace gateway::expression
