#include <algorithm>
#include <string>

#include "expression/library/builder_object.h"
#include "expression/library/composite_format.h"
#include "expression/library/text.h"
#include "expression/library/text_find.h"
#include "expression/library/utf16.h"

// https://learn.microsoft.com/dotnet/api/system.text.stringbuilder. A line ends with "\n".
namespace gateway::expression {
namespace {

std::pmr::string& self(Call& call) {
  return static_cast<BuilderObject*>(call.args[0].object())->text;
}
std::int64_t length_of(std::string_view text) {
  return static_cast<std::int64_t>(utf16_length(text));
}

Value create(Call& call) {
  auto* builder = call.eval.arena().make<BuilderObject>(call.eval.catalog().find("StringBuilder"),
                                                        call.eval.arena());
  if (!call.args.empty() && call.args[0].is_string()) builder->text = optional_text(call, 0);
  return Value::of(builder);
}

void append_value(Call& call, const Value& value, std::pmr::string& out) {
  call.eval.charge(1);
  if (value.is_string())
    out += value.text();
  else if (value.kind() == Kind::Char)
    append_unit(static_cast<char16_t>(value.integer()), out);
  else
    format_value(call.eval, value, {}, out);
}
Value append(Call& call) {
  const std::size_t before = self(call).size();
  append_value(call, call.args[1], self(call));
  call.eval.charge((self(call).size() - before) / 8);
  return call.args[0];
}
Value append_repeated(Call& call) {
  const std::int64_t count = integer_arg(call, 2);
  if (count < 0) raise_range(call.eval, "repeatCount", "'repeatCount' must be non-negative.");
  call.eval.charge(static_cast<std::uint64_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    append_unit(static_cast<char16_t>(integer_arg(call, 1)), self(call));
  return call.args[0];
}
Value append_part(Call& call) {
  const std::string_view text = optional_text(call, 1);
  const std::int64_t from = integer_arg(call, 2);
  const std::int64_t count = integer_arg(call, 3);
  if (from < 0 || count < 0 || from > length_of(text) - count) {
    raise_range(call.eval, "startIndex",
                "Index was out of range. Must be non-negative and less than or equal to the size "
                "of the collection.");
  }
  self(call) += utf16_substring(text, static_cast<std::size_t>(from),
                                static_cast<std::size_t>(count), call.eval.arena());
  return call.args[0];
}
Value append_chars(Call& call) {
  append_utf8(units_arg(call, 1), self(call));
  return call.args[0];
}
Value append_line(Call& call) {
  if (call.args.size() > 1) self(call) += optional_text(call, 1);
  self(call) += '\n';
  return call.args[0];
}
template <std::size_t Format>
Value append_format(Call& call) {
  const std::string_view format = text_arg(call, Format, "format");
  std::pmr::vector<Value> values(&call.eval.arena());
  if (call.args[Format + 1].is_null()) raise_null(call.eval, "args");
  call.eval.for_each(call.args[Format + 1], [&](const Value& value) {
    values.push_back(value);
    return true;
  });
  composite_format(call.eval, format, values, self(call));
  return call.args[0];
}
Value append_join(Call& call) {
  auto buffer = arena_text(call);
  const std::string_view separator =
      call.args[1].kind() == Kind::Char ? char_text(call.args[1], buffer) : optional_text(call, 1);
  if (call.args[2].is_null()) raise_null(call.eval, "values");
  bool first = true;
  call.eval.for_each(call.args[2], [&](const Value& value) {
    if (!first) self(call) += separator;
    first = false;
    append_value(call, value, self(call));
    return true;
  });
  return call.args[0];
}

// Replaces units from … from + count by `with`.
void splice(Call& call, std::int64_t from, std::int64_t count, std::string_view with) {
  const std::string_view text = self(call);
  call.eval.charge(1 + (text.size() + with.size()) / 8);
  const std::int64_t length = length_of(text);
  auto out = arena_text(call);
  out += utf16_substring(text, 0, static_cast<std::size_t>(from), call.eval.arena());
  out += with;
  out += utf16_substring(text, static_cast<std::size_t>(from + count),
                         static_cast<std::size_t>(length - from - count), call.eval.arena());
  self(call) = std::move(out);
}
std::int64_t index_arg(Call& call, std::size_t index, std::int64_t most) {
  const std::int64_t value = integer_arg(call, index);
  if (value < 0 || value > most)
    raise_range(
        call.eval, "index",
        "Index was out of range. Must be non-negative and less than the size of the collection.");
  return value;
}
Value insert(Call& call) {
  const std::int64_t at = index_arg(call, 1, length_of(self(call)));
  auto text = arena_text(call);
  append_value(call, call.args[2], text);
  splice(call, at, 0, text);
  return call.args[0];
}
Value remove(Call& call) {
  const std::int64_t from = integer_arg(call, 1);
  const std::int64_t count = integer_arg(call, 2);
  if (from < 0) raise_range(call.eval, "startIndex", "StartIndex cannot be less than zero.");
  if (count < 0) raise_range(call.eval, "length", "Length cannot be less than zero.");
  if (count > length_of(self(call)) - from)
    raise_range(
        call.eval, "index",
        "Index was out of range. Must be non-negative and less than the size of the collection.");
  splice(call, from, count, {});
  return call.args[0];
}
Value replace(Call& call) {
  auto old_buffer = arena_text(call);
  auto new_buffer = arena_text(call);
  const std::string_view old_text = call.args[1].kind() == Kind::Char
                                        ? char_text(call.args[1], old_buffer)
                                        : text_arg(call, 1, "oldValue");
  const std::string_view new_text = call.args[2].kind() == Kind::Char
                                        ? char_text(call.args[2], new_buffer)
                                        : optional_text(call, 2);
  if (old_text.empty()) raise_argument(call.eval, "oldValue", "Empty name is not legal.");
  const std::string_view text = self(call);
  call.eval.charge(1 + text.size() / 8);
  auto out = arena_text(call);
  std::size_t from = 0;
  for (std::size_t at = 0; (at = find_text(text, old_text, from)) != std::string_view::npos;) {
    call.eval.charge(1 + new_text.size() / 8);
    out += text.substr(from, at - from);
    out += new_text;
    from = at + old_text.size();
  }
  if (from == 0) return call.args[0];
  out += text.substr(from);
  self(call) = std::move(out);
  return call.args[0];
}
Value clear(Call& call) {
  self(call).clear();
  return call.args[0];
}
Value get_length(Call& call) {
  call.eval.charge(1 + self(call).size() / 8);
  return Value::of(static_cast<std::int32_t>(length_of(self(call))));
}
Value set_length(Call& call) {
  const std::int64_t wanted = integer_arg(call, 1);
  const std::int64_t length = length_of(self(call));
  if (wanted < 0) raise_range(call.eval, "value", "Length cannot be less than zero.");
  call.eval.charge(static_cast<std::uint64_t>(std::max(wanted, length)) / 8);
  if (wanted >= length)
    self(call).append(static_cast<std::size_t>(wanted - length), '\0');
  else
    splice(call, wanted, length - wanted, {});
  return Value::null();
}
Value get_unit(Call& call) {
  call.eval.charge(1 + self(call).size() / 8);
  const std::int64_t at = integer_arg(call, 1);
  if (at < 0 || at >= length_of(self(call)))
    call.eval.raise("IndexOutOfRangeException", "Index was outside the bounds of the array.");
  return Value::integer(Kind::Char, utf16_at(self(call), static_cast<std::size_t>(at)));
}
Value set_unit(Call& call) {
  const std::int64_t at = integer_arg(call, 1);
  if (at < 0 || at >= length_of(self(call)))
    raise_range(
        call.eval, "index",
        "Index was out of range. Must be non-negative and less than the size of the collection.");
  auto buffer = arena_text(call);
  splice(call, at, 1, char_text(call.args[2], buffer));
  return Value::null();
}
Value to_string(Call& call) { return made(call, self(call)); }
Value to_string_part(Call& call) {
  const std::int64_t length = length_of(self(call));
  const std::int64_t from = index_arg(call, 1, length);
  const std::int64_t count = index_arg(call, 2, length - from);
  call.eval.charge(1 + self(call).size() / 8);
  return call.eval.text(utf16_substring(self(call), static_cast<std::size_t>(from),
                                        static_cast<std::size_t>(count), call.eval.arena()));
}

}  // namespace

void declare_builder(Catalog& catalog) {
  catalog.declare("System.Text.StringBuilder")
      .member("new()", create)
      .member("new(int capacity)", create)
      .member("new(string value)", create)
      .member("new(string value, int capacity)", create)
      .member("new(int capacity, int maxCapacity)", create)
      .member("StringBuilder Append(string value)", append)
      .member("StringBuilder Append(char value)", append)
      .member("StringBuilder Append(object value)", append)
      .member("StringBuilder Append(char[] value)", append_chars)
      .member("StringBuilder Append(char value, int repeatCount)", append_repeated)
      .member("StringBuilder Append(string value, int startIndex, int count)", append_part)
      .member("StringBuilder AppendLine()", append_line)
      .member("StringBuilder AppendLine(string value)", append_line)
      .member("StringBuilder AppendFormat(string format, params object[] args)", append_format<1>)
      .member(
          "StringBuilder AppendFormat(IFormatProvider provider, string format, params object[] "
          "args)",
          append_format<2>)
      .member("StringBuilder AppendJoin(string separator, params object[] values)", append_join)
      .member("StringBuilder AppendJoin<T>(string separator, IEnumerable<T> values)", append_join)
      .member("StringBuilder AppendJoin<T>(char separator, IEnumerable<T> values)", append_join)
      .member("StringBuilder Insert(int index, object value)", insert)
      .member("StringBuilder Remove(int startIndex, int length)", remove)
      .member("StringBuilder Replace(string oldValue, string newValue)", replace)
      .member("StringBuilder Replace(char oldChar, char newChar)", replace)
      .member("StringBuilder Clear()", clear)
      .member("int Length { get; }", get_length)
      .member("int Length { set; }", set_length)
      .member(
          "int Capacity { get; }",
          [](Call& call) { return Value::of(static_cast<std::int32_t>(self(call).capacity())); })
      .member("char this[int index] { get; }", get_unit)
      .member("char this[int index] { set; }", set_unit)
      .member("string ToString()", to_string)
      .member("string ToString(int startIndex, int length)", to_string_part);
}

}  // namespace gateway::expression
