#include "expression/library/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "expression/library/number_format.h"

namespace gateway::expression {
namespace {

constexpr uint128 kMax = (static_cast<uint128>(1) << 96) - 1;

// 256 bits, for what lies between two decimals and their result.
class Wide {
 public:
  explicit Wide(uint128 value) {
    for (int i = 0; i < 4; ++i)
      limbs_[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(value >> (32 * i));
  }
  static Wide product(uint128 a, uint128 b) {
    const Wide left(a), right(b);
    Wide out(0);
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < 4; ++j) {
        const std::uint64_t sum =
            std::uint64_t{left.limbs_[i]} * right.limbs_[j] + out.limbs_[i + j] + carry;
        out.limbs_[i + j] = static_cast<std::uint32_t>(sum);
        carry = sum >> 32;
      }
      out.limbs_[i + 4] = static_cast<std::uint32_t>(carry);
    }
    return out;
  }
  void times_ten() {
    std::uint64_t carry = 0;
    for (auto& limb : limbs_) {
      carry += std::uint64_t{limb} * 10;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  // Divides by ten; what remains.
  unsigned divide_by_ten() {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      rest = (rest << 32) | limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(rest / 10);
      rest %= 10;
    }
    return static_cast<unsigned>(rest);
  }
  void add(const Wide& other) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      carry += std::uint64_t{limbs_[i]} + other.limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  // `other` must not be greater.
  void subtract(const Wide& other) {
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      borrow += static_cast<std::int64_t>(limbs_[i]) - static_cast<std::int64_t>(other.limbs_[i]);
      limbs_[i] = static_cast<std::uint32_t>(borrow);
      borrow >>= 32;
    }
  }
  [[nodiscard]] bool fits() const {
    return std::all_of(limbs_.begin() + 3, limbs_.end(),
                       [](std::uint32_t limb) { return limb == 0; });
  }
  [[nodiscard]] uint128 low() const {
    return static_cast<uint128>(limbs_[0]) | static_cast<uint128>(limbs_[1]) << 32 |
           static_cast<uint128>(limbs_[2]) << 64;
  }
  [[nodiscard]] std::strong_ordering compare(const Wide& other) const {
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      if (limbs_[i] != other.limbs_[i]) return limbs_[i] <=> other.limbs_[i];
    }
    return std::strong_ordering::equal;
  }

 private:
  std::array<std::uint32_t, 8> limbs_{};
};

// Brings it below 2^96 and 29 places, half to even.
std::optional<Decimal> reduced(bool negative, Wide value, int scale) {
  unsigned last = 0;
  bool below = false;  // something but zeros behind `last`
  while (!value.fits() || scale > Decimal::kMaxScale) {
    if (scale == 0) return std::nullopt;
    below = below || last != 0;
    last = value.divide_by_ten();
    --scale;
  }
  uint128 coefficient = value.low();
  if (last > 5 || (last == 5 && (below || (coefficient & 1) != 0))) {
    if (coefficient == kMax) {
      if (scale == 0) return std::nullopt;
      coefficient = kMax / 10;  // …0335|5, rounded up below
      --scale;
    }
    ++coefficient;
  }
  return Decimal(negative, coefficient, scale);
}

Wide aligned(const Decimal& value, int scale) {
  Wide out(value.coefficient());
  for (int i = value.scale(); i < scale; ++i) out.times_ten();
  return out;
}

template <typename Real>
std::optional<Decimal> of_real(Real value, int significant) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific, significant - 1);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t mark = text.find('e');
  std::string digits(text.substr(0, 1));
  digits += text.substr(2, mark - 2);
  int exponent = 0;
  const char* from = text.data() + mark + 1;
  if (*from == '+') ++from;
  std::from_chars(from, text.data() + text.size(), exponent);
  auto out = Decimal::of_digits(value < 0, digits, significant - 1 - exponent);
  if (out) out = out->zero() ? Decimal() : out->normalized();
  return out;
}

}  // namespace

Decimal Decimal::of(std::int64_t value) noexcept {
  const auto bits = static_cast<std::uint64_t>(value);
  return {value < 0, value < 0 ? 0 - bits : bits, 0};
}
std::optional<Decimal> Decimal::of(double value) noexcept { return of_real(value, 15); }
std::optional<Decimal> Decimal::of(float value) noexcept { return of_real(value, 7); }
Decimal Decimal::max() noexcept { return {false, kMax, 0}; }
Decimal Decimal::min() noexcept { return {true, kMax, 0}; }

