#include "expression/library/composite_format.h"

#include <algorithm>
#include <array>
#include <string>

#include "expression/library/date_format.h"
#include "expression/library/native.h"
#include "expression/library/number_format.h"
#include "expression/library/offset_object.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

[[noreturn]] void bad_format(Evaluation& eval) { eval.raise("FormatException", kBadFormat); }

void append_flags(const Type& type, std::uint32_t number, std::pmr::string& out) {
  std::pmr::string names(out.get_allocator());
  std::uint32_t left = number;
  auto flags = type.enumerators;  // the greatest first
  std::sort(flags.begin(), flags.end(), [](const auto& a, const auto& b) {
    return static_cast<std::uint32_t>(a.second) > static_cast<std::uint32_t>(b.second);
  });
  for (const auto& [name, value] : flags) {
    const auto bits = static_cast<std::uint32_t>(value);
    if (bits == 0 || (left & bits) != bits) continue;
    left &= ~bits;
    names.insert(0, names.empty() ? name.c_str() : (name + ", ").c_str());
  }
  if (left != 0 || names.empty())
    out += std::to_string(static_cast<std::int32_t>(number));
  else
    out += names;
}

void append_enum(Evaluation& eval, const Value& value, std::string_view format,
                 std::pmr::string& out) {
  const char letter = format.empty() ? 'G' : static_cast<char>(format[0] & ~0x20);
  if (format.size() > 1)
    eval.raise(
        "FormatException",
        "Format string can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".");
  const std::int32_t number = value.enum_number();
  if (letter == 'D') {
    out += std::to_string(number);
    return;
  }
  if (letter == 'X') {
    if (!format_integer(number, Kind::Int32, "X8", out)) bad_format(eval);
    return;
  }
  if (letter != 'G' && letter != 'F')
    eval.raise(
        "FormatException",
        "Format string can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".");
  const Type* type = value.enum_type();
  for (const auto& [name, enumerator] : type->enumerators) {
    if (enumerator == number) {
      out += name;
      return;
    }
  }
  if (type->is_flags || letter == 'F')
    append_flags(*type, static_cast<std::uint32_t>(number), out);
  else
    out += std::to_string(number);
}

bool formattable(const Type* type) {
  for (; type; type = type->base) {
    const Type* open = type->definition ? type->definition : type;
    for (const Member& member : open->members) {
      if (member.name == "ToString" && member.parameters.size() == 1 && !member.is_static &&
          member.parameters[0].type && member.parameters[0].type->kind == Kind::String) {
        return true;
      }
    }
  }
  return false;
}

void append_object(Evaluation& eval, const Value& value, std::string_view format,
                   std::pmr::string& out) {
  if (const Decimal* decimal = as_decimal(value)) {
    if (!format_decimal(*decimal, format, out)) bad_format(eval);
    return;
  }
  if (const OffsetObject* date = as_offset(value)) {
    if (!format_date({date->ticks, 0, date->offset_minutes}, format, out)) bad_format(eval);
    return;
  }
  if (!format.empty() && formattable(value.object()->type)) {
    std::array<Value, 2> args = {value, Value::of(format)};
    out += eval.to_text(eval.call_member("ToString", args));
    return;
  }
  out += eval.to_text(value);
}

}  // namespace

void format_value(Evaluation& eval, const Value& value, std::string_view format,
                  std::pmr::string& out) {
  eval.charge(1 + format.size() / 8);
  const std::size_t before = out.size();
  bool good = true;
  switch (value.kind()) {
    case Kind::Null:
      break;
    case Kind::Boolean:
      out += value.boolean() ? "True" : "False";
      break;
    case Kind::Char:
      append_unit(static_cast<char16_t>(value.integer()), out);
      break;
    case Kind::SByte:
    case Kind::Byte:
    case Kind::Int16:
    case Kind::UInt16:
    case Kind::Int32:
    case Kind::UInt32:
    case Kind::Int64:
    case Kind::UInt64:
      good = format_integer(value.integer(), value.kind(), format, out);
      break;
    case Kind::Single:
      good = format_single(static_cast<float>(value.real()), format, out);
      break;
    case Kind::Double:
      good = format_double(value.real(), format, out);
      break;
    case Kind::String:
      out += value.text();
      break;
    case Kind::DateTime:
      good = format_date({value.ticks(), value.date_time_kind()}, format, out);
      break;
    case Kind::TimeSpan:
      good = format_time_span(value.ticks(), format, out);
      break;
    case Kind::Enum:
      append_enum(eval, value, format, out);
      break;
    case Kind::Object:
      append_object(eval, value, format, out);
      break;
  }
  if (!good)
    eval.raise("FormatException", value.is_number() ? "Format specifier was invalid." : kBadFormat);
  eval.charge((out.size() - std::min(out.size(), before)) / 8);
}

void format_hole(Evaluation& eval, const Value& value, std::int64_t alignment,
                 std::string_view format, std::pmr::string& out) {
  if (alignment == 0) {
    format_value(eval, value, format, out);
    return;
  }
  std::pmr::string text(&eval.arena());
  format_value(eval, value, format, text);
  const auto width = static_cast<std::size_t>(alignment < 0 ? -alignment : alignment);
  const std::size_t length = utf16_length(text);
  const std::size_t pad = width > length ? width - length : 0;
  eval.charge(pad / 8);
  if (alignment > 0) out.append(pad, ' ');
  out += text;
  if (alignment < 0) out.append(pad, ' ');
}

void composite_format(Evaluation& eval, std::string_view format, std::span<const Value> args,
                      std::pmr::string& out) {
  constexpr std::int64_t kLimit = 1'000'000;
  eval.charge(format.size() / 8);
  std::size_t at = 0;
  const auto spaces = [&] {
    while (at < format.size() && format[at] == ' ') ++at;
  };
  const auto number = [&] {
    if (at == format.size() || format[at] < '0' || format[at] > '9') bad_format(eval);
    std::int64_t value = 0;
    for (; at < format.size() && format[at] >= '0' && format[at] <= '9'; ++at) {
      value = value * 10 + (format[at] - '0');
      if (value >= kLimit) bad_format(eval);
    }
    return value;
  };
  while (at < format.size()) {
    const std::size_t brace = std::min(format.find_first_of("{}", at), format.size());
    out += format.substr(at, brace - at);
    at = brace;
    if (at == format.size()) return;
    const char c = format[at++];
    if (at < format.size() && format[at] == c) {
      out += c;
      ++at;
      continue;
    }
    if (c == '}') bad_format(eval);
    const std::int64_t index = number();
    spaces();
    std::int64_t alignment = 0;
    if (at < format.size() && format[at] == ',') {
      ++at;
      spaces();
      const bool left = at < format.size() && format[at] == '-';
      if (left) ++at;
      alignment = left ? -number() : number();
      spaces();
    }
    std::string_view item;
    if (at < format.size() && format[at] == ':') {
      const std::size_t end = format.find_first_of("{}", ++at);
      if (end == std::string_view::npos || format[end] == '{') bad_format(eval);
      item = format.substr(at, end - at);
      at = end;
    }
    if (at == format.size() || format[at++] != '}') bad_format(eval);
    if (index >= static_cast<std::int64_t>(args.size())) {
      eval.raise(
          "FormatException",
          "Index (zero based) must be greater than or equal to zero and less than the size of the "
          "argument list.");
    }
    format_hole(eval, args[static_cast<std::size_t>(index)], alignment, item, out);
  }
}

}  // namespace gateway::expression
