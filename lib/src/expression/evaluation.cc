#include "expression/evaluation.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "expression/function.h"
#include "expression/late_binding.h"
#include "expression/library/composite_format.h"
#include "expression/library/text.h"
#include "expression/library/utf16.h"
#include "expression/type_text.h"

namespace gateway::expression {

void Evaluation::enter() {
  const char* here = static_cast<const char*>(__builtin_frame_address(0));
  if (depth_ == 0) stack_ = here;
  const std::ptrdiff_t used = stack_ > here ? stack_ - here : here - stack_;
  if (depth_ >= kDeepest || used > kStack) throw BudgetExceeded{"the depth of calls"};
  ++depth_;
}

void Evaluation::raise(std::string_view type, std::string_view message) {
  charge(100);
  const Type* found = catalog_.find(type);
  if (!found) found = catalog_.find("Exception");
  auto* exception = arena_.make<ExceptionObject>(found);
  exception->message = arena_.copy(message);
  throw Raised{Value::of(exception)};
}

Value Evaluation::invoke(const Value& function, std::initializer_list<Value> args) {
  if (!function.is_object()) {
    raise("NullReferenceException", "Object reference not set to an instance of an object.");
  }
  std::array<Value, 16> copied;
  std::copy(args.begin(), args.end(), copied.begin());
  return static_cast<FunctionObject*>(function.object())->call(*this, std::span(copied.data(), args.size()));
}

std::string_view Evaluation::to_text(const Value& value) {
  switch (value.kind()) {
    case Kind::Null: return {};
    case Kind::String: return value.text();
    case Kind::Boolean: return value.boolean() ? "True" : "False";
    case Kind::SByte: case Kind::Byte: case Kind::Int16: case Kind::UInt16: case Kind::Int32: case Kind::UInt32:
    case Kind::Int64: {
      std::array<char, 24> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.integer()).ptr;
      return arena_.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    case Kind::Char: {
      std::pmr::string out(&arena_);
      append_unit(static_cast<char16_t>(value.integer()), out);
      return arena_.copy(out);
    }
    case Kind::Object: break;
    default: {
      std::pmr::string out(&arena_);
      format_value(*this, value, {}, out);
      return arena_.copy(out);
    }
  }
  const Nesting nesting(*this);
  const Type* type = value.object()->type;
  if (const Member* member = own_member(type, "ToString", 0)) {
    charge(2);
    std::array<Value, 1> args = {value};
    Call call{*this, args, {}};
    const Value text = member->call(call);
    return text.is_string() ? text.text() : std::string_view();
  }
  return arena_.copy(runtime_name(type));
}

bool Evaluation::equal(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::Null: return true;
    case Kind::Single: case Kind::Double:
      return a.real() == b.real() || (std::isnan(a.real()) && std::isnan(b.real()));
    case Kind::String:
      charge(a.text().size() / 8);
      return a.text() == b.text();
    case Kind::Enum: return a.enum_type() == b.enum_type() && a.enum_number() == b.enum_number();
    case Kind::Object: break;
    default: return a.integer() == b.integer();
  }
  if (a.object() == b.object()) return true;
  const Member* member = own_member(a.object()->type, "Equals", 1);
  if (!member || !b.object()->type->is(member->parameters[0].type)) return false;
  const Nesting nesting(*this);
  std::array<Value, 2> args = {a, b};
  Call call{*this, args, {}};
  return member->call(call).boolean();
}

namespace {

std::int32_t mix(std::uint64_t bits) noexcept { return static_cast<std::int32_t>(bits ^ bits >> 32); }

}  // namespace

std::int32_t Evaluation::hash(const Value& value) {
  switch (value.kind()) {
    case Kind::Null: return 0;
    case Kind::Single: case Kind::Double: {
      const double real = value.real() == 0 ? 0.0 : value.real();
      std::uint64_t bits = 0;
      std::memcpy(&bits, &real, sizeof bits);
      return mix(bits);
    }
    case Kind::String:
      charge(value.text().size() / 8);
      return hash_text(value.text(), false, arena_);
    case Kind::Enum: return value.enum_number();
    case Kind::Object: break;
    default: return mix(static_cast<std::uint64_t>(value.integer() < 0 && value.kind() != Kind::UInt64
                                                       ? static_cast<std::int32_t>(value.integer())
                                                       : value.integer()));
  }
  if (const Member* member = own_member(value.object()->type, "GetHashCode", 0)) {
    const Nesting nesting(*this);
    std::array<Value, 1> args = {value};
    Call call{*this, args, {}};
    return static_cast<std::int32_t>(member->call(call).integer());
  }
  return mix(reinterpret_cast<std::uintptr_t>(value.object()) >> 4);
}