std::optional<Decimal> Decimal::of_digits(bool negative, std::string_view digits,
                                          std::int64_t scale) noexcept {
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  digits.remove_prefix(zeros);
  const auto size = static_cast<std::int64_t>(digits.size());
  if (digits.empty())
    return Decimal(negative, 0, static_cast<int>(std::clamp<std::int64_t>(scale, 0, kMaxScale)));
  if (size - scale > 29) return std::nullopt;
  if (scale - size > kMaxScale + 1) return Decimal(negative, 0, kMaxScale);
  // 60 digits are enough to know: what is behind them only breaks a tie.
  constexpr std::int64_t kKept = 60;
  bool sticky = false;
  if (size > kKept) {
    sticky = digits.substr(kKept).find_first_not_of('0') != std::string_view::npos;
    scale -= size - kKept;
    digits = digits.substr(0, kKept);
  }
  Wide value(0);
  for (const char c : digits) {
    value.times_ten();
    value.add(Wide(static_cast<uint128>(c - '0')));
  }
  for (; scale < 0; ++scale) value.times_ten();
  if (sticky) {
    value.times_ten();
    value.add(Wide(1));
    ++scale;
  }
  return reduced(negative, value, static_cast<int>(scale));
}

std::optional<Decimal> Decimal::plus(const Decimal& other) const noexcept {
  const int scale = std::max(scale_, other.scale_);
  Wide left = aligned(*this, scale);
  Wide right = aligned(other, scale);
  if (negative_ == other.negative_) {
    left.add(right);
    return reduced(negative_, left, scale);
  }
  const auto order = left.compare(right);
  if (order == std::strong_ordering::equal) return Decimal(false, 0, scale);
  if (order > 0) {
    left.subtract(right);
    return reduced(negative_, left, scale);
  }
  right.subtract(left);
  return reduced(other.negative_, right, scale);
}

std::optional<Decimal> Decimal::minus(const Decimal& other) const noexcept {
  return plus(other.negated());
}

std::optional<Decimal> Decimal::times(const Decimal& other) const noexcept {
  return reduced(negative_ != other.negative_, Wide::product(coefficient_, other.coefficient_),
                 scale_ + other.scale_);
}

std::optional<Decimal> Decimal::divided_by(const Decimal& other) const noexcept {
  if (other.zero()) return std::nullopt;
  const bool negative = negative_ != other.negative_;
  uint128 quotient = coefficient_ / other.coefficient_;
  uint128 rest = coefficient_ % other.coefficient_;
  int scale = scale_ - other.scale_;
  while (scale < 0 || (rest != 0 && scale < kMaxScale)) {
    rest *= 10;
    const uint128 digit = rest / other.coefficient_;
    if (quotient > (kMax - digit) / 10) {
      if (scale < 0) return std::nullopt;
      rest /= 10;
      break;
    }
    quotient = quotient * 10 + digit;
    rest %= other.coefficient_;
    ++scale;
  }
  const uint128 twice = rest * 2;
  if (twice > other.coefficient_ || (twice == other.coefficient_ && (quotient & 1) != 0)) {
    Wide up(quotient);
    up.add(Wide(1));
    return reduced(negative, up, scale);
  }
  return Decimal(negative, quotient, scale);
}

std::optional<Decimal> Decimal::remainder(const Decimal& other) const noexcept {
  if (other.zero()) return std::nullopt;
  const int scale = std::max(scale_, other.scale_);
  uint128 rest = coefficient_;
  uint128 divisor = other.coefficient_;
  for (int i = other.scale_; i < scale; ++i) {
    if (divisor > rest) return Decimal(negative_, rest, scale_);
    divisor *= 10;
  }
  rest %= divisor;
  for (int i = scale_; i < scale; ++i) rest = rest * 10 % divisor;
  return Decimal(negative_, rest, scale);
}

Decimal Decimal::rounded(int places, Midpoint midpoint) const noexcept {
  if (scale_ <= places) return *this;
  uint128 coefficient = coefficient_;
  unsigned last = 0;
  bool below = false;
  for (int i = scale_; i > places; --i) {
    below = below || last != 0;
    last = static_cast<unsigned>(coefficient % 10);
    coefficient /= 10;
  }
  const bool any = last != 0 || below;
  bool up = false;
  switch (midpoint) {
    case Midpoint::ToEven:
      up = last > 5 || (last == 5 && (below || (coefficient & 1) != 0));
      break;
    case Midpoint::AwayFromZero:
      up = last >= 5;
      break;
    case Midpoint::ToZero:
      break;
    case Midpoint::ToNegativeInfinity:
      up = any && negative_;
      break;
    case Midpoint::ToPositiveInfinity:
      up = any && !negative_;
      break;
  }
  return {negative_, coefficient + (up ? 1 : 0), places};
}

