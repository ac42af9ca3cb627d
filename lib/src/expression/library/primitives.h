#pragma once

#include <cstdint>
#include <optional>

#include "expression/evaluation.h"

namespace gateway::expression {

// The parts of declare_primitives.
void declare_globalization(Catalog& catalog);  // IFormatProvider, CultureInfo, NumberStyles
void declare_integers(Catalog& catalog);
void declare_reals(Catalog& catalog);
void declare_decimal(Catalog& catalog);
void declare_boolean(Catalog& catalog);
void declare_char(Catalog& catalog);
void declare_math(Catalog& catalog);
void declare_convert(Catalog& catalog);
void declare_base64(Catalog& catalog);
void declare_random(Catalog& catalog);

// "Int32", of SByte … Double.
[[nodiscard]] const char* type_name(Kind kind) noexcept;
// Whether an integer of this kind can be `value`; of UInt64 the bits.
[[nodiscard]] bool in_range(std::int64_t value, Kind kind) noexcept;
[[noreturn]] void raise_overflow(Evaluation& eval, std::string_view type);

// System.Convert's rules for any value: null is 0, reals and decimals are rounded half to even.
// Raise FormatException, OverflowException or InvalidCastException.
[[nodiscard]] Value convert_integer(Evaluation& eval, const Value& value, Kind kind);
[[nodiscard]] double convert_double(Evaluation& eval, const Value& value);
[[nodiscard]] bool convert_boolean(Evaluation& eval, const Value& value);

[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text) noexcept;

}  // namespace gateway::expression