int Evaluation::compare(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() ? (b.is_null() ? 0 : -1) : 1;
  const auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (a.kind() == b.kind()) {
    switch (a.kind()) {
      case Kind::String:
        charge((a.text().size() + b.text().size()) / 8 + 1);
        return compare_texts(a.text(), b.text(), Comparison::CurrentCulture);
      case Kind::Single: case Kind::Double:
        if (std::isnan(a.real()) || std::isnan(b.real())) return order(std::isnan(b.real()), std::isnan(a.real()));
        return order(a.real(), b.real());
      case Kind::UInt64:
        return order(static_cast<std::uint64_t>(a.integer()), static_cast<std::uint64_t>(b.integer()));
      case Kind::Enum: return order(a.enum_number(), b.enum_number());
      case Kind::Object: break;
      default: return order(a.integer(), b.integer());
    }
    const Member* member = own_member(a.object()->type, "CompareTo", 1);
    if (member && b.object()->type->is(member->parameters[0].type)) {
      const Nesting nesting(*this);
      std::array<Value, 2> args = {a, b};
      Call call{*this, args, {}};
      return static_cast<int>(member->call(call).integer());
    }
    raise("ArgumentException", "At least one object must implement IComparable.");
  }
  raise("ArgumentException", "Object must be of type " + runtime_name(catalog_.type_of(a)) + ".");
}

Value Evaluation::call_member(std::string_view name, std::span<Value> receiver_and_args) {
  if (receiver_and_args.size() == 1) {
    const Type* type = catalog_.type_of(receiver_and_args[0]);
    for (; type && !receiver_and_args[0].is_null(); type = type->base) {
      for (const Member& member : members_of(type)) {
        if (member.form == MemberForm::Property && member.name == name && !member.is_static) {
          return late_call(*this, MemberForm::Property, name, receiver_and_args);
        }
      }
    }
  }
  const bool indexer = name == "Item" || name == "this[]";
  return late_call(*this, indexer ? MemberForm::Indexer : MemberForm::Method, indexer ? "Item" : name, receiver_and_args);
}

void Evaluation::iterate(const Value& sequence, bool (*each)(void*, const Value&), void* data) {
  if (sequence.is_null()) {
    raise("NullReferenceException", "Object reference not set to an instance of an object.");
  }
  const Nesting nesting(*this);
  if (sequence.is_string()) {
    const std::string_view text = sequence.text();
    for (std::size_t at = 0; at < text.size();) {
      charge(1);
      const char32_t point = next_code_point(text, at);
      if (point >= 0x10000) {
        if (!each(data, Value::integer(Kind::Char, 0xD800 + ((point - 0x10000) >> 10)))) return;
        if (!each(data, Value::integer(Kind::Char, 0xDC00 + ((point - 0x10000) & 0x3FF)))) return;
      } else if (!each(data, Value::integer(Kind::Char, point))) {
        return;
      }
    }
    return;
  }
  const Type* enumerable = catalog_.find("IEnumerable<>");
  if (!sequence.is_object() || !enumerable || !instance_of(sequence.object()->type, enumerable)) {
    raise("InvalidCastException", "Unable to cast object of type '" + runtime_name(catalog_.type_of(sequence)) +
                                      "' to type 'System.Collections.IEnumerable'.");
  }
  static_cast<Enumerable*>(sequence.object())->iterate(*this, each, data);
}

void ListObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  const std::size_t size = items.size();
  for (std::size_t i = 0; i < items.size(); ++i) {
    eval.charge(1);
    const Value item = items[i];
    if (!each(data, item)) return;
    if (items.size() != size) {
      eval.raise("InvalidOperationException", "Collection was modified; enumeration operation may not execute.");
    }
  }
}

void BytesObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  for (const std::uint8_t byte : bytes) {
    eval.charge(1);
    if (!each(data, Value::integer(Kind::Byte, byte))) return;
  }
}

}  // namespace gateway::expression
