#include "expression/library/decimal.h"
#include "expression/library/linq_objects.h"

namespace gateway::expression {
namespace {

// Calls `each` with every item, or with what the selector makes of it.
template <typename F>
void each_number(Call& call, F&& each) {
  const Value selector = call.args.size() > 1 ? function_arg(call, 1, "selector") : Value();
  each_of(call.eval, sequence_arg(call, 0, "source"), [&](const Value& item) {
    each(selector.is_null() ? item : call.eval.invoke(selector, {item}));
    return true;
  });
}

[[noreturn]] void raise_overflow(Evaluation& eval) {
  eval.raise("OverflowException", "Arithmetic operation resulted in an overflow.");
}

class Total {
 public:
  explicit Total(Evaluation& eval) : eval_(eval) {}

  void add(const Value& number) {
    if (number.is_null()) return;  // of a Nullable: left out
    ++count_;
    if (const Decimal* decimal = as_decimal(number)) {
      const auto sum = (decimal_ ? *decimal_ : Decimal()).plus(*decimal);
      if (!sum) eval_.raise("OverflowException", "Value was either too large or too small for a Decimal.");
      decimal_ = *sum;
    } else if (number.is_integral()) {
      if (__builtin_add_overflow(whole_, number.integer(), &whole_)) raise_overflow(eval_);
    } else if (number.is_number()) {
      real_ += number.real();
    } else {
      eval_.raise("InvalidOperationException", "Sum and Average need numbers.");
    }
  }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }

  [[nodiscard]] Value sum(const Type* type) const {
    if (decimal_) return decimal_value(eval_, *decimal_);
    const Type* number = type && type->name == "Nullable" && !type->arguments.empty() ? type->arguments[0] : type;
    const Kind kind = number ? number->kind : Kind::Int32;
    if (count_ == 0) return default_of(eval_, number);
    if (kind == Kind::Single) return Value::single(static_cast<float>(real_));
    if (kind == Kind::Double || real_ != 0) return Value::of(real_ + static_cast<double>(whole_));
    if (kind == Kind::Int64) return Value::of(whole_);
    if (whole_ < std::numeric_limits<std::int32_t>::min() || whole_ > std::numeric_limits<std::int32_t>::max()) {
      if (kind == Kind::Int32) raise_overflow(eval_);
      return Value::of(whole_);
    }
    return Value::of(static_cast<std::int32_t>(whole_));
  }
  [[nodiscard]] double mean() const {
    const double sum = decimal_ ? decimal_->to_double() : real_ + static_cast<double>(whole_);
    return sum / static_cast<double>(count_);
  }
  [[nodiscard]] Value decimal_mean() const {
    const auto mean = (decimal_ ? *decimal_ : Decimal::of(whole_)).divided_by(Decimal::of(count_));
    if (!mean) raise_overflow(eval_);
    return decimal_value(eval_, *mean);
  }

 private:
  Evaluation& eval_;
  std::int64_t count_ = 0;
  std::int64_t whole_ = 0;
  double real_ = 0;
  std::optional<Decimal> decimal_;
};

Total total(Call& call) {
  Total out(call.eval);
  each_number(call, [&](const Value& number) { out.add(number); });
  return out;
}

Value sum(Call& call) { return total(call).sum(type_arg(call, call.args.size() > 1 ? 1 : 0)); }

Value average(Call& call) {
  const Total all = total(call);
  if (all.count() == 0) call.eval.raise("InvalidOperationException", kNoElements);
  return Value::of(all.mean());
}
Value decimal_average(Call& call) {
  const Total all = total(call);
  if (all.count() == 0) call.eval.raise("InvalidOperationException", kNoElements);
  return all.decimal_mean();
}

// Sign: 1 for the greatest, -1 for the least. Nulls are left out; without items null, or an error where
// the type has no null.
template <int Sign>
Value extreme(Call& call) {
  Value best;
  each_number(call, [&](const Value& item) {
    if (item.is_null()) return;
    if (best.is_null() || call.eval.compare(item, best) * Sign > 0) best = item;
  });
  const Type* type = type_arg(call, call.args.size() > 1 ? 1 : 0);
  if (best.is_null() && type && type->value_type && type->name != "Nullable") {
    call.eval.raise("InvalidOperationException", kNoElements);
  }
  return best;
}

}  // namespace

void declare_linq_numbers(Catalog& catalog) {
  linq(catalog)
      .member("static T Sum<T>(this IEnumerable<T> source)", sum)
      .member("static R Sum<T, R>(this IEnumerable<T> source, Func<T, R> selector)", sum)
      .member("static T Min<T>(this IEnumerable<T> source)", extreme<-1>)
      .member("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", extreme<-1>)
      .member("static T Max<T>(this IEnumerable<T> source)", extreme<1>)
      .member("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", extreme<1>)
      .member("static double Average(this IEnumerable<int> source)", average)
      .member("static double Average(this IEnumerable<long> source)", average)
      .member("static double Average(this IEnumerable<double> source)", average)
      .member("static decimal Average(this IEnumerable<decimal> source)", decimal_average)
      .member("static double Average<T, R>(this IEnumerable<T> source, Func<T, R> selector)", average);
}

}  // namespace gateway::expression
