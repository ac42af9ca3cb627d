#include "policy/operand.h"

#include <charconv>
#include <cmath>

#include "base/strings.h"
#include "policy/run.h"

namespace gateway::policy {
namespace {

using expression::Kind;
using expression::Value;

// .NET's words; what the text was may be a secret.
constexpr std::string_view kNoBoolean = "String was not recognized as a valid Boolean.";
constexpr std::string_view kNoNumber = "Input string was not in a correct format.";
constexpr std::string_view kOverflow = "Value was either too large or too small for an Int64.";

std::string_view unsigned_text(std::string_view text) noexcept {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  return text;
}

// As Convert.ToInt64: to the nearest, halves to the even one.
std::int64_t rounded(Run& run, double number) {
  const double whole = std::nearbyint(number);
  if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0))
    run.evaluation().raise("OverflowException", kOverflow);
  return static_cast<std::int64_t>(whole);
}

double real_of(Run& run, std::string_view text) {
  text = unsigned_text(text);
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    run.evaluation().raise("FormatException", kNoNumber);
  return out;
}

}  // namespace

Operand::Operand(std::string literal) : present_(true), literal_(std::move(literal)) {
  std::int64_t whole = 0;
  const char* const end = literal_.data() + literal_.size();
  const auto read = std::from_chars(literal_.data(), end, whole);
  if (read.ec == std::errc() && read.ptr == end && !literal_.empty()) whole_ = whole;
}

Value Operand::value(Run& run) const {
  return program_ ? program_->run(run.evaluation(), run.roots())
                  : Value::of(std::string_view(literal_));
}

std::string_view Operand::text(Run& run) const {
  if (!program_) return literal_;
  const Value result = value(run);
  return result.is_string() ? result.text() : run.evaluation().to_text(result);
}

bool Operand::boolean(Run& run) const {
  const Value result = value(run);
  if (result.kind() == Kind::Boolean) return result.boolean();
  const auto text = trim(result.is_string() ? result.text() : run.evaluation().to_text(result));
  if (equals_ignoring_case(text, "true")) return true;
  if (!equals_ignoring_case(text, "false")) run.evaluation().raise("FormatException", kNoBoolean);
  return false;
}

std::int64_t Operand::integer(Run& run) const {
  if (whole_) return *whole_;
  const Value result = value(run);
  if (result.kind() == Kind::UInt64 && result.integer() < 0)
    run.evaluation().raise("OverflowException", kOverflow);
  if (result.is_integral() && result.kind() != Kind::Char) return result.integer();
  if (result.is_number()) return rounded(run, result.real());
  const auto text =
      unsigned_text(result.is_string() ? result.text() : run.evaluation().to_text(result));
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (!text.empty() && end == text.data() + text.size()) {
    if (error == std::errc::result_out_of_range)
      run.evaluation().raise("OverflowException", kOverflow);
    if (error == std::errc()) return out;
  }
  // A decimal is an object: its text is a number that may have a fraction.
  if (!result.is_object()) run.evaluation().raise("FormatException", kNoNumber);
  return rounded(run, real_of(run, text));
}

double Operand::real(Run& run) const {
  const Value result = value(run);
  if (result.is_number()) return result.real();
  return real_of(run, result.is_string() ? result.text() : run.evaluation().to_text(result));
}

}  // namespace gateway::policy