Decimal Decimal::truncated() const noexcept { return rounded(0, Midpoint::ToZero); }

Decimal Decimal::normalized() const noexcept {
  Decimal out = *this;
  while (out.scale_ > 0 && out.coefficient_ % 10 == 0) {
    out.coefficient_ /= 10;
    --out.scale_;
  }
  return out;
}

std::strong_ordering Decimal::compare(const Decimal& other) const noexcept {
  if (zero() && other.zero()) return std::strong_ordering::equal;
  const bool left_negative = negative_ && !zero();
  const bool right_negative = other.negative_ && !other.zero();
  if (left_negative != right_negative) {
    return left_negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const int scale = std::max(scale_, other.scale_);
  const Wide left = aligned(*this, scale);
  const Wide right = aligned(other, scale);
  return left_negative ? right.compare(left) : left.compare(right);
}

double Decimal::to_double() const noexcept {
  const std::string written = text();
  double out = 0;
  std::from_chars(written.data(), written.data() + written.size(), out);
  return out;
}

std::optional<std::int64_t> Decimal::to_int64() const noexcept {
  const uint128 whole = truncated().coefficient_;
  constexpr uint128 kLimit = static_cast<uint128>(1) << 63;
  if (whole > kLimit || (whole == kLimit && !negative_)) return std::nullopt;
  const auto bits = static_cast<std::uint64_t>(whole);
  return static_cast<std::int64_t>(negative_ ? 0 - bits : bits);
}

std::optional<std::uint64_t> Decimal::to_uint64() const noexcept {
  const uint128 whole = truncated().coefficient_;
  if ((whole >> 64) != 0 || (negative_ && whole != 0)) return std::nullopt;
  return static_cast<std::uint64_t>(whole);
}

std::string Decimal::digits() const {
  std::string out;
  for (uint128 rest = coefficient_; rest != 0; rest /= 10)
    out += static_cast<char>('0' + static_cast<int>(rest % 10));
  if (out.empty()) out = "0";
  std::reverse(out.begin(), out.end());
  return out;
}

std::string Decimal::text() const {
  std::string out = digits();
  if (scale_ > 0) {
    if (out.size() <= scale_) out.insert(0, scale_ + 1 - out.size(), '0');
    out.insert(out.size() - scale_, ".");
  }
  if (negative_ && !zero()) out.insert(0, "-");
  return out;
}

Value decimal_value(Evaluation& eval, const Decimal& value) {
  return Value::of(eval.arena().make<DecimalObject>(eval.catalog().find("decimal"), value));
}

const Decimal* as_decimal(const Value& value) noexcept {
  if (!value.is_object() || !value.object()->type ||
      value.object()->type->full_name != "System.Decimal") {
    return nullptr;
  }
  return &static_cast<const DecimalObject*>(value.object())->value;
}

Decimal to_decimal(Evaluation& eval, const Value& value) {
  if (const Decimal* decimal = as_decimal(value)) return *decimal;
  std::optional<Decimal> out;
  switch (value.kind()) {
    case Kind::Single:
      out = Decimal::of(static_cast<float>(value.real()));
      break;
    case Kind::Double:
      out = Decimal::of(value.real());
      break;
    case Kind::UInt64:
      out = Decimal::of_unsigned(static_cast<std::uint64_t>(value.integer()));
      break;
    default:
      if (!value.is_integral() && value.kind() != Kind::Boolean) {
        eval.raise("InvalidCastException", "Object cannot be converted to a decimal.");
      }
      out = Decimal::of(value.integer());
  }
  if (!out)
    eval.raise("OverflowException", "Value was either too large or too small for a Decimal.");
  return *out;
}

std::optional<Decimal> parse_decimal(std::string_view text, bool& overflow) {
  ParseFault fault = ParseFault::None;
  auto out = parse_decimal(text, NumberStyles::kNumber | NumberStyles::kExponent, fault);
  overflow = fault == ParseFault::Overflow;
  return out;
}

}  // namespace gateway::expression
