#include <algorithm>
#include <cstddef>

#include "expression/library/json_members.h"

namespace gateway::expression {
namespace {

// A C# type name as a template argument.
struct Name {
  template <std::size_t N>
  constexpr Name(const char (&from)[N]) : size(N - 1) {  // NOLINT: from literals
    std::copy_n(from, N, text);
  }
  char text[24] = {};
  std::size_t size;
  [[nodiscard]] constexpr std::string_view view() const { return {text, size}; }
};

template <Name T>
Value cast(Call& call) {
  return cast_json_token(call.eval, token_arg(call, 0), call.eval.catalog().find(T.view()));
}
Value wrap(Call& call) { return Value::of(make_json_value(call.eval, call.args[0])); }

template <Name T>
void both_ways(Catalog::Declaration& type) {
  const std::string name(T.view());
  type.member("static implicit operator JToken(" + name + " value)", wrap);
  type.member("static explicit operator " + name + "(JToken value)", cast<T>);
}

}  // namespace

void declare_json_casts(Catalog& catalog) {
  auto type = catalog.declare("Newtonsoft.Json.Linq.JToken");
  both_ways<"string">(type);
  both_ways<"bool">(type);
  both_ways<"bool?">(type);
  both_ways<"int">(type);
  both_ways<"int?">(type);
  both_ways<"long">(type);
  both_ways<"long?">(type);
  both_ways<"double">(type);
  both_ways<"double?">(type);
  both_ways<"float">(type);
  both_ways<"float?">(type);
  both_ways<"decimal">(type);
  both_ways<"decimal?">(type);
  both_ways<"short">(type);
  both_ways<"ushort">(type);
  both_ways<"byte">(type);
  both_ways<"sbyte">(type);
  both_ways<"uint">(type);
  both_ways<"uint?">(type);
  both_ways<"ulong">(type);
  both_ways<"ulong?">(type);
  both_ways<"System.DateTime">(type);
  both_ways<"System.DateTime?">(type);
  both_ways<"System.DateTimeOffset">(type);
  both_ways<"System.DateTimeOffset?">(type);
  both_ways<"System.TimeSpan">(type);
  both_ways<"System.TimeSpan?">(type);
  both_ways<"System.Guid">(type);
  both_ways<"System.Guid?">(type);
  both_ways<"System.Uri">(type);
  both_ways<"byte[]">(type);
  type.member("static explicit operator char(JToken value)", cast<"char">);
}

}  // namespace gateway::expression
