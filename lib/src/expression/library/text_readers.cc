#include <algorithm>

#include "expression/library/builder_object.h"
#include "expression/library/composite_format.h"
#include "expression/library/text.h"
#include "expression/library/utf16.h"

// StringReader and StringWriter. A line ends with "\n".
namespace gateway::expression {
namespace {

struct ReaderObject final : Object {
  ReaderObject(const Type* the_type, std::string_view the_rest)
      : Object(the_type), rest(the_rest) {}
  std::string_view rest;
};
std::string_view& rest(Call& call) {
  return static_cast<ReaderObject*>(call.args[0].object())->rest;
}

Value peek(Call& call) {
  if (rest(call).empty()) return Value::of(std::int32_t{-1});
  std::size_t at = 0;
  const char32_t c = next_code_point(rest(call), at);
  return Value::of(static_cast<std::int32_t>(c < 0x10000 ? c : 0xD800 + ((c - 0x10000) >> 10)));
}
Value read(Call& call) {
  const Value out = peek(call);
  if (rest(call).empty()) return out;
  std::size_t at = 0;
  const char32_t c = next_code_point(rest(call), at);
  rest(call).remove_prefix(at);
  if (c >= 0x10000) {  // its second half comes next
    auto again = arena_text(call);
    append_unit(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)), again);
    call.eval.charge(rest(call).size() / 8);
    again += rest(call);
    rest(call) = call.eval.arena().copy(again);
  }
  return out;
}
Value read_line(Call& call) {
  std::string_view& text = rest(call);
  if (text.empty()) return Value::null();
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  call.eval.charge(1 + line.size() / 8);
  text.remove_prefix(end);
  if (text.starts_with("\r\n"))
    text.remove_prefix(2);
  else if (!text.empty())
    text.remove_prefix(1);
  return Value::of(line);
}
Value read_to_end(Call& call) {
  const std::string_view all = rest(call);
  rest(call) = {};
  return Value::of(all);
}
Value nothing(Call&) { return Value::null(); }

// A writer holds a builder, which GetStringBuilder gives away.
struct WriterObject final : Object {
  WriterObject(const Type* the_type, BuilderObject* the_builder)
      : Object(the_type), builder(the_builder) {}
  BuilderObject* builder;
};
std::pmr::string& written(Call& call) {
  return static_cast<WriterObject*>(call.args[0].object())->builder->text;
}

Value create_writer(Call& call) {
  Arena& arena = call.eval.arena();
  BuilderObject* builder =
      !call.args.empty() && call.args[0].is_object() &&
              call.args[0].object()->type->name == "StringBuilder"
          ? static_cast<BuilderObject*>(call.args[0].object())
          : arena.make<BuilderObject>(call.eval.catalog().find("StringBuilder"), arena);
  return Value::of(arena.make<WriterObject>(call.eval.catalog().find("StringWriter"), builder));
}
template <bool Line>
Value write(Call& call) {
  const std::size_t before = written(call).size();
  if (call.args.size() > 1) format_value(call.eval, call.args[1], {}, written(call));
  if (Line) written(call) += '\n';
  call.eval.charge(1 + (written(call).size() - before) / 8);
  return Value::null();
}
template <bool Line>
Value write_format(Call& call) {
  std::pmr::vector<Value> values(&call.eval.arena());
  if (call.args[2].is_null()) raise_null(call.eval, "arg");
  call.eval.for_each(call.args[2], [&](const Value& value) {
    values.push_back(value);
    return true;
  });
  composite_format(call.eval, text_arg(call, 1, "format"), values, written(call));
  if (Line) written(call) += '\n';
  return Value::null();
}

}  // namespace

void declare_readers(Catalog& catalog) {
  catalog.declare("System.IO.StringReader", {.interfaces = {"IDisposable"}})
      .member("new(string s)",
              [](Call& call) {
                const std::string_view text = text_arg(call, 0, "s");
                return Value::of(call.eval.arena().make<ReaderObject>(
                    call.eval.catalog().find("StringReader"), text));
              })
      .member("int Peek()", peek)
      .member("int Read()", read)
      .member("string ReadLine()", read_line)
      .member("string ReadToEnd()", read_to_end)
      .member("void Close()", nothing)
      .member("void Dispose()", nothing);
  catalog.declare("System.IO.StringWriter", {.interfaces = {"IDisposable"}})
      .member("new()", create_writer)
      .member("new(StringBuilder sb)", create_writer)
      .member("new(IFormatProvider formatProvider)", create_writer)
      .member("void Write(string value)", write<false>)
      .member("void Write(char value)", write<false>)
      .member("void Write(object value)", write<false>)
      .member("void Write(string format, params object[] arg)", write_format<false>)
      .member("void WriteLine()", write<true>)
      .member("void WriteLine(string value)", write<true>)
      .member("void WriteLine(object value)", write<true>)
      .member("void WriteLine(string format, params object[] arg)", write_format<true>)
      .member("StringBuilder GetStringBuilder()",
              [](Call& call) {
                return Value::of(static_cast<WriterObject*>(call.args[0].object())->builder);
              })
      .member("string ToString()", [](Call& call) { return made(call, written(call)); })
      .member("void Flush()", nothing)
      .member("void Close()", nothing)
      .member("void Dispose()", nothing);
}

}  // namespace gateway::expression
