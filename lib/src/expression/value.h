#pragma once

#include <cstdint>
#include <string_view>

namespace gateway::expression {

struct Type;

enum class Kind : std::uint8_t {
  Null, Boolean, Char, SByte, Byte, Int16, UInt16, Int32, UInt32, Int64, UInt64,
  Single, Double, String, DateTime, TimeSpan, Enum, Object,
};

// Everything else: lives in an Arena (or outlives it), is never copied, is compared by identity unless
// its members say otherwise. `type` is the run-time type: what `is`, `as` and late-bound members look at.
// Decimal, Guid, DateTimeOffset, byte[] and the rest are Objects.
struct Object {
  explicit Object(const Type* the_type) noexcept : type(the_type) {}
  const Type* type;
};

// Any value of an expression: 16 bytes, copied freely. A string is a view of UTF-8 text in the arena, in
// the configuration or in the request: it lives as long as the exchange.
class Value {
 public:
  constexpr Value() noexcept : int_(0) {}
  static Value null() noexcept { return {}; }
  static Value of(bool v) noexcept { return integer(Kind::Boolean, v ? 1 : 0); }
  static Value of(std::int32_t v) noexcept { return integer(Kind::Int32, v); }
  static Value of(std::int64_t v) noexcept { return integer(Kind::Int64, v); }
  static Value of(double v) noexcept {
    Value out;
    out.kind_ = Kind::Double;
    out.double_ = v;
    return out;
  }
  static Value single(float v) noexcept {
    Value out = of(static_cast<double>(v));
    out.kind_ = Kind::Single;
    return out;
  }
  // Never null: an empty view is "".
  static Value of(std::string_view text) noexcept {
    Value out;
    out.kind_ = Kind::String;
    out.text_ = text.empty() ? "" : text.data();
    out.size_ = static_cast<std::uint32_t>(text.size());
    return out;
  }
  static Value of(const char*) = delete;  // say std::string_view
  static Value of(Object* object) noexcept {
    Value out;
    if (!object) return out;
    out.kind_ = Kind::Object;
    out.object_ = object;
    return out;
  }
  // SByte … UInt64, Char (a UTF-16 unit), Boolean; sign- or zero-extended.
  static Value integer(Kind kind, std::int64_t v) noexcept {
    Value out;
    out.kind_ = kind;
    out.int_ = v;
    return out;
  }
  // 100 ns since 0001-01-01, with DateTimeKind in `utc`: 0 unspecified, 1 UTC, 2 local (is UTC here).
  static Value date_time(std::int64_t ticks, std::uint32_t date_time_kind) noexcept {
    Value out = integer(Kind::DateTime, ticks);
    out.size_ = date_time_kind;
    return out;
  }
  static Value time_span(std::int64_t ticks) noexcept { return integer(Kind::TimeSpan, ticks); }
  static Value enumeration(const Type* type, std::int32_t number) noexcept {
    Value out;
    out.kind_ = Kind::Enum;
    out.type_ = type;
    out.size_ = static_cast<std::uint32_t>(number);
    return out;
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::Null; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::String; }
  [[nodiscard]] bool is_object() const noexcept { return kind_ == Kind::Object; }
  // Char and SByte … UInt64.
  [[nodiscard]] bool is_integral() const noexcept { return kind_ >= Kind::Char && kind_ <= Kind::UInt64; }
  [[nodiscard]] bool is_number() const noexcept { return kind_ >= Kind::SByte && kind_ <= Kind::Double; }

  [[nodiscard]] bool boolean() const noexcept { return int_ != 0; }
  [[nodiscard]] std::int64_t integer() const noexcept { return int_; }
  [[nodiscard]] double real() const noexcept {
    return kind_ >= Kind::Single ? double_
           : kind_ == Kind::UInt64 ? static_cast<double>(static_cast<std::uint64_t>(int_))
                                   : static_cast<double>(int_);
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }
  [[nodiscard]] Object* object() const noexcept { return object_; }
  [[nodiscard]] std::int64_t ticks() const noexcept { return int_; }
  [[nodiscard]] std::uint32_t date_time_kind() const noexcept { return size_; }
  [[nodiscard]] const Type* enum_type() const noexcept { return type_; }
  [[nodiscard]] std::int32_t enum_number() const noexcept { return static_cast<std::int32_t>(size_); }

 private:
  union {
    std::int64_t int_;
    double double_;
    const char* text_;
    Object* object_;
    const Type* type_;
  };
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::Null;
};
static_assert(sizeof(Value) == 16);

// A .NET exception on its way. `type` is its short name: "FormatException", "KeyNotFoundException", …
struct Raised {
  Value exception;  // an ExceptionObject
};

}  // namespace gateway::expression
