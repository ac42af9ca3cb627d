#include "expression/library/composite_format.h"
#include "expression/library/text.h"

// String.Join, Concat and Format.
namespace gateway::expression {
namespace {

void append(Call& call, const Value& value, std::pmr::string& out) {
  if (value.is_string()) {
    call.eval.charge(1 + value.text().size() / 8);
    out += value.text();
  } else {
    format_value(call.eval, value, {}, out);
  }
}

Value join(Call& call) {
  auto buffer = arena_text(call);
  const std::string_view separator =
      call.args[0].kind() == Kind::Char ? char_text(call.args[0], buffer) : optional_text(call, 0);
  if (call.args[1].is_null()) raise_null(call.eval, "values");
  auto out = arena_text(call);
  bool first = true;
  call.eval.for_each(call.args[1], [&](const Value& value) {
    call.eval.charge(1 + separator.size() / 8);
    if (!first) out += separator;
    first = false;
    append(call, value, out);
    return true;
  });
  return made(call, out);
}

// (string separator, string[] value, int startIndex, int count)
Value join_part(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "value");
  const auto& items = static_cast<ListObject*>(call.args[1].object())->items;
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t from = integer_arg(call, 2);
  const std::int64_t count = integer_arg(call, 3);
  if (from < 0) raise_range(call.eval, "startIndex", "StartIndex cannot be less than zero.");
  if (count < 0) raise_range(call.eval, "count", "Count cannot be less than zero.");
  if (from > size - count)
    raise_range(call.eval, "startIndex",
                "Index and count must refer to a location within the buffer.");
  const std::string_view separator = optional_text(call, 0);
  auto out = arena_text(call);
  for (std::int64_t i = 0; i < count; ++i) {
    call.eval.charge(1 + separator.size() / 8);
    if (i > 0) out += separator;
    append(call, items[static_cast<std::size_t>(from + i)], out);
  }
  return made(call, out);
}

Value concat_all(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "values");
  auto out = arena_text(call);
  call.eval.for_each(call.args[0], [&](const Value& value) {
    append(call, value, out);
    return true;
  });
  return made(call, out);
}
Value concat(Call& call) {
  auto out = arena_text(call);
  for (const Value& value : call.args) append(call, value, out);
  return made(call, out);
}

// ([provider,] format, params object[] args)
template <std::size_t Format>
Value format(Call& call) {
  const std::string_view text = text_arg(call, Format, "format");
  if (call.args[Format + 1].is_null()) raise_null(call.eval, "args");
  std::pmr::vector<Value> values(&call.eval.arena());
  call.eval.for_each(call.args[Format + 1], [&](const Value& value) {
    values.push_back(value);
    return true;
  });
  auto out = arena_text(call);
  composite_format(call.eval, text, values, out);
  return made(call, out);
}
Value format_one(Call& call) {
  const std::string_view text = text_arg(call, 0, "format");
  auto out = arena_text(call);
  composite_format(call.eval, text, call.args.subspan(1), out);
  return made(call, out);
}

}  // namespace

void declare_string_join(Catalog& catalog) {
  catalog.declare("System.String", {.kind = Kind::String})
      .member("static string Join(string separator, params string[] value)", join)
      .member("static string Join(string separator, params object[] values)", join)
      .member("static string Join(string separator, IEnumerable<string> values)", join)
      .member("static string Join<T>(string separator, IEnumerable<T> values)", join)
      .member("static string Join(string separator, string[] value, int startIndex, int count)",
              join_part)
      .member("static string Join(char separator, params string[] value)", join)
      .member("static string Join(char separator, params object[] values)", join)
      .member("static string Join<T>(char separator, IEnumerable<T> values)", join)
      .member("static string Concat(object arg0)", concat)
      .member("static string Concat(object arg0, object arg1)", concat)
      .member("static string Concat(object arg0, object arg1, object arg2)", concat)
      .member("static string Concat(string str0, string str1)", concat)
      .member("static string Concat(string str0, string str1, string str2)", concat)
      .member("static string Concat(string str0, string str1, string str2, string str3)", concat)
      .member("static string Concat(params string[] values)", concat_all)
      .member("static string Concat(params object[] args)", concat_all)
      .member("static string Concat(IEnumerable<string> values)", concat_all)
      .member("static string Concat<T>(IEnumerable<T> values)", concat_all)
      .member("static string Format(string format, object arg0)", format_one)
      .member("static string Format(string format, object arg0, object arg1)", format_one)
      .member("static string Format(string format, object arg0, object arg1, object arg2)",
              format_one)
      .member("static string Format(string format, params object[] args)", format<0>)
      .member("static string Format(IFormatProvider provider, string format, params object[] args)",
              format<1>);
}

}  // namespace gateway::expression
